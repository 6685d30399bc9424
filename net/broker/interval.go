package broker

import (
	"bytes"
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
// sec, min, h, hr, hour, d, day; sec, min, hr, hour and day also in the
// plural. "5 min", "90s", "1.5 hours", "-1 day". A lone m is refused, as it is
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

const unitList = "ns us ms s sec min h hr hour d day"

// intervalUnit returns the length of a unit, 0 for what is none.
func intervalUnit(name string) Timespan {
	switch name {
	case "ns":
		return Nanosecond
	case "us":
		return Microsecond
	case "ms":
		return Millisecond
	case "s", "sec", "secs":
		return Second
	case "min", "mins":
		return Minute
	case "h", "hr", "hrs", "hour", "hours":
		return Hour
	case "d", "day", "days":
		return Day
	}
	return 0
}

// FormatInterval writes t for people, exactly and as short as that goes, in a
// unit of which there is at least one: 5 min, 1.5 h, 90 s, 250 ms, 0 s.
// ParseInterval reads it back to the same value.
func FormatInterval(t Timespan) string {
	if t == 0 {
		return "0 s"
	}
	var best []byte
	var buf [64]byte
	for _, u := range formatUnits {
		if t/u.span == 0 {
			continue
		}
		text, ok := appendQuotient(buf[:0], t, u.span)
		if !ok {
			continue
		}
		text = append(append(text, ' '), u.name...)
		if best == nil || len(text) < len(best) {
			best = bytes.Clone(text)
		}
	}
	return string(best)
}

// appendQuotient appends t/unit in decimals, and reports false if the decimals
// never end.
func appendQuotient(dst []byte, t, unit Timespan) ([]byte, bool) {
	whole, rem := t/unit, t%unit
	if whole == 0 && rem < 0 {
		dst = append(dst, '-')
	}
	dst = strconv.AppendInt(dst, int64(whole), 10)
	if rem == 0 {
		return dst, true
	}
	rem = max(rem, -rem)
	dst = append(dst, '.')
	// A day is 2^16·3^3·5^11·… ns: seventeen decimals end if any do.
	for range 17 {
		if rem == 0 {
			return dst, true
		}
		rem *= 10
		dst = append(dst, byte('0'+rem/unit))
		rem %= unit
	}
	return dst, rem == 0
}
