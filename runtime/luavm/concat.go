package luavm

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// newConcat makes the function that the rewritten source calls for a concatenation; names are what
// messages call its operands. Compiled chunks are shared by VMs, so it finds the limits of the VM
// through the context of the thread.
func newConcat(names []string) *lua.LFunction {
	c := concatenation{names}
	return sharedFunction(concatName, c.call)
}

// sharedFunction makes a Go function that does not belong to a VM.
func sharedFunction(name string, fn lua.LGFunction) *lua.LFunction {
	up := &lua.Upvalue{}
	up.Close()
	up.SetValue(goName(name))
	return &lua.LFunction{IsG: true, GFunction: fn, Upvalues: []*lua.Upvalue{up}}
}

// concatName can't be the name of another function.
const concatName = "(..)"

type concatenation struct{ names []string }

func (c concatenation) call(L *lua.LState) int {
	if L.GetTop() == 2 {
		a, okA := L.Get(1).(lua.LString)
		b, okB := L.Get(2).(lua.LString)
		if okA && okB {
			checkConcat(L, len(a)+len(b))
			L.Push(a + b)
			return 1
		}
	}
	L.Push(c.concat(L, L.GetTop()))
	return 1
}

// concat goes from right to left, as the operator does: as many strings and numbers as possible at once, and
// metamethods for pairs of other values.
func (c concatenation) concat(L *lua.LState, n int) lua.LValue {
	right := L.Get(n)
	for i := n - 1; i >= 1; {
		left := L.Get(i)
		if lua.LVCanConvToString(left) && lua.LVCanConvToString(right) {
			first := i
			for first > 1 && lua.LVCanConvToString(L.Get(first-1)) {
				first--
			}
			right = join(L, first, i, right)
			i = first - 1
			continue
		}
		fn := L.GetMetaField(left, "__concat")
		if fn.Type() != lua.LTFunction {
			fn = L.GetMetaField(right, "__concat")
		}
		if fn.Type() != lua.LTFunction {
			c.fail(L, i, left, right)
		}
		L.Push(fn)
		L.Push(left)
		L.Push(right)
		L.Call(2, 1)
		right = L.Get(-1)
		L.Pop(1)
		i--
	}
	return right
}

// join concatenates the arguments from first to last and one more value.
func join(L *lua.LState, first, last int, right lua.LValue) lua.LValue {
	const maxNumber = 24 // bytes
	size := maxNumber
	for i := first; i <= last; i++ {
		if s, ok := L.Get(i).(lua.LString); ok {
			size += len(s)
		} else {
			size += maxNumber
		}
	}
	if s, ok := right.(lua.LString); ok {
		size += len(s) - maxNumber
	}
	checkConcat(L, size)
	var small [256]byte
	out := small[:0]
	if size > len(small) {
		out = make([]byte, 0, size)
	}
	for i := first; i <= last; i++ {
		out = appendText(out, L.Get(i))
	}
	return lua.LString(appendText(out, right))
}

func appendText(out []byte, v lua.LValue) []byte {
	if s, ok := v.(lua.LString); ok {
		return append(out, s...)
	}
	return append(out, v.String()...)
}

// checkConcat charges for a string of n bytes and refuses one that is too large.
func checkConcat(L *lua.LState, n int) {
	const bytesPerInstruction = 64
	if n < bytesPerInstruction {
		return
	}
	c, ok := L.Context().(*counter)
	if !ok {
		return
	}
	if n > c.maxString {
		L.RaiseError("resulting string too large (more than %d bytes)", c.maxString)
	}
	if err := c.charge(n / bytesPerInstruction); err != nil {
		L.RaiseError("%s", err)
	}
}

// fail says which of two operands can't be concatenated; the right one is operand i+1 or a result.
func (c concatenation) fail(L *lua.LState, i int, left, right lua.LValue) {
	bad, name := left, c.names[i-1]
	if lua.LVCanConvToString(left) {
		bad, name = right, ""
		if right == L.Get(i+1) {
			name = c.names[i]
		}
	}
	what := fmt.Sprintf("a %s value", bad.Type())
	if name != "" {
		what = name + " (" + what + ")"
	}
	L.RaiseError("attempt to concatenate %s", what)
}
