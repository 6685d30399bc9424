package convert

import (
	"bytes"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// ordered is the contents of a container on the way into Broker's order. As canonical keys compare as Broker
// compares values, that is sorting bytes.
type ordered struct {
	keys  []byte
	items []orderedItem
}

type orderedItem struct {
	from, to int // in keys
	value    Stored
	lua      lua.LValue // in place of value, for a plain table's
}

func (o *ordered) key(it *orderedItem) []byte { return o.keys[it.from:it.to] }

// collect takes the elements of a container.
func (o *ordered) collect(c Container) {
	c.Each(func(key []byte, v Stored) bool {
		from := len(o.keys)
		o.keys = append(o.keys, key...)
		o.items = append(o.items, orderedItem{from: from, to: len(o.keys), value: v})
		return true
	})
}

func (o *ordered) sort() {
	slices.SortFunc(o.items, func(a, b orderedItem) int {
		return bytes.Compare(o.keys[a.from:a.to], o.keys[b.from:b.to])
	})
}

// duplicate returns the position of an element that equals the one before it, -1 if there is none.
func (o *ordered) duplicate() int {
	for i := 1; i < len(o.items); i++ {
		if bytes.Equal(o.key(&o.items[i-1]), o.key(&o.items[i])) {
			return i
		}
	}
	return -1
}

// sorter keeps the buffers of one level of nesting for the next container on it.
type sorter struct{ free []*ordered }

func (s *sorter) take() *ordered {
	if n := len(s.free); n > 0 {
		o := s.free[n-1]
		s.free = s.free[:n-1]
		return o
	}
	return &ordered{}
}

// maxKept is the size up to which a buffer is worth keeping.
const maxKept = 1 << 16

func (s *sorter) put(o *ordered) {
	if cap(o.keys) > maxKept || len(s.free) > 8 {
		return
	}
	clear(o.items)
	o.keys, o.items = o.keys[:0], o.items[:0]
	s.free = append(s.free, o)
}
