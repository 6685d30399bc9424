package node

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/capture"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/input/jsonline"
	"moonpeer/runtime/input/lines"
	"moonpeer/runtime/input/zeeklog"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
	"moonpeer/store"
)

// The bounds of one turn (architecture §2).
const (
	turnMessages = 256  // routed per port
	turnEvents   = 1024 // handed to scripts
	turnTime     = 2 * time.Millisecond
	turnItems    = 256 // pulled from a replay
	turnTimers   = 1000
)

// Node is one node: its machines, and the turn that moves them. All methods but Wake belong to the loop.
type Node struct {
	Hub     *endpoint.Hub
	Peers   *peering.Table
	Cluster *cluster.Cluster
	Scripts *endpoint.Local // the domain as a party of the hub
	Domain  *script.Domain
	Env     step.Env

	// OnPeer is called with everything that happens to peers. The bindings set it; it must not call Peers.
	OnPeer func(peering.Event)
	// OnIdentifier takes identifier updates (publish_id). The bindings set it.
	OnIdentifier func(payload []byte, from string)
	// Holds says whether something keeps the node from ending although its inputs have: a listener, a peer, a
	// periodic timer. The bindings set it.
	Holds func() bool
	// Busy says whether something beside the scripts is behind, so that messages wait; nil: nothing is. Who says so wakes
	// the node with Wake when it is over. Any goroutine may call Wake.
	Busy func() bool
	// Ending is called when the node takes nothing more from its peers and says goodbye; nil: nobody wants to know.
	Ending func()
	// OpenPeering listens and dials what Options.Listen and Options.Peer name, once node_init has run. The bindings set
	// it: how is said by the scripts' options.
	OpenPeering func(listen, peer []peering.Address) error
	// Loaded is asked once all scripts are loaded whether what was given to them fits; the bindings set it.
	Loaded func() error
	// Supervisor starts and ends other nodes, if this node supervises. The command sets it, and the bindings set what
	// scripts want to hear.
	Supervisor Supervisor
	Hooks      SupervisorHooks
	// Prints appends what --print shows of an exported name; the bindings set it. ok is false for a name that
	// nobody exports.
	Prints func(dst []byte, id string, json bool) (out []byte, ok bool)
	// Near is the name that a script exports and that is most like one that nobody does; "" if there is none. The bindings
	// set it.
	Near func(id string) string
	// Declares returns what scripts have declared; the bindings set it.
	Declares func() []Declaration
	// Config, Eval, NewPrompt and Describe are for those who ask from outside; the bindings set them. Eval runs a text within
	// a handler's budget, NewPrompt makes what keeps names from one text to the next, and Describe shows what a message
	// holds, on one line and cut to size.
	Config    Configuration
	Eval      func(text string) Evaluated
	NewPrompt func() Prompt
	Describe  func(payload []byte) string

	// Stores are the node's masters and clones.
	Stores *Stores
	// Unsaved is how much the scripts' containers have still to write to them; nil: nothing ever. A node that ends waits for it.
	Unsaved func() int

	opts         Options
	openBackend  func(StorePlace) (store.Backend, error)
	transport    func() step.Time
	peersTimer   *step.Entry
	watch        func(*luavm.VM, int) func()
	now          step.Time // of the turn
	clock        clock
	timers       step.Timers
	inbox        *inbox
	batch        []step.Input
	ports        map[step.PortID]portOwner
	lastPort     step.PortID
	source       input.Source
	sink         *sink
	state        input.State
	entered      bool  // node_init has run, so the input may begin
	peersReached bool  // and the replay goes on
	waits        int   // timers fired since the last item of a replay
	failure      error // of the input
	unknown      map[string]bool
	debug        debugLog
	controls     controls
	remote       *remote // nil: peers are not answered
	held         hold
	out          *outlet
	ready        bool // node_init has run

	reload    *reload    // that waits for the queue; nil: none
	unwatch   func()     // ends the watchdog of Run; nil before
	profiling *profiling // that is under way; nil: none
	tick      func(every time.Duration, tick func(n int)) (stop func())

	stopping bool
	stopCode int
	phase    phase
	endBy    step.Time   // the deadline of the phase
	budget   func() bool // production: the turn's 2 ms are over
	alarm    *time.Timer // production: wakes the loop
	told     step.Time   // when Progress was last called
	paced    bool        // PaceReal: the first item has been seen
	paceFrom int64
	paceAt   step.Time
}

