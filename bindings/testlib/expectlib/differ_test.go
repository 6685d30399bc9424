package expectlib

import (
	"strings"
	"testing"
)

// TestTextsDiffer: long texts say where they differ, and texts of several lines are compared line by line.
func TestTextsDiffer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("abc ", 50)
	if got := textsDiffer(long+"x"+long, long+"y"+long); !strings.HasPrefix(got, `they differ from byte 201 on: "`) || !strings.Contains(got, `c xabc`) {
		t.Error(got)
	}
	for _, same := range [][2]string{{"a", "b"}, {long, long}, {long + "\n1", long + "\n2"}} {
		if got := textsDiffer(same[0], same[1]); got != "" {
			t.Errorf("%q and %q: %s", same[0], same[1], got)
		}
	}
	f := &Failure{Message: "m", Expected: "one\ntwo\nthree", Actual: "one\n2\nthree"}
	var lines []string
	for _, l := range f.Difference() {
		lines = append(lines, string(l.Mark)+l.Text)
	}
	if got := strings.Join(lines, "|"); got != " one|-two|+2| three" {
		t.Error(got)
	}
}
