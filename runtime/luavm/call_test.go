package luavm

import (
	"errors"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestTooManyArguments: arguments are pushed outside of the protected call, where a full stack is a panic.
func TestTooManyArguments(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	fn := loadFunction(t, vm, `return function(...) return select("#", ...) end`)
	const most, over = "8000", "too many arguments (300000, at most 8000)"
	args := make([]lua.LValue, 300_000)
	for i := range args {
		args[i] = lua.LTrue
	}
	calls := map[string]func() error{
		"CallHandler": func() error { return vm.CallHandler(fn, args) },
		"CallLabeled": func() error { return vm.CallLabeled("handler EX::e", fn, args) },
		"CallValue":   func() error { _, err := vm.CallValue(fn, args); return err },
		"Call":        func() error { _, err := vm.Call(fn, lua.MultRet, args...); return err },
		"Resume":      func() error { _, _, err := vm.Resume("", vm.NewCoroutine(fn), args[1:]...); return err },
	}
	for name, call := range calls {
		var e *Error
		if err := call(); !errors.As(err, &e) || e.Message != over || e.Value != lua.LString(over) {
			t.Errorf("%s: got %v, want %s", name, err, over)
		}
	}
	if got, err := vm.CallValue(fn, args[:MaxArgs]); err != nil || got.String() != most {
		t.Errorf("as many as may be: got %v, %v, want %s", got, err, most)
	}
	if _, err := vm.CallValue(fn, args[:MaxArgs+1]); err == nil {
		t.Error("one more than may be is taken")
	}
}
