package node

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonpeer/net/step"
)

// busyNode is a node with a handler of e. Its clock goes on by a millisecond whenever it is read.
func busyNode(t *testing.T) *Node {
	t.Helper()
	n := quiet(t, &bytes.Buffer{})
	n.Start()
	n.Turn(1)
	fn, err := n.Domain.VM.Load("p.lua", "local x = 1")
	if err != nil {
		t.Fatal(err)
	}
	n.Domain.On("e", fn, 0)
	return n
}

func (n *Node) raiseAndTurn(name string) {
	n.Domain.Raise(n.Domain.Event(name), nil)
	n.Turn(n.transport())
}

// profileOf reads the answer to "profile".
func profileOf(t *testing.T, a *asked) (p Profiled) {
	t.Helper()
	if len(a.answers) != 1 {
		t.Fatalf("got %d answers: %q", len(a.answers), a.answers)
	}
	if err := json.Unmarshal([]byte(a.answers[0]), &p); err != nil {
		t.Fatalf("%s: %v", a.answers[0], err)
	}
	return p
}

func TestProfile(t *testing.T) {
	t.Parallel()
	n := busyNode(t)
	ticking := 0
	n.tick = func(every time.Duration, tick func(int)) func() {
		ticking++
		if every != 5*time.Millisecond {
			t.Errorf("a tick each %v, want 5ms", every)
		}
		return func() { ticking-- }
	}
	a := n.ask("profile", `{"seconds": 0.1, "hz": 200}`)
	if len(a.answers) > 0 || ticking != 1 {
		t.Fatalf("at once: %q, %d tickers", a.answers, ticking)
	}
	n.raiseAndTurn("e")
	n.raiseAndTurn("e")
	for range 100 {
		n.Turn(n.transport())
	}
	p := profileOf(t, a)
	if len(p.Calls) != 1 || p.Calls[0].Label != "handler e" || p.Calls[0].Place != "p.lua" || p.Calls[0].Calls != 2 || p.Calls[0].Total != 2e6 {
		t.Errorf("got %+v, want 2 calls of 1 ms", p.Calls)
	}
	if p.Seconds < 0.1 || p.Seconds > 0.12 || p.Period != 5e6 || p.Stacks == nil || p.Ended || ticking != 0 || n.profiling != nil {
		t.Errorf("got %+v, %d tickers", p, ticking)
	}
}

// TestProfileLeavesNothing: when it is over, calls do not read the clock any more.
func TestProfileLeavesNothing(t *testing.T) {
	t.Parallel()
	n := busyNode(t)
	reads := func() step.Time { // of a handler's call
		n.Domain.Raise(n.Domain.Event("e"), nil)
		before := n.transport()
		n.Domain.Run(1, nil)
		return (n.transport()-before)/1e6 - 1
	}
	n.ask("profile", `{"seconds": 3000}`)
	if got := reads(); got != 2 {
		t.Errorf("a call reads the clock %d times during a profile, want 2", got)
	}
	n.ask("profile.stop", "")
	if got := reads(); got != 0 {
		t.Errorf("a call reads the clock %d times after a profile", got)
	}
}

func TestProfileEnds(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T) (*Node, *asked) {
		n := busyNode(t)
		a := n.ask("profile", `{"id": "a", "seconds": 3000}`)
		n.raiseAndTurn("e")
		if len(a.answers) > 0 || n.profiling == nil {
			t.Fatalf("got %q", a.answers)
		}
		return n, a
	}
	t.Run("when it is told to", func(t *testing.T) {
		t.Parallel()
		n, a := begin(t)
		if other := n.ask("profile.stop", `{"id": "b"}`); len(other.answers) != 1 || !strings.Contains(other.answers[0], "no such profile") || len(a.answers) > 0 {
			t.Errorf("another's: got %q", other.answers)
		}
		if other := n.ask("profile.stop", `{"id": "a"}`); !slices.Equal(other.answers, []string{"{}"}) {
			t.Errorf("got %q", other.answers)
		}
		if p := profileOf(t, a); len(p.Calls) != 1 || p.Stacks != nil || p.Ended {
			t.Errorf("got %+v", p)
		}
		if other := n.ask("profile.stop", `{"id": "a"}`); len(other.answers) != 1 || !strings.Contains(other.answers[0], "no such profile is under way") {
			t.Errorf("again: got %q", other.answers)
		}
	})
	t.Run("when nobody waits for it", func(t *testing.T) {
		t.Parallel()
		n, a := begin(t)
		a.gone = true
		n.Inbox().Put(step.ControlClosed{At: n.ControlPort(), Asker: a})
		n.Turn(n.transport())
		if len(a.answers) > 0 || n.profiling != nil {
			t.Errorf("got %q, under way %v", a.answers, n.profiling != nil)
		}
		n.raiseAndTurn("e")
		if again := n.ask("profile", `{"seconds": 1}`); len(again.answers) > 0 {
			t.Errorf("the next one: %q", again.answers)
		}
	})
	t.Run("when the node does", func(t *testing.T) {
		t.Parallel()
		n, a := begin(t)
		n.End()
		for range 10 {
			n.Turn(n.transport())
		}
		if p := profileOf(t, a); !p.Ended || len(p.Calls) != 1 {
			t.Errorf("got %+v", p)
		}
	})
}

func TestProfileRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ params, want string }{
		{``, "0 seconds: want more than 0"},
		{`{"seconds": -1}`, "want more than 0"},
		{`{"seconds": 3601}`, "at most 3600"},
		{`{"seconds": 1, "hz": 1001}`, "want 0 to 1000"},
		{`{"seconds": 1, "hz": -1}`, "want 0 to 1000"},
		{`{"second": 1}`, "unknown field"},
	} {
		n := busyNode(t)
		if a := n.ask("profile", c.params); len(a.answers) != 1 || !strings.Contains(a.answers[0], c.want) || n.profiling != nil {
			t.Errorf("%s: got %q, want %q", c.params, a.answers, c.want)
		}
	}
	n := busyNode(t)
	n.ask("profile", `{"seconds": 30}`)
	if a := n.ask("profile", `{"seconds": 1}`); len(a.answers) != 1 || !strings.Contains(a.answers[0], "a profile is under way, for another 30s") {
		t.Errorf("a second one: got %q", a.answers)
	}
}

// TestTick: ticks come by the time that has passed, and none after the end.
func TestTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ticks := 0
		stop := Tick(5*time.Millisecond, func(n int) { ticks += n })
		time.Sleep(102 * time.Millisecond)
		synctest.Wait()
		stop()
		if ticks != 20 {
			t.Errorf("%d ticks, want 20", ticks)
		}
		time.Sleep(time.Second)
		if ticks != 20 {
			t.Errorf("after the end: %d ticks", ticks)
		}
	})
}

// TestPace: who wakes up late has missed nothing, within a second.
func TestPace(t *testing.T) {
	t.Parallel()
	p := pace{every: 10 * time.Millisecond}
	for i, c := range []struct {
		at   time.Duration
		want int
	}{
		{9 * time.Millisecond, 1}, {11 * time.Millisecond, 0}, {20 * time.Millisecond, 1}, {70 * time.Millisecond, 5},
		{time.Hour, 100}, {time.Hour + 10*time.Millisecond, 1},
	} {
		if got := p.passed(c.at); got != c.want {
			t.Errorf("#%d: %d ticks at %v, want %d", i, got, c.at, c.want)
		}
	}
}
