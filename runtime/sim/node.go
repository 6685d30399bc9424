package sim

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
	"moonpeer/runtime/sim/tracefile"
)

// State is what becomes of a node's process.
type State uint8

// The states.
const (
	Running State = iota
	Frozen        // it is there and does not run
	Crashed       // it is gone, and nobody was told
	Stopped       // it has ended in good order
)

var stateNames = [...]string{"running", "frozen", "crashed", "stopped"}

// String returns the state's name.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// Node is one node over all of its runs.
type Node struct {
	// Node is that of the present run, or of the last one. Restart makes a new one.
	*node.Node

	w         *World
	opts      node.Options
	run       int    // how many there were
	epoch     uint64 // of the run, as a state directory would have kept it
	state     State
	started   bool // node_init was raised in this run
	item      *step.Item[*Node]
	woken     bool // during its turn
	slow      time.Duration
	occupied  bool              // by a turn that takes time
	free      *step.Item[*Node] // when that is over
	wants     step.Time         // a turn, as it has said at the end of the last one
	got       bool              // something to do from the wires since then
	transport *mempeer.Transport
	skew      time.Duration
	disks     disks
	out, errs output
	reports   reports
	ended     error // what Stop's printing or closing ran into
}

// load begins a run: it makes the node and loads its scripts.
func (n *Node) load() error {
	w, name := n.w, n.opts.Name
	opts := n.opts
	opts.Stdout, opts.Stderr = n.capture(&n.out, tracefile.Out, opts.Stdout), n.capture(&n.errs, tracefile.Err, opts.Stderr)
	if opts.Modules == nil {
		opts.Modules = func(*node.Node) []script.Module { return nil }
	}
	in := &inbox{n: n}
	n.run++
	n.transport = nil
	if opts.Cache == nil {
		opts.Cache = w.opts.Cache
	}
	exited := opts.Exit
	opts.Exit = func(code int) { // in the midst of a call: the turn ends it
		n.wake()
		if exited != nil {
			exited(code)
		}
	}
	opts.OnReport = n.watchReports(opts.OnReport)
	wall := func() int64 { return w.Wall() + int64(n.skew) }
	n.epoch = max(n.epoch+1, uint64(wall()/1e6))
	nd, err := node.New(opts, node.System{
		Now:   func() step.Time { return w.now },
		Wall:  wall,
		Epoch: n.epoch,
		Rand:  w.source(fmt.Sprintf("%s/%d/chance", name, n.run)),
		IDs:   w.source(fmt.Sprintf("%s/%d/identity", name, n.run)),

		Backend: n.disks.open,
		Watch:   w.watch,
		Transport: func(to step.Inbox, log *slog.Logger) peering.Transport {
			in.to = to
			n.transport = w.net.Transport(mempeer.End{Name: name, Inbox: in, Log: log})
			return n.transport
		},
	})
	if err != nil {
		return err
	}
	in.transport = n.transport
	n.Node, n.state, n.started = nd, Running, false
	n.wants, n.got = step.Never, false
	w.note(name, tracefile.Loaded, "id %s", nd.Hub.ID())
	n.wake()
	return nil
}

// Start raises node_init, once in each run; Listen and Peer of the options are opened behind it.
func (n *Node) Start() {
	if n.started || n.down() {
		return
	}
	n.started = true
	n.w.note(n.Name(), tracefile.Started, "")
	n.Node.Start()
	n.wake()
}

// turn has the node take a turn.
func (n *Node) turn() {
	if n.state != Running {
		return
	}
	n.w.taken++
	works := n.got || n.wants <= n.w.now
	n.woken, n.got = false, false
	calls := n.Domain.VM.Calls()
	n.disks.pass(n.w.now)
	ending := n.Terminated()
	if ending {
		n.End()
	}
	next := n.takeTurn()
	n.disks.note(n.w.now)
	if n.Domain.Exited() {
		n.Crash()
		return
	}
	if n.Ended() {
		n.over(Stopped)
		n.ended = errors.Join(n.PrintExports(), n.Close())
		return
	}
	n.wants = next
	if n.woken || n.Terminated() && !ending {
		next = n.w.now
	}
	if n.slow > 0 && (works || n.Domain.VM.Calls() != calls) {
		n.occupy()
	}
	n.w.queue.Move(n.item, n.soonest(next))
}

// takeTurn is the turn itself, which World.Interrupt can end.
func (n *Node) takeTurn() step.Time {
	s := &n.w.stopping
	s.running.Store(n.Domain.VM)
	s.halt(n.Domain.VM)
	next := n.Node.Turn(n.w.now)
	s.running.Store(nil)
	return next
}

// wake gives the node a turn at this moment, if it runs.
func (n *Node) wake() {
	if n.state == Running {
		n.woken = true
		n.w.queue.Move(n.item, n.soonest(n.w.now))
	}
}

// Stop has the node end in good order, as a signal would: what is queued is handled, node_done is raised, its peers are
// told goodbye, and what Options.Print names is written. That takes turns, so a Run or Advance has to follow. What does
// not run is left alone.
func (n *Node) Stop() {
	if n.state == Running {
		n.w.note(n.Name(), tracefile.Stopping, "")
		n.Terminate(0)
		n.wake()
	}
}

// Crash ends the node's process at once. What it had not sent is lost, and nobody is told: its peers hear that it is
// silent. What is not there is left alone.
func (n *Node) Crash() {
	if !n.down() {
		n.disks.crash(n.w.now)
		n.over(Crashed)
		n.ended = n.Close()
	}
}

// Restart begins another run of a node that has crashed or stopped, with the same options: its scripts are loaded again
// and node_init is raised. Its endpoint id is a new one, what it has printed and its wall clock's error stay. Its epoch is
// higher than the last one's, as a state directory would see to.
func (n *Node) Restart() error {
	if !n.down() {
		return fmt.Errorf("%s is %v, it can't be restarted", n.Name(), n.state)
	}
	if err := n.load(); err != nil {
		return err
	}
	n.w.net.Recheck(n.w.now)
	n.Start()
	return nil
}

// over ends the run.
func (n *Node) over(s State) {
	n.w.note(n.Name(), tracefile.What(s.String()), "")
	n.state = s
	n.rest()
	n.w.queue.Remove(n.item)
	n.transport.Crash(n.w.now)
	n.w.net.Recheck(n.w.now)
}

// down reports whether there is no process.
func (n *Node) down() bool { return n.state == Crashed || n.state == Stopped }

// State is what has become of the node's process.
func (n *Node) State() State { return n.state }

// Err is what the node's run has failed with: an input, an address that could not be listened on, a name to print.
func (n *Node) Err() error { return errors.Join(n.Node.Err(), n.ended) }

// Skew sets how much the node's wall clock is ahead of the world's.
func (n *Node) Skew(d time.Duration) {
	n.w.note(n.Name(), tracefile.Skewed, "%v", d)
	n.skew = d
	n.wake()
}

// Address is where others reach the node if it listens at the default port.
func (n *Node) Address() peering.Address {
	return peering.Address{Transport: "quic", Host: n.opts.Name, Port: peering.DefaultPort}
}

// Output is what the node has printed, in all of its runs.
func (n *Node) Output() string { return n.out.String() }

// Errors is what the node has reported, in all of its runs.
func (n *Node) Errors() string { return n.errs.String() }

// capture returns a writer that keeps what is written, and passes it on to also unless that is nil.
func (n *Node) capture(o *output, stream tracefile.What, also io.Writer) io.Writer {
	tap := tap{n: n, to: o, stream: stream}
	if also == nil {
		return tap
	}
	return io.MultiWriter(tap, also)
}
