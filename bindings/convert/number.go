package convert

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// maxExact is the largest number up to which every integer is a Lua number of its own.
const maxExact = 1 << 53

// number is a number that a Lua number can't stand for: an integer beyond 2^53, or one whose kind was said with
// types.int or types.real and must not go by the default rule.
//
//	KindCount  bits is the value, always above 2^53
//	KindInt    bits is the value in two's complement
//	KindReal   bits is the double
type number struct {
	bits uint64
	kind Kind
}

var smallNumbers = func() (vs [1024]lua.LValue) {
	for i := range vs {
		vs[i] = lua.LNumber(i)
	}
	return vs
}()

// luaNumber is f as a Lua value. Small integers cost no allocation.
func luaNumber(f float64) lua.LValue {
	if i := int(f); uint(i) < uint(len(smallNumbers)) && float64(i) == f && (i != 0 || !math.Signbit(f)) {
		return smallNumbers[i]
	}
	return lua.LNumber(f)
}

// Count returns the Lua value of a count: a number, beyond 2^53 a big.
func (s *Space) Count(u uint64) lua.LValue {
	if u < uint64(len(smallNumbers)) {
		return smallNumbers[u]
	}
	if u <= maxExact {
		return lua.LNumber(u)
	}
	return s.numbers.get(number{u, KindCount})
}

// Int returns the Lua value of an int: a number, beyond 2^53 a big.
func (s *Space) Int(i int64) lua.LValue {
	if i >= 0 {
		return s.Count(uint64(i))
	}
	if i >= -maxExact {
		return lua.LNumber(i)
	}
	return s.numbers.get(number{uint64(i), KindInt})
}

// IntOfKind returns i as types.int(i) does: a value that stays an int where no type is declared.
func (s *Space) IntOfKind(i int64) lua.LValue { return s.numbers.get(number{uint64(i), KindInt}) }

// RealOfKind returns f as types.real(f) does: a value that stays a real where no type is declared.
func (s *Space) RealOfKind(f float64) lua.LValue {
	if math.IsNaN(f) {
		f = math.NaN() // one of the many
	}
	return s.numbers.get(number{math.Float64bits(f), KindReal})
}

// integer is a whole number of up to 65 bits with sign.
type integer struct {
	neg bool
	mag uint64
}

func integerOf(n number) (integer, bool) {
	switch {
	case n.kind == KindCount:
		return integer{mag: n.bits}, true
	case n.kind == KindInt && int64(n.bits) < 0:
		return integer{neg: true, mag: -n.bits}, true
	case n.kind == KindInt:
		return integer{mag: n.bits}, true
	}
	return integerOfFloat(math.Float64frombits(n.bits))
}

// integerOfFloat reports false for fractions and for what does not fit.
func integerOfFloat(f float64) (integer, bool) {
	if f != math.Trunc(f) || f >= 1<<64 || f <= -(1<<64) {
		return integer{}, false
	}
	if f < 0 {
		return integer{neg: true, mag: uint64(-f)}, true
	}
	return integer{mag: uint64(f)}, true
}

// valid reports whether i fits in a count or an int.
func (i integer) valid() bool { return !i.neg || i.mag <= 1<<63 }

func (i integer) negate() integer { return integer{neg: !i.neg && i.mag != 0, mag: i.mag} }

func (i integer) add(j integer) (integer, bool) {
	if i.neg == j.neg {
		sum, carry := bits.Add64(i.mag, j.mag, 0)
		return integer{i.neg, sum}, carry == 0
	}
	if i.mag >= j.mag {
		return integer{i.neg && i.mag != j.mag, i.mag - j.mag}, true
	}
	return integer{j.neg, j.mag - i.mag}, true
}

func (i integer) mul(j integer) (integer, bool) {
	hi, lo := bits.Mul64(i.mag, j.mag)
	return integer{i.neg != j.neg && lo != 0, lo}, hi == 0
}

// div reports false if the quotient is no integer.
func (i integer) div(j integer) (integer, bool) {
	if j.mag == 0 || i.mag%j.mag != 0 {
		return integer{}, false
	}
	return integer{i.neg != j.neg && i.mag != 0, i.mag / j.mag}, true
}

// mod has the sign of j, as in Lua.
func (i integer) mod(j integer) (integer, bool) {
	if j.mag == 0 {
		return integer{}, false
	}
	m := i.mag % j.mag
	if m != 0 && i.neg != j.neg {
		m = j.mag - m
	}
	return integer{j.neg && m != 0, m}, true
}

func (i integer) compare(j integer) int {
	switch {
	case i.neg != j.neg && i.neg:
		return -1
	case i.neg != j.neg:
		return 1
	case i.mag == j.mag:
		return 0
	case (i.mag < j.mag) != i.neg:
		return -1
	}
	return 1
}

func (i integer) String() string {
	if i.neg {
		return "-" + strconv.FormatUint(i.mag, 10)
	}
	return strconv.FormatUint(i.mag, 10)
}

// integerValue is the Lua value of i.
func (s *Space) integerValue(i integer) (lua.LValue, error) {
	switch {
	case !i.valid():
		return nil, fmt.Errorf("%s does not fit in 64 bits", i)
	case i.neg:
		return s.Int(int64(-i.mag)), nil
	}
	return s.Count(i.mag), nil
}

func (n number) float() float64 {
	switch n.kind {
	case KindReal:
		return math.Float64frombits(n.bits)
	case KindInt:
		return float64(int64(n.bits))
	}
	return float64(n.bits)
}

func (n number) appendText(dst []byte) []byte {
	switch n.kind {
	case KindReal:
		return appendReal(dst, math.Float64frombits(n.bits))
	case KindInt:
		return strconv.AppendInt(dst, int64(n.bits), 10)
	}
	return strconv.AppendUint(dst, n.bits, 10)
}

// compareNumbers compares exactly. A NaN reports false.
func compareNumbers(a, b lua.LValue) (int, bool) {
	x, xf, xInt := numeric(a)
	y, yf, yInt := numeric(b)
	if xInt && yInt {
		return x.compare(y), true
	}
	switch {
	case xInt && math.Abs(yf) >= 1<<64: // out of every integer's range
		return cmp.Compare(0, yf), true
	case yInt && math.Abs(xf) >= 1<<64:
		return cmp.Compare(xf, 0), true
	// Else one has a fraction, and is below 2^53 in size: rounding the other can't change the order.
	case xf < yf:
		return -1, true
	case xf > yf:
		return 1, true
	}
	return 0, xf == yf
}

// numeric takes a number apart: its integer if it is one, and its double, rounded where it must be.
func numeric(v lua.LValue) (i integer, f float64, isInt bool) {
	switch v := v.(type) {
	case lua.LNumber:
		i, isInt = integerOfFloat(float64(v))
		return i, float64(v), isInt
	case *lua.LUserData:
		if b, ok := v.Value.(*numberBox); ok {
			i, isInt = integerOf(b.v)
			return i, b.v.float(), isInt
		}
	}
	return i, math.NaN(), false
}

// isNumber reports whether v is a number or a number box.
func isNumber(v lua.LValue) bool {
	switch v := v.(type) {
	case lua.LNumber:
		return true
	case *lua.LUserData:
		_, ok := v.Value.(*numberBox)
		return ok
	}
	return false
}
