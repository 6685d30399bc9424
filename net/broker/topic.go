package broker

import "strings"

// Topics are byte strings. Subscriptions are prefixes of them, byte by byte:
// /foo matches /foobar. The slash has no meaning to routing, only to Join and
// Split.
const (
	// TopicSeparator joins the parts of a topic.
	TopicSeparator = "/"
	// ReservedTopic is the topic of routing updates, pings and pongs.
	ReservedTopic = "<$>"
	// LocalPrefix starts the topics that never leave an endpoint.
	LocalPrefix = "<$>/local/"
	// StatusTopic carries the endpoint's own status values.
	StatusTopic = "<$>/local/data/statuses"
	// ErrorTopic carries the endpoint's own error values.
	ErrorTopic = "<$>/local/data/errors"

	masterSuffix      = "/<$>/data/master"
	cloneSuffix       = "/<$>/data/clone"
	storeEventsPrefix = "<$>/local/data/store-events/"
)

// MasterTopic is where clones send commands for the master of a store. A name
// that ends in a slash gives a double slash, as in Broker.
func MasterTopic(store string) string { return store + masterSuffix }

// CloneTopic is where the master of a store sends commands for its clones.
func CloneTopic(store string) string { return store + cloneSuffix }

// StoreEventTopic is the local topic of a store's change events.
func StoreEventTopic(store string) string { return storeEventsPrefix + store }

// IsLocalTopic reports whether a topic must never be announced or sent to a
// peer.
func IsLocalTopic(topic string) bool { return strings.HasPrefix(topic, LocalPrefix) }

// JoinTopic joins two parts with one slash, unless b brings one or a is empty.
// One slash at the end of the result is dropped.
func JoinTopic(a, b string) string {
	if a != "" && !strings.HasPrefix(b, TopicSeparator) {
		a += TopicSeparator
	}
	return strings.TrimSuffix(a+b, TopicSeparator)
}

// SplitTopic returns the parts between slashes, without empty ones.
func SplitTopic(topic string) []string {
	return strings.FieldsFunc(topic, func(r rune) bool { return r == '/' })
}
