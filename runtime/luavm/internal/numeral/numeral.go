// Package numeral reads numbers as Lua 5.1 writes them.
//
// It is used for literals in source text and for strings that take part in arithmetic, so that both
// agree. gopher-lua's own reader follows Go's syntax: 010 is octal there, 1_000 is a number, and 1e3 is none.
package numeral

import (
	"errors"
	"math"
	"strconv"
)

// Parse returns the number that s denotes, surrounding white space allowed: decimal digits with
// an optional fraction and exponent, or 0x and hexadecimal digits. Unlike C's strtod it takes neither
// "inf" and "nan" nor hexadecimal fractions, as Lua 5.2 and later. A value too large is infinite.
func Parse(s string) (float64, bool) {
	s = trim(s)
	if s == "" {
		return 0, false
	}
	digits, negative := s, false
	if s[0] == '-' || s[0] == '+' {
		negative = s[0] == '-'
		digits = s[1:]
	}
	v, ok := parseUnsigned(digits)
	if negative {
		v = -v
	}
	return v, ok
}

func parseUnsigned(s string) (float64, bool) {
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		for i := 2; i < len(s); i++ {
			if DigitValue(s[i]) >= 16 {
				return 0, false
			}
		}
		return parseFloat(s + "p0")
	}
	if v, ok := parseSmall(s); ok {
		return v, true
	}
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', c == '.', c|0x20 == 'e':
		case (c == '+' || c == '-') && i > 0 && s[i-1]|0x20 == 'e':
		default:
			return 0, false // in particular Go's underscores, and letters of "inf"
		}
	}
	return parseFloat(s)
}

// parseSmall is the short way for the common case, a few decimal digits.
func parseSmall(s string) (float64, bool) {
	if s == "" || len(s) > 15 {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return float64(n), true
}

func parseFloat(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}

// ParseBase reads an integer in a base of 2 to 36, as tonumber with a second argument does.
// Base 16 allows the prefix 0x. Large values are rounded, not cut.
func ParseBase(s string, base int) (float64, bool) {
	s = trim(s)
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if base == 16 && len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s = s[2:]
	}
	if s == "" {
		return 0, false
	}
	v := 0.0
	for i := range len(s) {
		d := DigitValue(s[i])
		if d >= base {
			return 0, false
		}
		v = v*float64(base) + float64(d)
	}
	if negative {
		v = -v
	}
	return v, true
}

// DigitValue is the value of a digit or letter in bases up to 36; 255 for any other byte.
func DigitValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'z':
		return int(c|0x20-'a') + 10
	}
	return 255
}

// Canonical writes v so that Go's readers, the one of gopher-lua's compiler among them, give back v.
func Canonical(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatInt(int64(v), 10)
	}
	if math.IsInf(v, 1) {
		return "Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// trim removes what C's isspace calls space. Most strings have none.
func trim(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