// System is what production and simulation give a node besides its options.
type System struct {
	Now  func() step.Time // the transport clock; read once per turn
	Wall func() int64     // wall time, ns since 1970
	Rand *rand.Rand
	// IDs is where the endpoint id comes from; nil: Rand. A replay's Rand is the same each time, and no two endpoints
	// may have one id.
	IDs *rand.Rand
	// Epoch is that of this run: other nodes tell a node that was started again from its former self by it. Production has
	// it from NextEpoch. Zero means the wall time in milliseconds.
	Epoch uint64
	// Transport makes what the node dials and listens with; nil: it has no peers.
	Transport func(inbox step.Inbox, log *slog.Logger) peering.Transport
	// Backend opens what keeps a store of this node's; nil: it keeps none on disk. See package store.
	Backend func(StorePlace) (store.Backend, error)
	// Watch has a VM watched for calls that take longer than this many seconds, until stop is called: Watch in
	// production. nil: only instructions count, as in a simulation.
	Watch func(vm *luavm.VM, seconds int) (stop func())
	// Tick calls a function about every so often with how many such periods have passed, on another goroutine, until stop
	// is called: Tick in production. nil: profiles see no stacks, as in a simulation.
	Tick func(every time.Duration, tick func(n int)) (stop func())
}

// New puts a node together, opens its input and loads its scripts, which declares things and has no effects.
// Errors name file and line.
func New(opts Options, sys System) (*Node, error) {
	n, err := build(opts, sys, nil)
	if err != nil {
		return nil, err
	}
	if err = n.load(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Node) load() error {
	if _, err := n.SetDebug(n.opts.Debug...); err != nil {
		return fmt.Errorf("--debug: %w", err)
	}
	stop := n.watched()
	err := n.Domain.Load(n.opts.Scripts)
	stop()
	if err == nil && n.Loaded != nil {
		err = n.Loaded()
	}
	return err
}

// startClock sets a replay's clock to its first item, before any script can ask for the time.
func (n *Node) startClock() {
	if !n.clock.replay {
		return
	}
	if t, ok := n.source.Peek(); ok {
		n.clock.advance(int64(t))
	}
}

// Check loads the scripts of opts without an input and without effects: their bodies run, which declare things, and
// nothing else does. It returns what is wrong with them, what New only warns about included, and the warnings about
// what may be meant, such as a handler for an event that nobody declares: it may be another policy's.
func Check(opts Options, sys System) (warnings []script.Finding, err error) {
	opts.Inputs, opts.Set, opts.Print = Inputs{}, nil, nil
	n, err := build(opts, sys, func(level, text string) { warnings = append(warnings, script.Finding{Text: text}) })
	if err != nil {
		return nil, err
	}
	defer n.watched()()
	if err = n.Domain.Load(n.opts.Scripts); err == nil {
		err = n.Cluster.Check()
	}
	return append(warnings, n.Domain.Findings()...), err
}

// watched has the VM watched until stop is called.
func (n *Node) watched() (stop func()) {
	if n.watch == nil {
		return func() {}
	}
	return n.watch(n.Domain.VM, n.opts.Limits.Seconds)
}

// build makes a node whose scripts are not loaded. With check it has no input and hands over what it reports.
func build(opts Options, sys System, check func(level, text string)) (*Node, error) {
	n := &Node{opts: opts.withDefaults(), transport: sys.Now, watch: sys.Watch, tick: sys.Tick, inbox: newInbox(), ports: map[step.PortID]portOwner{}}
	n.now, n.out = sys.Now(), &outlet{w: n.opts.Stdout}
	n.clock.live = sys.Wall
	n.held.since = step.Never
	n.Env = step.Env{Now: func() step.Time { return n.now }, Rand: sys.Rand, Log: n.opts.Logger}
	n.debug.wall = sys.Wall
	if sys.IDs == nil {
		sys.IDs = sys.Rand
	}
	if sys.Epoch == 0 {
		sys.Epoch = startEpoch(sys.Wall())
	}
	n.Hub = endpoint.New(endpoint.Options{ID: newID(sys.IDs), Env: n.Env, MaxFrame: n.opts.Limits.MaxFrame})
	n.Scripts = n.Hub.Join("scripts", scripts{n})
	if err := n.openCluster(sys.Epoch); err != nil {
		return nil, err
	}
	n.openPeers(sys)
	n.Stores, n.openBackend = &Stores{n: n}, sys.Backend
	if err := n.openInput(); err != nil { // before the scripts: their clock is the input's
		return nil, err
	}
	n.startClock()
	reports := script.NewReports(n.opts.Stderr)
	reports.Hook, reports.Watch = check, n.opts.OnReport
	d, err := n.newDomain(reports, script.Options{Check: check != nil})
	if err != nil {
		return nil, errors.Join(err, n.closeInput())
	}
	n.Domain = d
	n.openRemote()
	n.sink = newSink(n)
	return n, nil
}

// newDomain makes a domain without scripts; opts says what is not the same for each of a node's domains.
func (n *Node) newDomain(reports *script.Reports, opts script.Options) (*script.Domain, error) {
	opts.Modules, opts.Reports, opts.Stdout = n.opts.Modules(n), reports, n.out
	opts.Clock, opts.Rand = n.clock.Now, n.Env.Rand
	opts.Bundled, opts.Path, opts.Sources, opts.Strict = n.opts.Bundled, n.opts.Path, n.opts.Sources, n.opts.Strict
	opts.Coverage, opts.Cache = n.opts.Coverage, n.opts.Cache
	opts.Instructions, opts.MaxQueued = n.opts.Limits.Instructions, n.opts.Limits.MaxQueued
	if n.opts.Exit != nil {
		opts.Exit = n.exit
	}
	d, err := script.New(opts)
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", n.opts.Name, err)
	}
	return d, nil
}

