package script

import (
	"bytes"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestQueueIsBounded: by events, and by the bytes of what they hold; what does not fit is counted and said once.
func TestQueueIsBounded(t *testing.T) {
	tests := []struct {
		name string
		max  int
		arg  lua.LValue
		want int // events that fit
	}{
		{"events", 10, lua.LTrue, 10},
		{"bytes", 0, lua.LString(strings.Repeat("x", 1<<20)), maxQueuedBytes >> 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var said bytes.Buffer
			d, err := New(Options{MaxQueued: tt.max, Reports: NewReports(&said)})
			if err != nil {
				t.Fatal(err)
			}
			ev := d.Event("e")
			taken := 0
			for range tt.want + 5 {
				if d.Raise(ev, []lua.LValue{tt.arg}) {
					taken++
				}
			}
			if taken != tt.want || d.Counters.Refused != 5 || !d.Full() || strings.Count(said.String(), "\n") != 1 {
				t.Errorf("%d taken, %d refused, full %v, said %q; want %d", taken, d.Counters.Refused, d.Full(), said.String(), tt.want)
			}
			d.Run(tt.want, nil)
			if d.Full() || !d.Raise(ev, nil) {
				t.Error("an empty queue takes nothing")
			}
		})
	}
}
