package supervisor

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// starts returns the times between the starts that the trace has, in seconds, and begins a new trace.
func (r *rig) starts() (between []float64) {
	var before time.Duration
	first := true
	for _, line := range r.trace {
		at, what, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(what, "start ") {
			continue
		}
		d, err := time.ParseDuration(at)
		if err != nil {
			r.t.Fatal(err)
		}
		if !first {
			between = append(between, (d - before).Seconds())
		}
		before, first = d, false
	}
	r.trace = nil
	return between
}

func TestPacingOfOneThatDiesAtOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		b    behavior
	}{
		{"status 0", behavior{}},
		{"status 3", behavior{code: 3}},
		{"not startable", behavior{fails: errors.New("no such file")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.behave = func(string) behavior { return c.b }
			r.create("a")
			r.run(40 * time.Second)
			want := []float64{1, 1, 1, 2, 2, 2, 4, 4, 4, 8, 8}
			if got := r.starts(); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestNobodyIsGivenUp lets a year pass.
func TestNobodyIsGivenUp(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(string) behavior { return behavior{} }
	r.create("a")
	r.run(365 * 24 * time.Hour)
	n := r.state("a").Restarts
	r.behave = func(string) behavior { return behavior{lives: -1} }
	r.run(3 * 365 * 24 * time.Hour)
	if st := r.state("a"); st.Restarts != n+1 || st.State != Running {
		t.Errorf("%d restarts, then %d; %s", n, st.Restarts, st.State)
	}
	var p pacing
	for i := range 1000 {
		before := p.delay
		if p.revive(); p.delay < before {
			t.Fatalf("revival %d: the delay has fallen from %d to %d", i, before, p.delay)
		}
	}
}

// TestLongRuns: the delay is counted from the last start, and a run of more than 30 s sets it back.
func TestLongRuns(t *testing.T) {
	r := newRig(t, nil)
	lives := []time.Duration{0, 0, 0, 0, 0, 0, // six revivals: the delay is 4 s now
		3 * time.Second,               // 1 s to wait
		5 * time.Second,               // none
		30 * time.Second,              // none, but it is not more than 30 s, and the ninth revival makes it 8 s
		0,                             // 8 s to wait
		30*time.Second + 1,            // none; begins anew
		0, 0, 1500 * time.Millisecond, // the last: none to wait
	}
	i := 0
	r.behave = func(string) behavior {
		b := behavior{lives: -1}
		if i < len(lives) {
			b.lives = lives[i]
		}
		i++
		return b
	}
	r.create("a")
	r.run(10 * time.Minute)
	want := []float64{1, 1, 1, 2, 2, 2, 4, 5, 30, 8, 30.000000001, 1, 1, 2}
	if got := r.starts(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPrematureTexts(t *testing.T) {
	r := newRig(t, nil)
	next := []behavior{{lives: 2 * time.Second, code: 7}, {lives: 2 * time.Second, code: -1, signal: 9}, {fails: errors.New("exec: no such file")}, {lives: -1}}
	r.behave = func(string) (b behavior) {
		b, next = next[0], next[1:]
		return b
	}
	r.create("grault")
	r.run(time.Minute)
	r.said("Supervised node 'grault' (PID 101) exited prematurely with status 7",
		"Supervised node 'grault' (PID 102) revived after premature exit",
		"Supervised node 'grault' (PID 102) terminated prematurely by signal 9",
		"Supervised node 'grault' could not be started: exec: no such file",
		"Supervised node 'grault' (PID 103) revived after premature exit")
	e := r.state("grault").LastExit
	if e.Err == nil || !e.Premature || e.PID != 0 || e.Code != -1 {
		t.Errorf("%+v", e)
	}
}

func TestExit(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(string) behavior { return behavior{slow: time.Second, lives: 2 * time.Second, code: 7} }
	r.create("a")
	r.run(3 * time.Second)
	e := r.state("a").LastExit
	if e.Name != "a" || e.PID != 101 || e.Code != 7 || !e.Premature || e.Ran != 3*time.Second || !slices.Equal(e.Tail, []string{"last words"}) {
		t.Errorf("%+v", e)
	}
}
