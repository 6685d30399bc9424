package supervisor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonpeer/net/step"
)

func TestStopInOrder(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(name string) behavior {
		return behavior{lives: -1, term: map[string]time.Duration{"worker-1": time.Second, "worker-2": 3 * time.Second}[name]}
	}
	r.create("logger", "manager", "extra", "worker-1", "worker-2", "proxy")
	r.run(time.Second)
	r.trace = nil
	r.s.Stop([][]string{{"worker-1", "worker-2", "nobody"}, {}, {"proxy"}, {"manager"}, {"logger", "worker-1"}})
	r.s.Stop([][]string{{"logger"}})
	if r.s.Stopped() {
		t.Error("stopped at once")
	}
	if err := r.s.Create(Spec{Name: "late"}); err == nil || r.s.Restart("logger") {
		t.Error("a supervisor that is stopping takes new orders")
	}
	r.run(time.Minute)
	r.want("", "1s TERM worker-1", "1s TERM worker-2", "2s exit worker-1 0 0 premature=false",
		"3s TERM worker-2", "4s exit worker-2 0 0 premature=false",
		"4s TERM proxy", "4s exit proxy 0 0 premature=false", "4s TERM manager", "4s exit manager 0 0 premature=false",
		"4s TERM logger", "4s exit logger 0 0 premature=false", "4s TERM extra", "4s exit extra 0 0 premature=false")
	if !r.s.Stopped() || r.state("logger").State != Stopped {
		t.Error("not stopped")
	}
	if r.s.Next() != step.Never {
		t.Errorf("next is %d", r.s.Next())
	}
}

// TestAskFirst asks three nodes: one ends by itself, one needs SIGTERM, one can't be asked.
func TestAskFirst(t *testing.T) {
	var r *rig
	r = newRig(t, func(o *Options) {
		o.Grace = 5 * time.Second
		o.Ask = func(name string) bool {
			r.note("ask %s", name)
			if name == "good" {
				c := r.names[name]
				r.world.Add(r.now.Add(2*time.Second), func() { c.end(0, 0) })
			}
			return name != "deaf"
		}
	})
	r.create("good", "lazy", "deaf")
	r.run(time.Second)
	r.trace = nil
	r.s.Stop([][]string{{"good", "lazy", "deaf"}})
	r.run(time.Minute)
	r.want("", "1s ask good", "1s ask lazy", "1s ask deaf", "1s TERM deaf", "1s exit deaf 0 0 premature=false",
		"3s exit good 0 0 premature=false", "6s TERM lazy", "6s exit lazy 0 0 premature=false")
	r.said()
}

// terms are SIGTERMs for a, every 2 s between two seconds.
func terms(from, to int) (lines []string) {
	for s := from; s <= to; s += 2 {
		lines = append(lines, fmt.Sprintf("%ds TERM a", s))
	}
	return lines
}

// TestIgnoringTerm: 13 times, then SIGKILL; another node is revived meanwhile.
func TestIgnoringTerm(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(name string) behavior {
		if name == "b" {
			return behavior{lives: 12 * time.Second}
		}
		return behavior{lives: -1, term: -1}
	}
	r.create("a", "b")
	r.run(10 * time.Second)
	r.trace = nil
	r.s.Destroy("a")
	r.run(25 * time.Second)
	trace := r.trace
	r.want(" TERM ", terms(10, 34)...)
	r.trace = trace
	r.want("start b", "12s start b", "24s start b")
	r.log.Reset()
	r.run(2 * time.Second)
	r.want(" a", "36s KILL a", "36s exit a -1 9 premature=false")
	if want := "msg=\"Supervised node 'a' (PID 101) does not end when it is told to: killed\"\n"; !strings.Contains(r.log.String(), want) {
		t.Errorf("got %q", &r.log)
	}
}

func TestKillAfter(t *testing.T) {
	r := newRig(t, func(o *Options) { o.KillAfter = 3 * time.Second })
	r.behave = func(string) behavior { return behavior{lives: -1, term: -1, immune: true} }
	r.create("a")
	r.run(time.Second)
	r.trace = nil
	r.s.Stop(nil)
	r.run(time.Hour)
	r.want("", "1s TERM a", "3s TERM a", "4s KILL a")
	r.said("Supervised node 'a' (PID 101) does not end when it is told to: killed", "Supervised node 'a' (PID 101) was killed and does not end")
	if r.s.Stopped() {
		t.Error("stopped although a process is left")
	}
}

