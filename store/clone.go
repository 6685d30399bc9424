package store

import (
	"errors"
	"fmt"
	"math"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store/table"
)

// CloneOptions say how a clone behaves while it has no master. Zero means Broker's documented value.
type CloneOptions struct {
	Common
	// Resync is how often a master is looked for, besides whenever a peer announces one: 10 s.
	Resync time.Duration
	// Stale is how long after its master is gone a clone answers from its copy: 5 min; negative: for ever.
	Stale time.Duration
	// MutationBuffer is how long writes wait for a master: 2 min, at most 12 h; negative: not at all.
	MutationBuffer time.Duration
}

// noMaster is how long a clone waits for its first master before it says that there is none (spec/stores.md §9.1).
const noMaster = 10 * time.Second

// Clone follows a master. It implements Machine.
type Clone struct {
	opts    CloneOptions
	self    wire.Entity
	in, out string

	table    *table.Table
	term     uint64 // the highest that was followed
	seq      uint64 // of the last change that the table holds
	complete bool   // it has been equal to a master's once
	partial  bool   // it is not equal to the master's as of seq: a snapshot is under way, or a change is missing

	session   session
	channel   *cloneChannel // to masters that only Broker's commands reach; nil: there has never been a way to one
	foreign   bool          // the table is as of a master whose numbers are Broker's: term and seq say nothing of it
	unasked   bool          // a peer's lane had no room for the question
	lost      step.Time     // since when there is no master; Never: there is one
	retry     step.Time     // when one is looked for
	sweeping  bool          // a snapshot has ended; what it did not hold is being removed
	writes    window
	refused   error // closed
	info      Info
	watching  bool
	asked     bool
	everFound bool
}

// session is being attached to one master.
type session struct {
	peer    broker.EndpointID
	link    uint64 // 0: with channel, it is no direct peer
	open    bool   // it has answered: writes may go
	channel bool   // in Broker's protocol; open is false then
	whole   bool   // no snapshot is under way
}

// OpenClone makes a clone, which looks for its master by itself.
func OpenClone(opts CloneOptions) (*Clone, error) {
	common, err := opts.Common.withDefaults()
	if err != nil {
		return nil, err
	}
	opts.Common = common
	for _, d := range []struct {
		field     *time.Duration
		otherwise time.Duration
	}{{&opts.Resync, 10 * time.Second}, {&opts.Stale, 5 * time.Minute}, {&opts.MutationBuffer, 2 * time.Minute}} {
		if *d.field == 0 {
			*d.field = d.otherwise
		}
	}
	switch {
	case opts.Resync < 0:
		return nil, fmt.Errorf("store %q: resync is %v, it must be positive: %w", opts.Name, opts.Resync, broker.ErrInvalidData)
	case opts.MutationBuffer > maxMutationBuffer:
		return nil, fmt.Errorf("store %q: mutation_buffer is %v, at most %v: %w", opts.Name, opts.MutationBuffer, maxMutationBuffer, broker.ErrInvalidData)
	}
	now := opts.Env.Now()
	c := &Clone{opts: opts, self: opts.entity(), in: broker.MasterTopic(opts.Name), out: broker.CloneTopic(opts.Name),
		table: table.New(), lost: now, retry: now.Add(opts.Resync)}
	c.writes.next = 1
	opts.Bus.Subscribe(c.out)
	c.PeersChanged()
	return c, nil
}

// fail is an error of this store.
func (c *Clone) fail(code broker.Code, why string) error {
	return &broker.Error{Code: code, Context: fmt.Sprintf("store %q", c.opts.Name), Err: errors.New(why)}
}

// Name implements Store.
func (c *Clone) Name() string { return c.opts.Name }

// IsMaster implements Store.
func (c *Clone) IsMaster() bool { return false }

// SetWatcher implements Store.
func (c *Clone) SetWatcher(w Watcher) { c.opts.Watcher, c.asked = w, false }

// Outstanding implements Store.
func (c *Clone) Outstanding() int { return c.writes.len() }

// readable says why nothing can be read; nil if it can.
func (c *Clone) readable() error {
	switch {
	case c.refused != nil:
		return c.refused
	case c.lost == step.Never && c.complete:
		return nil
	}
	away := c.opts.Env.Now().Sub(c.lost)
	switch {
	case c.lost != step.Never && !c.everFound && away >= noMaster:
		return c.fail(broker.NoSuchMaster, "no peer has a master of that name")
	case !c.complete:
		return c.fail(broker.StaleData, "the entries have not arrived yet")
	case c.opts.Stale >= 0 && away >= c.opts.Stale:
		return c.fail(broker.StaleData, fmt.Sprintf("its master has been away for %v", away.Round(time.Second)))
	}
	return nil
}

// Get implements Store.
func (c *Clone) Get(key []byte) ([]byte, error) {
	if c.refused != nil || c.lost != step.Never || !c.complete {
		if err := c.readable(); err != nil {
			return nil, err
		}
	}
	if v, _, ok := c.table.Get(key); ok {
		return v, nil
	}
	return nil, broker.ErrNoSuchKey
}

