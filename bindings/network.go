package bindings

import (
	"fmt"

	"moonpeer/bindings/brokerlib"
	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/runtime/node"
)

// hub is the node's hub as scripts see it: brokerlib.Hub and eventlib.Publisher.
type hub struct{ n *node.Node }

func (h hub) Wanted(topic string) bool { return h.n.Scripts.Wanted(topic) }

func (h hub) Publish(topic string, payload []byte) error {
	_, err := h.n.Scripts.Publish(topic, payload)
	return err
}

func (h hub) Subscribe(prefix string, self bool) bool {
	return h.n.Scripts.Subscribe(prefix, endpoint.SubscribeOptions{Self: self})
}

func (h hub) Unsubscribe(prefix string) bool { return h.n.Scripts.Unsubscribe(prefix) }

func (h hub) Forward(prefix string) bool { return h.n.Scripts.Forward(prefix) }

func (h hub) SetForwarding(on bool) { h.n.Hub.SetForwarding(on) }

func (h hub) RestrictPublish(prefixes []string) {
	if len(prefixes) == 0 {
		h.n.Hub.Unrestrict()
		return
	}
	h.n.Hub.Restrict(prefixes...)
}

func (h hub) NodeID() string { return h.n.Hub.ID().String() }

// network is brokerlib.Network of a node without transports: this version runs policies on one node.
type network struct{}

func noTransport(a brokerlib.Address) error {
	return fmt.Errorf("this version has no %s transport: it runs policies on one node", a.Transport)
}

func (network) Listen(a brokerlib.Address, _ broker.Timespan) (int, error) { return 0, noTransport(a) }

func (network) ListenWebSocket(a brokerlib.Address, _ broker.Timespan) (int, error) {
	return 0, noTransport(a)
}

func (network) Peer(a brokerlib.Address, _ broker.Timespan) error { return noTransport(a) }

func (network) Unpeer(brokerlib.Address) error { return fmt.Errorf("cannot unpeer from unknown peer") }

func (network) Peers() []brokerlib.PeerInfo { return nil }

func (network) Stats() []brokerlib.PeeringStats { return nil }
