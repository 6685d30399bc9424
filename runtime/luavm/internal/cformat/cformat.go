// Package cformat writes values as the conversions of C's printf do, as far as Lua 5.1's string.format
// has them. Go's fmt has the same letters with other meanings.
package cformat

import (
	"bytes"
	"math"
	"strconv"
)

// Spec is one conversion: %[flags][width][.precision]verb.
type Spec struct {
	Minus, Plus, Space, Alternate, Zero bool
	Width                               int
	Precision                           int // -1: not given
	Verb                                byte
}

// Parse reads a conversion from what follows its %. It returns how many bytes it took, the verb
// included, or else what is wrong. The verb itself is not looked at; 0 means that the text ended before it.
func Parse(s string) (spec Spec, n int, problem string) {
	spec.Precision = -1
	for n < len(s) && spec.flag(s[n]) {
		n++
	}
	if n > 5 {
		return spec, n, "invalid format (repeated flags)"
	}
	spec.Width, n = digits(s, n)
	if n < len(s) && s[n] == '.' {
		spec.Precision, n = digits(s, n+1)
	}
	if n < len(s) {
		if isDigit(s[n]) {
			return spec, n, "invalid format (width or precision too long)"
		}
		spec.Verb = s[n]
		n++
	}
	return spec, n, ""
}

func (f *Spec) flag(c byte) bool {
	switch c {
	case '-':
		f.Minus = true
	case '+':
		f.Plus = true
	case ' ':
		f.Space = true
	case '#':
		f.Alternate = true
	case '0':
		f.Zero = true
	default:
		return false
	}
	return true
}

// digits reads up to two of them.
func digits(s string, n int) (int, int) {
	v := 0
	for i := 0; i < 2 && n < len(s) && isDigit(s[n]); i++ {
		v = v*10 + int(s[n]-'0')
		n++
	}
	return v, n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// AppendString appends s, cut to the precision.
func (f Spec) AppendString(dst []byte, s string) []byte {
	if f.Precision >= 0 && len(s) > f.Precision {
		s = s[:f.Precision]
	}
	return f.pad(dst, "", s, false)
}

// AppendInt appends v as %d does.
func (f Spec) AppendInt(dst []byte, v int64) []byte {
	text := strconv.FormatInt(v, 10)
	sign := f.sign(v < 0)
	if v < 0 {
		text = text[1:]
	}
	return f.integer(dst, sign, text, v == 0)
}

// AppendUint appends v as %u, %o, %x or %X do.
func (f Spec) AppendUint(dst []byte, v uint64) []byte {
	prefix, base := "", 10
	switch f.Verb {
	case 'o':
		base = 8
	case 'x':
		prefix, base = "0x", 16
	case 'X':
		prefix, base = "0X", 16
	}
	text := []byte(strconv.FormatUint(v, base))
	if f.Verb == 'X' {
		text = bytes.ToUpper(text)
	}
	if !f.Alternate || v == 0 {
		prefix = ""
	}
	if f.Alternate && f.Verb == 'o' && v != 0 && f.Precision <= len(text) {
		f.Precision = len(text) + 1
	}
	return f.integer(dst, prefix, string(text), v == 0)
}

// integer fills up with zeros to the precision. A precision of 0 makes zero an empty text.
func (f Spec) integer(dst []byte, prefix, text string, zero bool) []byte {
	if f.Precision >= 0 {
		if zero && f.Precision == 0 {
			text = ""
			if f.Alternate && f.Verb == 'o' {
				text = "0"
			}
		}
		for len(text) < f.Precision {
			text = "0" + text
		}
	}
	return f.pad(dst, prefix, text, f.Zero && f.Precision < 0)
}

// AppendFloat appends v as %e, %f, %g and their capitals do.
func (f Spec) AppendFloat(dst []byte, v float64) []byte {
	sign := f.sign(math.Signbit(v) && !math.IsNaN(v))
	v = math.Abs(v)
	if math.IsInf(v, 0) || math.IsNaN(v) {
		text := "inf"
		if math.IsNaN(v) {
			text = "nan"
		}
		if f.Verb < 'a' {
			text = string(bytes.ToUpper([]byte(text)))
		}
		return f.pad(dst, sign, text, false)
	}
	precision := f.Precision
	if precision < 0 {
		precision = 6
	}
	var text []byte
	if f.Verb|0x20 == 'g' {
		text = f.general(v, max(precision, 1))
	} else {
		text = strconv.AppendFloat(nil, v, f.Verb|0x20, precision, 64)
		if f.Alternate && precision == 0 {
			text = insertPoint(text)
		}
	}
	if f.Verb < 'a' {
		text = bytes.ToUpper(text)
	}
	return f.pad(dst, sign, string(text), f.Zero)
}

// general is %g: the shorter of %e and %f, without zeros at the end of the fraction unless # is given.
func (f Spec) general(v float64, precision int) []byte {
	text := strconv.AppendFloat(nil, v, 'e', precision-1, 64)
	exponent, _ := strconv.Atoi(string(text[bytes.IndexByte(text, 'e')+1:]))
	if exponent >= -4 && exponent < precision {
		text = strconv.AppendFloat(text[:0], v, 'f', precision-1-exponent, 64)
	}
	if f.Alternate {
		return insertPoint(text)
	}
	mantissa, tail := text, ""
	if e := bytes.IndexByte(text, 'e'); e >= 0 {
		mantissa, tail = text[:e], string(text[e:])
	}
	if bytes.IndexByte(mantissa, '.') >= 0 {
		mantissa = bytes.TrimRight(mantissa, "0")
		mantissa = bytes.TrimSuffix(mantissa, []byte("."))
	}
	return append(mantissa, tail...)
}

// insertPoint puts a decimal point after the digits if there is none.
func insertPoint(text []byte) []byte {
	if bytes.IndexByte(text, '.') >= 0 {
		return text
	}
	e := bytes.IndexByte(text, 'e')
	if e < 0 {
		return append(text, '.')
	}
	return append(append(append([]byte{}, text[:e]...), '.'), text[e:]...)
}

func (f Spec) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case f.Plus:
		return "+"
	case f.Space:
		return " "
	}
	return ""
}

// pad appends prefix and text, filled up to the width with blanks, or with zeros between the two.
func (f Spec) pad(dst []byte, prefix, text string, zeros bool) []byte {
	fill := max(f.Width-len(prefix)-len(text), 0)
	if !f.Minus && !zeros {
		dst = appendFill(dst, ' ', fill)
	}
	dst = append(dst, prefix...)
	if !f.Minus && zeros {
		dst = appendFill(dst, '0', fill)
	}
	dst = append(dst, text...)
	if f.Minus {
		dst = appendFill(dst, ' ', fill)
	}
	return dst
}

func appendFill(dst []byte, c byte, n int) []byte {
	for range n {
		dst = append(dst, c)
	}
	return dst
}
