package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// TestPprof reads a file back with the library that go tool pprof is made of.
func TestPprof(t *testing.T) {
	t.Parallel()
	stacks := func() *script.StackProfile {
		return &script.StackProfile{
			Functions: []script.ProfiledFunction{
				{Name: "handler EX::e"}, {Name: "busy", File: "p.lua", Line: 3}, {File: "p.lua", Line: 9}, {Name: "broker.publish"}, {Name: "main chunk", File: "p.lua"},
			},
			Stacks: []script.ProfiledStack{
				{Frames: []int{1, 4, 2, 10, 0, 0}, Seen: 2, Ticks: 3},
				{Frames: []int{3, 0, 2, 11, 0, 0}, Seen: 1, Ticks: 1},
				{Frames: []int{4, 1, 0, 0, 77, 1, -1}, Seen: 1, Ticks: 1}, // of a node that is another program
			},
			Ticks: 7, Beyond: 2,
		}
	}
	var b bytes.Buffer
	written := pprofOf([]answered[node.Profiled]{
		{"worker-1", node.Profiled{Began: 1000, Seconds: 2, Period: 5e6, Stacks: stacks()}},
		{"worker-2", node.Profiled{Began: 999, Seconds: 3, Period: 5e6, Stacks: stacks()}},
		{"worker-3", node.Profiled{Began: 1001, Seconds: 3, Period: 5e6}},
	})
	if err := written.Write(&b); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckValid(); err != nil {
		t.Error(err)
	}
	if p.DurationNanos != 3e9 || p.TimeNanos != 999e9 || p.Period != 5e6 || p.DefaultSampleType != "time" || len(p.Function) != 6 {
		t.Errorf("duration %d, time %d, period %d, type %s, %d functions", p.DurationNanos, p.TimeNanos, p.Period, p.DefaultSampleType, len(p.Function))
	}
	var got []string
	for _, s := range p.Sample {
		var frames []string
		for _, l := range s.Location {
			frames = append(frames, fmt.Sprintf("%s %d", l.Line[0].Function.Name, l.Line[0].Line))
		}
		got = append(got, fmt.Sprintf("%v %v: %s", s.Label["node"], s.Value, strings.Join(frames, " <- ")))
	}
	var want []string
	for _, name := range []string{"worker-1", "worker-2"} {
		want = append(want,
			"["+name+"] [2 15000000]: busy p.lua:3 4 <- function p.lua:9 10 <- handler EX::e 0",
			"["+name+"] [1 5000000]: broker.publish 0 <- function p.lua:9 11 <- handler EX::e 0",
			"["+name+"] [1 5000000]: main chunk p.lua 1 <- handler EX::e 0",
			"["+name+"] [2 10000000]: (stacks not kept) 0")
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, f := range p.Function {
		if f.Name == f.SystemName {
			t.Errorf("function %q has its name as its system name", f.Name)
		}
	}
}

// TestPprofTimes: the times of a row's samples add up to what was measured, however few there are of them.
func TestPprofTimes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 100)
	profiled := func(beyond int64, costs ...script.Cost) node.Profiled {
		return node.Profiled{Seconds: 2, Period: 5e6, Calls: costs, Stacks: &script.StackProfile{
			Functions: []script.ProfiledFunction{{Name: "timer", Place: "p.lua:3"}, {Name: "timer", Place: "p.lua:9"}, {Name: "f", File: "p.lua", Line: 3}, {Name: script.Clip(long), Place: "p.lua:20"}},
			Stacks: []script.ProfiledStack{
				{Frames: []int{2, 4, 0, 0}, Seen: 2, Ticks: 2}, {Frames: []int{2, 5, 0, 0}, Seen: 1, Ticks: 1},
				{Frames: []int{2, 4, 1, 0}, Seen: 1, Ticks: 7}, {Frames: []int{3, 0}, Seen: 1, Ticks: 2},
			},
			Ticks: 12 + beyond, Beyond: beyond,
		}}
	}
	three := script.Cost{Label: "timer", Place: "p.lua:3", Total: 900, Outermost: 100}
	for _, tt := range []struct {
		name string
		in   node.Profiled
		want string // count and time of each sample
	}{
		{"shared out", profiled(0, three), "2 66, 1 34, 1 35000000, 1 10000000"},
		{"by place", profiled(0, three, script.Cost{Label: "timer", Place: "p.lua:9", Outermost: 50}), "2 66, 1 34, 1 50, 1 10000000"},
		{"a long label", profiled(0, three, script.Cost{Label: long, Place: "p.lua:20", Outermost: 50}), "2 66, 1 34, 1 35000000, 1 50"},
		{"never seen", profiled(0, three, script.Cost{Label: "handler E", Place: "q.lua:1", Outermost: 7}, script.Cost{Label: "hook", Place: "q.lua:5", Self: 7}),
			"2 66, 1 34, 1 35000000, 1 10000000, 0 7"},
		{"stacks not kept", profiled(12, three), "2 33, 1 17, 1 35000000, 1 10000000, 12 50"},
		{"wrong sums", profiled(99, three), "2 7, 1 4, 1 35000000, 1 10000000, 99 89"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, s := range pprofOf([]answered[node.Profiled]{{"n", tt.in}}).Sample {
				got = append(got, fmt.Sprint(s.Value[0], " ", s.Value[1]))
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("got %s, want %s", strings.Join(got, ", "), tt.want)
			}
		})
	}
	p := pprofOf([]answered[node.Profiled]{{"n", profiled(0, script.Cost{Label: "handler E", Place: "q.lua:12", Outermost: 7}, script.Cost{Label: "hook", Place: "[Go]", Outermost: 7})}})
	var frames []string
	for _, s := range p.Sample[4:] {
		for _, l := range s.Location {
			frames = append(frames, l.Line[0].Function.Name)
		}
	}
	if got, want := strings.Join(frames, ", "), "function q.lua:12, handler E, hook"; got != want {
		t.Errorf("rows that were never seen are %s, want %s", got, want)
	}
}

