package luavm

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// loadFunction returns the function that a chunk returns.
func loadFunction(t testing.TB, vm *VM, src string) *lua.LFunction {
	t.Helper()
	chunk, err := vm.Load("test.lua", src)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vm.CallValue(chunk, nil)
	if err != nil {
		t.Fatal(err)
	}
	fn, ok := v.(*lua.LFunction)
	if !ok {
		t.Fatalf("chunk returned a %s, want a function", v.Type())
	}
	return fn
}
