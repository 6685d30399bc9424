package cluster

import "testing"

// TestEpoch: a node's run is known to its peers by its epoch, which is higher after a restart.
func TestEpoch(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	a, b := c.add("a", ""), c.add("b", "")
	c.start()
	c.join(a, b)
	before, _ := b.Peers.Peer(a.Hub.ID())
	a.Crash()
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	a.Start()
	c.join(b, a)
	after, _ := b.Peers.Peer(a.Hub.ID())
	if before.Epoch != 1_700_000_000_000 || after.Epoch <= before.Epoch || after.Name != "a" {
		t.Errorf("b saw %+v, then %+v", before, after)
	}
}
