package convert

import (
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"
)

var numberMeta = kindMeta{
	word: "big",
	methods: map[string]func(*Space, *lua.LState) int{
		"approx": func(s *Space, L *lua.LState) int {
			b, ok := boxed[*numberBox](L.Get(1))
			if !ok {
				raiseSelf(L, "big", "approx")
			}
			L.Push(lua.LNumber(b.v.float()))
			return 1
		},
	},
	arith: numberArith,
}

// numberArith is exact: the result is a number again as soon as that can hold it, and what neither a number nor a
// big can hold raises. Reals are calculated as reals.
func numberArith(s *Space, op byte, a, b lua.LValue) (lua.LValue, error) {
	if op == '_' {
		b = a
	}
	if !isNumber(a) || !isNumber(b) {
		return nil, badArith(op, a, b)
	}
	x, xf, xInt := numeric(a)
	y, yf, yInt := numeric(b)
	if isReal(a) || isReal(b) {
		return realArith(op, xf, yf)
	}
	if !xInt || !yInt {
		return nil, fmt.Errorf("can't do %s %c %s exactly (write x:approx() to calculate with a rounded number)",
			Describe(a), op, Describe(b))
	}
	var z integer
	ok := true
	switch op {
	case '+':
		z, ok = x.add(y)
	case '-':
		z, ok = x.add(y.negate())
	case '*':
		z, ok = x.mul(y)
	case '_':
		z = x.negate()
	case '%':
		z, ok = x.mod(y)
	case '/':
		if z, ok = x.div(y); !ok {
			return nil, fmt.Errorf("%s / %s is not an integer (write x:approx() to calculate with a rounded number)", x, y)
		}
	default:
		return nil, fmt.Errorf("can't do %c with a big", op)
	}
	if op == '_' && !z.valid() {
		return nil, fmt.Errorf("-%s does not fit in 64 bits", x)
	}
	if !ok || !z.valid() {
		return nil, fmt.Errorf("%s %c %s does not fit in 64 bits", x, op, y)
	}
	return s.integerValue(z)
}

func isReal(v lua.LValue) bool {
	b, ok := boxed[*numberBox](v)
	return ok && b.v.kind == KindReal
}

func realArith(op byte, x, y float64) (lua.LValue, error) {
	switch op {
	case '+':
		return luaNumber(x + y), nil
	case '-':
		return luaNumber(x - y), nil
	case '*':
		return luaNumber(x * y), nil
	case '/':
		return luaNumber(x / y), nil
	case '%':
		return luaNumber(x - math.Floor(x/y)*y), nil
	case '^':
		return luaNumber(math.Pow(x, y)), nil
	}
	return luaNumber(-x), nil
}
