package broker

import (
	"strconv"
	"time"
)

// Timestamp is a point in time: nanoseconds since 1970-01-01T00:00:00Z, from
// the year 1677 to 2262.
type Timestamp int64

// Seconds returns the seconds since 1970, rounded to a double.
func (t Timestamp) Seconds() float64 { return float64(t) / 1e9 }

// TimestampFromSeconds multiplies by 10^9 and truncates toward zero. It
// reports false for NaN and for what does not fit.
func TimestampFromSeconds(sec float64) (Timestamp, bool) {
	n, ok := nanoseconds(sec)
	return Timestamp(n), ok
}

// Time converts to the standard library's type, in UTC.
func (t Timestamp) Time() time.Time { return time.Unix(0, int64(t)).UTC() }

// AppendSeconds appends the seconds since 1970 with six decimals, rounded to
// the nearest microsecond: the form people and Zeek's logs use.
func (t Timestamp) AppendSeconds(dst []byte) []byte {
	sec, ns := int64(t)/1e9, int64(t)%1e9
	neg := t < 0
	if neg {
		sec, ns = -sec, -ns
	}
	us := (ns + 500) / 1000
	if us == 1e6 {
		sec, us = sec+1, 0
	}
	if neg && (sec|us) != 0 {
		dst = append(dst, '-')
	}
	dst = append(strconv.AppendInt(dst, sec, 10), '.')
	return appendPadded(dst, us, 6)
}

// AppendISO appends the date and time in UTC with the given number of decimals
// (0..9), cut and not rounded, with no zone suffix: 2014-07-09T10:16:44.000.
func (t Timestamp) AppendISO(dst []byte, decimals int) []byte {
	tm := t.Time()
	dst = tm.AppendFormat(dst, "2006-01-02T15:04:05")
	if decimals > 0 {
		dst = append(dst, '.')
		frac := int64(tm.Nanosecond())
		for range 9 - decimals {
			frac /= 10
		}
		dst = appendPadded(dst, frac, decimals)
	}
	return dst
}

// appendPadded appends n with leading zeros up to width digits.
func appendPadded(dst []byte, n int64, width int) []byte {
	var buf [20]byte
	for i := width - 1; i >= 0; i-- {
		buf[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, buf[:width]...)
}

// ParseTimestamp reads YYYY-MM-DDThh:mm:ss with an optional fraction of up to
// nine digits and an optional zone, Z, ±hh, ±hhmm or ±hh:mm. No zone is UTC.
// There is no second 60, and times that do not fit are an error.
func ParseTimestamp(s string) (Timestamp, error) {
	fail := func(why string) (Timestamp, error) { return 0, parseError("timestamp", s, why) }
	sec, rest, ok := parseDateTime(s)
	if !ok {
		return fail("want YYYY-MM-DDThh:mm:ss of a real day")
	}
	ns, rest, ok := parseFraction(rest)
	if !ok {
		return fail("want at most nine digits after the point")
	}
	offset, ok := parseZone(rest)
	if !ok {
		return fail("want nothing, Z, +hh, +hhmm or +hh:mm at the end")
	}
	sec -= offset
	t := decimal{mant: uint64(max(sec, -sec))}
	if sec < 0 && ns > 0 {
		// Toward zero, so that whole and fraction have one sign.
		t.mant--
		ns -= 1e9
	}
	t.neg = sec < 0
	n, ok := t.times(1e9)
	if sum := n + ns; ok && (sum < n) == (ns < 0) {
		return Timestamp(sum), nil
	}
	return fail("does not fit in 64 bits of nanoseconds (years 1677 to 2262)")
}

// parseDateTime reads the nineteen bytes up to the seconds as seconds since
// 1970.
func parseDateTime(s string) (sec int64, rest string, ok bool) {
	const form = "0000-00-00T00:00:00"
	if len(s) < len(form) {
		return 0, s, false
	}
	var f [6]int // year, month, day, hour, minute, second
	field := 0
	for i := range len(form) {
		if form[i] != '0' {
			if s[i] != form[i] {
				return 0, s, false
			}
			field++
			continue
		}
		c := s[i] - '0'
		if c > 9 {
			return 0, s, false
		}
		f[field] = f[field]*10 + int(c)
	}
	if f[0] < 1000 || f[3] > 23 || f[4] > 59 || f[5] > 59 {
		return 0, s, false
	}
	tm := time.Date(f[0], time.Month(f[1]), f[2], f[3], f[4], f[5], 0, time.UTC)
	if tm.Month() != time.Month(f[1]) || tm.Day() != f[2] {
		return 0, s, false // time.Date normalises 30 February
	}
	return tm.Unix(), s[len(form):], true
}

// parseFraction reads an optional point with up to nine digits as nanoseconds.
func parseFraction(s string) (ns int64, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return 0, s, true
	}
	s = s[1:]
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if i == 9 {
			return 0, s, false
		}
		ns = ns*10 + int64(s[i]-'0')
	}
	if i == 0 && s != "" {
		return 0, s, false // a bare point may only end the text
	}
	for range 9 - i {
		ns *= 10
	}
	return ns, s[i:], true
}

// parseZone reads the zone at the end as seconds east of UTC.
func parseZone(s string) (offset int64, ok bool) {
	if s == "" || s == "Z" {
		return 0, true
	}
	sign := int64(1)
	switch s[0] {
	case '+':
	case '-':
		sign = -1
	default:
		return 0, false
	}
	hh, mm := s[1:], "00"
	switch len(hh) {
	case 2:
	case 4:
		hh, mm = hh[:2], hh[2:]
	case 5:
		if hh[2] != ':' {
			return 0, false
		}
		hh, mm = hh[:2], hh[3:]
	default:
		return 0, false
	}
	h, okh := parseDecimal(hh, 23)
	m, okm := parseDecimal(mm, 59)
	return sign * int64(h*3600+m*60), okh && okm
}
