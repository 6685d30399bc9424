package store

import (
	"fmt"
	"log/slog"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store/table"
)

// Bounds of what one writer may have under way.
const (
	MaxWrites     = 4096
	MaxWriteBytes = 4 << 20
)

// Store is a master or a clone as whoever uses it sees it. Only the loop calls it.
type Store interface {
	// Name is the name that master and clones share.
	Name() string
	// IsMaster reports whether this is the master itself.
	IsMaster() bool
	// Get returns the value of a key, canonical bytes both; the value is good until the next call. The error is
	// broker.ErrNoSuchKey if the key is not there, and another one if that is not known.
	Get(key []byte) (value []byte, err error)
	// Len is the number of keys.
	Len() (int, error)
	// Each calls fn for every key until it returns false. fn must not change the store.
	Each(fn func(key, value []byte) bool) error
	// Do asks for a change: c is a put, put_unique, erase, add, subtract or clear with key and value; all else is filled
	// in. Its slices are copied. If the outcome is known at once it is returned with done; else w, unless it is nil,
	// hears of it in a later turn, and each w once.
	Do(c *wire.Command, w Waiter) (r Result, done bool)
	// Outstanding is the number of writes without outcome.
	Outstanding() int
	// Info says how the store is doing.
	Info() Info
	// SetWatcher sets who hears of changes; nil: nobody.
	SetWatcher(w Watcher)
	// Close ends it. Writes without outcome end with broker.ErrShuttingDown. A second call does nothing.
	Close() error
}

// Machine is a Store as the node drives it.
type Machine interface {
	Store
	step.Machine
	// Flush ends a turn: what is to go to disk and peers goes. more asks for another turn.
	Flush() (more bool)
	// Tick expires what is overdue by the node's clock, in steps; more asks for another one.
	Tick(clock int64) (more bool)
	// NextTick is when Tick has something to do, by the node's clock; math.MaxInt64: never.
	NextTick() int64
	// Receive takes a message of type wire.TypeStore that a peer has sent on topic. It reports whether it was for this
	// store; what is malformed is dropped and counted.
	Receive(from broker.EndpointID, topic, payload []byte) bool
	// ReceiveCommand takes a message of type wire.TypeCommand that came on topic, from whomever. It reports whether it was
	// for this store; what is malformed is dropped and counted.
	ReceiveCommand(topic, payload []byte) bool
	// PeersChanged says that a peer came, went, announced something else or began to forward.
	PeersChanged()
}

// Waiter hears of the outcome of one write. It must not call into the store.
type Waiter interface{ Done(r Result) }

// Result is the outcome of a write.
type Result struct {
	// Err is nil if it was applied; with Options.Sync it is on disk then.
	Err error
	// Inserted is of put_unique: false means the key was there.
	Inserted bool
}

// Watcher hears what happens to keys, at a clone when it happens there.
type Watcher interface {
	// Wants reports whether Changed does anything with changes; it is asked once a turn.
	Wants() bool
	// Changed takes one change, whose slices are good during the call. It must not call into the store.
	Changed(c *Change)
}

// ChangeKind says what happened to a key.
type ChangeKind uint8

// The kinds, in Broker's words (spec/stores.md §8).
const (
	Insert ChangeKind = iota
	Update
	Erase
	Expire
)

var changeNames = [...]string{"insert", "update", "erase", "expire"}

// String returns Broker's name of the kind.
func (k ChangeKind) String() string { return changeNames[k] }

// Change is what happened to one key.
type Change struct {
	Kind      ChangeKind
	Key       []byte
	Old       []byte // update, erase, expire
	New       []byte // insert, update
	Expiry    broker.Timespan
	HasExpiry bool
	Publisher wire.Entity // whose call it was; zero: nobody's
}

// Info is what is told about a store.
type Info struct {
	Name        string `json:"name"`
	Master      bool   `json:"master"`
	Backend     string `json:"backend"` // memory, pebble; of a clone: "clone"
	State       string `json:"state"`   // open, failed, refused; of a clone: searching, attaching, following, lost
	Entries     int    `json:"entries"`
	Bytes       int64  `json:"bytes"`
	Memory      int64  `json:"memory"`
	Term        uint64 `json:"term"`
	Seq         uint64 `json:"seq"`
	Clones      int    `json:"clones"`
	Outstanding int    `json:"outstanding"`
	Refused     uint64 `json:"refused"` // writes refused for want of room
	Malformed   uint64 `json:"malformed"`
	Snapshots   uint64 `json:"snapshots"` // sent or received
	Resumes     uint64 `json:"resumes"`
	Error       string `json:"error,omitempty"`
}

// Common is what masters and clones are both made with.
type Common struct {
	// Name is the store's; not empty. Required.
	Name string
	// Env is time, chance and the log. Required.
	Env step.Env
	// Bus is the network. Required.
	Bus Bus
	// Object tells this store from others of the endpoint. Required: not 0.
	Object uint64
	// Watcher hears of changes; nil: nobody.
	Watcher Watcher
	// Changed is called when Next may have become another one; nil: nobody wants to know.
	Changed func()
	// MaxEntry is how many bytes key and value may have together. Zero means 1 MB less than wire.DefaultMaxFrame; at most
	// 128 MB.
	MaxEntry int

	most int64 // bytes of keys and values; 0: maxTable
}

func (c Common) withDefaults() (Common, error) {
	if c.MaxEntry == 0 {
		c.MaxEntry = wire.DefaultMaxFrame - 1<<20
	}
	c.MaxEntry = min(c.MaxEntry, maxEntryBytes)
	if c.most == 0 {
		c.most = maxTable
	}
	if c.Changed == nil {
		c.Changed = func() {}
	}
	if c.Env.Log == nil {
		c.Env.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.Name == "":
		return c, fmt.Errorf("a store needs a name: %w", broker.ErrInvalidData)
	case len(c.Name) > maxName:
		return c, fmt.Errorf("store %.20q…: a name of %d bytes, at most %d: %w", c.Name, len(c.Name), maxName, broker.ErrInvalidData)
	}
	return c, nil
}

const maxName = 1024

// What a table holds at most, whoever fills it: less than where package table gives up.
const (
	maxEntries    = 256 << 20
	maxTable      = int64(30 << 30) // bytes of keys and values
	maxEntryBytes = 128 << 20
)

// overfull reports whether a table has no room for one more entry of that size.
func (c *Common) overfull(t *table.Table, key, value []byte) bool {
	return t.Len() >= maxEntries || t.Size()+int64(len(key)+len(value)) > c.most
}

// entity is the store itself, as the author of a change.
func (c *Common) entity() wire.Entity { return wire.Entity{Endpoint: c.Bus.ID(), Object: c.Object} }

// fits says why an entry is too large, or nil.
func (c *Common) fits(key, value []byte) error {
	if n := len(key) + len(value); n > c.MaxEntry {
		return &broker.Error{Code: broker.InvalidData, Context: fmt.Sprintf("key and value have %d bytes, at most %d", n, c.MaxEntry)}
	}
	return nil
}

// asks reports whether a command is one that Do takes.
func asks(k wire.CommandKind) bool {
	switch k {
	case wire.CmdPut, wire.CmdPutUnique, wire.CmdErase, wire.CmdAdd, wire.CmdSubtract, wire.CmdClear:
		return true
	}
	return false
}
