package luavm

import (
	"errors"
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

func TestCallHandlerDoesNotAllocate(t *testing.T) {
	vm := New(Options{})
	fn := loadFunction(t, vm, "return function(a, b, c) return a end")
	args := []lua.LValue{lua.LTrue, lua.LString("x"), lua.LNumber(3)}
	if n := testing.AllocsPerRun(100, func() {
		if err := vm.CallHandler(fn, args); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("CallHandler: got %v allocations, want 0", n)
	}
}

func TestBudgetEndsACall(t *testing.T) {
	t.Parallel()
	vm := New(Options{Budget: 1_000_000})
	err := runChunk(vm, "test.lua", "while true do pcall(function() while true do end end) end")
	if !errors.Is(err, ErrBudget) {
		t.Errorf("got %v, want ErrBudget", err)
	}
}
