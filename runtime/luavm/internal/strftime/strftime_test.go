package strftime

import (
	"testing"
	"time"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	at := time.Date(2021, time.January, 3, 15, 4, 5, 0, time.UTC) // a Sunday, in the last ISO week of 2020
	for layout, want := range map[string]string{
		"%a %A %b %B %h": "Sun Sunday Jan January Jan", "%c": "Sun Jan  3 15:04:05 2021", "%C %y %Y": "20 21 2021", "%d|%e": "03| 3",
		"%D %F": "01/03/21 2021-01-03", "%g %G %V": "20 2020 53", "%H %I %M %S %p": "15 03 04 05 PM", "%j": "003", "%m": "01",
		"%n%t%%": "\n\t%", "%r %R %T": "03:04:05 PM 15:04 15:04:05", "%s": "1609686245", "%u %w": "7 0", "%U %W": "01 00",
		"%x %X": "01/03/21 15:04:05", "%z %Z": "+0000 UTC", "": "", "plain": "plain", "%": "%", "%Q": "%Q", "5%": "5%",
	} {
		if got := Format(layout, at); got != want {
			t.Errorf("%q: got %q, want %q", layout, got, want)
		}
	}
}
