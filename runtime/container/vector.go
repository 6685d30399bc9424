package container

import "fmt"

// maxVector is the bound of a vector that was given none.
const maxVector = 1 << 26

// IndexError says that a vector has no element at an index.
type IndexError struct{ Index, Len int }

// Error names the index and what would have been right.
func (e *IndexError) Error() string {
	if e.Len == 0 {
		return fmt.Sprintf("index %d: the vector is empty", e.Index)
	}
	return fmt.Sprintf("index %d: the vector goes from 1 to %d", e.Index, e.Len)
}

// Vector is a list of values, numbered from 1. It lies in blocks, so that growing copies no values. It belongs to
// one goroutine.
type Vector struct {
	n, max int
	blocks []column // each of segSlots values, but that the first one grows by doubling
}

// NewVector makes an empty vector of at most max values; 0 means 67 million.
func NewVector(max int) (*Vector, error) {
	if max < 0 || max > maxVector {
		return nil, fmt.Errorf("container: vector bound %d: want 0 to %d", max, maxVector)
	}
	if max == 0 {
		max = maxVector
	}
	return &Vector{max: max}, nil
}

// Len counts the values.
func (v *Vector) Len() int { return v.n }

// Get returns value i, from 1, or an IndexError.
func (v *Vector) Get(i int) (Value, error) {
	if i < 1 || i > v.n {
		return Value{}, &IndexError{i, v.n}
	}
	return v.blocks[(i-1)>>slotBits].get((i - 1) & (segSlots - 1)), nil
}

// Set replaces value i, from 1. It is an IndexError if there is none: Push makes vectors longer.
func (v *Vector) Set(i int, x Value) error {
	if i < 1 || i > v.n {
		return &IndexError{i, v.n}
	}
	v.blocks[(i-1)>>slotBits].set((i-1)&(segSlots-1), x)
	return nil
}

// Push appends a value. ErrFull if the bound is reached.
func (v *Vector) Push(x Value) error {
	if v.n >= v.max {
		return fmt.Errorf("%w: it holds at most %d values", ErrFull, v.max)
	}
	b, i := v.n>>slotBits, v.n&(segSlots-1)
	switch {
	case b == len(v.blocks) && b == 0:
		v.blocks = append(v.blocks, newColumn(firstSlots))
	case b == len(v.blocks):
		v.blocks = append(v.blocks, newColumn(segSlots))
	case i == len(v.blocks[b].bits):
		v.blocks[b].grow(2 * i)
	}
	v.blocks[b].set(i, x)
	v.n++
	return nil
}

// Pop removes the last value and returns it; false if there is none.
func (v *Vector) Pop() (Value, bool) {
	if v.n == 0 {
		return Value{}, false
	}
	v.n--
	b, i := v.n>>slotBits, v.n&(segSlots-1)
	x := v.blocks[b].get(i)
	v.blocks[b].set(i, Value{})
	if b+2 < len(v.blocks) { // one empty block stays, for who pushes and pops at a border
		v.blocks[b+2] = column{}
		v.blocks = v.blocks[:b+2]
	}
	return x, true
}

// Clear removes everything.
func (v *Vector) Clear() { v.n, v.blocks = 0, nil }

// Swap exchanges the contents of two vectors, while each keeps its bound.
func (v *Vector) Swap(o *Vector) {
	v.n, o.n = o.n, v.n
	v.blocks, o.blocks = o.blocks, v.blocks
}

// VectorIter walks over the indexes that a vector had when it began: values pushed since are not visited, popped
// ones no longer. The vector may be changed meanwhile.
type VectorIter struct {
	v      *Vector
	i, end int
	value  Value
}

// Iter begins a walk.
func (v *Vector) Iter() VectorIter { return VectorIter{v: v, end: v.n} }

// Next goes to the next value; false: there is none.
func (it *VectorIter) Next() bool {
	it.i++
	x, err := it.v.Get(it.i)
	if it.i > it.end || err != nil {
		it.end = 0
		return false
	}
	it.value = x
	return true
}

// Index returns the value's index, from 1.
func (it *VectorIter) Index() int { return it.i }

// Value returns the value as it was when Next came to it.
func (it *VectorIter) Value() Value { return it.value }
