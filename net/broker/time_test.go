package broker

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseTimespan(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want Timespan
		err  string // part of the error
	}{
		{"23s", 23e9, ""},
		{"1.5s", 1500e6, ""},
		{"-3s", -3e9, ""},
		{"+3s", 3e9, ""},
		{" \t3s", 3e9, ""},
		{".5s", 5e8, ""},
		{"1.s", 1e9, ""},
		{"1e3ms", 1e9, ""},
		{"15E-1s", 1500e6, ""},
		{"5min", 300e9, ""},
		{"2h", 7200e9, ""},
		{"1.5h", 5400e9, ""},
		{"0.9999ns", 0, ""},
		{"-0.9999ns", 0, ""},
		{"1.001s", 1001e6, ""}, // less than a double makes of it
		{"0.5s", 5e8, ""},
		{"0s", 0, ""},
		{"9007199254740993ns", 9007199254740993, ""},
		{"1234567890123456789ns", 1234567890123456789, ""},
		{"9223372036854775807ns", math.MaxInt64, ""},
		{"-9223372036854775808ns", math.MinInt64, ""},
		{"9223372036.854775807s", math.MaxInt64, ""},
		{"0.00000000000000000000000000000001e32s", 1e9, ""},
		{"100000000000000000000000e-23s", 1e9, ""},
		{"0." + strings.Repeat("0", 999) + "1e1000s", 1e9, ""},
		{"1e-999999999999s", 0, ""},
		{"0e999999999999s", 0, ""},
		{"9223372036854775808ns", 0, "does not fit"},
		{"18446744073709551626ns", 0, "does not fit"}, // 2^64 and a little
		{"-9223372036854775809ns", 0, "does not fit"},
		{"1e999999999999s", 0, "does not fit"},
		{"99999999999999999999999999999999999s", 0, "does not fit"},
		{"3000000h", 0, "does not fit"},
		{"3", 0, "followed at once"},
		{"3m", 0, "followed at once"},
		{"3 s", 0, "followed at once"},
		{"3s ", 0, "followed at once"},
		{"3S", 0, "followed at once"},
		{"3sec", 0, "followed at once"},
		{"1d", 0, "followed at once"},
		{"0x10s", 0, "followed at once"},
		{"1.2.3s", 0, "followed at once"},
		{"010s", 0, "octal"},
		{"s", 0, "decimal number"},
		{"", 0, "decimal number"},
		{"-s", 0, "decimal number"},
		{".s", 0, "decimal number"},
		{"1es", 0, "decimal number"},
		{"nans", 0, "decimal number"},
		{"infs", 0, "decimal number"},
	}
	for _, tt := range tests {
		t.Run(tt.in[:min(len(tt.in), 40)], func(t *testing.T) {
			got, err := ParseTimespan(tt.in)
			checkParsed(t, int64(got), err, int64(tt.want), tt.err)
		})
	}
}

func checkParsed(t *testing.T, got int64, err error, want int64, problem string) {
	t.Helper()
	switch {
	case problem == "" && (err != nil || got != want):
		t.Errorf("got %d, %v, want %d", got, err, want)
	case problem != "" && (err == nil || !strings.Contains(err.Error(), problem)):
		t.Errorf("got %d, %v, want an error with %q", got, err, problem)
	}
}

