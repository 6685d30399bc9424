package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/luatest"
)

// inRound is a test in the round with this seed.
func inRound(r luatest.Result, seed uint64) luatest.Result {
	r.Seed = seed
	return r
}

// TestPrettyRounds: rounds in which nothing has happened are one line a file.
func TestPrettyRounds(t *testing.T) {
	t.Parallel()
	a, b := test("a_test.lua", 1, time.Millisecond, "adds"), test("longer_test.lua", 3, time.Millisecond, "x")
	slow := a
	slow.Took = 300 * time.Millisecond
	wrong := failed(a, luatest.Failure{Message: "no"})
	two := []string{"a_test.lua", "longer_test.lua"}
	tests := []struct {
		name    string
		files   []string
		results []luatest.Result
		want    string
	}{
		{"all pass", two, []luatest.Result{a, b, inRound(a, 8), inRound(b, 8)},
			"✓ a_test.lua       2 × 1 passed  0.00 s\n✓ longer_test.lua  2 × 1 passed  0.00 s\n"},
		{"one file", two[:1], []luatest.Result{a, inRound(a, 8)}, "✓ a_test.lua  2 × 1 passed  0.00 s\n"},
		{"pending", two[:1], []luatest.Result{pending(a, "later"), b, inRound(pending(a, "later"), 8), inRound(b, 8)},
			"– a_test.lua  2 × 1 pending  0.00 s\n    – adds  later\n✓ longer_test.lua  2 × 1 passed  0.00 s\n"},
		{"pending and passed", two[:1], []luatest.Result{a, pending(a, ""), inRound(a, 8), inRound(pending(a, ""), 8)},
			"✓ a_test.lua  2 × (1 passed, 1 pending)  0.00 s\n    – adds\n"},
		{"one differs", two, []luatest.Result{a, b, inRound(wrong, 8), inRound(b, 8), inRound(slow, 9), inRound(b, 9)},
			"✗ a_test.lua (seed 8)       1 failed  0.00 s\n    ✗ adds (1)\n" +
				"✓ a_test.lua (seed 9)       1 passed  0.30 s\n    ✓ adds  0.30 s\n" +
				"✓ a_test.lua                1 passed  0.00 s\n✓ longer_test.lua           3 × 1 passed  0.00 s\n" +
				"\nFailures\n\n1) adds\n   a_test.lua:1\n\n   no\n"},
		{"tests that come and go", two[:1], []luatest.Result{a, inRound(a, 8), inRound(test("a_test.lua", 2, 0, "more"), 8)},
			"✓ a_test.lua  3 passed  0.00 s\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := shownBy(t, PrettyOptions{Files: tt.files, Rounds: 3}, tt.results, nil)
			got = got[:strings.LastIndex(got, "\n\n")+1]
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestPrettySlowest: of those who take no time nobody wants to know.
func TestPrettySlowest(t *testing.T) {
	t.Parallel()
	took := func(d time.Duration) luatest.Result { return test("a_test.lua", 1, d, "adds") }
	for name, tt := range map[string]struct {
		rounds  int
		slowest []luatest.Result
		want    string
	}{
		"none":          {1, nil, ""},
		"all short":     {1, []luatest.Result{took(49 * time.Millisecond)}, ""},
		"one is not":    {1, []luatest.Result{took(50 * time.Millisecond), took(49 * time.Millisecond)}, "\nSlowest\n    0.05 s  adds  a_test.lua:1\n"},
		"with its seed": {2, []luatest.Result{took(time.Second)}, "\nSlowest\n    1.00 s  adds  a_test.lua:1, seed 7\n"},
	} {
		got := shownBy(t, PrettyOptions{Rounds: tt.rounds}, nil, func(s *luatest.Summary) { s.Slowest = tt.slowest })
		if got, _, _ = strings.Cut(got, "\nno tests"); got != tt.want && tt.want != "" || tt.want == "" && strings.Contains(got, "Slowest") {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// TestPrettySame: an error in a file that several tests use is shown once; two failures of tests are never the same.
func TestPrettySame(t *testing.T) {
	t.Parallel()
	inPolicy := luatest.Failure{Message: "attempt to index a nil value", File: "init.lua", Line: 3, Traceback: "a long one"}
	elsewhere := inPolicy
	elsewhere.Line = 4
	told := luatest.Failure{Message: "sim.node: p/init.lua:1: syntax error", File: "a_test.lua", Line: 2}
	own := luatest.Failure{Message: "a_test.lua:9: expected 1", File: "a_test.lua", Line: 9}
	time := luatest.Failure{Message: "expected 12:30:00", File: "a_test.lua", Line: 9}
	long := luatest.Failure{Message: strings.Repeat("x", maxCause), File: "init.lua", Line: 3}
	explored := inPolicy
	explored.Seed = 12
	for name, tt := range map[string]struct {
		failures []luatest.Failure
		want     string // as they are in the list
	}{
		"in a policy":               {[]luatest.Failure{inPolicy, inPolicy, inPolicy}, "full as 1) as 1)"},
		"two of them":               {[]luatest.Failure{inPolicy, elsewhere, inPolicy, elsewhere}, "full full as 1) as 2)"},
		"told of":                   {[]luatest.Failure{told, told}, "full as 1)"},
		"with another seed":         {[]luatest.Failure{inPolicy, explored}, "full as 1), seed 12"},
		"the test's own":            {[]luatest.Failure{own, own}, "full full"},
		"what looks like a place":   {[]luatest.Failure{time, time}, "full full"},
		"too long to be remembered": {[]luatest.Failure{long, long}, "full full"},
	} {
		p := NewPretty(&strings.Builder{}, PrettyOptions{})
		for i := range tt.failures {
			r := failed(test("a_test.lua", 1+i, 0, fmt.Sprint("test ", i)), tt.failures[i])
			if err := p.Result(&r); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for i, f := range p.failures {
			short, found := strings.CutPrefix(strings.Trim(f, "\n"), fmt.Sprintf("%d) test %d: ", i+1, i))
			if !found {
				short = "full"
			}
			got = append(got, short)
		}
		if all := strings.Join(got, " "); all != tt.want {
			t.Errorf("%s: got %s, want %s", name, all, tt.want)
		}
	}
}

// TestPrettySameLines: those that are told of already stand together.
func TestPrettySameLines(t *testing.T) {
	t.Parallel()
	f := luatest.Failure{Message: "bad", File: "init.lua", Line: 3}
	var results []luatest.Result
	for _, name := range []string{"a", "b", "c"} {
		results = append(results, failed(test("a_test.lua", 1, 0, name), f))
	}
	results = append(results, failed(test("a_test.lua", 9, 0, "d"), luatest.Failure{Message: "other"}))
	_, got, _ := strings.Cut(shownBy(t, PrettyOptions{}, results, nil), "Failures\n")
	const want = "\n1) a\n   init.lua:3\n\n   bad\n\n2) b: as 1)\n3) c: as 1)\n\n4) d\n   a_test.lua:9\n\n   other\n\n4 failed"
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestPrettyColumns: however long a file's path is, the counts stand in one column.
func TestPrettyColumns(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("folder/", 12) + "a_test.lua"
	files := []string{"b_test.lua", long}
	got := shownBy(t, PrettyOptions{Files: files}, []luatest.Result{test(files[0], 1, 0, "x"), test(files[1], 1, 0, "x")}, nil)
	lines := strings.Split(got, "\n")
	if strings.Index(lines[0], "1 passed") != strings.Index(lines[1], "1 passed") {
		t.Errorf("got\n%s", got)
	}
}

// TestVerboseCutsNothing: neither a message of many lines nor a long one, in characters of any size.
func TestVerboseCutsNothing(t *testing.T) {
	t.Parallel()
	for _, message := range []string{strings.Repeat("x", 20_000), strings.Repeat("é", 9_001), "a" + strings.Repeat("…", 9_000), strings.Repeat("line\n", 100) + "end"} {
		f := failed(test("a_test.lua", 1, 0, "x"), luatest.Failure{Message: message, Diff: []luatest.DiffLine{{Mark: '+', Text: message}}})
		got := shownBy(t, PrettyOptions{Verbose: true}, []luatest.Result{f}, nil)
		lines, line := strings.ReplaceAll(message, "\n", "\n   "), strings.ReplaceAll(message, "\n", `\n`)
		if !strings.Contains(got, "\n   "+lines+"\n") || !strings.Contains(got, "   + "+line+"\n") {
			t.Errorf("%.10s is cut: %d bytes", message, len(got))
		}
	}
}
