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
	for range maxRemote {
		a := &remoteAsker{r: n.remote, to: gone, id: "1"}
		n.remote.open = append(n.remote.open, a)
	}
	n.peerEvent(peering.Event{Status: broker.Status{Code: broker.PeerLost, Endpoint: broker.EndpointInfo{ID: gone}}})
	if len(n.remote.open) != 0 {
		t.Errorf("%d questions of a peer that is gone are open", len(n.remote.open))
	}
}
