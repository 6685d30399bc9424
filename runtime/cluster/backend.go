package cluster

import "moonpeer/net/broker"

// Backend is the network as a cluster needs it, and no more, so that another engine can take its place: no sending to
// oneself, order kept per publisher and topic. The loop calls it; who comes and goes is told to Cluster.PeerUp and
// Cluster.PeerDown.
type Backend interface {
	// Subscribe asks for everything under prefix.
	Subscribe(prefix string)
	// Wanted reports whether somebody may want what is published on a topic: true when it can't be known.
	Wanted(topic string) bool
	// Publish sends a message, which is copied. The error says why it can't be sent; that nobody wants it is none.
	Publish(topic string, payload []byte) error
	// PublishKept is Publish for what must not be dropped when there are too many events. No order is kept between the two.
	// The error may also say that somebody takes no more of such.
	PublishKept(topic string, payload []byte) error
	// Members returns who is linked now.
	Members() []Member
}

// Member is somebody whom this node is linked with.
type Member struct {
	Name  string // as it says; "" if it has none
	Epoch uint64 // higher after each restart
	ID    broker.EndpointID
	At    string // its address
	// Granted are the names of its certificate; nil: it has none.
	Granted []string
}