// exit takes note of os.exit.
func (n *Node) exit(code int) {
	n.stopping, n.stopCode = true, code
	n.abandonReload()
	n.opts.Exit(code)
}

// newID makes a random UUID of version 4, so that Broker's parsers take it.
func newID(r *rand.Rand) (id broker.EndpointID) {
	binary.BigEndian.PutUint64(id[:8], r.Uint64())
	binary.BigEndian.PutUint64(id[8:], r.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// Replays says whether the node clock is that of a recording, which stands still when the recording has ended.
func (n *Node) Replays() bool { return n.clock.replay }

// Name returns the node's name.
func (n *Node) Name() string { return n.opts.Name }

// Args returns what follows -- on the command line.
func (n *Node) Args() []string { return n.opts.Args }

// Options returns what the node was made with, defaults filled in.
func (n *Node) Options() Options { return n.opts }

// openInput opens what Options.Inputs names.
func (n *Node) openInput() error {
	in := n.opts.Inputs
	n.clock.replay = (len(in.Pcap) > 0 || in.ZeekLog != "") && !in.Follow
	switch {
	case in.Shards != 0 && len(in.Pcap) == 0:
		return fmt.Errorf("shard %d of %d: only a capture is shared out", in.Shard, in.Shards)
	case len(in.Pcap) > 0:
		src, err := capture.Merge(in.Pcap, capture.Options{Flow: flow.Options{MaxFlows: in.MaxFlows}, Shard: in.Shard, Shards: in.Shards,
			Wake: n.inbox.poke})
		if err != nil {
			return err
		}
		n.source = src
	case in.ZeekLog != "":
		src, err := zeeklog.Open(in.ZeekLog, zeeklog.Options{Options: lines.Options{Follow: in.Follow, Wake: n.inbox.poke}})
		if err != nil {
			return err
		}
		n.source = src
	case in.Stdin != nil:
		n.source = jsonline.New("stdin", in.Stdin, n.inbox.poke)
	}
	return nil
}