// TestPprofFiles: files that are there have their whole path.
func TestPprofFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	there := filepath.Join(dir, "p.lua")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ dir, file, want string }{
		{dir, "p.lua", there}, {dir, "policies/bundled.lua", "policies/bundled.lua"}, {"", "p.lua", "p.lua"}, {dir, there, there}, {dir, "", ""},
	} {
		if got := (&pprofEncoder{dir: tt.dir}).file(tt.file); got != tt.want {
			t.Errorf("%q in %q: got %q, want %q", tt.file, tt.dir, got, tt.want)
		}
	}
}

func TestProfOrder(t *testing.T) {
	t.Parallel()
	rows := func() []profRow {
		return []profRow{
			{"a", script.Cost{Label: "one", Calls: 10, Total: 100, Self: 5, Longest: 99, Instructions: 7, Bytes: 1}},
			{"a", script.Cost{Label: "two", Calls: 1, Total: 50, Self: 50, Longest: 50, Instructions: 9, Objects: 4}},
			{"b", script.Cost{Label: "three", Calls: 100, Total: 70, Self: 70, Longest: 1, Errors: 3, Instructions: 7}},
		}
	}
	for column, want := range map[string]string{
		"total": "one three two", "self": "three two one", "mean": "two one three", "longest": "one two three", "calls": "three one two",
		"errors": "three one two", "instructions": "two one three", "allocated": "one two three", "objects": "two one three",
	} {
		r := rows()
		(&profCommand{Sort: column}).order(r)
		if got := r[0].Label + " " + r[1].Label + " " + r[2].Label; got != want {
			t.Errorf("by %s: got %s, want %s", column, got, want)
		}
	}
}

func TestSpanCell(t *testing.T) {
	t.Parallel()
	for ns, want := range map[time.Duration]string{
		0: "0 ns", 999: "999 ns", 1000: "1.00 us", 9994: "9.99 us", 9996: "10.0 us", 99960: "100 us", 123456: "123 us",
		1500 * time.Microsecond: "1.50 ms", time.Second: "1.00 s", 90 * time.Second: "90.0 s", time.Hour: "3600 s",
	} {
		if got := spanCell(int64(ns)); string(got) != want {
			t.Errorf("%d: got %s, want %s", ns, got, want)
		}
	}
}
