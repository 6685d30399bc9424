package store

import (
	"moonpeer/net/wire"
)

// AppendEvent appends a change as Broker's stores publish it on broker.StoreEventTopic: a vector of the kind, the store's
// name, the key, what the kind has (of an insert the value and its expiry, of an update also the old value in front), and
// endpoint and object of the publisher (spec/stores.md §8).
func AppendEvent(dst []byte, store string, c *Change) []byte {
	dst = wire.AppendVectorHeader(dst, [...]int{Insert: 7, Update: 8, Erase: 5, Expire: 5}[c.Kind])
	dst = wire.AppendString(dst, c.Kind.String())
	dst = wire.AppendString(dst, store)
	dst = append(dst, c.Key...)
	if c.Kind == Update {
		dst = append(dst, c.Old...)
	}
	if c.Kind == Insert || c.Kind == Update {
		dst = append(dst, c.New...)
		if c.HasExpiry {
			dst = wire.AppendTimespan(dst, c.Expiry)
		} else {
			dst = wire.AppendNone(dst)
		}
	}
	if c.Publisher.IsZero() {
		return wire.AppendNone(wire.AppendNone(dst))
	}
	dst = wire.AppendString(dst, c.Publisher.Endpoint.String())
	return wire.AppendCount(dst, c.Publisher.Object)
}
