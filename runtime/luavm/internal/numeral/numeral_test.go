package numeral

import (
	"math"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	for _, c := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"0", 0, true}, {"10", 10, true}, {"010", 10, true}, {" 7\t\n", 7, true}, {"\v\f\r8", 8, true},
		{"3.", 3, true}, {".5", .5, true}, {"1e3", 1000, true}, {"1E+2", 100, true}, {"1e-2", .01, true},
		{"-3", -3, true}, {"+3", 3, true}, {"0x10", 16, true}, {"-0XfF", -255, true},
		{"0xffffffffffffffff", 18446744073709551615, true}, {"1e999", inf, true}, {"-1e999", -inf, true},
		{"123456789012345678", 123456789012345678, true}, {"0x20000000000001", 9007199254740993, true},
		{"", 0, false}, {" ", 0, false}, {".", 0, false}, {"e5", 0, false}, {"1e", 0, false}, {"1e+", 0, false},
		{"1_000", 0, false}, {"0b1", 0, false}, {"0o7", 0, false}, {"inf", 0, false}, {"nan", 0, false},
		{"Infinity", 0, false}, {"0x", 0, false}, {"0x1p4", 0, false}, {"0x.8", 0, false}, {"--1", 0, false},
		{"- 1", 0, false}, {"1 2", 0, false}, {"1+1", 0, false}, {"5x", 0, false}, {"+", 0, false}, {"1\x00", 0, false},
	} {
		got, ok := Parse(c.in)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("Parse(%q): got %v %v, want %v %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestParseBase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		base int
		want float64
		ok   bool
	}{
		{"ff", 16, 255, true}, {"0xFF", 16, 255, true}, {"-7", 8, -7, true}, {"8", 8, 0, false}, {"zz", 36, 1295, true},
		{" 11 ", 2, 3, true}, {"", 10, 0, false}, {"1.5", 10, 0, false}, {"0x", 16, 0, false}, {"99", 10, 99, true},
	} {
		got, ok := ParseBase(c.in, c.base)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("ParseBase(%q, %d): got %v %v, want %v %v", c.in, c.base, got, ok, c.want, c.ok)
		}
	}
}

func TestCanonicalReadsBack(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{0, 1, 10, 255, 1e15, 1e21, 1e300, .1, 1.5, 5e-324, math.MaxFloat64, 18446744073709551615} {
		if got, ok := Parse(Canonical(v)); !ok || got != v {
			t.Errorf("Parse(Canonical(%v)) of %q: got %v %v", v, Canonical(v), got, ok)
		}
	}
}
