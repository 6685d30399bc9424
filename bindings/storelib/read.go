package storelib

import (
	"errors"
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store/rules"
)

// isMissing reports whether a read has found no such key.
func isMissing(err error) bool {
	return err == broker.ErrNoSuchKey || err != nil && errors.Is(err, broker.ErrNoSuchKey)
}

// missing pushes what a read says whose key is not there, which is nil, or whose answer is not known, which is nil and why.
func (l *Lib) missing(L *lua.LState, err error) int {
	if isMissing(err) {
		L.Push(lua.LNil)
		return 1
	}
	return l.Space.Fail(L, err)
}

// lookUp returns the value of the key in argument 2, good until the next call into the store.
func (l *Lib) lookUp(L *lua.LState, method string) ([]byte, error) {
	h := l.self(L)
	key := l.readKey(L, 2, method)
	if h.s == nil {
		return nil, h.closed()
	}
	return h.s.Get(key)
}

// get is s:get(k): the value, nil if there is none, or nil and why that is not known.
func (l *Lib) get(L *lua.LState) int {
	v, err := l.lookUp(L, "store:get")
	if err != nil {
		return l.missing(L, err)
	}
	return l.pushValue(L, v)
}

// exists is s:exists(k).
func (l *Lib) exists(L *lua.LState) int {
	_, err := l.lookUp(L, "store:exists")
	if err != nil && !errors.Is(err, broker.ErrNoSuchKey) {
		return l.Space.Fail(L, err)
	}
	L.Push(lua.LBool(err == nil))
	return 1
}

// size is s:size(): how many keys there are.
func (l *Lib) size(L *lua.LState) int {
	h := l.self(L)
	if h.s == nil {
		return l.Space.Fail(L, h.closed())
	}
	n, err := h.s.Len()
	if err != nil {
		return l.Space.Fail(L, err)
	}
	L.Push(l.Space.Count(uint64(n)))
	return 1
}

// getIndex is s:get_index(k, i): what is in a value. Vectors begin at 1 here and at 0 in Broker.
func (l *Lib) getIndex(L *lua.LState) int {
	v, err := l.lookUp(L, "store:get_index")
	index := l.readValue(L, take(l.value), 3, "store:get_index")
	l.value = index
	if err != nil {
		return l.missing(L, err)
	}
	if broker.Kind(v[0]) == broker.KindVector {
		n, ok := L.Get(3).(lua.LNumber)
		if !ok || float64(n) != math.Trunc(float64(n)) || n < 1 || n > math.MaxInt32 {
			return l.Space.Fail(L, &broker.Error{Code: broker.TypeClash,
				Context: fmt.Sprintf("store %q: %s as index of a vector, which begins at 1", l.self(L).name, convert.Describe(L.Get(3)))})
		}
		index = wire.AppendCount(index[:0], uint64(n)-1)
		l.value = index
	}
	found, err := rules.Index(take(l.canonical), v, index)
	l.canonical = found
	if err != nil {
		return l.missing(L, err)
	}
	return l.pushValue(L, found)
}

// keys is s:keys(): a set of all keys.
func (l *Lib) keys(L *lua.LState) int {
	h := l.self(L)
	keys, n, err := h.collect()
	if err != nil {
		return l.Space.Fail(L, err)
	}
	b := append([]byte{byte(broker.KindSet)}, wire.AppendVarbyte(nil, uint32(n))...)
	r := wire.NewReader(append(b, keys...))
	v, err := l.Space.DecodeTyped(&r, convert.Any)
	if err != nil {
		return l.Space.Fail(L, &broker.Error{Code: broker.InvalidData, Context: fmt.Sprintf("store %q", h.name),
			Err: fmt.Errorf("its keys don't go into a set, s:each() has them all: %w", err)})
	}
	L.Push(v)
	return 1
}

// collect returns copies of all keys, one behind the other, and how many there are.
func (h *handle) collect() (keys []byte, n int, err error) {
	if h.s == nil {
		return nil, 0, h.closed()
	}
	charged := error(nil)
	err = h.s.Each(func(key, _ []byte) bool {
		keys = append(keys, key...)
		n++
		charged = h.lib.d.VM.Charge(1 + len(key)/16)
		return charged == nil
	})
	if err == nil {
		err = charged
	}
	return keys, n, err
}

// each is for k, v in s:each(): over the keys that are there now, with the values that they have when it is their turn.
// An iterator can't return errors, so it raises.
func (l *Lib) each(L *lua.LState) int {
	h := l.self(L)
	keys, _, err := h.collect()
	if err != nil {
		L.RaiseError("store:each: %s", err.Error())
	}
	r := wire.NewReader(keys)
	L.Push(l.d.VM.NewFunction("store:each", func(L *lua.LState) int {
		for r.Remaining() > 0 {
			rest := r.Rest()
			if err := r.Skip(); err != nil {
				L.RaiseError("store:each: %s", err.Error())
			}
			k, v, err := h.entry(rest[:len(rest)-r.Remaining()])
			switch {
			case err == nil:
				L.Push(k)
				L.Push(v)
				return 2
			case !errors.Is(err, broker.ErrNoSuchKey): // else it has gone meanwhile
				L.RaiseError("store:each: %s", err.Error())
			}
			if err := l.d.VM.Charge(1); err != nil {
				L.RaiseError("store:each: %s", err.Error())
			}
		}
		L.Push(lua.LNil)
		return 1
	}))
	return 1
}

// entry returns the Lua values of a key and what it has now.
func (h *handle) entry(key []byte) (k, v lua.LValue, err error) {
	if h.s == nil {
		return nil, nil, h.closed()
	}
	b, err := h.s.Get(key)
	if err != nil {
		return nil, nil, err
	}
	if v, err = h.lib.decode(b); err == nil {
		k, err = h.lib.decodeKey(key)
	}
	return k, v, err
}
