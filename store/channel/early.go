package channel

import (
	"bytes"
	"cmp"
	"slices"
)

// early holds the events that came too early, by number. The zero value is empty.
type early struct {
	items []item
	bytes int // payloads and keepCost for each
}

type item struct {
	seq     uint64
	payload []byte
	lost    bool // the producer does not have it any more
}

func (it *item) cost() int { return len(it.payload) + keepCost }

// add puts an event in its place, with a copy of its payload. A second one of the same number changes nothing, except
// that a payload replaces the mark that it was lost. What lies furthest ahead gives way where there is not enough room.
func (e *early) add(seq uint64, payload []byte, lost bool, limits *ConsumerOptions) {
	i, found := slices.BinarySearchFunc(e.items, seq, func(it item, seq uint64) int { return cmp.Compare(it.seq, seq) })
	if found {
		if lost || !e.items[i].lost {
			return
		}
		e.remove(i)
	}
	it := item{seq, payload, lost}
	if it.cost() > limits.MaxBytes {
		return
	}
	for len(e.items) >= limits.MaxEvents || e.bytes+it.cost() > limits.MaxBytes {
		last := len(e.items) - 1
		if i > last {
			return
		}
		e.remove(last)
	}
	it.payload = bytes.Clone(payload)
	e.items = slices.Insert(e.items, i, it)
	e.bytes += it.cost()
}

// take removes the first event and returns it, if its number is seq.
func (e *early) take(seq uint64) (item, bool) {
	if len(e.items) == 0 || e.items[0].seq != seq {
		return item{}, false
	}
	it := e.items[0]
	e.pop()
	return it, true
}

// dropBelow removes all events with numbers below seq.
func (e *early) dropBelow(seq uint64) {
	for len(e.items) > 0 && e.items[0].seq < seq {
		e.pop()
	}
}

// pop removes the first event without moving the others.
func (e *early) pop() {
	e.bytes -= e.items[0].cost()
	e.items[0] = item{} // the array lives on, its payload should not
	e.items = e.items[1:]
}

func (e *early) remove(i int) {
	e.bytes -= e.items[i].cost()
	e.items = slices.Delete(e.items, i, i+1)
}
