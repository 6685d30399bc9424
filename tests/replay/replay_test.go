// Package replay tests the clock of a node that reads a recording.
package replay

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonpeer/bindings"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// capture writes a pcap of UDP packets at the given seconds and returns its name.
func capture(t *testing.T, seconds ...uint32) string {
	t.Helper()
	b := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 101, 0, 0, 0} // raw IP
	for i, s := range seconds {
		p := []byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, byte(i + 1), 10, 0, 0, 200, 0x10, 0, 0, 53, 0, 8, 0, 0}
		for _, v := range []uint32{s, 0, uint32(len(p)), uint32(len(p))} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		b = append(b, p...)
	}
	name := filepath.Join(t.TempDir(), "t.pcap")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// replay runs a policy on a capture with a transport clock of its own and returns what it printed.
func replay(t *testing.T, policy, pcap string, change ...func(*node.Options)) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.lua")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	began := time.Now()
	opts := node.Options{
		Scripts: []string{file}, Inputs: node.Inputs{Pcap: []string{pcap}}, Stdout: &out, Stderr: &errs, Modules: bindings.Modules,
	}
	for _, c := range change {
		c(&opts)
	}
	n, err := node.New(opts, node.System{
		Now:  func() step.Time { return step.Time(time.Since(began)) },
		Wall: func() int64 { return 0 },
		Rand: rand.New(rand.NewPCG(1, 1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Run(t.Context()); err != nil && !errors.Is(err, node.ErrInterrupted) {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

// TestReplayClock: the clock starts at the first packet, timers run at their time between packets, events see the
// time of their packet, and the clock stays at the last packet; a one-shot timer behind it does not run early.
func TestReplayClock(t *testing.T) {
	got := replay(t, `
local function now() return time.now().sec end
on("node_init", function() print("init", now()) end)
on("new_connection", function(c) print("packet", c.id.orig_h, now()) end)
timer.every(10, function() print("tick", now()) end)
timer.after(15, function() print("after", now()) end)
timer.after(1000, function() print "never" end)
on("node_done", function() print("done", now(), os.time()) end)`, capture(t, 1000, 1012, 1031))
	want := []string{
		"init\t1000", "packet\t10.0.0.1\t1000", "tick\t1010", "packet\t10.0.0.2\t1012", "after\t1015", "tick\t1020", "tick\t1030",
		"packet\t10.0.0.3\t1031", "done\t1031\t1031",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestReplayLeap: a recording whose times leap by a hundred years does not keep a timer busy for hours.
func TestReplayLeap(t *testing.T) {
	got := replay(t, `
local n = 0
timer.every(1, function() n = n + 1 end)
on("node_done", function() print(n, time.now().sec) end)`, capture(t, 1000, 4_000_000_000))
	fired, end, ok := strings.Cut(got[0], "\t")
	if n, err := strconv.Atoi(fired); !ok || err != nil || n < 100_000 || n > 200_000 || end != "4000000000" {
		t.Errorf("got %q, want a hundred thousand ticks and the clock at 4000000000", got)
	}
}

// TestPace: a replay that keeps its pace runs timers at their time, too, and not when the next packet comes.
func TestPace(t *testing.T) {
	began := time.Now()
	got := replay(t, `
timer.every(0.5, function() print("tick", time.now().sec) if time.now().sec >= 1001 then node.terminate() end end)`,
		capture(t, 1000, 4000), func(o *node.Options) { o.Inputs.PaceReal = true })
	if want := []string{"tick\t1000.5", "tick\t1001"}; !slices.Equal(got, want) || time.Since(began) > time.Minute {
		t.Errorf("got %q after %v, want %q", got, time.Since(began), want)
	}
}
