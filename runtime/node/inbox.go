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
	urgent []step.Input // batches of the control lane, and what is asked from outside; no order holds between lanes
}

// take removes and returns the first of a list.
func take(list *[]step.Input) step.Input {
	in := (*list)[0]
	(*list)[0] = nil
	*list = (*list)[1:]
	if len(*list) == 0 {
		*list = nil
	}
	return in
}

// list is where an input waits.
func (p *portQueue) list(in step.Input) *[]step.Input {
	switch in := in.(type) {
	case *step.Batch:
		if in.Lane == step.LaneControl {
			return &p.urgent
		}
	case step.ControlRequest, step.ControlClosed, step.ParentLost:
		return &p.urgent
	}
	return &p.inputs
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
	list := b.ports[i].list(in)
	*list = append(*list, in)
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

// pass takes the first input of each port that has one, beginning with another port each time, and the first batch of
// its control lane. With urgent it takes only the latter.
func (b *inbox) pass(into []step.Input, urgent bool) []step.Input {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.ports)
	for k := range n {
		p := &b.ports[(b.turn+k)%n]
		waits := len(p.inputs) > 0 && !urgent && !p.ends()
		if len(p.urgent) > 0 {
			into = append(into, take(&p.urgent))
		}
		if waits {
			into = append(into, take(&p.inputs))
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
	i, ok := b.byID[in.Port()]
	if !ok { // the port was dropped meanwhile
		release(in)
		return
	}
	list := b.ports[i].list(in)
	*list = slices.Insert(*list, 0, in)
}

// drop forgets a port, with what still waits there. Its number is not used again.
func (b *inbox) drop(id step.PortID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, ok := b.byID[id]
	if !ok {
		return
	}
	b.ports[i].clear()
	b.ports = slices.Delete(b.ports, i, i+1)
	delete(b.byID, id)
	for j := i; j < len(b.ports); j++ {
		b.byID[b.ports[j].id] = j
	}
	if n := len(b.ports); n > 0 {
		b.turn %= n
	}
}

// empty tells whether no input waits; with urgent, none of the control lane.
func (b *inbox) empty(urgent bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.ports {
		if len(b.ports[i].urgent) > 0 || len(b.ports[i].inputs) > 0 && !urgent {
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
		b.ports[i].clear()
	}
}

// clear throws away what waits.
func (p *portQueue) clear() {
	for _, in := range p.inputs {
		release(in)
	}
	for _, in := range p.urgent {
		release(in)
	}
	p.inputs, p.urgent = nil, nil
}

// ends reports whether the next input is the end of a link of which control messages still wait: those came before.
func (p *portQueue) ends() bool {
	_, closed := p.inputs[0].(step.Closed)
	return closed && len(p.urgent) > 0
}

func release(in step.Input) {
	if batch, ok := in.(*step.Batch); ok {
		batch.Release()
	}
}
