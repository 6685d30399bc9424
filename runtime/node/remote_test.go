package node

import (
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
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
	if n.remote.trusts(broker.EndpointID{1}) {
		t.Error("somebody who is no peer may ask")
	}
}
