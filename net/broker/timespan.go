package broker

import (
	"math"
	"strconv"
	"strings"
)

// Timespan is a length of time in nanoseconds, about ±292 years.
type Timespan int64

// Units of Timespan.
const (
	Nanosecond  Timespan = 1
	Microsecond          = 1000 * Nanosecond
	Millisecond          = 1000 * Microsecond
	Second               = 1000 * Millisecond
	Minute               = 60 * Second
	Hour                 = 60 * Minute
	Day                  = 24 * Hour
)

// Seconds returns t in seconds, rounded to a double.
func (t Timespan) Seconds() float64 { return float64(t) / 1e9 }

// TimespanFromSeconds multiplies by 10^9 and truncates toward zero. It reports
// false for NaN and for what does not fit.
func TimespanFromSeconds(sec float64) (Timespan, bool) {
	n, ok := nanoseconds(sec)
	return Timespan(n), ok
}

func nanoseconds(sec float64) (int64, bool) {
	ns := math.Trunc(sec * 1e9)
	// 1<<63 is a double, 1<<63-1 is not; the comparison also drops NaN.
	if ns >= -1<<63 && ns < 1<<63 {
		return int64(ns), true
	}
	return 0, false
}

// jsonUnits are the units Broker writes, largest first.
var jsonUnits = [...]struct {
	span Timespan
	name string
}{{Second, "s"}, {Millisecond, "ms"}, {Microsecond, "us"}, {Nanosecond, "ns"}}

// AppendUnits appends Broker's JSON form: a whole number of the largest of s,
// ms, us and ns that divides t. 90 s is 90s, never a number of minutes.
func (t Timespan) AppendUnits(dst []byte) []byte {
	for _, u := range jsonUnits {
		if t%u.span == 0 {
			return append(strconv.AppendInt(dst, int64(t/u.span), 10), u.name...)
		}
	}
	return dst // not reached, ns divides all
}

// ParseTimespan reads Broker's JSON form: blanks, a decimal number that may
// have a sign, fraction and exponent, and right after it one of ns, us, ms, s,
// min, h. Fractions of a nanosecond are cut. Whole numbers are exact (Broker
// goes through a double), and overflow is an error. For text from people see
// ParseInterval.
func ParseTimespan(s string) (Timespan, error) {
	fail := func(why string) (Timespan, error) { return 0, parseError("timespan", s, why) }
	num, unit, ok := parseNumber(strings.TrimLeft(s, " \t"))
	if !ok {
		return fail("want a decimal number with a unit, as in 1.5s")
	}
	if looksOctal(strings.TrimLeft(s, " \t")) {
		return fail("a leading zero would make the number octal for Broker")
	}
	var span Timespan
	switch unit {
	case "ns":
		span = Nanosecond
	case "us":
		span = Microsecond
	case "ms":
		span = Millisecond
	case "s":
		span = Second
	case "min":
		span = Minute
	case "h":
		span = Hour
	default:
		return fail("the number must be followed at once by ns, us, ms, s, min or h")
	}
	n, ok := num.times(uint64(span))
	if !ok {
		return fail("does not fit in 64 bits of nanoseconds (292 years)")
	}
	return Timespan(n), nil
}

// looksOctal reports whether a number starts with a zero and another digit.
func looksOctal(s string) bool {
	s, _ = cutSign(s)
	return len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9'
}
