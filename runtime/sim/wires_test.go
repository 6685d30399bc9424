package sim

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"moonpeer/net/peering"
)

// took runs until nothing is on its way and returns how long that was.
func (w *world) took() time.Duration {
	w.t.Helper()
	before := w.Now()
	w.run()
	return w.Now() - before
}

func names(names ...string) []string { return names }

// TestSetWire: a wire that was changed is so in its direction, from then on, and nothing overtakes what is on it.
func TestSetWire(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	if err := w.SetWire(names("a"), names("b"), Wire{Delay: 300 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if w.Wire("a", "b").Delay != 300*time.Millisecond || w.Wire("b", "a").Delay != 10*time.Millisecond {
		t.Errorf("the wires are %v and %v", w.Wire("a", "b"), w.Wire("b", "a"))
	}
	a.publish("slow")
	if took := w.took(); took != 300*time.Millisecond {
		t.Errorf("a message took %v", took)
	}
	b.publish("quick")
	if took := w.took(); took != 10*time.Millisecond {
		t.Errorf("the way back took %v", took)
	}
	a.publish("first")
	w.advance(time.Millisecond)
	if err := w.SetWires(names("b"), names("a"), Wire{Delay: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	a.publish("second")
	w.advance(298 * time.Millisecond)
	w.want(b, "slow")
	w.run()
	w.want(b, "first", "second")
	a.publish("third")
	b.publish("third")
	if took := w.took(); took != time.Millisecond {
		t.Errorf("both ways took %v", took)
	}
	w.heard(a)
	w.heard(b)
}

// TestSetWireLoss: what is lost on one way only is sent again on that way.
func TestSetWireLoss(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	if err := w.SetWire(names("a"), names("b"), Wire{Delay: 10 * time.Millisecond, Loss: 0.5}); err != nil {
		t.Fatal(err)
	}
	var there, back time.Duration
	for i := range 50 {
		a.publish(fmt.Sprint(i))
		there = max(there, w.took())
		b.publish(fmt.Sprint(i))
		back = max(back, w.took())
	}
	if there < 50*time.Millisecond || back != 10*time.Millisecond || len(a.got) != 50 || len(b.got) != 50 {
		t.Errorf("the slowest took %v there and %v back; %d and %d arrived", there, back, len(b.got), len(a.got))
	}
}

// TestSetWireRefused: what makes no sense changes nothing.
func TestSetWireRefused(t *testing.T) {
	w, _, _ := pair(t, peering.Settings{})
	for name, set := range map[string]func() error{
		"delay":   func() error { return w.SetWire(names("a"), names("b"), Wire{Delay: -1}) },
		"loss":    func() error { return w.SetWires(names("a"), names("b"), Wire{Loss: 1}) },
		"nobody":  func() error { return w.SetWire(names("a"), names("c"), Wire{}) },
		"to self": func() error { return w.SetWires(names("a", "b"), names("b"), Wire{}) },
	} {
		if set() == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
	if w.Wire("a", "b") != (Wire{Delay: 10 * time.Millisecond}) {
		t.Errorf("the wire is %v", w.Wire("a", "b"))
	}
}

// TestSlow: each turn that does something takes its time: answers leave at its end, and what comes meanwhile waits.
func TestSlow(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	b.Slow(time.Second)
	b.onGot = func(text string) { b.publish("re " + text) }
	a.publish("1")
	w.advance(10 * time.Millisecond)
	w.want(b, "1")
	a.publish("2")
	w.advance(900 * time.Millisecond)
	w.want(b)
	w.want(a)
	w.advance(110 * time.Millisecond) // the turn is over, and the answer has arrived
	w.want(b, "2")
	w.want(a, "re 1")
	w.run() // follows the turns
	w.want(a, "re 2")
	b.Slow(0)
	w.run()
	a.publish("3")
	if took := w.took(); took != 20*time.Millisecond {
		t.Errorf("it is slow still: %v", took)
	}
	w.heard(a)
	w.heard(b)
	w.account(a)
	w.account(b)
}

// TestSlowFlood: what one turn can't take waits for the next one, which comes when the first is over.
func TestSlowFlood(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	b.Slow(time.Second)
	for range 300 {
		a.publish("x")
	}
	w.advance(500 * time.Millisecond)
	if len(b.got) == 0 || len(b.got) == 300 {
		t.Errorf("the first turn took %d of 300", len(b.got))
	}
	w.run()
	if len(b.got) != 300 {
		t.Errorf("got %d of 300", len(b.got))
	}
}

// TestSlowIdle: a slow node that has nothing to do is not busy, however often the world looks at it.
func TestSlowIdle(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	w.advance(time.Minute)
	b.Slow(time.Second)
	for range 10 {
		w.advance(time.Millisecond)
	}
	a.publish("1")
	w.advance(10 * time.Millisecond)
	w.want(b, "1")
}

// TestSlowIsDead: turns shorter than the peer timeout keep the peers, one that is longer loses them, and not those of
// others; when it is over the node hears of it and they meet again.
func TestSlowIsDead(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	c := w.probe("c", "a")
	w.start()
	a.heard = nil
	b.Slow(9 * time.Second)
	for i := range 10 {
		a.publish(fmt.Sprint(i))
		w.advance(9 * time.Second)
	}
	w.heard(a)
	w.run()
	b.got = nil
	b.Slow(11 * time.Second)
	a.publish("too much")
	w.advance(10 * time.Second)
	w.heard(a)
	w.advance(20 * time.Millisecond)
	if len(a.heard) == 0 || !slices.Equal(b.got, names("too much")) || peers(a, c) != "true true" {
		t.Errorf("a was told %q, b got %q", a.heard, b.got)
	}
	w.heard(b)
	b.Slow(0)
	w.advance(5 * time.Second)
	if len(b.heard) == 0 || peers(a, b) != "true true" {
		t.Errorf("b was told %q", b.heard)
	}
}

// TestSlowCrash: a busy node that crashes sends nothing of its turn, and the next run is not busy.
func TestSlowCrash(t *testing.T) {
	w, a, b := pair(t, peering.Settings{})
	b.Slow(time.Second)
	b.onGot = func(text string) { b.publish("re " + text) }
	a.publish("1")
	w.advance(20 * time.Millisecond)
	b.Crash()
	w.advance(20 * time.Second)
	w.want(a)
	b.Slow(0)
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	w.run()
	if peers(a, b) != "true true" {
		t.Error("they are no peers")
	}
}

// TestShuffle: nodes that are due at one moment take turns in an order of the seed's.
func TestShuffle(t *testing.T) {
	play := func(seed uint64, shuffle bool) (orders []string) {
		w := newWorld(t, Options{Seed: seed, Shuffle: shuffle})
		var order string
		hub := w.probe("hub")
		for _, name := range names("a", "b", "c", "d") {
			p := w.probe(name, "hub")
			p.onGot = func(string) { order += name }
		}
		w.start()
		for range 20 {
			order = ""
			hub.publish("x")
			w.run()
			orders = append(orders, order)
		}
		return orders
	}
	still := play(1, false)
	slices.Sort(still)
	if len(slices.Compact(still)) != 1 {
		t.Errorf("without it the orders are %q", still)
	}
	one, again, other := play(1, true), play(1, true), play(2, true)
	if !slices.Equal(one, again) || slices.Equal(one, other) {
		t.Errorf("two runs of one seed %q, %q; of another %q", one, again, other)
	}
	slices.Sort(one)
	if n := len(slices.Compact(one)); n < 5 {
		t.Errorf("only %d orders in 20 rounds", n)
	}
}
