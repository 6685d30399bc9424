package main

import (
	"testing"
	"time"

	"moonpeer/net/step"
)

// TestPollPause: a cluster that does not start is asked less and less often, one that replays as often as at first.
func TestPollPause(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		ready        bool
		waited, want time.Duration
	}{
		{false, 0, pollEvery},
		{false, 3 * time.Second, 300 * time.Millisecond},
		{false, time.Hour, pollSeldom},
		{true, time.Hour, pollEvery},
	} {
		c := course{ready: tt.ready, began: step.Time(time.Minute)}
		if got := c.pause(c.began.Add(tt.waited)); got != tt.want {
			t.Errorf("ready %t, after %v: got %v, want %v", tt.ready, tt.waited, got, tt.want)
		}
	}
}
