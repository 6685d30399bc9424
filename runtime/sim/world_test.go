package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/node"
)

// TestOptions: what makes no sense is refused.
func TestOptions(t *testing.T) {
	for _, o := range []Options{{Delay: -1}, {Jitter: -1}, {DialTimeout: -1}, {Loss: 1}, {Loss: -0.1}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	w := newWorld(t, Options{})
	w.probe("a")
	for _, name := range []string{"", "a"} {
		if _, err := w.Add(node.Options{Name: name}); err == nil {
			t.Errorf("a node called %q is taken", name)
		}
	}
	if w.Partition([]string{"a"}, []string{"b"}) == nil || w.Partition([]string{"a"}, []string{"a"}) == nil {
		t.Error("a partition of nobody, or of a node from itself, is taken")
	}
}

// TestComesUp: nodes with listeners and peers come up by their turns alone, and a message takes its time.
func TestComesUp(t *testing.T) {
	w := newWorld(t, Options{Delay: 10 * time.Millisecond})
	a, b := w.probe("a"), w.probe("b", "a")
	w.start()
	if got := peers(a, b); got != "true true" {
		t.Fatalf("peers: %s, after %v", got, w.Now())
	}
	if w.Now() < 40*time.Millisecond || w.Now() > 100*time.Millisecond {
		t.Errorf("a dial and a handshake took %v", w.Now())
	}
	before := w.Now()
	a.publish("1")
	w.run()
	w.want(b, "1")
	w.want(a)
	if took := w.Now() - before; took != 10*time.Millisecond {
		t.Errorf("a message took %v", took)
	}
	if a.Hub.ID() == b.Hub.ID() {
		t.Error("two nodes have one id")
	}
}

// play is a scenario with everything in it.
func play(t *testing.T, seed uint64) string {
	w := newWorld(t, Options{Seed: seed, Delay: time.Millisecond, Jitter: 4 * time.Millisecond, Loss: 0.2, Shuffle: true})
	a := w.probe("a")
	b, c := w.probe("b", "a"), w.probe("c", "a", "b")
	w.Start()
	w.advance(time.Second)
	for i := range 50 {
		for _, p := range []*probe{a, b, c} {
			p.publish(fmt.Sprintf("%s %d", p.Name(), i))
		}
		w.advance(100 * time.Millisecond)
		switch i {
		case 10:
			w.Partition([]string{"a"}, []string{"b"})
		case 20:
			w.Heal()
			c.Crash()
		case 25:
			if err := c.Restart(); err != nil {
				t.Fatal(err)
			}
			b.Freeze()
		case 35:
			b.Thaw()
			a.Skew(time.Hour)
		case 40:
			c.Slow(20 * time.Millisecond)
			w.SetWires([]string{"a"}, []string{"c"}, Wire{Delay: 7 * time.Millisecond, Loss: 0.5})
		case 45:
			b.Stop()
		}
	}
	w.advance(time.Minute)
	for _, p := range []*probe{a, b, c} {
		w.account(p)
	}
	return w.trace.String()
}

// TestSameSeed: one seed, the same bytes at the same moments; another one, others.
func TestSameSeed(t *testing.T) {
	t.Parallel()
	one, again, other := play(t, 7), play(t, 7), play(t, 8)
	if one != again {
		x, y := strings.Split(one, "\n"), strings.Split(again, "\n")
		i := 0
		for i < min(len(x), len(y)) && x[i] == y[i] {
			i++
		}
		t.Errorf("two runs from one seed differ from line %d on:\n%s\n%s", i, x[min(i, len(x)-1)], y[min(i, len(y)-1)])
	}
	if one == other {
		t.Error("another seed makes no difference")
	}
	for _, want := range []string{"partition a | b", "heal", "c crashed", "b frozen", "b running", "b stopped", "a skew 1h", "events", "c slow 20ms",
		"wire a > c delay 7ms jitter 0s loss 0.5", "wire c > a"} {
		if !strings.Contains(one, want) {
			t.Errorf("the trace lacks %q", want)
		}
	}
}

// TestLoss: what is lost arrives later, all of it and in order.
func TestLoss(t *testing.T) {
	w := newWorld(t, Options{Delay: time.Millisecond, Loss: 0.4})
	a, b := w.probe("a"), w.probe("b", "a")
	w.start()
	var want []string
	var slowest time.Duration
	for i := range 100 {
		before := w.Now()
		a.publish(fmt.Sprint(i))
		w.run()
		slowest = max(slowest, w.Now()-before)
		want = append(want, fmt.Sprint(i))
	}
	for i := range 100 { // overtaking, if that could be
		a.publish(fmt.Sprint(100 + i))
		w.advance(time.Millisecond)
		want = append(want, fmt.Sprint(100+i))
	}
	w.run()
	if !slices.Equal(b.got, want) {
		t.Errorf("got %q", b.got)
	}
	if slowest < 50*time.Millisecond {
		t.Errorf("nothing was lost: the slowest took %v", slowest)
	}
	w.account(a)
}

// TestRestless: two nodes that never stop are an error that names them, and nothing moves afterwards.
func TestRestless(t *testing.T) {
	for name, delay := range map[string]time.Duration{"no delay": 0, "delay": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Options{Delay: delay, MaxTurns: 5000})
			a, b := w.probe("a"), w.probe("b", "a")
			w.start()
			a.onGot, b.onGot = a.publish, b.publish
			a.publish("for ever")
			err := w.Run()
			if err == nil || !strings.Contains(err.Error(), "does not come to rest") {
				t.Fatalf("got %v", err)
			}
			now := w.Now()
			if w.Advance(time.Second) != err || w.Err() != err || w.Now() != now {
				t.Error("the world goes on")
			}
		})
	}
}

