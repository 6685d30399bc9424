package node

import (
	"moonpeer/net/endpoint"
	"moonpeer/store"
)

// watching tells the watcher of a store, and whoever subscribes to its events in this node, what happens to its keys. It
// implements store.Watcher.
type watching struct {
	party       *endpoint.Local
	name, topic string
	watcher     store.Watcher // nil: nobody
	buf         []byte

	tells, publishes bool // of this turn
}

// SetWatcher implements store.Store.
func (x *openStore) SetWatcher(w store.Watcher) {
	x.watcher = w
	x.Machine.SetWatcher(&x.watching)
}

// Wants implements store.Watcher.
func (s *watching) Wants() bool {
	s.tells = s.watcher != nil && s.watcher.Wants()
	s.publishes = s.party.Wanted(s.topic)
	return s.tells || s.publishes
}

// Changed implements store.Watcher.
func (s *watching) Changed(c *store.Change) {
	if s.tells && s.watcher != nil {
		s.watcher.Changed(c)
	}
	if s.publishes {
		s.buf = store.AppendEvent(s.buf[:0], s.name, c)
		_, _ = s.party.Publish(s.topic, s.buf) // an event too large for a message is too large for whoever hears of it
	}
}