func TestParseInterval(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want Timespan
		err  string
	}{
		{"5 min", 5 * Minute, ""},
		{"5min", 5 * Minute, ""},
		{"5  \tmins", 5 * Minute, ""},
		{"90s", 90 * Second, ""},
		{"1 sec", Second, ""},
		{"30 secs", 30 * Second, ""},
		{"1 h", Hour, ""},
		{"1.5 hrs", 90 * Minute, ""},
		{"25 hours", 25 * Hour, ""}, {"1 hour", Hour, ""},
		{"1 hr", Hour, ""},
		{"1 d", Day, ""},
		{"1 day", Day, ""},
		{"-2 days", -2 * Day, ""},
		{"250 ms", 250 * Millisecond, ""},
		{"250 msec", 250 * Millisecond, ""}, {"1.5msecs", 1500 * Microsecond, ""},
		{"7usecs", 7 * Microsecond, ""}, {"7 usec", 7 * Microsecond, ""},
		{"7us", 7 * Microsecond, ""},
		{"1 ns", 1, ""},
		{"0.1s", 100 * Millisecond, ""},
		{"010 s", 10 * Second, ""}, // people mean ten
		{"106751 d", 106751 * Day, ""},
		{"106752 d", 0, "does not fit"},
		{"1e30 s", 0, "does not fit"},
		{"5 m", 0, "month"},
		{"5m", 0, "month"},
		{"5", 0, "no unit"},
		{"5 ", 0, "no unit"},
		{"5 M", 0, "unknown unit, want one of ns us usec ms msec s sec min h hr hour d day"},
		{"5 minutes", 5 * Minute, ""}, {"5 fortnights", 0, "unknown unit"},
		{"5 weeks", 0, "unknown unit"},
		{"1 h 30 min", 0, "unknown unit"},
		{"5 min ", 0, "unknown unit"},
		{" 5 min", 0, "want a number"},
		{"min", 0, "want a number"},
		{"five min", 0, "want a number"},
		{"", 0, "want a number"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParseInterval(tt.in)
			checkParsed(t, int64(got), err, int64(tt.want), tt.err)
		})
	}
}

func TestFormatInterval(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   Timespan
		want string
	}{
		{0, "0 s"},
		{5 * Minute, "5 min"},
		{90 * Second, "90 s"},
		{90 * Minute, "90 min"},
		{Hour, "1 h"},
		{Day, "1 d"},
		{36 * Hour, "36 h"},
		{61 * Second, "61 s"},
		{1500 * Millisecond, "1.5 s"},
		{250 * Millisecond, "250 ms"},
		{-250 * Millisecond, "-250 ms"},
		{-Minute - Second/2, "-60.5 s"},
		{1, "1 ns"},
		{1001, "1.001 us"},
		{math.MaxInt64, "9223372036.854775807 s"},
		{math.MinInt64, "-9223372036.854775808 s"},
	}
	for _, tt := range tests {
		if got := FormatInterval(tt.in); got != tt.want {
			t.Errorf("%d: got %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestTimesComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.Int64(), rapid.Map(rapid.Int64Range(-1e6, 1e6), func(s int64) int64 { return s * 1e9 })).Draw(t, "ns")
		if got, err := ParseInterval(FormatInterval(Timespan(n))); err != nil || got != Timespan(n) {
			t.Errorf("interval %d as %s: %d, %v", n, FormatInterval(Timespan(n)), got, err)
		}
		text := string(Timespan(n).AppendUnits(nil))
		if got, err := ParseTimespan(text); err != nil || got != Timespan(n) {
			t.Errorf("timespan %d as %s: %d, %v", n, text, got, err)
		}
		text = string(Timestamp(n).AppendISO(nil, 9))
		if got, err := ParseTimestamp(text); err != nil || got != Timestamp(n) {
			t.Errorf("timestamp %d as %s: %d, %v", n, text, got, err)
		}
	})
}

