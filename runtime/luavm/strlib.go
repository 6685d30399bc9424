package luavm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxResults is how many values unpack and string.byte return at most.
const maxResults = 1 << 17

// openString makes the string library and the metatable of strings.
func (vm *VM) openString(lib *lua.LTable) {
	lib.RawSetString("__index", lua.LNil) // gopher-lua's library is its own metatable
	vm.Register(lib, map[string]lua.LGFunction{
		"byte": vm.strByte, "char": vm.strChar, "dump": vm.strDump, "find": vm.strFind, "format": vm.strFormat,
		"gmatch": vm.strGmatch, "gfind": vm.strGmatch, "gsub": vm.strGsub, "len": vm.strLen, "lower": vm.strLower,
		"match": vm.strMatch, "rep": vm.strRep, "reverse": vm.strReverse, "sub": vm.strSub, "upper": vm.strUpper,
	})
	mt := vm.main.NewTable()
	mt.RawSetString("__index", lib)
	mt.RawSetString("__metatable", lua.LFalse) // strings are one type for all scripts of the VM
	vm.openStringArithmetic(mt)
	vm.main.SetMetatable(lua.LString(""), mt)
}

// relative turns a position that counts from the end, if negative, into one that counts from the start;
// 0 is before the start.
func relative(pos, length int) int {
	if pos < 0 {
		return max(pos+length+1, 0)
	}
	return pos
}

func (vm *VM) strLen(L *lua.LState) int {
	L.Push(lua.LNumber(len(vm.argString(L, 1))))
	return 1
}

func (vm *VM) strSub(L *lua.LState) int {
	s := vm.argString(L, 1)
	from := max(relative(vm.argInt(L, 2), len(s)), 1)
	to := min(relative(vm.optInt(L, 3, -1), len(s)), len(s))
	if from > to {
		L.Push(lua.LString(""))
	} else {
		L.Push(lua.LString(s[from-1 : to]))
	}
	return 1
}

func (vm *VM) strByte(L *lua.LState) int {
	s := vm.argString(L, 1)
	from := relative(vm.optInt(L, 2, 1), len(s))
	to := min(relative(vm.optInt(L, 3, from), len(s)), len(s))
	from = max(from, 1)
	if from > to {
		return 0
	}
	if to-from >= maxResults {
		vm.RaiseError(L, "string slice too long")
	}
	for _, c := range []byte(s[from-1 : to]) {
		L.Push(lua.LNumber(c))
	}
	return to - from + 1
}

func (vm *VM) strChar(L *lua.LState) int {
	b := make([]byte, L.GetTop())
	for i := range b {
		c := vm.argInt(L, i+1)
		if c < 0 || c > 255 {
			vm.ArgError(L, i+1, "invalid value")
		}
		b[i] = byte(c)
	}
	L.Push(lua.LString(b))
	return 1
}

func (vm *VM) strDump(L *lua.LState) int {
	vm.argFunction(L, 1)
	vm.RaiseError(L, "unable to dump given function")
	return 0
}

func (vm *VM) strRep(L *lua.LState) int {
	s, n := vm.argString(L, 1), max(vm.argInt(L, 2), 0)
	if s == "" {
		n = 0
	}
	if n > vm.options.MaxString {
		vm.checkSize(L, n)
	}
	vm.checkSize(L, len(s)*n)
	vm.chargeBytes(L, len(s)*n)
	L.Push(lua.LString(strings.Repeat(s, n)))
	return 1
}

func (vm *VM) strReverse(L *lua.LState) int {
	s := vm.argString(L, 1)
	vm.chargeBytes(L, len(s))
	b := make([]byte, len(s))
	for i := range b {
		b[i] = s[len(s)-1-i]
	}
	L.Push(lua.LString(b))
	return 1
}

func (vm *VM) strLower(L *lua.LState) int { return vm.mapLetters(L, 'A', 'Z') }

func (vm *VM) strUpper(L *lua.LState) int { return vm.mapLetters(L, 'a', 'z') }

// mapLetters changes the case of the letters between first and last. Other bytes stay: a string is bytes.
func (vm *VM) mapLetters(L *lua.LState, first, last byte) int {
	s := vm.argString(L, 1)
	vm.chargeBytes(L, len(s))
	b := []byte(s)
	for i, c := range b {
		if first <= c && c <= last {
			b[i] = c ^ 0x20
		}
	}
	L.Push(lua.LString(b))
	return 1
}
