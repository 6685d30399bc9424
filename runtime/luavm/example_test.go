package luavm_test

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm"
)

func Example() {
	vm := luavm.New(luavm.Options{Budget: 1_000_000})
	defer vm.Close()

	// A Go function for scripts; mistakes in its arguments are worded as Lua does.
	vm.State().SetGlobal("add", vm.NewFunction("add", func(L *lua.LState) int {
		L.Push(L.CheckNumber(1) + L.CheckNumber(2))
		return 1
	}))

	chunk, err := vm.Load("policy.lua", `
local seen = 0
function on_event(n)
  seen = add(seen, n)
  return seen
end`)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := vm.CallHandler(chunk, nil); err != nil {
		fmt.Println(err)
		return
	}
	handler := vm.State().GetGlobal("on_event")
	for _, n := range []lua.LValue{lua.LNumber(2), lua.LNumber(3), lua.LString("x")} {
		v, err := vm.CallValue(handler, []lua.LValue{n})
		fmt.Println(v, err)
	}
	// Output:
	// 2 <nil>
	// 5 <nil>
	// nil policy.lua:4: bad argument #2 to 'add' (number expected, got string)
}

func ExampleVM_SetBudget() {
	vm := luavm.New(luavm.Options{})
	chunk, err := vm.Load("loop.lua", `while true do pcall(function() while true do end end) end`)
	if err != nil {
		fmt.Println(err)
		return
	}
	vm.SetBudget(100_000)
	err = vm.CallHandler(chunk, nil)
	fmt.Println(errors.Is(err, luavm.ErrBudget))
	fmt.Println(err)
	// Output:
	// true
	// loop.lua:1: budget used up: more than 100000 instructions
}
