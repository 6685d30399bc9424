package sim

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"time"

	"moonpeer/net/mempeer"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
	"moonpeer/runtime/sim/tracefile"
	"moonpeer/store/membackend"
)

// DefaultStart is where the wall clock of a world begins that is not told otherwise.
var DefaultStart = time.Unix(1_700_000_000, 0)

// Options say what a world is like.
type Options struct {
	// Seed decides everything that chance does: delays, losses, and what nodes draw.
	Seed uint64
	// Delay is how long a batch takes from one node to another, Jitter how much longer at most. Zero: no time.
	Delay, Jitter time.Duration
	// Loss is how likely a batch is lost each time it is sent, from 0 to below 1. SetWire says it for some ways only.
	Loss float64
	// Shuffle has nodes that are due at one moment take their turns in an order that is drawn, a new one each time: what is
	// right under one order only fails under some seed. False: the order in which they were added.
	Shuffle bool
	// DialTimeout is after how long a dial without an answer is given up. Zero means 2 s, as QUIC's.
	DialTimeout time.Duration
	// Start is the wall clock's time at the beginning. Zero means 2023-11-14 22:13:20 UTC.
	Start time.Time
	// Trace takes a line for everything that happens, a section of a file of package tracefile. Nil: nobody looks.
	Trace io.Writer
	// Exchanged is how many messages World.Exchanged remembers. Zero means 64; below: none.
	Exchanged int
	// Cache is where compiled scripts are kept for nodes whose options name no other. Nil: a new one, for this world.
	Cache *script.Cache
	// MaxTurns is how many turns nodes may take in one Run, or at one moment of an Advance, before the world is said not
	// to come to rest. Zero means 200,000.
	MaxTurns int
	// MaxOutput is how many bytes are kept of what a node prints, and of what it reports. Zero means 16 MB.
	MaxOutput int
}

func (o Options) withDefaults() (Options, error) {
	if err := o.wire().check(); err != nil {
		return o, err
	}
	if o.DialTimeout < 0 {
		return o, errors.New("a delay can't be negative")
	}
	if o.Start.IsZero() {
		o.Start = DefaultStart
	}
	if o.Trace == nil {
		o.Trace = io.Discard
	}
	switch {
	case o.Exchanged == 0:
		o.Exchanged = 64
	case o.Exchanged < 0:
		o.Exchanged = 0
	}
	if o.Cache == nil {
		o.Cache = new(script.Cache)
	}
	if o.MaxTurns == 0 {
		o.MaxTurns = 200_000
	}
	if o.MaxOutput == 0 {
		o.MaxOutput = 16 << 20
	}
	return o, nil
}

// World is some nodes, the wires between them, and their time. Make one with New; one goroutine uses it and its nodes.
type World struct {
	opts   Options
	now    step.Time
	net    *mempeer.Net
	rand   *rand.Rand // of the wires
	order  *rand.Rand // of turns, with Options.Shuffle
	nodes  []*Node
	byName map[string]*Node
	queue  step.Heap[*Node] // by when they want their next turn
	due    []*Node          // in this round
	taken  uint64           // turns, ever
	turns  int              // of this Run, or at this moment of an Advance
	cut    map[[2]string]bool
	wires  map[[2]string]Wire // those that are not as the Options say
	busy   step.Heap[*Node]   // slow nodes, by when their turns are over
	slowed bool               // some node was slow once
	err    error              // the world does not move any more

	stopping stopping
	recent   recent
	line     []byte // of the trace
	last     *Node  // who has taken a turn in this Run or Advance
}

// New returns a world without nodes.
func New(opts Options) (*World, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("a simulated world: %w", err)
	}
	w := &World{opts: opts, byName: map[string]*Node{}, cut: map[[2]string]bool{}, wires: map[[2]string]Wire{}}
	w.recent.messages.most, w.recent.notes.most = opts.Exchanged, opts.Exchanged
	w.rand, w.order = w.source("wires"), w.source("turns")
	net := mempeer.Options{
		Delay:       func(l *mempeer.Link, _ step.Lane, _ int) time.Duration { return w.delay(l.Name(), l.Other().Name()) },
		Resend:      func(l *mempeer.Link, _ step.Lane, _ int) time.Duration { return w.resend(l.Name(), l.Other().Name()) },
		RoundTrip:   w.roundTrip,
		DialTimeout: opts.DialTimeout,
		Reach:       func(from, to string) bool { return !w.cut[[2]string{from, to}] },
		Runs:        w.runs,
		Answers:     w.answers,
		Watch:       true,
	}
	if opts.Trace != io.Discard || !w.recent.off() {
		net.Trace = w.frame
	}
	w.net = mempeer.New(net)
	shuffle := ""
	if opts.Shuffle {
		shuffle = " shuffle"
	}
	w.note("", tracefile.World, "seed %d %v%s", opts.Seed, opts.wire(), shuffle)
	return w, nil
}

// source returns a source of chance of its own for a purpose, so that one who draws more often does not change what
// others draw.
func (w *World) source(purpose string) *rand.Rand {
	h := fnv.New64a()
	io.WriteString(h, purpose)
	return rand.New(rand.NewPCG(w.opts.Seed, h.Sum64()))
}

// Now is how much time has passed since the beginning.
func (w *World) Now() time.Duration { return time.Duration(w.now) }

// Add puts a node into the world: its scripts are loaded, and it takes turns from now on. It raises node_init when it
// is started. The name is that of its host, and nobody else's.
func (w *World) Add(opts node.Options) (*Node, error) {
	if opts.Name == "" || w.byName[opts.Name] != nil {
		return nil, fmt.Errorf("a simulated node needs a name of its own, %q is none", opts.Name)
	}
	n := &Node{w: w, opts: opts, out: output{max: w.opts.MaxOutput}, errs: output{max: w.opts.MaxOutput},
		disks: disks{byName: map[string]*membackend.Disk{}, dirty: step.Never}}
	n.item, n.free = w.queue.Add(step.Never, n), w.busy.Add(step.Never, n)
	if err := n.load(); err != nil {
		w.queue.Remove(n.item)
		return nil, err
	}
	w.nodes = append(w.nodes, n)
	w.byName[opts.Name] = n
	return n, nil
}

// Start starts the nodes that have not been started, in the order in which they were added.
func (w *World) Start() {
	for _, n := range w.nodes {
		n.Start()
	}
}

// Node returns the node of that name, or nil.
func (w *World) Node(name string) *Node { return w.byName[name] }

// Nodes returns all nodes in the order in which they were added. The slice is the world's.
func (w *World) Nodes() []*Node { return w.nodes }

// Turns is how many turns nodes have taken.
func (w *World) Turns() uint64 { return w.taken }

// Err is why the world does not move any more; nil while it does.
func (w *World) Err() error { return w.err }

// Close crashes every node, which closes its files.
func (w *World) Close() {
	for _, n := range w.nodes {
		n.Crash()
	}
}

// Wall is the wall clock, ns since 1970, as a node without skew has it.
func (w *World) Wall() int64 { return w.opts.Start.UnixNano() + int64(w.now) }
