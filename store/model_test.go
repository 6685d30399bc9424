package store

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

var modelSeed = flag.Uint64("model.seed", 0, "run only this seed of the model test")

// TestModel lets a master and clones live through cuts, restarts, full lanes and failing disks while they write. In
// the end all copies are equal, what was acknowledged is there, and nothing was applied twice.
func TestModel(t *testing.T) { lives(t, false) }

// TestModelChannel is the same for clones of which some speak Broker's protocol, over links that lose much: what was
// acknowledged is there at least once.
func TestModelChannel(t *testing.T) { lives(t, true) }

func lives(t *testing.T, channels bool) {
	seeds := uint64(300)
	if testing.Short() {
		seeds = 20
	}
	for seed := uint64(1); seed <= seeds; seed++ {
		if *modelSeed != 0 && seed != *modelSeed {
			continue
		}
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { live(t, seed, channels) })
	}
}

// life is one run of the model test.
type life struct {
	*world
	r       *rand.Rand
	disk    *disk
	sync    bool
	home    *end // of the master; nil: it is away
	master  *Master
	clones  []*end
	linked  map[*end]bool
	foreign map[*end]bool // who speaks Broker's protocol
	pending []*wish
	done    map[string]uint64 // by counter: increments that were acknowledged
	maybe   map[string]uint64 // that may have been applied or not
	uniques map[string]int    // by key: how many were told that they inserted it
}

// wish is a write on its way.
type wish struct {
	*answer
	counter, unique string
}

func live(t *testing.T, seed uint64, channels bool) {
	r := rand.New(rand.NewPCG(seed, 7))
	l := &life{world: newWorld(t), r: r, linked: map[*end]bool{}, foreign: map[*end]bool{}, done: map[string]uint64{}, maybe: map[string]uint64{}, uniques: map[string]int{}}
	l.disk, l.sync = &disk{w: l.world, auto: true}, r.IntN(4) > 0
	l.room = r.IntN(2) * (2 + r.IntN(20))
	l.begin()
	for range 2 + r.IntN(3) {
		e := l.end()
		e.clone("test", CloneOptions{MutationBuffer: time.Hour})
		l.foreign[e] = channels && r.IntN(3) > 0
		l.clones = append(l.clones, e)
		l.link(e)
	}
	if channels {
		l.loss = r.Float64() / 2
	}
	for range 400 {
		l.event()
		for range r.IntN(3) {
			l.turn()
		}
		if channels && r.IntN(3) == 0 {
			l.pass(channelTick)
		}
		l.collect()
	}
	l.settleAll()
	l.check()
}

func (l *life) begin() {
	l.home = l.end()
	l.master = l.home.stored("test", l.disk, l.sync)
	if l.r.IntN(2) == 0 {
		l.master.ring.limit = 1 << (10 + l.r.IntN(8))
	}
}

func (l *life) link(e *end) {
	if l.home != nil && !l.linked[e] {
		if l.foreign[e] {
			l.broker(l.home, e)
		} else {
			l.connect(l.home, e)
		}
		l.linked[e] = true
	}
}

func (l *life) event() {
	e := l.clones[l.r.IntN(len(l.clones))]
	switch k := l.r.IntN(100); {
	case k < 80:
		l.write(e)
	case k < 85 && l.linked[e]:
		l.cut(l.home, e)
		delete(l.linked, e)
	case k < 92:
		l.link(e)
	case k < 94 && l.home != nil && l.sync: // without sync an acknowledged write may be lost
		l.crash()
	case k < 95:
		if l.home == nil {
			l.disk.err = nil
			l.begin()
		}
	case k == 95:
		if l.disk.shut = !l.disk.shut; !l.disk.shut && l.home != nil {
			l.master.Input(step.DiskReady{})
		}
	case k == 96:
		if !l.foreign[e] && l.r.IntN(2) == 0 { // its writes are given up, its successor is another writer
			if err := e.m.Close(); err != nil {
				l.t.Fatal(err)
			}
			e.clone("test", CloneOptions{MutationBuffer: time.Hour})
		}
	case k < 98 && l.sync:
		l.disk.err = broker.ErrBackendFailure
	default:
		l.disk.err = nil
		l.pass(time.Second)
	}
}

