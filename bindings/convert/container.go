package convert

import lua "github.com/yuin/gopher-lua"

// Container is the Go object in the userdata of a set, a map or a vector. Its contents are in the forms of this
// package, keys as AppendKey writes them and values as ToStored returns them, so that they reach the wire, text
// and JSON without becoming Lua values. It is used by the VM's goroutine only.
type Container interface {
	// ContainerType returns the type, set[…], table[…] of … or vector of ….
	ContainerType() *Type
	// Len returns the number of elements.
	Len() int
	// Each calls fn for the elements in the container's order until it returns false: a set's with the key, a
	// table's with both, a vector's with the value. It does not count as reading. key is valid during the call
	// only, and fn must not change the container.
	Each(fn func(key []byte, value Stored) bool)
	// Put adds an element while the container is being made: to a set by key, to a table by both, to the end of
	// a vector by value. It reports false for a key that is there already. The container copies key. Hooks are
	// not called.
	Put(key []byte, value Stored) bool
}

// AsContainer returns the container in a userdata.
func AsContainer(v lua.LValue) (Container, bool) { return boxed[Container](v) }

// wrap returns the userdata of a container.
func (s *Space) wrap(c Container) lua.LValue { return s.WrapContainer(c) }

// fits reports whether a container of type c may stand in a place of type t: its elements are of t's types, or t
// takes any.
func fits(t, c *Type) bool {
	if t.Kind != c.Kind {
		return false
	}
	switch t.Kind {
	case KindSet:
		return fitsElem(t.Key, c.Key)
	case KindTable:
		return fitsElem(t.Key, c.Key) && fitsElem(t.Elem, c.Elem)
	case KindVector:
		return fitsElem(t.Elem, c.Elem)
	}
	return false
}

func fitsElem(t, c *Type) bool {
	return t.Kind == KindAny || t.Equal(c) || fits(t, c)
}