// TestAdvanceBusy: a world that is always busy, but not at one moment, can be advanced.
func TestAdvanceBusy(t *testing.T) {
	w := newWorld(t, Options{Delay: time.Millisecond, MaxTurns: 1000})
	a, b := w.probe("a"), w.probe("b", "a")
	w.start()
	a.onGot, b.onGot = a.publish, b.publish
	a.publish("x")
	w.advance(10 * time.Second)
	if len(a.got) != 5000 {
		t.Errorf("%d round trips of 2 ms in 10 s", len(a.got))
	}
}

// TestIdle: a day of idle nodes takes no turns but those of the call itself.
func TestIdle(t *testing.T) {
	w := newWorld(t, Options{Delay: time.Millisecond})
	a, b := w.probe("a"), w.probe("b", "a")
	w.start()
	a.publish("1")
	b.publish("2")
	w.advance(5 * time.Minute) // counters are exchanged, peaks forgotten
	if at := min(w.queue.Next(), w.net.Next()); at < 1<<62 {
		t.Errorf("something is due at %v, now is %v", time.Duration(at), w.Now())
	}
	if peak := a.Peers.Stats()[0].MaxQueuedRecently; peak != 0 {
		t.Errorf("it is remembered that %d waited five minutes ago", peak)
	}
	w.advance(24 * time.Hour)
	if got := peers(a, b); got != "true true" || len(a.heard) != 1 {
		t.Errorf("peers: %s; %q", got, a.heard)
	}
	if got := a.Env.Now(); got != w.now {
		t.Errorf("the node's clock stands at %d, the world's at %d: what is done to it now would be done then", got, w.now)
	}
	if w.Advance(1<<63-1) == nil {
		t.Error("the clock has passed the end of time")
	}
}

// TestOutput: what is written is kept up to a bound, and passed on.
func TestOutput(t *testing.T) {
	w := newWorld(t, Options{MaxOutput: 10})
	a := w.probe("a")
	var also strings.Builder
	out := a.capture(&a.out, "out", &also)
	for range 4 {
		fmt.Fprint(out, "abcd")
	}
	if got, want := a.Output(), "abcdabcdab\n(6 bytes left out)\n"; got != want || len(also.String()) != 16 {
		t.Errorf("got %q and %q", got, also.String())
	}
}
