package relay

import (
	"math/rand/v2"
	"slices"
	"time"
)

const (
	maxHeld  = 1024
	holdTime = 10 * time.Millisecond // for a reordered packet that nothing follows
	maxLater = 3                     // a reordered packet is overtaken by so many at most
)

// Stats counts packets of all clients, both directions, since the relay was made.
type Stats struct {
	Received   uint64
	Passed     uint64 // sent on; a duplicated one counts twice
	Dropped    uint64 // lost by chance, by Cut or Rebind, or at one of the limits
	Duplicated uint64 // so many were added
	Reordered  uint64 // held back, and really overtaken by a later one
	Held       uint64 // now, reordered or delayed
}

// direction is one way of one client.
type direction struct {
	rand *rand.Rand
	n    uint64 // packets that came
	send func(data []byte)
}

func newDirection(seed, number uint64, send func([]byte)) *direction {
	return &direction{rand: rand.New(rand.NewPCG(seed, number)), send: send}
}

// packet is one that is held back: in faults.back until waits later ones have passed or due is reached, or in
// faults.line until due.
type packet struct {
	dir       *direction
	n         uint64
	data      []byte
	copies    int
	waits     int
	overtaken bool
	due       time.Time
}

// faults decides what happens to packets. It knows the time only from its caller, and belongs to one goroutine.
type faults struct {
	o     Options
	cut   bool
	stats Stats     // but for Held
	back  []*packet // by due, which is the order of arrival
	line  []*packet // by due
}

// arrive takes a packet, and keeps data.
func (f *faults) arrive(now time.Time, dir *direction, data []byte) {
	f.stats.Received++
	p := &packet{dir: dir, n: dir.n, data: data, copies: 1}
	dir.n++
	// All four are drawn for every packet, so that the fate of a later one does not depend on rates that a test
	// changes.
	lost, twice, late := dir.rand.Float64() < f.o.Loss, dir.rand.Float64() < f.o.Duplicate, dir.rand.Float64() < f.o.Reorder
	p.waits = 1 + int(dir.rand.Uint64()%maxLater)
	if f.cut || lost {
		f.stats.Dropped++
		return
	}
	if twice {
		f.stats.Duplicated++
		p.copies++
	}
	if late && f.held()+p.copies <= maxHeld {
		p.due = now.Add(holdTime)
		f.back = append(f.back, p)
		return
	}
	f.pass(now, p)
}

// pass lets p go, and then those that have waited for it. What is released first is always what arrived first, so
// none is overtaken by more than it waits for.
func (f *faults) pass(now time.Time, p *packet) {
	if p.overtaken {
		f.stats.Reordered++
	}
	for range p.copies {
		f.out(now, p)
	}
	var free []*packet
	f.back = slices.DeleteFunc(f.back, func(b *packet) bool {
		if b.dir != p.dir || b.n > p.n {
			return false
		}
		b.overtaken = true
		if b.waits--; b.waits > 0 {
			return false
		}
		free = append(free, b)
		return true
	})
	for _, b := range free {
		f.pass(now, b)
	}
}

// out sends one copy of p, now or after the delay.
func (f *faults) out(now time.Time, p *packet) {
	switch {
	case f.o.Delay <= 0:
		f.send(p)
	case f.held() >= maxHeld:
		f.stats.Dropped++
	default:
		f.line = append(f.line, &packet{dir: p.dir, data: p.data, copies: 1, due: now.Add(f.o.Delay)})
	}
}

func (f *faults) send(p *packet) {
	f.stats.Passed++
	p.dir.send(p.data)
}

// held is how many packets are held back, copies included.
func (f *faults) held() int {
	n := len(f.line)
	for _, p := range f.back {
		n += p.copies
	}
	return n
}

// step does what is due at now.
func (f *faults) step(now time.Time) {
	for len(f.line) > 0 && !f.line[0].due.After(now) {
		p := f.line[0]
		f.line = f.line[1:]
		f.send(p)
	}
	for len(f.back) > 0 && !f.back[0].due.After(now) {
		p := f.back[0]
		f.back = f.back[1:]
		f.pass(now, p)
	}
}

// next says when step has something to do.
func (f *faults) next() (due time.Time, ok bool) {
	if len(f.line) > 0 {
		due, ok = f.line[0].due, true
	}
	if len(f.back) > 0 && (!ok || f.back[0].due.Before(due)) {
		due, ok = f.back[0].due, true
	}
	return due, ok
}

// sever drops what is held, and from now on all that comes.
func (f *faults) sever() {
	f.cut = true
	f.stats.Dropped += uint64(f.held())
	f.back, f.line = nil, nil
}

func (f *faults) now() Stats {
	s := f.stats
	s.Held = uint64(f.held())
	return s
}
