package cformat

import (
	"math"
	"testing"
)

// TestAppend has the results of C's printf.
func TestAppend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format string
		value  any
		want   string
	}{
		{"d", int64(5), "5"}, {"5d", int64(-5), "   -5"}, {"-5d|", int64(5), "5    "}, {"05d", int64(-5), "-0005"}, {"+d", int64(5), "+5"}, {" d", int64(5), " 5"},
		{".3d", int64(5), "005"}, {"06.3d", int64(5), "   005"}, {".0d", int64(0), ""}, {"d", int64(math.MinInt64), "-9223372036854775808"}, {"+ d", int64(1), "+1"}, {"-05d", int64(5), "5    "},
		{"x", uint64(255), "ff"}, {"X", uint64(255), "FF"}, {"#x", uint64(255), "0xff"}, {"#X", uint64(255), "0XFF"}, {"#x", uint64(0), "0"}, {"#06x", uint64(255), "0x00ff"},
		{"o", uint64(8), "10"}, {"#o", uint64(8), "010"}, {"#o", uint64(0), "0"}, {"#.0o", uint64(0), "0"}, {"#.5o", uint64(8), "00010"}, {"u", uint64(math.MaxUint64), "18446744073709551615"},
		{"f", 1.5, "1.500000"}, {".0f", .5, "0"}, {".0f", 1.5, "2"}, {"#.0f", 3.0, "3."}, {"8.2f", -1.255, "   -1.25"}, {"08.2f", -1.255, "-0001.25"}, {"-8.2f", 1.0, "1.00    "}, {"+.1f", 1.0, "+1.0"},
		{"e", 12345.678, "1.234568e+04"}, {".3E", .00012, "1.200E-04"}, {"#.0e", 1.0, "1.e+00"}, {"e", 1e100, "1.000000e+100"},
		{"g", 100000.0, "100000"}, {"g", 1e6, "1e+06"}, {"g", 1e-4, "0.0001"}, {"g", 1e-5, "1e-05"}, {"g", 0.0, "0"}, {"#g", 1.5, "1.50000"}, {"#.3g", 2.0, "2.00"}, {"G", 1e-10, "1E-10"},
		{".3g", 1234567.0, "1.23e+06"}, {".0g", 123.0, "1e+02"}, {".14g", 1.0 / 3, "0.33333333333333"}, {".17g", .1, "0.10000000000000001"}, {"g", 999999.5, "1e+06"}, {"g", 123456789.0, "1.23457e+08"}, {"#.1g", 1e10, "1.e+10"},
		{"g", math.Inf(1), "inf"}, {"G", math.Inf(-1), "-INF"}, {"05g", math.Inf(1), "  inf"}, {"f", math.NaN(), "nan"}, {"+f", math.Inf(1), "+inf"}, {"g", math.Copysign(0, -1), "-0"},
		{"s", "abc", "abc"}, {"5s", "abc", "  abc"}, {"-5s|", "abc", "abc  "}, {".2s", "abc", "ab"}, {"5.1s", "abc", "    a"}, {".0s", "abc", ""}, {"05s", "abc", "  abc"},
	} {
		spec, _, problem := Parse(c.format)
		if problem != "" {
			t.Errorf("%%%s: %s", c.format, problem)
			continue
		}
		var got []byte
		switch v := c.value.(type) {
		case int64:
			got = spec.AppendInt(nil, v)
		case uint64:
			got = spec.AppendUint(nil, v)
		case float64:
			got = spec.AppendFloat(nil, v)
		case string:
			got = spec.AppendString(nil, v)
		}
		if string(got) != c.want {
			t.Errorf("%%%s of %v: got %q, want %q", c.format, c.value, got, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in      string
		verb    byte
		n       int
		problem string
	}{
		{"d", 'd', 1, ""}, {"-+ #05.3dx", 'd', 9, ""}, {"99.99f", 'f', 6, ""}, {"", 0, 0, ""}, {"5", 0, 1, ""}, {".", 0, 1, ""},
		{"100d", 0, 0, "invalid format (width or precision too long)"}, {".100d", 0, 0, "invalid format (width or precision too long)"},
		{"------d", 0, 0, "invalid format (repeated flags)"},
	} {
		spec, n, problem := Parse(c.in)
		if problem != c.problem || problem == "" && (spec.Verb != c.verb || n != c.n) {
			t.Errorf("%q: got %q %d %q, want %q %d %q", c.in, spec.Verb, n, problem, c.verb, c.n, c.problem)
		}
	}
}
