package peering

import (
	"slices"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// Options say what a Table works with.
type Options struct {
	Hub       *endpoint.Hub // required
	Env       step.Env      // required; Now must be the transport clock
	Transport Transport     // nil: nothing can be dialled or listened on
	Ports     Ports         // required
	Name      string        // of the node, told in the hello
	Epoch     uint64        // of this run of the node, told in the hello
	// MaxPeers is how many connections there may be at once, those that are shaking hands included. Zero means 1,024.
	MaxPeers int
	// Admit is asked whether the other end of a link is taken as a peer, once it has said who it is, and again when it
	// has taken some time to say the same of this node. It only decides: it must not call the table, and what it answers has
	// its effect when it returns. Nil takes everybody.
	Admit func(Claim) Verdict
	// Changed is called when Next may answer something else. Nil means nobody asks.
	Changed func()
}

func (o Options) withDefaults() Options {
	if o.MaxPeers == 0 {
		o.MaxPeers = 1024
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	return o
}

// maxTimers is how many of them one Step takes.
const maxTimers = 256

// timed is what a table has timers for.
type timed interface{ step(now step.Time) }

// Table is the peers of a node. Make one with New; only the loop may use it.
type Table struct {
	// OnEvent is called with everything that happens to peers. It must not call the table.
	OnEvent func(Event)
	// OnReached is called when an address that is dialled has led to a peer for the first time, also to one that is there
	// already. It must not call the table.
	OnReached func(Address)

	opts      Options
	heap      step.Heap[timed]
	conns     []*conn
	targets   []*target
	listeners []*listener
	byID      map[broker.EndpointID]*entry
	entries   []*entry // in the order in which they were first met
	touched   []*conn  // have frames to flush that the hub does not know of
	stopped   bool

	refusals []refusal // the log's last, so that it does not repeat itself

	lines   int       // written of late about connections
	lineAt  step.Time // when lines was last counted down
	leftOut int
}

// New returns a table without peers.
func New(opts Options) *Table {
	return &Table{opts: opts.withDefaults(), byID: map[broker.EndpointID]*entry{}}
}

func (t *Table) now() step.Time { return t.opts.Env.Now() }

// quiet reports whether peers are not pinged, since the transport itself watches for silence.
func (t *Table) quiet() bool { return t.opts.Transport != nil && t.opts.Transport.WatchesSilence() }

// Step implements step.Machine.
func (t *Table) Step(now step.Time) (more bool) {
	for range maxTimers {
		it := t.heap.PopDue(now)
		if it == nil {
			return false
		}
		it.Value.step(now)
	}
	return true
}

// Next implements step.Machine.
func (t *Table) Next() step.Time { return t.heap.Next() }

// Flush hands over what connections have to say that are not attached to the hub. The node calls it once per turn,
// beside Hub.Flush.
func (t *Table) Flush() {
	for i, c := range t.touched {
		t.touched[i] = nil
		c.link.Flush()
	}
	t.touched = t.touched[:0]
}

func (t *Table) touch(c *conn) {
	if !slices.Contains(t.touched, c) {
		t.touched = append(t.touched, c)
	}
}

// forget takes a connection off the list. It is not flushed any more.
func (t *Table) forget(c *conn) {
	t.conns = slices.DeleteFunc(t.conns, func(x *conn) bool { return x == c })
	t.touched = slices.DeleteFunc(t.touched, func(x *conn) bool { return x == c })
}

// header is that of a message between the two ends of a link.
func (t *Table) header(to broker.EndpointID) wire.Header {
	me := t.opts.Hub.ID()
	return wire.Header{Type: wire.TypeLink, TTL: wire.DefaultTTL, Seq: t.opts.Hub.NextSeq(), Origin: me, LastHop: me,
		Receiver: to, Topic: reservedTopic}
}

var reservedTopic = []byte(broker.ReservedTopic)

// helloFor says what the other end of c is to know.
func (t *Table) helloFor(c *conn) *hello {
	h := &hello{forwards: t.opts.Hub.Forwarding(), stores: true, asks: t.opts.Admit != nil, name: t.opts.Name, epoch: t.opts.Epoch, link: c.ours}
	if c.entry != nil && c.peer == nil {
		f := &c.entry.account.former
		h.former, h.taken = f.theirs, f.taken
	}
	return h
}

// ForwardingChanged tells the peers whether this node passes messages on.
func (t *Table) ForwardingChanged() {
	for _, c := range t.conns {
		if c.state == peered {
			c.tellForwarding() // one that is still shaking hands does so when it is done
		}
	}
}

// Holds reports whether there is a reason for the node to go on: an open listener, or one that is tried again, and,
// if peersCount, a peer that is dialled, or one that is there: the scripts are to hear how its end came.
func (t *Table) Holds(peersCount bool) bool {
	return len(t.listeners) > 0 || peersCount && len(t.targets)+len(t.conns) > 0
}

// Reached reports whether each of the addresses has led to a peer at least once, or is not dialled any more.
func (t *Table) Reached(addrs ...Address) bool {
	return !slices.ContainsFunc(addrs, func(a Address) bool {
		x := t.target(a)
		return x != nil && !x.reached
	})
}

// Stop ends everything in good order: listeners are closed, nothing is dialled any more, each peer is told goodbye, and
// who is shaking hands is refused. The node goes on turning until Stopped, or until it has waited long enough.
func (t *Table) Stop() {
	t.stopped = true
	for _, l := range slices.Clone(t.listeners) {
		l.close()
	}
	for _, x := range slices.Clone(t.targets) {
		t.drop(x)
	}
	for _, c := range slices.Clone(t.conns) {
		if c.state < awaitOriginatorAck { // later the other end may think it is done
			c.refuse(broker.ShuttingDown, "shutting down")
		} else {
			c.leave()
		}
	}
}

// Stopped reports whether no connection is left.
func (t *Table) Stopped() bool { return len(t.conns) == 0 }

// Abort closes every connection at once.
func (t *Table) Abort() {
	for _, c := range slices.Clone(t.conns) {
		c.close(broker.ShuttingDown, "shutting down")
	}
}