func TestNeverKill(t *testing.T) {
	r := newRig(t, func(o *Options) { o.KillAfter = -1 })
	r.behave = func(string) behavior { return behavior{lives: -1, term: -1} }
	r.create("a")
	r.run(0)
	r.s.Stop(nil)
	r.run(time.Hour)
	r.want("KILL")
}

func TestKillAtOnce(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(name string) behavior {
		switch name {
		case "slow":
			return behavior{lives: -1, slow: 10 * time.Second}
		case "dead":
			return behavior{}
		}
		return behavior{lives: -1, term: -1}
	}
	r.create("a", "leaving", "dead", "slow", "later")
	r.run(500 * time.Millisecond)
	r.s.Destroy("leaving")
	r.s.Stop([][]string{{"a"}, {"slow"}, {"later"}})
	r.run(time.Second)
	r.trace = nil
	r.s.Kill()
	r.run(time.Minute)
	r.want("", "1.5s KILL a", "1.5s KILL later", "1.5s KILL leaving", "1.5s exit a -1 9 premature=false",
		"1.5s exit later -1 9 premature=false", "1.5s exit leaving -1 9 premature=false",
		"10s KILL slow", "10s started slow 105", "10s exit slow -1 9 premature=false")
	if !r.s.Stopped() || len(r.s.leaving) != 0 {
		t.Error("not stopped")
	}
}

// TestExitDuringStop: a node whose turn has not come dies. It is complained about and not revived, and neither is one
// that waited to be.
func TestExitDuringStop(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(name string) behavior {
		switch name {
		case "logger":
			return behavior{lives: 2 * time.Second, code: 1}
		case "dead":
			return behavior{}
		}
		return behavior{lives: -1, term: 5 * time.Second}
	}
	r.create("logger", "dead", "worker")
	r.run(500 * time.Millisecond)
	r.trace = nil
	r.log.Reset()
	r.s.Stop([][]string{{"worker"}, {"dead"}, {"logger"}})
	r.run(time.Minute)
	r.want("", "500ms TERM worker", "2s exit logger 1 0 premature=true", "2.5s TERM worker", "4.5s TERM worker", "5.5s exit worker 0 0 premature=false")
	r.said("Supervised node 'logger' (PID 101) exited prematurely with status 1")
	if !r.s.Stopped() {
		t.Error("not stopped")
	}
}

// TestStopDuringRestart: what is being restarted is not started again.
func TestStopDuringRestart(t *testing.T) {
	r := newRig(t, nil)
	r.behave = func(string) behavior { return behavior{lives: -1, term: 3 * time.Second} }
	r.create("a", "b", "c", "d")
	r.run(0)
	r.s.Restart("a")
	r.s.Destroy("b")
	r.create("b")
	r.run(2 * time.Second)
	r.trace = nil
	r.s.Stop([][]string{{"c"}, {"a", "b"}, {"d"}})
	r.run(2500 * time.Millisecond)
	r.s.Destroy("d") // before its turn, which comes while it ends
	r.run(time.Minute)
	r.want("start")
	if !r.s.Stopped() {
		t.Error("not stopped")
	}
}

func TestStopOfNothing(t *testing.T) {
	r := newRig(t, nil)
	if r.s.Stopped() {
		t.Error("stopped before Stop")
	}
	r.s.Stop(nil)
	if !r.s.Stopped() {
		t.Error("not stopped")
	}
}

// TestDefaultTimes: without times of its own, who was asked and does not end has 10 s, and 26 s until it is killed.
func TestDefaultTimes(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Ask = func(string) bool { return true } })
	r.behave = func(string) behavior { return behavior{lives: -1, term: -1} }
	r.create("a")
	r.run(time.Second)
	r.trace = nil
	r.s.Stop(nil)
	r.run(10 * time.Second)
	r.want("", "11s TERM a")
}
