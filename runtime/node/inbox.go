package node

import (
	"slices"
	"sync"

	"moonpeer/net/step"
)

// inbox takes inputs from the edges' goroutines and hands them to the loop, port by port. One lock per input,
// which for messages is one per batch.
type inbox struct {
	mu     sync.Mutex
	ports  []portQueue // in the order in which ports first had input; walked round robin
	byID   map[step.PortID]int
	turn   int // where the next pass begins
	wake   chan struct{}
	closed bool
}

type portQueue struct {
	id     step.PortID
	inputs []step.Input
}

func newInbox() *inbox {
	return &inbox{byID: map[step.PortID]int{}, wake: make(chan struct{}, 1)}
}

// Put implements step.Inbox.
func (b *inbox) Put(in step.Input) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		release(in)
		return
	}
	i, ok := b.byID[in.Port()]
	if !ok {
		i = len(b.ports)
		b.byID[in.Port()] = i
		b.ports = append(b.ports, portQueue{id: in.Port()})
	}
	b.ports[i].inputs = append(b.ports[i].inputs, in)
	b.mu.Unlock()
	b.poke()
}

// poke wakes the loop.
func (b *inbox) poke() {
	select {
	case b.wake <- struct{}{}:
	default: // it has not looked yet since the last one
	}
}

// pass takes the first input of each port that has one, beginning with another port each time.
func (b *inbox) pass(into []step.Input) []step.Input {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.ports)
	for k := range n {
		p := &b.ports[(b.turn+k)%n]
		if len(p.inputs) == 0 {
			continue
		}
		into = append(into, p.inputs[0])
		p.inputs[0] = nil
		p.inputs = p.inputs[1:]
		if len(p.inputs) == 0 {
			p.inputs = nil
		}
	}
	if n > 0 {
		b.turn = (b.turn + 1) % n
	}
	return into
}

// putBack returns an input that is not worked off to the front of its port.
func (b *inbox) putBack(in step.Input) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := &b.ports[b.byID[in.Port()]]
	p.inputs = slices.Insert(p.inputs, 0, in)
}

// drop forgets a port, with what still waits there. Its number is not used again.
func (b *inbox) drop(id step.PortID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, ok := b.byID[id]
	if !ok {
		return
	}
	for _, in := range b.ports[i].inputs {
		release(in)
	}
	b.ports = slices.Delete(b.ports, i, i+1)
	delete(b.byID, id)
	for j := i; j < len(b.ports); j++ {
		b.byID[b.ports[j].id] = j
	}
	if n := len(b.ports); n > 0 {
		b.turn %= n
	}
}

// empty tells whether no input waits.
func (b *inbox) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.ports {
		if len(b.ports[i].inputs) > 0 {
			return false
		}
	}
	return true
}

// close throws away what waits and what comes later.
func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for i := range b.ports {
		for _, in := range b.ports[i].inputs {
			release(in)
		}
		b.ports[i].inputs = nil
	}
}

func release(in step.Input) {
	if batch, ok := in.(*step.Batch); ok {
		batch.Release()
	}
}
