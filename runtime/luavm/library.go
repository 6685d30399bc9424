package luavm

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// openLibraries opens the standard library: what of gopher-lua's is right, and ours over the rest.
// There is no require: a host makes one with [VM.Load].
func (vm *VM) openLibraries() {
	L := vm.main
	vm.open(lua.OpenCoroutine, lua.CoroutineLibName, vm.openCoroutine)
	vm.open(lua.OpenBase, "_G", vm.openBase)
	vm.open(lua.OpenTable, lua.TabLibName, vm.openTable)
	vm.open(lua.OpenString, lua.StringLibName, vm.openString)
	vm.open(lua.OpenMath, lua.MathLibName, vm.openMath)
	vm.open(lua.OpenOs, lua.OsLibName, vm.openOS)
	vm.open(lua.OpenDebug, lua.DebugLibName, vm.openDebug)
	if !vm.options.Sandbox {
		vm.open(lua.OpenIo, lua.IoLibName, nil)
	}
	sortKeys(L, L.G.Global)
	vm.raise = vm.handleError
	vm.trampoline = L.NewFunction(vm.runTrampoline)
}

// open opens one of gopher-lua's libraries, wraps its functions, and lets ours change it.
func (vm *VM) open(stock lua.LGFunction, name string, ours func(*lua.LTable)) {
	L := vm.main
	L.Push(L.NewFunction(stock))
	L.Push(lua.LString(name))
	L.Call(1, 0)
	lib := L.GetGlobal(name).(*lua.LTable)
	if ours != nil {
		ours(lib)
	}
	for k, v := lib.Next(lua.LNil); k != lua.LNil; k, v = lib.Next(k) {
		if fn, ok := v.(*lua.LFunction); ok && len(fn.Upvalues) == 0 {
			lib.RawSet(k, vm.NewFunction(k.String(), fn.GFunction))
		}
	}
	sortKeys(L, lib)
}

// sortKeys makes pairs go through a table of strings in their order: gopher-lua fills libraries in the order
// of Go maps, which is another each time.
func sortKeys(L *lua.LState, tb *lua.LTable) {
	var keys []string
	for k, _ := tb.Next(lua.LNil); k != lua.LNil; k, _ = tb.Next(k) {
		keys = append(keys, k.String())
	}
	slices.Sort(keys)
	fresh := L.CreateTable(0, len(keys))
	for _, k := range keys {
		fresh.RawSetString(k, tb.RawGetString(k))
	}
	fresh.Metatable = tb.Metatable
	*tb = *fresh
}

func (vm *VM) openCoroutine(lib *lua.LTable) {
	vm.create = lib.RawGetString("create").(*lua.LFunction).GFunction
	vm.resume = lib.RawGetString("resume").(*lua.LFunction).GFunction
	vm.coroutineBase = coroutineBase()
	vm.resumer = vm.NewFunction("resume", vm.coResume)
	vm.Register(lib, map[string]lua.LGFunction{
		"create": vm.coCreate, "resume": vm.coResume, "status": vm.coStatus,
		"running": vm.coRunning, "wrap": vm.coWrap, "yield": vm.coYield,
	})
}
