package luavm

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm/internal/cformat"
)

func (vm *VM) strFormat(L *lua.LState) int {
	format := vm.argString(L, 1)
	var out []byte
	arg := 1
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			out = append(out, format[i])
			continue
		}
		if i+1 < len(format) && format[i+1] == '%' {
			out = append(out, '%')
			i++
			continue
		}
		spec, n, problem := cformat.Parse(format[i+1:])
		if problem != "" {
			vm.RaiseError(L, "%s", problem)
		}
		i += n
		arg++
		if arg > L.GetTop() {
			vm.ArgError(L, arg, "no value")
		}
		out = vm.formatArg(L, out, spec, arg)
		vm.checkSize(L, len(out))
	}
	vm.chargeBytes(L, len(out)*4)
	L.Push(lua.LString(out))
	return 1
}

func (vm *VM) formatArg(L *lua.LState, out []byte, spec cformat.Spec, n int) []byte {
	switch spec.Verb {
	case 'c':
		return spec.AppendString(out, string([]byte{byte(vm.argInt(L, n))}))
	case 'd', 'i':
		return spec.AppendInt(out, toInt64(vm.argNumber(L, n)))
	case 'o', 'u', 'x', 'X':
		v := vm.argNumber(L, n)
		if v >= 1<<63 && v < 1<<64 {
			return spec.AppendUint(out, uint64(v))
		}
		return spec.AppendUint(out, uint64(toInt64(v)))
	case 'e', 'E', 'f', 'g', 'G':
		return spec.AppendFloat(out, vm.argNumber(L, n))
	case 'q':
		return appendQuoted(out, vm.argString(L, n))
	case 's':
		text := vm.toString(L, L.Get(n))
		vm.chargeBytes(L, len(text)) // also when the result becomes too long
		return spec.AppendString(out, text)
	case 0:
		vm.RaiseError(L, "invalid option '%%' to 'format'")
	}
	vm.RaiseError(L, "invalid option '%%%c' to 'format'", spec.Verb)
	return nil
}

// toInt64 cuts off the fraction. Like a C program on common machines, it has the lowest integer for
// everything that does not fit.
func toInt64(v float64) int64 {
	if v >= -1<<63 && v < 1<<63 {
		return int64(v)
	}
	return math.MinInt64
}

// appendQuoted appends s so that Lua reads it back.
func appendQuoted(out []byte, s string) []byte {
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			out = append(out, '\\', c)
		case '\r':
			out = append(out, `\r`...)
		case 0:
			out = append(out, `\000`...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
