package cluster

import "testing"

// TestEpoch: a node's run is known to its peers by the epoch that it was given, or by when it began.
func TestEpoch(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	c.epoch = 9
	a := c.add("a", "")
	c.epoch = 0
	b := c.add("b", "")
	c.start()
	c.join(a, b)
	atA, _ := a.Peers.Peer(b.Hub.ID())
	atB, _ := b.Peers.Peer(a.Hub.ID())
	if atA.Epoch != 1_700_000_000_000 || atB.Epoch != 9 || atB.Name != "a" {
		t.Errorf("a sees %+v, b sees %+v", atA, atB)
	}
}
