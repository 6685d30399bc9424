package supervisor

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/step"
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

// TestFailing looks at a node every 100 ms: one that dies at once fails in each moment from its first end on, one that
// is up each time before it dies from its third revival on.
func TestFailing(t *testing.T) {
	const look = 100 * time.Millisecond
	for _, c := range []struct {
		name  string
		b     behavior
		up    bool // whoever is started says at once that it is
		from  time.Duration
		until time.Duration // 0: for good
	}{
		{"dies at once", behavior{code: 1}, false, 0, 0},
		{"dies soon", behavior{lives: 300 * time.Millisecond, code: 1}, false, 300 * time.Millisecond, 0},
		{"starts slowly", behavior{slow: 400 * time.Millisecond, lives: 300 * time.Millisecond}, false, 700 * time.Millisecond, 0},
		{"can't be started", behavior{fails: errors.New("no such file")}, false, 0, 0},
		{"is up and dies", behavior{lives: 900 * time.Millisecond}, true, 3 * time.Second, 0},
		{"runs long enough at last", behavior{code: 1}, false, 0, 37 * time.Second}, // 7 s for six starts, then 30 s
	} {
		t.Run(c.name, func(t *testing.T) {
			var r *rig
			r = newRig(t, func(o *Options) {
				o.OnStarted = func(name string, pid int) {
					if c.up {
						r.s.Up(name, pid)
					}
				}
			})
			r.behave = func(string) behavior {
				if c.until > 0 && r.now >= step.Time(7*time.Second) {
					return behavior{lives: -1}
				}
				return c.b
			}
			r.create("a")
			for r.run(0); r.now < step.Time(50*time.Second); r.run(look) {
				now := time.Duration(r.now)
				st := r.state("a")
				if c.up && now < c.from {
					if st.Failing != (st.State == Waiting) {
						t.Fatalf("%v, %s: failing is %t", now, st.State, st.Failing)
					}
					continue
				}
				if want := now >= c.from && (c.until == 0 || now <= c.until); st.Failing != want {
					t.Fatalf("%v, %s: failing is %t, want %t", now, st.State, st.Failing, want)
				}
			}
		})
	}
}

// TestUp: a node that was killed is back when it has said so, and nobody else can say it for it.
func TestUp(t *testing.T) {
	r := newRig(t, nil)
	next := []behavior{{lives: 2 * time.Second, signal: 9}, {slow: time.Second, lives: -1}}
	r.behave = func(string) (b behavior) {
		b, next = next[0], next[1:]
		return b
	}
	want := func(when string, failing bool) {
		t.Helper()
		if st := r.state("a"); st.Failing != failing {
			t.Errorf("%s (%s): failing is %t", when, st.State, st.Failing)
		}
	}
	r.create("a")
	r.run(time.Second)
	want("at first", false)
	r.run(1500 * time.Millisecond)
	r.s.Up("a", 101) // comes after its end
	r.s.Up("nobody", 102)
	want("killed", true)
	r.s.Up("a", 102) // comes before its start was seen
	want("up", false)
	r.run(time.Second)
	want("running", false)
}

// TestFailingAndRestart: a node that somebody restarts begins with a clean sheet, but has to come up.
func TestFailingAndRestart(t *testing.T) {
	r := newRig(t, nil)
	b := behavior{lives: 500 * time.Millisecond}
	r.behave = func(string) behavior { return b }
	r.create("a")
	r.run(20 * time.Second)
	b = behavior{lives: -1}
	r.s.Restart("a")
	r.run(10 * time.Second)
	st := r.state("a")
	if st.State != Running || !st.Failing {
		t.Errorf("before it is up: %s, failing %t", st.State, st.Failing)
	}
	r.s.Up("a", st.PID)
	if r.state("a").Failing {
		t.Error("up, and still failing")
	}
}