// Len implements Store.
func (c *Clone) Len() (int, error) { return c.table.Len(), c.readable() }

// Each implements Store.
func (c *Clone) Each(fn func(key, value []byte) bool) error {
	if err := c.readable(); err != nil {
		return err
	}
	each(c.table, fn)
	return nil
}

// Info implements Store.
func (c *Clone) Info() Info {
	i := c.info
	i.Name, i.Backend = c.opts.Name, "clone"
	switch {
	case c.refused != nil:
		i.State, i.Error = "closed", c.refused.Error()
	case c.lost != step.Never && c.everFound:
		i.State = "lost"
	case c.lost != step.Never:
		i.State = "searching"
	case !c.session.whole:
		i.State = "attaching"
	default:
		i.State = "following"
	}
	i.Entries, i.Bytes, i.Memory = c.table.Len(), c.table.Size(), c.table.Memory()
	i.Term, i.Seq, i.Outstanding = c.term, c.seq, c.writes.len()
	if err := c.readable(); err != nil {
		i.Error = err.Error()
	}
	return i
}

// PeersChanged implements Machine.
func (c *Clone) PeersChanged() {
	if c.refused != nil {
		return
	}
	peers := c.opts.Bus.Peers()
	if c.lost == step.Never && !c.session.among(peers, c.in) {
		c.lose()
	}
	if c.lost != step.Never {
		c.look(peers)
	}
}

// among reports whether its link is still there, and may lead to a master.
func (s *session) among(peers []Peer, topic string) bool {
	if s.channel && s.link == 0 {
		return distant(peers, topic)
	}
	for i := range peers {
		if peers[i].ID == s.peer {
			_, wanted := peers[i].announces(topic)
			return wanted && peers[i].Link == s.link
		}
	}
	return false
}

// look asks every peer that may have the master.
func (c *Clone) look(peers []Peer) {
	c.retry = c.opts.Env.Now().Add(c.opts.Resync)
	a := attach{who: c.self, term: c.term, seq: c.seq, answered: c.writes.answered()}
	if !c.complete || c.partial || c.foreign {
		a.term, a.seq = 0, 0 // what is there is not all of it
	}
	message := appendAttach(nil, &a)
	c.unasked = false
	for i := range peers {
		if _, wanted := peers[i].announces(c.in); wanted && !peers[i].Broker && c.opts.Bus.Send(peers[i].ID, c.in, message) == step.Full {
			c.unasked = true // Flush asks again
		}
	}
	c.ask(peers)
	c.opts.Changed()
}

// lose says that there is no master any more.
func (c *Clone) lose() {
	if c.lost != step.Never {
		return
	}
	c.lost = c.opts.Env.Now()
	c.session = session{}
	c.writes.unsend()
	if c.channel != nil {
		c.channel.end()
	}
	c.opts.Changed()
}

// Step implements step.Machine.
func (c *Clone) Step(now step.Time) (more bool) {
	if c.refused != nil {
		return false
	}
	if c.channel != nil && now >= c.channel.next {
		c.channel.tick(now)
	}
	if c.lost != step.Never && now >= c.retry {
		c.look(c.opts.Bus.Peers())
	}
	if c.lost != step.Never {
		c.giveUp(now)
	}
	return false
}

// giveUp ends writes that have waited too long for a master.
func (c *Clone) giveUp(now step.Time) {
	if !c.everFound && now.Sub(c.lost) >= noMaster {
		c.writes.endBefore(step.Never, c.noMaster())
		return
	}
	c.writes.endBefore(now.Add(-max(c.opts.MutationBuffer, 0))+1, c.noMaster())
}

func (c *Clone) noMaster() unsent {
	return unsent{
		never: c.fail(broker.NoSuchMaster, "its master is away"),
		maybe: c.fail(broker.RequestTimeout, "its master went away before it answered: the write may have been applied or not"),
	}
}

// Next implements step.Machine.
func (c *Clone) Next() step.Time {
	next := step.Never
	if c.channel != nil {
		next = c.channel.next
	}
	switch {
	case c.refused != nil:
		return step.Never
	case c.lost == step.Never:
		return next
	}
	next = min(next, c.retry)
	if c.writes.len() > 0 {
		end := c.writes.oldest().Add(max(c.opts.MutationBuffer, 0))
		if !c.everFound {
			end = min(end, c.lost.Add(noMaster))
		}
		next = min(next, end)
	}
	return next
}

// Tick implements Machine: only masters expire keys.
func (c *Clone) Tick(int64) bool { return false }

// NextTick implements Machine.
func (c *Clone) NextTick() int64 { return math.MaxInt64 }

// Close implements Store.
func (c *Clone) Close() error {
	if c.refused != nil {
		return nil
	}
	if c.session.open {
		c.opts.Bus.Send(c.session.peer, c.in, appendEntity([]byte{byte(msgLeave)}, c.self))
	}
	c.opts.Bus.Unsubscribe(c.out)
	c.refused = c.fail(broker.ShuttingDown, "the store is closed")
	c.writes.endBefore(step.Never, unsent{c.refused, c.refused})
	c.opts.Changed()
	return nil
}
