package node

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store"
)

// Stores are a node's masters and clones, at most one of a name.
type Stores struct {
	n        *Node
	open     []*openStore // in the order in which they were opened
	objects  uint64       // the last number given out
	turnover uint64       // of the hub, when the stores were told of peers
}

// openStore is one of them with what connects it to the node. It implements endpoint.Receiver and store.Bus.
type openStore struct {
	store.Machine
	watching
	n     *Node
	party *endpoint.Local
	entry *step.Entry
	port  step.PortID
}

// MasterOptions are what may be said of a master besides its name.
type MasterOptions struct {
	Backend  string          // memory or pebble; "" means memory
	NoSync   bool            // others may see what is not on disk yet
	Expire   broker.Timespan // of keys whose put says nothing; 0: never
	MaxBytes int64           // of all keys and values; 0: 16 GB
	// Quarantine moves a damaged store aside and begins an empty one, instead of failing.
	Quarantine bool
}

// StorePlace is where a store's backend belongs to.
type StorePlace struct {
	Name       string // of the store
	Quarantine bool
	Port       step.PortID
	Inbox      step.Inbox
	Log        *slog.Logger
	Now        int64 // node clock
}

// Master opens the master of a store, or returns what this node already has of that name.
func (s *Stores) Master(name string, o MasterOptions) (store.Store, error) {
	if at := s.find(name); at != nil {
		return at, nil
	}
	x, common := s.begin(name)
	opts := store.MasterOptions{Common: common, BackendName: o.Backend, Sync: !o.NoSync, Clock: s.n.clock.Now, Expire: o.Expire, MaxBytes: o.MaxBytes}
	if o.Backend != "" && o.Backend != "memory" {
		b, err := s.backend(x, name, o)
		if err != nil {
			s.end(x)
			return nil, err
		}
		opts.Backend = b
	}
	m, err := store.OpenMaster(opts)
	if err != nil {
		s.end(x)
		if opts.Backend != nil {
			_ = opts.Backend.Close() // what has failed already says more
		}
		return nil, err
	}
	s.n.ports[x.port] = func(in step.Input) bool {
		m.Input(in)
		return true
	}
	return s.add(x, m), nil
}

// backend opens where a master keeps its entries.
func (s *Stores) backend(x *openStore, name string, o MasterOptions) (store.Backend, error) {
	switch {
	case o.Backend != "pebble":
		return nil, fmt.Errorf("store %q: there is no backend %q, only memory and pebble: %w", name, o.Backend, broker.ErrBackendFailure)
	case s.n.openBackend == nil:
		return nil, fmt.Errorf("store %q: this node keeps nothing on disk: %w", name, broker.ErrBackendFailure)
	}
	return s.n.openBackend(StorePlace{Name: name, Quarantine: o.Quarantine, Port: x.port, Inbox: s.n.inbox, Log: s.n.Env.Log, Now: s.n.clock.Now()})
}

// Clone opens a clone of a store, or returns what this node already has of that name.
func (s *Stores) Clone(name string, o store.CloneOptions) (store.Store, error) {
	if at := s.find(name); at != nil {
		return at, nil
	}
	x, common := s.begin(name)
	o.Common = common
	c, err := store.OpenClone(o)
	if err != nil {
		s.end(x)
		return nil, err
	}
	return s.add(x, c), nil
}

// Find returns the store of a name; nil: there is none.
func (s *Stores) Find(name string) store.Store {
	if at := s.find(name); at != nil {
		return at
	}
	return nil
}

// All are the stores in the order in which they were opened.
func (s *Stores) All() []store.Store {
	var out []store.Store
	for _, x := range s.open {
		out = append(out, x)
	}
	return out
}

func (s *Stores) find(name string) *openStore {
	for _, x := range s.open {
		if x.Name() == name {
			return x
		}
	}
	return nil
}

// begin connects a store that is about to be opened.
func (s *Stores) begin(name string) (*openStore, store.Common) {
	s.objects++
	x := &openStore{n: s.n}
	x.party = s.n.Hub.Join("store "+name, x)
	x.watching = watching{party: x.party, name: name, topic: broker.StoreEventTopic(name)}
	x.port = s.n.OpenPort(func(step.Input) bool { return true })
	return x, store.Common{Name: name, Env: s.n.Env, Bus: x, Object: s.objects, Watcher: &x.watching, Changed: func() {
		if x.entry != nil {
			x.entry.Changed()
		}
	}, MaxEntry: s.n.maxEntry()}
}

