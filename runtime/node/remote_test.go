package node

import (
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/peering"
	"moonpeer/net/wire"
)

// TestRemoteHostile: what is no question, or comes from nobody who may ask, is not answered and hurts nobody.
func TestRemoteHostile(t *testing.T) {
	t.Parallel()
	n := bare(t, Options{Control: true})
	ask := func(name string, args ...broker.Data) []byte {
		b := wire.AppendEventHeader(nil, name, len(args))
		for _, a := range args {
			b = wire.AppendData(b, a)
		}
		return b
	}
	good := ask(ControlRequest, broker.String("1"), broker.String("status"), broker.String(""))
	for what, payload := range map[string][]byte{
		"nothing":        nil,
		"no event":       []byte("x"),
		"another event":  ask("EX::e", broker.String("1"), broker.String("status"), broker.String("")),
		"too few":        ask(ControlRequest, broker.String("1")),
		"other kinds":    ask(ControlRequest, broker.Count(1), broker.String("status"), broker.String("")),
		"cut off":        good[:len(good)-1],
		"from this node": good,
	} {
		if n.remote.Offer(&endpoint.Envelope{Payload: payload}) {
			t.Errorf("%s was taken for a question", what)
		}
	}
	if n.remote.refuses(broker.EndpointID{1}, "status") == "" {
		t.Error("somebody who is no peer may ask")
	}
}

// TestForgedOrigin: a peer that says a message is the manager's is not believed, and neither is one that passes it on.
func TestForgedOrigin(t *testing.T) {
	t.Parallel()
	from := &endpoint.Peer{}
	e := &endpoint.Envelope{From: from}
	e.Origin = broker.EndpointID{1}
	if got := sender(e); !got.IsZero() {
		t.Errorf("the sender of what somebody else is said to have sent is %v", got)
	}
	e.Origin = from.ID()
	if got := sender(e); got != from.ID() {
		t.Errorf("the sender is %v, want %v", got, from.ID())
	}
}

// TestRemoteAskerGone: the questions of a peer that has gone do not count any more.
func TestRemoteAskerGone(t *testing.T) {
	t.Parallel()
	n := bare(t, Options{Control: true})
	gone := broker.EndpointID{7}
	var all []*remoteAsker
	for range maxRemote {
		a := &remoteAsker{r: n.remote, to: gone, id: "1"}
		n.remote.open = append(n.remote.open, a)
		all = append(all, a)
	}
	if !all[0].Begin() {
		t.Error("a question of a peer that is there is not answered")
	}
	n.peerEvent(peering.Event{Status: broker.Status{Code: broker.PeerLost, Endpoint: broker.EndpointInfo{ID: gone}}})
	for _, a := range all {
		if a.Begin() {
			t.Fatal("a question of a peer that is gone is answered")
		}
	}
	if len(n.remote.open) != 0 {
		t.Errorf("%d questions of a peer that is gone are open", len(n.remote.open))
	}
}

// TestRemoteEvals: one peer's texts do not take all the time of a node.
func TestRemoteEvals(t *testing.T) {
	t.Parallel()
	n := bare(t, Options{Control: true})
	text := func(from byte) *remoteAsker {
		return &remoteAsker{r: n.remote, to: broker.EndpointID{from}, id: "1", evals: true}
	}
	for range maxRemoteEvals {
		if why := n.remote.full(text(7)); why != "" {
			t.Fatal(why)
		}
		n.remote.open = append(n.remote.open, text(7))
	}
	if n.remote.full(text(7)) == "" {
		t.Error("one text too many is run")
	}
	if why := n.remote.full(text(8)); why != "" {
		t.Errorf("another peer's: %s", why)
	}
	if why := n.remote.full(&remoteAsker{r: n.remote, to: broker.EndpointID{7}, id: "1"}); why != "" {
		t.Errorf("another question: %s", why)
	}
}
