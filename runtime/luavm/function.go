package luavm

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// goName is the upvalue in which a Go function carries its name. Scripts can't see it.
type goName string

func (n goName) String() string       { return string(n) }
func (n goName) Type() lua.LValueType { return lua.LTString }

// NewFunction makes a Go function that Lua may call. The name appears in its errors and in
// tracebacks. A panic in fn becomes a Lua error. Where fn complains about its arguments by the methods
// of lua.LState, the message comes out as the reference implementation words it.
func (vm *VM) NewFunction(name string, fn lua.LGFunction) *lua.LFunction {
	return vm.main.NewClosure(vm.guard(name, fn), goName(name))
}

// Register puts functions into a table, under their names and in the order of these.
func (vm *VM) Register(tb *lua.LTable, functions map[string]lua.LGFunction) {
	for _, name := range slices.Sorted(maps.Keys(functions)) { // pairs shows the order
		tb.RawSetString(name, vm.NewFunction(name, functions[name]))
	}
}

// FunctionName returns the name that a Go function was made with, empty for others.
func FunctionName(fn *lua.LFunction) string {
	if fn != nil && fn.IsG && len(fn.Upvalues) == 1 {
		if n, ok := fn.Upvalues[0].Value().(goName); ok {
			return string(n)
		}
	}
	return ""
}

// guard turns a panic of fn into a Lua error, raised in the place of the panic: this closes the
// captured locals of the frames above.
func (vm *VM) guard(name string, fn lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) (results int) {
		returned := false
		defer func() {
			if returned {
				return
			}
			e := recover()
			ae, ok := e.(*lua.ApiError)
			if !ok {
				vm.RaiseError(L, "%s: %v", name, e)
			}
			if s, isString := ae.Object.(lua.LString); isString {
				ae.Object = lua.LString(vm.reword(L, name, string(s)))
			}
			panic(ae)
		}()
		results = fn(L)
		returned = true
		if vm.counter.sampler != nil {
			vm.counter.sampled()
		}
		return results
	}
}

// reword changes "bad argument #1 to f (…)" as gopher-lua words it, if the running function raised it,
// to what [VM.ArgError] would say. The message is on top of the stack.
func (vm *VM) reword(L *lua.LState, name, message string) string {
	if !strings.Contains(message, "bad argument #") || name == "error" || name == "assert" {
		return message
	}
	m := badArgument.FindStringSubmatch(message)
	if m == nil {
		return message
	}
	f, ok := vm.ownFrame(L, 0)
	if !ok || FunctionName(f.fn) != name {
		return message
	}
	n, _ := strconv.Atoi(m[2])
	if n > L.GetTop()-1 {
		m[3] = strings.Replace(m[3], "got nil", "got no value", 1)
	}
	return m[1] + f.argMessage(n, m[3])
}

// badArgument are messages of lua.LState's check methods: position, argument, what is wrong.
var badArgument = regexp.MustCompile(`(?s)^(.*?)bad argument #(\d+) to [^'].*? \((.*)\)$`)

// RaiseError raises an error that begins with the position of the function that called the running
// Go function. It does not return.
func (vm *VM) RaiseError(L *lua.LState, format string, args ...any) {
	vm.raiseAt(L, 1, fmt.Sprintf(format, args...))
}

func (vm *VM) raiseAt(L *lua.LState, level int, message string) {
	vm.raiseValue(L, lua.LString(vm.where(L, level)+message))
}

// raiseValue raises v as it is.
func (vm *VM) raiseValue(L *lua.LState, v lua.LValue) {
	if n := len(vm.links); n > 0 && vm.links[n-1].thread == L && vm.links[n-1].kind == linkPcall {
		L.Panic = panicQuietly // PCall puts the old one back
	}
	L.Error(v, 0)
}

// panicQuietly raises what is on top of the stack without a stack trace, which a pcall would throw away.
func panicQuietly(L *lua.LState) {
	panic(&lua.ApiError{Type: lua.ApiErrorError, Object: L.Get(-1), StackTrace: ownTrace})
}

// ArgError raises "bad argument #n to 'name' (message)", with the name of the running Go function.
// Where it was called as a method, self does not count.
func (vm *VM) ArgError(L *lua.LState, n int, message string) {
	f, _ := vm.ownFrame(L, 0)
	vm.RaiseError(L, "%s", f.argMessage(n, message))
}

func (f frame) argMessage(n int, message string) string {
	name := FunctionName(f.fn)
	if name == "" {
		name = f.goName()
	}
	if _, isMethod := calledBy(f.debug.Name); isMethod {
		if n--; n == 0 {
			return fmt.Sprintf("calling '%s' on bad self (%s)", name, message)
		}
	}
	return fmt.Sprintf("bad argument #%d to '%s' (%s)", n, name, message)
}

// TypeError raises an ArgError that says which type was expected and which is there.
func (vm *VM) TypeError(L *lua.LState, n int, expected string) {
	got := "no value"
	if n <= L.GetTop() {
		got = L.Get(n).Type().String()
	}
	vm.ArgError(L, n, expected+" expected, got "+got)
}
