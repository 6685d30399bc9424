package node

import "testing"

// TestCollector: the heap may be five times what is alive, as long as that is no more than 96 MB.
func TestCollector(t *testing.T) {
	for _, tt := range []struct {
		live uint64 // MB
		want int
	}{{0, 400}, {5, 400}, {19, 400}, {24, 300}, {32, 200}, {48, 100}, {60, 100}, {500, 100}} {
		if got := percentFor(tt.live << 20); got != tt.want {
			t.Errorf("%d MB alive: %d percent, want %d", tt.live, got, tt.want)
		}
	}
}