// crash ends the master's process.
func (l *life) crash() {
	for e := range l.linked {
		l.cut(l.home, e)
	}
	clear(l.linked)
	for _, p := range l.pending { // of the master itself: nobody hears of them
		if p.n == 0 && l.master.local.n > 0 && p.counter == "master" {
			p.Done(Result{Err: broker.ErrRequestTimeout})
		}
	}
	l.home.m, l.home, l.master = nil, nil, nil
	l.disk.tokens, l.disk.waiting = nil, nil // nobody is there to hear of them
}

func (l *life) write(e *end) {
	name, s := fmt.Sprint("clone", e.id[0]), Store(e.m)
	if l.home != nil && l.r.IntN(4) == 0 {
		name, s = "master", l.master
	}
	switch l.r.IntN(5) {
	case 0:
		do(s, put(fmt.Sprint("k", l.r.IntN(20)), strings.Repeat("v", l.r.IntN(200))))
	case 1:
		do(s, erase(fmt.Sprint("k", l.r.IntN(20))))
	case 2:
		k := fmt.Sprint("u", l.r.IntN(200))
		l.pending = append(l.pending, &wish{do(s, unique(k, name)), name, k})
	case 3:
		if l.r.IntN(30) == 0 {
			do(s, wire.Command{Kind: wire.CmdErase, Key: text("never")})
		}
	default:
		l.pending = append(l.pending, &wish{answer: do(s, increment(name, 1)), counter: name})
	}
}

// collect takes in the answers that have come.
func (l *life) collect() {
	kept := l.pending[:0]
	for _, p := range l.pending {
		switch {
		case p.n == 0:
			kept = append(kept, p)
		case p.n > 1:
			l.t.Fatalf("a write has %d answers", p.n)
		case p.unique != "" && p.r.Err == nil && p.r.Inserted:
			l.uniques[p.unique]++
		case p.unique != "":
		case p.r.Err == nil:
			l.done[p.counter]++
		default:
			l.maybe[p.counter]++
		}
	}
	l.pending = kept
}

// settleAll repairs everything.
func (l *life) settleAll() {
	l.disk.err, l.disk.shut = nil, false
	if l.home == nil {
		l.begin()
	}
	l.master.Input(step.DiskReady{})
	for _, e := range l.clones {
		l.link(e)
	}
	l.loss = 0
	l.pass(15 * time.Second)
	l.collect()
}

// speaks reports whether a clone speaks Broker's protocol.
func (l *life) speaks(name string) bool {
	for e := range l.foreign {
		if l.foreign[e] && name == fmt.Sprint("clone", e.id[0]) {
			return true
		}
	}
	return false
}

func (l *life) check() {
	l.t.Helper()
	if len(l.pending) > 0 {
		l.t.Fatalf("%d writes have no answer, the first one %+v; sync %v, master %+v", len(l.pending), l.pending[0], l.sync, l.master.Info())
	}
	want := show(l.master)
	for _, e := range l.clones {
		if got := show(e.m); got != want {
			l.t.Fatalf("clone %d: %+v\nhas  %s\nwant %s", e.id[0], e.m.Info(), got, want)
		}
	}
	for name, n := range l.done {
		v, err := l.master.Get(text(name))
		if err != nil {
			l.t.Fatalf("%s: %d increments were acknowledged: %v", name, n, err)
		}
		got := uint64(0)
		if _, err := fmt.Sscan(plain(v), &got); err != nil {
			l.t.Fatal(err)
		}
		if got < n || got > n+l.maybe[name] && !l.speaks(name) {
			l.t.Fatalf("%s is %d: %d were acknowledged, %d uncertain", name, got, n, l.maybe[name])
		}
	}
	for k, n := range l.uniques {
		if n > 1 {
			l.t.Fatalf("%d writers were told that they inserted %s", n, k)
		}
		if _, err := l.master.Get(text(k)); err != nil {
			l.t.Fatalf("%s was inserted: %v", k, err)
		}
	}
}
