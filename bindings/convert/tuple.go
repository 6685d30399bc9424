package convert

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Tuple returns the tuple of some scalars and tuples: equal elements give the same Lua value.
func (s *Space) Tuple(vals ...lua.LValue) (lua.LValue, error) {
	key := s.scratch[:0]
	for i, v := range vals {
		var err error
		if key, err = appendAnyKey(key, v, false); err != nil {
			return nil, fmt.Errorf("tuple element #%d: %w", i+1, err)
		}
	}
	s.scratch = key
	if b := s.tuples.find(tupleKey(borrow(key))); b != nil {
		return &b.ud, nil
	}
	b := s.tuples.add(tupleKey(strings.Clone(borrow(key))))
	b.more = make([]lua.LValue, len(vals))
	for i, v := range vals {
		if v == lua.LNil {
			v = s.none
		}
		b.more[i] = v
	}
	return &b.ud, nil
}

// tupleOf makes the tuple with that canonical form.
func (s *Space) tupleOf(k tupleKey) lua.LValue {
	if b := s.tuples.find(k); b != nil {
		return &b.ud
	}
	vals, _, _ := s.tupleElems([]byte(k))
	b := s.tuples.add(k)
	b.more = vals
	return &b.ud
}

// AsTuple returns the elements of a tuple, which the caller must not change.
func AsTuple(v lua.LValue) ([]lua.LValue, bool) {
	if b, ok := boxed[*tupleBox](v); ok {
		return b.more, true
	}
	return nil, false
}
