package broker

import (
	"strconv"
	"strings"
)

// formatUnits are the units FormatInterval writes, largest first.
var formatUnits = [...]struct {
	span Timespan
	name string
}{
	{Day, "d"}, {Hour, "h"}, {Minute, "min"}, {Second, "s"},
	{Millisecond, "ms"}, {Microsecond, "us"}, {Nanosecond, "ns"},
}

// ParseInterval reads an interval as people write it in scripts, options and
// layouts: a decimal number, blanks or none, and a unit out of ns, us, ms, s,
// sec, min, h, hr, hour, d, day, and Zeek's usec and msec; the words also in
// the plural. "5 min", "90s", "1.5 hours", "-1 day". A lone m is refused, as it is
// a minute to some and a month to others. Fractions of a nanosecond are cut;
// overflow is an error.
func ParseInterval(s string) (Timespan, error) {
	fail := func(why string) (Timespan, error) { return 0, parseError("interval", s, why) }
	num, rest, ok := parseNumber(s)
	if !ok {
		return fail(`want a number and a unit, as in "5 min"`)
	}
	unit := strings.TrimLeft(rest, " \t")
	span := intervalUnit(unit)
	switch {
	case span != 0:
	case unit == "":
		return fail("no unit after the number, want one of " + unitList)
	case unit == "m":
		return fail(`"m" could be a minute or a month, write "min" or a number of days`)
	default:
		return fail("unknown unit, want one of " + unitList)
	}
	n, ok := num.times(uint64(span))
	if !ok {
		return fail("does not fit in 64 bits of nanoseconds (292 years)")
	}
	return Timespan(n), nil
}

const unitList = "ns us usec ms msec s sec min h hr hour d day"

// intervalUnit returns the length of a unit, 0 for what is none.
func intervalUnit(name string) Timespan {
	switch name {
	case "ns":
		return Nanosecond
	case "us", "usec", "usecs":
		return Microsecond
	case "ms", "msec", "msecs":
		return Millisecond
	case "s", "sec", "secs", "second", "seconds":
		return Second
	case "min", "mins", "minute", "minutes":
		return Minute
	case "h", "hr", "hrs", "hour", "hours":
		return Hour
	case "d", "day", "days":
		return Day
	}
	return 0
}

// FormatInterval writes t for people, exactly: in the largest unit out of days
// to seconds that counts it in whole numbers, else as a fraction of the largest
// unit out of seconds to nanoseconds of which there is one. 5 min, 36 h, 90 s,
// 1.5 s, 61.329 ms, 0 s. ParseInterval reads it back to the same value.
func FormatInterval(t Timespan) string {
	if t == 0 {
		return "0 s"
	}
	for _, u := range formatUnits {
		if t%u.span == 0 && u.span >= Second {
			return strconv.FormatInt(int64(t/u.span), 10) + " " + u.name
		}
	}
	for _, u := range formatUnits[len(formatUnits)-4:] {
		if whole := t / u.span; whole != 0 {
			return string(appendFraction(nil, t, u.span)) + " " + u.name
		}
	}
	return "" // not reached: there is at least one nanosecond
}

// appendFraction appends t/unit in decimals, which end: unit is a power of ten.
func appendFraction(dst []byte, t, unit Timespan) []byte {
	dst = strconv.AppendInt(dst, int64(t/unit), 10)
	rem := t % unit
	rem = max(rem, -rem)
	if rem > 0 {
		dst = append(dst, '.')
	}
	for ; rem > 0; rem %= unit {
		rem *= 10
		dst = append(dst, byte('0'+rem/unit))
	}
	return dst
}
