package peering_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// TestReplace: the new self of a node takes the old one's place, and what happened is told in that order.
func TestReplace(t *testing.T) {
	t.Parallel()
	var claims []peering.Claim
	var v peering.Verdict
	n := byHand(t, admitting(&claims, &v))
	n.subscribe("t")
	old := n.accept(false)
	old.peer(larger, "t")
	n.events = nil
	n.publishN(3)
	old.take()
	n.publishN(2) // queued

	fresh := n.accept(false).then(hello(0x77), wire.ResponderSynAck{Filter: []string{"t"}})
	v.Replace = idOf(larger)
	fresh.says(peering.Hello{Name: "there", Epoch: 2, Link: 8})
	n.want(slices.Concat(lost(larger, "stranger"), added(0x77, "stranger"))...)
	if !old.closed || old.code != peering.CodeRefused || n.table.State(old) != "" {
		t.Errorf("the old link: closed %v with %d %q, state %q", old.closed, old.code, old.why, n.table.State(old))
	}
	if p := n.table.Peers(); len(p) != 1 || p[0].ID != idOf(0x77) || p[0].Epoch != 2 {
		t.Errorf("peers %+v", p)
	}
	n.wantAccount("the old one will never say what arrived", 0, 3, 0)
	if e := n.table.Stats()[0].Lanes[step.LaneEvents]; e.Dropped.Messages != 2 || n.table.Stats()[0].Connected {
		t.Errorf("the old account is %+v", n.table.Stats()[0])
	}
	n.publishN(1)
	if got := n.table.Stats()[1].Lanes[step.LaneEvents].Offered.Messages; got != 1 {
		t.Errorf("the new peer was offered %d messages", got)
	}

	for _, nobody := range []byte{smaller, 0x88} { // one that is not there, and the new peer itself
		v.Replace = idOf(nobody)
		n.accept(false).then(hello(0x88), wire.ResponderSynAck{}).control(0x88, wire.TypeLink, peering.AppendHello(nil, peering.Hello{}))
		n.want(added(0x88, "stranger")...)
		n.table.Gone(idOf(0x88), "")
		n.settle()
		n.want(lost(0x88, "stranger")...)
	}
}

// byEpoch is the rule that clusters have: of one name the highest epoch is taken.
func byEpoch(n **node) func(peering.Claim) peering.Verdict {
	return func(c peering.Claim) (v peering.Verdict) {
		for _, p := range (*n).table.Peers() {
			switch {
			case p.Name != c.Name || p.ID == c.ID:
			case p.Epoch < c.Epoch:
				v.Replace = p.ID
			default:
				v.Refuse = fmt.Sprintf("%s is at %s with epoch %d", p.Name, p.Address.Host, p.Epoch)
			}
		}
		return v
	}
}

// TestRestart: a node that was frozen and is started anew has its place at once. When the old process wakes up it is turned
// away, and stays so however often it tries.
func TestRestart(t *testing.T) {
	t.Parallel()
	for _, listens := range []bool{false, true} {
		w := newWorld(t, mempeer.Options{})
		var m *node
		m = w.node(config{name: "manager", id: 5, peering: peering.Options{Admit: byEpoch(&m)}})
		m.listen(0, peering.Settings{})
		start := func(id byte, epoch uint64, host string) *node {
			n := w.node(config{name: host, id: id, peering: peering.Options{Name: "worker", Epoch: epoch}})
			if listens {
				n.listen(0, peering.Settings{})
				m.peerWith(host, time.Second, peering.Settings{})
			} else {
				n.peerWith("manager", time.Second, peering.Settings{})
			}
			w.run(100 * time.Millisecond)
			return n
		}
		old := start(9, 1, "old")
		old.frozen = true
		m.events = nil
		fresh := start(3, 2, "new")
		at := func(host string) string {
			if listens {
				host += ":9999"
			}
			return host
		}
		m.want(slices.Concat(lost(9, at("old")), added(3, at("new")))...)
		if len(fresh.events) != 2 {
			t.Errorf("the new one's events: %q", fresh.events)
		}
		old.frozen, old.events = false, nil
		w.run(10 * time.Second)
		if got := m.peersText(); got[:9] != "03 worker" || len(m.table.Peers()) != 1 {
			t.Errorf("the manager's peers: %s", got)
		}
		if len(old.events) < 2 || len(old.table.Peers()) != 0 {
			t.Errorf("the old one has peers %s and events %q", old.peersText(), old.events)
		}
		twins := start(7, 2, "twin") // the same epoch is somebody else's
		if len(twins.table.Peers()) != 0 || m.peersText()[:9] != "03 worker" {
			t.Errorf("a second claimant is a peer of %s", twins.peersText())
		}
	}
}