// maxEntry leaves room for the rest of a message.
func (n *Node) maxEntry() int {
	most := n.opts.Limits.MaxFrame
	if most == 0 {
		most = wire.DefaultMaxFrame
	}
	return most - most/16
}

func (s *Stores) add(x *openStore, m store.Machine) store.Store {
	x.Machine = m
	x.entry = s.n.Register(m)
	s.open = append(s.open, x)
	return x
}

// end forgets a store.
func (s *Stores) end(x *openStore) {
	x.party.Close()
	s.n.DropPort(x.port)
	if x.entry != nil {
		x.entry.Remove()
	}
	s.open = slices.DeleteFunc(s.open, func(o *openStore) bool { return o == x })
}

// Close closes the store and has the node forget it.
func (x *openStore) Close() error {
	err := x.Machine.Close()
	x.n.Stores.end(x)
	return err
}

// flush ends the turn of all stores. more: one of them wants another.
func (s *Stores) flush() (more bool) {
	if len(s.open) == 0 {
		return false
	}
	if t := s.n.Hub.Turnover(); t != s.turnover {
		s.turnover = t
		for _, x := range s.open {
			x.PeersChanged()
		}
	}
	for _, x := range s.open {
		more = x.Flush() || more
	}
	return more
}

// tick expires what is overdue by the node's clock.
func (s *Stores) tick() (more bool) {
	for _, x := range s.open {
		if x.NextTick() <= s.n.clock.Now() {
			more = x.Tick(s.n.clock.Now()) || more
		}
	}
	return more
}

// nextTick is when the first key expires by the node's clock.
func (s *Stores) nextTick() int64 {
	next := int64(math.MaxInt64)
	for _, x := range s.open {
		next = min(next, x.NextTick())
	}
	return next
}

// outstanding is how many writes of this node have no outcome yet.
func (s *Stores) outstanding() (n int) {
	for _, x := range s.open {
		n += x.Outstanding()
	}
	return n
}

// close closes all, the last one first.
func (s *Stores) close() (err error) {
	for len(s.open) > 0 {
		if e := s.open[len(s.open)-1].Close(); e != nil && err == nil {
			err = e
		}
	}
	return err
}

// Offer implements endpoint.Receiver.
func (x *openStore) Offer(e *endpoint.Envelope) bool {
	switch {
	case x.Machine == nil || e.From == nil:
		return false
	case e.Type == wire.TypeStore:
		return x.Receive(e.From.ID(), e.Topic, e.Payload)
	}
	return e.Type == wire.TypeCommand && x.ReceiveCommand(e.Topic, e.Payload)
}

// ID implements store.Bus.
func (x *openStore) ID() broker.EndpointID { return x.n.Hub.ID() }

// Subscribe implements store.Bus.
func (x *openStore) Subscribe(topic string) {
	x.party.Subscribe(topic, endpoint.SubscribeOptions{})
}

// Unsubscribe implements store.Bus.
func (x *openStore) Unsubscribe(topic string) { x.party.Unsubscribe(topic) }

// Peers implements store.Bus.
func (x *openStore) Peers() []store.Peer {
	var out []store.Peer
	for _, p := range x.n.Hub.Peers() {
		if !p.Muted() {
			out = append(out, store.Peer{ID: p.ID(), Link: p.Serial(), Filter: p.Filter(), Broker: !p.Carries(wire.TypeStore), Forwards: p.Forwards()})
		}
	}
	return out
}

// Send implements store.Bus.
func (x *openStore) Send(to broker.EndpointID, topic string, payload []byte) step.Verdict {
	r, err := x.party.Send(endpoint.Message{Topic: topic, Payload: payload, Type: wire.TypeStore, Lane: step.LaneStores, Receiver: to})
	switch {
	case err != nil || r.Dropped > 0:
		return step.Dropped
	case r.Full > 0:
		return step.Full
	}
	return step.Queued
}

// Command implements store.Bus.
func (x *openStore) Command(topic string, to broker.EndpointID, payload []byte) error {
	if x.n.Hub.Peer(to) == nil {
		to = broker.EndpointID{} // those who forward may bring it there
	}
	_, err := x.party.Send(endpoint.Message{Topic: topic, Payload: payload, Type: wire.TypeCommand, Lane: step.LaneStores, Receiver: to})
	if errors.Is(err, broker.CodeError(broker.NoPathToPeer)) {
		return nil // it is leaving
	}
	return err
}

// Writable implements store.Bus.
func (x *openStore) Writable(to broker.EndpointID) bool {
	p := x.n.Hub.Peer(to)
	return p != nil && p.Link().Writable(step.LaneStores)
}
