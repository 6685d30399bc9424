package broker

import (
	"errors"
	"math"
	"slices"
)

// ErrDuplicate is returned for a set with two equivalent elements or a table
// with two equivalent keys.
var ErrDuplicate = errors.New("duplicate element or key")

// ErrNaN is returned for a set element or table key with a NaN in it: no real
// is smaller or greater, so it has no place in an ordered container.
var ErrNaN = errors.New("nan can't be a set element or table key")

// NewSet returns the set of elems. It takes over the slice and sorts it.
// It fails with ErrDuplicate or ErrNaN.
func NewSet(elems ...Data) (Set, error) {
	for _, e := range elems {
		if hasNaN(e) {
			return nil, ErrNaN
		}
	}
	return SortSet(elems)
}

// NewTable returns the table of items. It takes over the slice and sorts it.
// It fails with ErrDuplicate or ErrNaN (values may hold NaN).
func NewTable(items ...TableItem) (Table, error) {
	for _, it := range items {
		if hasNaN(it.Key) {
			return nil, ErrNaN
		}
	}
	return SortTable(items)
}

// SortSet is NewSet for decoders: a NaN from outside counts as a duplicate of
// every other real, and is left alone where there is none. It takes n log n
// comparisons whatever the input.
func SortSet(elems []Data) (Set, error) {
	if !slices.IsSortedFunc(elems, order) {
		slices.SortFunc(elems, order)
	}
	for i := 1; i < len(elems); i++ {
		if Compare(elems[i-1], elems[i]) == 0 {
			return nil, ErrDuplicate
		}
	}
	return elems, nil
}

// SortTable is NewTable for decoders; see SortSet.
func SortTable(items []TableItem) (Table, error) {
	byKey := func(a, b TableItem) int { return order(a.Key, b.Key) }
	if !slices.IsSortedFunc(items, byKey) {
		slices.SortFunc(items, byKey)
	}
	for i := 1; i < len(items); i++ {
		if Compare(items[i-1].Key, items[i].Key) == 0 {
			return nil, ErrDuplicate
		}
	}
	return items, nil
}

// Has reports whether d is an element.
func (s Set) Has(d Data) bool {
	_, ok := slices.BinarySearchFunc(s, d, order)
	return ok
}

// Get returns the value for key k.
func (t Table) Get(k Data) (Data, bool) {
	i, ok := slices.BinarySearchFunc(t, k, func(it TableItem, k Data) int { return order(it.Key, k) })
	if !ok {
		return nil, false
	}
	return t[i].Value, true
}

// hasNaN reports whether a NaN sits anywhere in d.
func hasNaN(d Data) bool {
	switch d := d.(type) {
	case Real:
		return math.IsNaN(float64(d))
	case Vector:
		return slices.ContainsFunc(d, hasNaN)
	case Set:
		return slices.ContainsFunc(d, hasNaN)
	case Table:
		return slices.ContainsFunc(d, func(it TableItem) bool { return hasNaN(it.Key) || hasNaN(it.Value) })
	}
	return false
}
