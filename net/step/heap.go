package step

// Heap holds values by the time at which they are due, the earliest first; ties in the order in which they were
// added. The zero value is ready to use. Only one goroutine may use it.
type Heap[T any] struct {
	items []*Item[T]
	added uint64
}

// Item is one value in a Heap.
type Item[T any] struct {
	Value T
	at    Time
	order uint64
	index int // in items; -1 when it is not in the heap
}

// At is when the item is due.
func (i *Item[T]) At() Time { return i.at }

// Len is the number of items.
func (h *Heap[T]) Len() int { return len(h.items) }

// Next is when the first item is due; Never if there is none.
func (h *Heap[T]) Next() Time {
	if len(h.items) == 0 {
		return Never
	}
	return h.items[0].at
}

// First returns the item that is due first without removing it; nil if there is none.
func (h *Heap[T]) First() *Item[T] {
	if len(h.items) == 0 {
		return nil
	}
	return h.items[0]
}

// Add puts v into the heap, due at the given time.
func (h *Heap[T]) Add(at Time, v T) *Item[T] {
	h.added++
	it := &Item[T]{Value: v, at: at, order: h.added, index: len(h.items)}
	h.items = append(h.items, it)
	h.up(it.index)
	return it
}

// Move makes it due at another time. Its place among ties stays the one it got when it was added. An item that
// was removed is put back.
func (h *Heap[T]) Move(it *Item[T], at Time) {
	it.at = at
	if it.index < 0 {
		it.index = len(h.items)
		h.items = append(h.items, it)
	}
	h.up(it.index)
	h.down(it.index)
}

// Remove takes it out; an item that is not in the heap is left alone.
func (h *Heap[T]) Remove(it *Item[T]) {
	i := it.index
	if i < 0 {
		return
	}
	last := len(h.items) - 1
	h.swap(i, last)
	h.items[last] = nil
	h.items = h.items[:last]
	it.index = -1
	if i < last {
		h.up(i)
		h.down(i)
	}
}

// PopDue removes and returns the first item if it is due at now, and nil if none is.
func (h *Heap[T]) PopDue(now Time) *Item[T] {
	if len(h.items) == 0 || h.items[0].at > now {
		return nil
	}
	it := h.items[0]
	h.Remove(it)
	return it
}

func (h *Heap[T]) less(i, j int) bool {
	a, b := h.items[i], h.items[j]
	if a.at != b.at {
		return a.at < b.at
	}
	return a.order < b.order
}

func (h *Heap[T]) swap(i, j int) {
	h.items[i], h.items[j] = h.items[j], h.items[i]
	h.items[i].index, h.items[j].index = i, j
}

func (h *Heap[T]) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(i, parent) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *Heap[T]) down(i int) {
	for {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(h.items); c++ {
			if h.less(c, least) {
				least = c
			}
		}
		if least == i {
			return
		}
		h.swap(i, least)
		i = least
	}
}
