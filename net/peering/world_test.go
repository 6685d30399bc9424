package peering_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
)

// world is some nodes on one Net and one clock.
type world struct {
	t     testing.TB
	now   step.Time
	net   *mempeer.Net
	nodes []*node
	check func() // after every round, if not nil
}

func newWorld(t testing.TB, opts mempeer.Options) *world {
	return &world{t: t, net: mempeer.New(opts)}
}

// node adds a node.
func (w *world) node(c config) *node {
	n := newNode(w.t, &w.now, c, func(n *node) peering.Transport {
		return w.net.Transport(mempeer.End{Name: n.name, Inbox: n, Log: slog.New(logTo{n})})
	})
	w.nodes = append(w.nodes, n)
	return n
}

// pair is a node that listens at b:9999, and one with the given ids beside it.
func (w *world) pair(a, b byte) (na, nb *node) {
	na, nb = w.node(config{name: "a", id: a}), w.node(config{name: "b", id: b})
	for _, n := range w.nodes {
		n.listen(0, peering.Settings{})
	}
	return na, nb
}

// run turns the nodes and moves the clock by d.
func (w *world) run(d time.Duration) {
	w.t.Helper()
	end := w.now.Add(d)
	for still := 0; ; {
		due := false
		for _, n := range w.nodes {
			n.turn()
		}
		if w.net.Next() <= w.now {
			w.net.Step(w.now)
			due = true
		}
		if w.check != nil {
			w.check()
		}
		next := w.net.Next()
		for _, n := range w.nodes {
			due = due || n.due()
			if !n.frozen {
				next = min(next, n.table.Next())
			}
		}
		if still++; still > 100_000 {
			w.t.Fatalf("the world does not come to rest at %v", time.Duration(w.now))
		}
		switch {
		case due:
		case next > end:
			w.now = end
			for _, n := range w.nodes {
				if !n.frozen {
					n.now = end
				}
			}
			return
		default:
			w.now, still = max(w.now, next), 0
		}
	}
}

// listen opens the node's listener at its name and port 9999.
func (n *node) listen(retry time.Duration, s peering.Settings) {
	n.t.Helper()
	if _, err := n.table.Listen(peering.Address{Transport: "quic", Host: n.name, Port: 9999}, retry, s); err != nil {
		n.t.Fatal(err)
	}
}

// peerWith dials another node's listener.
func (n *node) peerWith(to string, retry time.Duration, s peering.Settings) {
	n.t.Helper()
	if err := n.table.Dial(addressOf(to), retry, func() peering.Settings { return s }); err != nil {
		n.t.Fatal(err)
	}
}

func addressOf(name string) peering.Address {
	return peering.Address{Transport: "quic", Host: name, Port: 9999}
}

// link is the node's end of its link to another.
func (n *node) link(to *node) *mempeer.Link {
	n.t.Helper()
	p := n.hub.Peer(to.hub.ID())
	if p == nil {
		n.t.Fatalf("%s is not peered with %s", n.name, to.name)
	}
	return p.Link().(*mempeer.Link)
}

// peersText lists a node's peers.
func (n *node) peersText() string {
	out := ""
	for _, p := range n.table.Peers() {
		dir := "in"
		if p.Outbound {
			dir = "out"
		}
		out += fmt.Sprintf("%02x %s %s;", p.ID[0], p.Name, dir)
	}
	return out
}

// added and lost are the events of one peering: from is "ID@HOST:PORT".
func added(id byte, at string) []string {
	return []string{fmt.Sprintf("endpoint_discovered %02x: found a new peer in the network", id),
		fmt.Sprintf("peer_added %02x@%s: handshake successful", id, at)}
}

func lost(id byte, at string) []string {
	return []string{fmt.Sprintf("peer_lost %02x@%s: lost connection to remote peer", id, at),
		fmt.Sprintf("endpoint_unreachable %02x: lost the last path", id)}
}

func removed(id byte, at, why string) []string {
	if why != "" {
		why = " (" + why + ")"
	}
	return []string{fmt.Sprintf("peer_removed %02x@%s: removed connection to remote peer%s", id, at, why),
		fmt.Sprintf("endpoint_unreachable %02x: lost the last path", id)}
}

const unavailable = "unable to connect to remote peer"
