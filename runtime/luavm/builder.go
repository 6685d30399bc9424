package luavm

import lua "github.com/yuin/gopher-lua"

// builderFunction fills large tables: the rewritten source of a constructor calls it and then what it
// returns, in a chain; package rewrite describes it. It stands among the constants of compiled
// chunks, which VMs share, so it must not depend on a VM.
var builderFunction = sharedFunction("constructor", newBuilder)

func newBuilder(L *lua.LState) int {
	tb, _ := L.Get(1).(*lua.LTable)
	var self *lua.LFunction
	self = L.NewFunction(func(L *lua.LState) int {
		if L.GetTop() == 0 {
			L.Push(tb)
			return 1
		}
		if first, ok := L.Get(1).(lua.LNumber); ok {
			for i := 2; i <= L.GetTop(); i++ {
				tb.RawSetInt(int(first)+i-2, L.Get(i))
			}
		} else {
			L.RawSet(tb, L.Get(2), L.Get(3))
		}
		L.Push(self)
		return 1
	})
	L.Push(self)
	return 1
}