func TestParseTimestamp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want Timestamp
		err  string
	}{
		{"2014-07-09T10:16:44.000", 1404901004000000000, ""},
		{"2014-07-09T10:16:44", 1404901004000000000, ""},
		{"2014-07-09T10:16:44Z", 1404901004000000000, ""},
		{"2014-07-09T10:16:44.", 1404901004000000000, ""},
		{"2014-07-09T10:16:44.5Z", 1404901004500000000, ""},
		{"2014-07-09T10:16:44.123456789", 1404901004123456789, ""},
		{"2014-07-09T10:16:44.000+02:00", 1404893804000000000, ""},
		{"2014-07-09T10:16:44-0730", 1404928004000000000, ""},
		{"2014-07-09T10:16:44+01", 1404897404000000000, ""},
		{"1969-12-31T23:59:59.999", -1000000, ""},
		{"1970-01-01T00:00:00.000000001", 1, ""},
		{"2012-02-29T00:00:00", 1330473600000000000, ""},
		{"2262-04-11T23:47:16.854775807", math.MaxInt64, ""},
		{"1677-09-21T00:12:43.145224192", math.MinInt64, ""},
		{"2262-04-11T23:47:16.854775808", 0, "does not fit"},
		{"1677-09-21T00:12:43.145224191", 0, "does not fit"},
		{"2300-01-01T00:00:00", 0, "does not fit"},
		{"1000-01-01T00:00:00", 0, "does not fit"},
		{"2014-07-09 10:16:44", 0, "real day"},
		{"2014-07-09t10:16:44", 0, "real day"},
		{"2014-7-9T10:16:44", 0, "real day"},
		{"2014-07-09T10:16", 0, "real day"},
		{"2014-07-09", 0, "real day"},
		{"2014-07-09T10:16:60", 0, "real day"},
		{"2014-07-09T24:00:00", 0, "real day"},
		{"2014-07-09T10:60:00", 0, "real day"},
		{"2014-02-29T00:00:00", 0, "real day"},
		{"2014-00-01T00:00:00", 0, "real day"},
		{"2014-13-01T00:00:00", 0, "real day"},
		{"2014-01-00T00:00:00", 0, "real day"},
		{"0014-07-09T10:16:44", 0, "real day"}, // octal for Broker
		{"99999-07-09T10:16:44", 0, "real day"},
		{" 2014-07-09T10:16:44", 0, "real day"},
		{"1404901004", 0, "real day"},
		{"", 0, "real day"},
		{"2014-07-09T10:16:44.1234567890", 0, "nine digits"},
		{"2014-07-09T10:16:44.Z", 0, "nine digits"},
		{"2014-07-09T10:16:44z", 0, "at the end"},
		{"2014-07-09T10:16:44 ", 0, "at the end"},
		{"2014-07-09T10:16:44+1", 0, "at the end"},
		{"2014-07-09T10:16:44+24", 0, "at the end"},
		{"2014-07-09T10:16:44+0160", 0, "at the end"},
		{"2014-07-09T10:16:44+01.30", 0, "at the end"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParseTimestamp(tt.in)
			checkParsed(t, int64(got), err, int64(tt.want), tt.err)
		})
	}
}

func TestAppendSeconds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   Timestamp
		want string
	}{
		{0, "0.000000"},
		{1404901004500000000, "1404901004.500000"},
		{1700000000123456789, "1700000000.123457"},
		{1999999999, "2.000000"},
		{499, "0.000000"},
		{500, "0.000001"},
		{-1500000000, "-1.500000"},
		{-1, "0.000000"},
		{math.MaxInt64, "9223372036.854776"},
		{math.MinInt64, "-9223372036.854776"},
	}
	for _, tt := range tests {
		if got := string(tt.in.AppendSeconds(nil)); got != tt.want {
			t.Errorf("%d: got %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   float64
		want int64
		ok   bool
	}{
		{1.5, 1500000000, true},
		{-0.9999999999, -999999999, true},
		{9223372036.0, 9223372036000000000, true},
		{1e10, 0, false},
		{-1e10, 0, false},
		{math.NaN(), 0, false},
		{math.Inf(1), 0, false},
	}
	for _, tt := range tests {
		if got, ok := TimespanFromSeconds(tt.in); int64(got) != tt.want || ok != tt.ok {
			t.Errorf("timespan %v: got %d, %v", tt.in, got, ok)
		}
		if got, ok := TimestampFromSeconds(tt.in); int64(got) != tt.want || ok != tt.ok {
			t.Errorf("timestamp %v: got %d, %v", tt.in, got, ok)
		}
	}
	if Timespan(-1500000000).Seconds() != -1.5 || Timestamp(1500000000).Seconds() != 1.5 {
		t.Error("seconds are wrong")
	}
}
