package container

// dueItem is what a dueHeap orders: by time, and by a number that differs where times are equal, so that no order
// depends on the heap's history.
type dueItem interface {
	dueAt() (at int64, tie uint64)
	place(pos int) // remembers where the heap has put it
}

// dueHeap is a binary heap whose items know their places. Only items with a lower bound of their time go in; an
// item whose bound has changed is fixed.
type dueHeap[T dueItem] []T

func (h *dueHeap[T]) push(x T) {
	*h = append(*h, x)
	h.up(len(*h) - 1)
}

// remove takes the item at pos out.
func (h *dueHeap[T]) remove(pos int) {
	s := *h
	last := len(s) - 1
	s[pos] = s[last]
	var none T
	s[last] = none
	*h = s[:last]
	if pos < last {
		h.fix(pos)
	}
}

// fix moves the item at pos to where its time belongs.
func (h *dueHeap[T]) fix(pos int) {
	if !h.down(pos) {
		h.up(pos)
	}
}

func (h dueHeap[T]) less(i, j int) bool {
	a, x := h[i].dueAt()
	b, y := h[j].dueAt()
	return a < b || a == b && x < y
}

func (h dueHeap[T]) up(i int) {
	for i > 0 && h.less(i, (i-1)/2) {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		h[i].place(i)
		i = (i - 1) / 2
	}
	h[i].place(i)
}

func (h dueHeap[T]) down(i int) (moved bool) {
	start := i
	for {
		c := 2*i + 1
		if c >= len(h) {
			break
		}
		if c+1 < len(h) && h.less(c+1, c) {
			c++
		}
		if !h.less(c, i) {
			break
		}
		h[i], h[c] = h[c], h[i]
		h[i].place(i)
		i = c
	}
	h[i].place(i)
	return i > start
}
