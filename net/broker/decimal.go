package broker

import (
	"math"
	"math/bits"
)

// decimal is a number read from text: mant × 10^exp, negative or not. Nineteen
// significant digits are kept; what follows is below the resolution of
// anything stored in 64 bits and only moves the exponent.
type decimal struct {
	neg  bool
	mant uint64
	exp  int
}

// maxExp bounds exponents, so that they do not overflow an int. It is far above
// the length of any text.
const maxExp = 1 << 29

// parseNumber reads a decimal floating-point number at the start of s: sign,
// digits with an optional point, exponent. It returns what follows. There must
// be a digit before the exponent; nothing that looks octal or hexadecimal is
// read as such.
func parseNumber(s string) (d decimal, rest string, ok bool) {
	s, d.neg = cutSign(s)
	digits, point := 0, false
	i := 0
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		digits++
		d.push(c-'0', point)
	}
	if digits == 0 {
		return d, s, false
	}
	s = s[i:]
	if len(s) > 0 && (s[0] == 'e' || s[0] == 'E') {
		e, tail, ok := parseExponent(s[1:])
		if !ok {
			return d, s, false
		}
		d.exp, s = clampExp(d.exp+e), tail
	}
	return d, s, true
}

// push takes the next digit; fraction says that the point has been seen.
func (d *decimal) push(digit byte, fraction bool) {
	if d.mant < 1e18 {
		d.mant = d.mant*10 + uint64(digit)
		if fraction {
			d.exp--
		}
	} else if !fraction {
		d.exp++
	}
	d.exp = clampExp(d.exp)
}

// times returns the number multiplied by unit, truncated toward zero; ok is
// false if that does not fit in 64 bits. Whatever the exponent, some forty
// steps lead to zero or an overflow.
func (d decimal) times(unit uint64) (n int64, ok bool) {
	hi, lo := bits.Mul64(d.mant, unit)
	for e := d.exp; e > 0 && (hi|lo) != 0; e-- {
		if hi > math.MaxUint64/10 {
			return 0, false
		}
		h, l := bits.Mul64(lo, 10)
		var carry uint64
		hi, carry = bits.Add64(hi*10, h, 0)
		lo = l
		if carry != 0 {
			return 0, false
		}
	}
	for e := d.exp; e < 0 && (hi|lo) != 0; e++ {
		var rem uint64
		hi, rem = hi/10, hi%10
		lo, _ = bits.Div64(rem, lo, 10)
	}
	return signed(d.neg, hi, lo)
}

// signed makes an int64 of a sign and a 128-bit magnitude.
func signed(neg bool, hi, lo uint64) (int64, bool) {
	switch {
	case hi != 0:
		return 0, false
	case neg && lo <= 1<<63:
		return -int64(lo), true
	case !neg && lo < 1<<63:
		return int64(lo), true
	}
	return 0, false
}

func cutSign(s string) (rest string, neg bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

func parseExponent(s string) (e int, rest string, ok bool) {
	s, neg := cutSign(s)
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		e = min(maxExp, e*10+int(s[i]-'0'))
	}
	if neg {
		e = -e
	}
	return e, s[i:], i > 0
}

func clampExp(e int) int { return max(-maxExp, min(maxExp, e)) }
