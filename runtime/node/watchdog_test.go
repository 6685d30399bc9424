package node

import "testing"

func TestPatience(t *testing.T) {
	tests := []struct {
		name  string
		calls []uint64
		want  int // ticks at which it is over
	}{
		{"one call that goes on", []uint64{1, 1, 1, 1, 1, 1, 1}, 1},
		{"calls that end in time", []uint64{1, 1, 1, 3, 3, 3, 5, 5, 5}, 0},
		{"nothing runs", []uint64{0, 0, 0, 0, 0, 0}, 0},
		{"a pause between two looks at one number does not happen", []uint64{1, 1, 0, 1, 1, 1}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := patience{limit: 3}
			got := 0
			for _, c := range tt.calls {
				if p.over(c) {
					got++
				}
			}
			if got != tt.want {
				t.Errorf("over %d times, want %d", got, tt.want)
			}
		})
	}
}
