package luavm

import lua "github.com/yuin/gopher-lua"

// openLibraries opens the standard library, ours over gopher-lua's.
func (vm *VM) openLibraries() {
	L := vm.main
	for _, lib := range []struct {
		name string
		open lua.LGFunction
	}{
		{lua.BaseLibName, lua.OpenBase},
		{lua.TabLibName, lua.OpenTable},
		{lua.IoLibName, lua.OpenIo},
		{lua.OsLibName, lua.OpenOs},
		{lua.StringLibName, lua.OpenString},
		{lua.MathLibName, lua.OpenMath},
		{lua.DebugLibName, lua.OpenDebug},
		{lua.CoroutineLibName, lua.OpenCoroutine},
	} {
		L.Push(L.NewFunction(lib.open))
		L.Push(lua.LString(lib.name))
		L.Call(1, 0)
	}
	co := L.GetGlobal(lua.CoroutineLibName).(*lua.LTable)
	vm.create = co.RawGetString("create").(*lua.LFunction).GFunction
	vm.resume = co.RawGetString("resume").(*lua.LFunction).GFunction
	vm.coroutineBase = compileCoroutineBase()
	vm.raise = vm.handleError
	vm.trampoline = L.NewFunction(vm.runTrampoline)

	vm.Register(co, map[string]lua.LGFunction{
		"create": vm.coCreate, "resume": vm.coResume, "status": vm.coStatus,
		"running": vm.coRunning, "wrap": vm.coWrap, "yield": vm.coYield,
	})
	vm.Register(L.G.Global, map[string]lua.LGFunction{
		"pcall": vm.basePcall, "xpcall": vm.baseXpcall, "error": vm.baseError, "print": vm.basePrint,
	})
}

func (vm *VM) basePrint(L *lua.LState) int {
	var line []byte
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			line = append(line, '\t')
		}
		line = append(line, L.ToStringMeta(L.Get(i)).String()...)
	}
	_, _ = vm.options.Stdout.Write(append(line, '\n'))
	return 0
}
