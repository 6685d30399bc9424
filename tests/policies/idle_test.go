package policies

import (
	"testing"
	"time"
)

// TestIdleDay: an idle day has no turns but those of the call itself, which looks at each node at its beginning and at its
// end: nothing in a node, its policies or the simulation ticks while nothing happens.
func TestIdleDay(t *testing.T) {
	for _, policy := range []string{"known_clients", "known_hosts", "known_hosts_stored", "scan", "top_talkers"} {
		t.Run(policy, func(t *testing.T) {
			w := eight(t, policy)
			w.advance(5 * time.Minute) // counters are exchanged
			before := w.Turns()
			w.advance(24 * time.Hour)
			if turns := w.Turns() - before; turns > 2*8 {
				t.Errorf("%d turns", turns)
			}
		})
	}
}
