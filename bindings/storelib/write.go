package storelib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store/rules"
)

// begin begins a change that a method makes; what it changes is in argument 2.
func (l *Lib) begin(L *lua.LState, method string, kind wire.CommandKind) (*handle, *wire.Command) {
	h := l.self(L)
	l.effects(L, method)
	l.cmd = wire.Command{Kind: kind}
	if kind != wire.CmdClear {
		l.cmd.Key = l.readKey(L, 2, method)
	}
	return h, &l.cmd
}

// setValue makes argument i the value of the change.
func (l *Lib) setValue(L *lua.LState, i int, method string) {
	l.value = l.readValue(L, take(l.value), i, method)
	l.cmd.Value = l.value
}

// setExpiry reads options from argument i. An expire of 0 is none.
func (l *Lib) setExpiry(L *lua.LState, i int, method string) {
	v := L.Get(i)
	if v == lua.LNil {
		return
	}
	err := eachOption(v, writeNames, func(_ string, v lua.LValue) (err error) {
		l.cmd.Expiry, err = lifetime(v)
		l.cmd.HasExpiry = l.cmd.Expiry > 0
		return err
	})
	if err != nil {
		convert.ArgRaise(L, method, i-1, err)
	}
}

// put is s:put(k, v, {expire=}).
func (l *Lib) put(L *lua.LState) int {
	h, c := l.begin(L, "store:put", wire.CmdPut)
	l.setValue(L, 3, "store:put")
	l.setExpiry(L, 4, "store:put")
	return l.do(L, h, c, "store:put")
}

// putUnique is s:put_unique(k, v, {expire=}).
func (l *Lib) putUnique(L *lua.LState) int {
	h, c := l.begin(L, "store:put_unique", wire.CmdPutUnique)
	l.setValue(L, 3, "store:put_unique")
	l.setExpiry(L, 4, "store:put_unique")
	return l.do(L, h, c, "store:put_unique")
}

// erase is s:erase(k).
func (l *Lib) erase(L *lua.LState) int {
	h, c := l.begin(L, "store:erase", wire.CmdErase)
	return l.do(L, h, c, "store:erase")
}

// clear is s:clear().
func (l *Lib) clear(L *lua.LState) int {
	h, c := l.begin(L, "store:clear", wire.CmdClear)
	return l.do(L, h, c, "store:clear")
}

// increment is s:increment(k, n = 1, {expire=}).
func (l *Lib) increment(L *lua.LState) int {
	h, c := l.begin(L, "store:increment", wire.CmdAdd)
	c.Init = l.setAmount(L, "store:increment")
	return l.do(L, h, c, "store:increment")
}

// decrement is s:decrement(k, n = 1, {expire=}).
func (l *Lib) decrement(L *lua.LState) int {
	h, c := l.begin(L, "store:decrement", wire.CmdSubtract)
	l.setAmount(L, "store:decrement")
	return l.do(L, h, c, "store:decrement")
}

// setAmount reads how much to add or subtract, and the options behind it. It returns what a key begins as that is not
// there.
func (l *Lib) setAmount(L *lua.LState, method string) broker.Kind {
	if L.Get(3) == lua.LNil {
		l.value = wire.AppendCount(take(l.value), 1)
		l.cmd.Value = l.value
	} else {
		l.setValue(L, 3, method)
	}
	kind := rules.InitFor(l.cmd.Value)
	if kind == broker.KindNone {
		convert.ArgRaise(L, method, 2, fmt.Errorf("expected a number or an interval, got %s", convert.Describe(L.Get(3))))
	}
	l.setExpiry(L, 4, method)
	return kind
}

// append is s:append(k, text, {expire=}).
func (l *Lib) append(L *lua.LState) int {
	h, c := l.begin(L, "store:append", wire.CmdAdd)
	if L.Get(3).Type() != lua.LTString {
		convert.ArgRaise(L, "store:append", 2, fmt.Errorf("expected string, got %s", convert.Describe(L.Get(3))))
	}
	l.setValue(L, 3, "store:append")
	l.setExpiry(L, 4, "store:append")
	c.Init = broker.KindString
	return l.do(L, h, c, "store:append")
}

// insertInto is s:insert_into(k, i) for a set, and s:insert_into(k, i, v, {expire=}) for a table.
func (l *Lib) insertInto(L *lua.LState) int {
	h, c := l.begin(L, "store:insert_into", wire.CmdAdd)
	if L.GetTop() < 4 {
		l.setValue(L, 3, "store:insert_into")
		c.Init = broker.KindSet
		return l.do(L, h, c, "store:insert_into")
	}
	b := wire.AppendVectorHeader(take(l.value), 2)
	b = l.readValue(L, b, 3, "store:insert_into")
	l.value = l.readValue(L, b, 4, "store:insert_into")
	c.Value, c.Init = l.value, broker.KindTable
	l.setExpiry(L, 5, "store:insert_into")
	return l.do(L, h, c, "store:insert_into")
}

// removeFrom is s:remove_from(k, i, {expire=}): from a set or a table.
func (l *Lib) removeFrom(L *lua.LState) int {
	h, c := l.begin(L, "store:remove_from", wire.CmdSubtract)
	l.setValue(L, 3, "store:remove_from")
	l.setExpiry(L, 4, "store:remove_from")
	return l.do(L, h, c, "store:remove_from")
}

// push is s:push(k, v, {expire=}).
func (l *Lib) push(L *lua.LState) int {
	h, c := l.begin(L, "store:push", wire.CmdAdd)
	l.setValue(L, 3, "store:push")
	l.setExpiry(L, 4, "store:push")
	c.Init = broker.KindVector
	return l.do(L, h, c, "store:push")
}

// pop is s:pop(k, {expire=}). What it sends as value is ignored; Broker sends the key.
func (l *Lib) pop(L *lua.LState) int {
	h, c := l.begin(L, "store:pop", wire.CmdSubtract)
	c.Value = c.Key
	l.setExpiry(L, 3, "store:pop")
	return l.do(L, h, c, "store:pop")
}
