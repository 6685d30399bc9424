package supervisor

import (
	"fmt"

	"moonpeer/net/step"
)

// maxLines is how many lines of output are handled in one go; the others have their turn in between.
const maxLines = 256

// node is a supervised node: the spec, and at most one process at a time.
type node struct {
	s     *Supervisor
	spec  Spec
	port  step.PortID
	timer *step.Item[timed] // of what comes next: a start, or the next thing to end it with

	state    State
	since    step.Time
	token    uint64
	busy     bool // a process is there or being started
	pid      int  // of the process; 0 while it is being started
	queued   bool // waits for the end of a destroyed node of the same name
	revived  bool // the process replaces one that ended prematurely, or will
	down     bool // it has ended prematurely and nobody has said since that it is up
	spawns   int
	pace     pacing
	ending   ending
	last     *Exit
	dropped  int
	dropTime step.Time // when the last line was dropped
}

func (s *Supervisor) newNode(sp Spec) *node {
	n := &node{s: s, spec: sp}
	n.port = s.opts.Ports.OpenPort(n.receive)
	n.timer = s.heap.Add(step.Never, n)
	n.enter(Starting)
	return n
}

func (n *node) enter(st State) { n.state, n.since = st, n.s.now() }

// step implements timed.
func (n *node) step(now step.Time) {
	if n.busy {
		n.press(now)
		return
	}
	if n.revived {
		n.pace.revive()
	}
	n.spawn(now)
}

func (n *node) spawn(now step.Time) {
	n.s.token++
	n.token = n.s.token
	n.busy = true
	n.pace.spawned = now
	n.spawns++
	n.enter(Starting)
	n.s.opts.Processes.Start(n.port, n.token, n.spec.command(n.s.opts.Environ))
}

// receive owns the node's port.
func (n *node) receive(in step.Input) (done bool) {
	switch in := in.(type) {
	case step.ProcessDone:
		if in.Started {
			n.started(in.PID)
		} else {
			n.ended(in)
		}
	case *step.ProcessOutput:
		return n.output(in)
	case step.ProcessFile:
		n.file(in)
	}
	return true
}

func (n *node) started(pid int) {
	n.pid = pid
	n.enter(Running)
	if n.revived {
		n.s.opts.Env.Log.Warn(fmt.Sprintf("%s revived after premature exit", n))
	}
	if n.ending.want != keep {
		n.ask()
	}
	n.s.opts.OnStarted(n.spec.Name, pid)
}

// ended does what is to be done before it calls OnExit, which may have other plans for the node.
func (n *node) ended(d step.ProcessDone) {
	now := n.s.now()
	e := &Exit{
		Name: n.spec.Name, PID: d.PID, Code: d.Code, Signal: d.Signal, Premature: n.ending.want == keep,
		Ran: now.Sub(n.pace.spawned), Tail: d.Tail, Err: d.Err,
	}
	n.last = e
	if e.Premature {
		n.complain(e)
		n.down = true
	}
	n.busy, n.pid = false, 0
	switch {
	case !e.Premature:
		n.settle()
	case n.s.stop != nil: // it is not its turn yet, but nobody is revived any more
		n.ending.want = halt
		n.settle()
	default:
		n.revived = true
		n.enter(Waiting)
		if e.Err != nil {
			n.enter(Failed)
		}
		n.s.at(n.timer, n.pace.due(now))
	}
	n.s.opts.OnExit(*e)
}

// complain says that the process has ended and nobody asked for it.
func (n *node) complain(e *Exit) {
	log := n.s.opts.Env.Log
	switch {
	case e.Err != nil:
		log.Error(fmt.Sprintf("Supervised node '%s' could not be started: %v", e.Name, e.Err))
	case e.Signal != 0:
		log.Error(fmt.Sprintf("%s terminated prematurely by signal %d", n, e.Signal))
	default:
		log.Error(fmt.Sprintf("%s exited prematurely with status %d", n, e.Code))
	}
}

// output hands lines on.
func (n *node) output(o *step.ProcessOutput) (done bool) {
	for range maxLines {
		if o.Done == len(o.Lines) {
			break
		}
		l := o.Lines[o.Done]
		o.Done++
		n.s.opts.OnLine(n.spec.Name, l.Stream, l.Text)
		if n.s.opts.Enough() {
			break
		}
	}
	if o.Done < len(o.Lines) {
		return false
	}
	if o.Dropped > 0 {
		n.drop(o.Dropped)
	}
	o.Release()
	return true
}

// drop counts lines that did not come, and says so once per burst.
func (n *node) drop(lines int) {
	now := n.s.now()
	if n.dropped == 0 || now.Sub(n.dropTime) >= quietDropping {
		n.s.opts.Env.Log.Warn(fmt.Sprintf("%s writes faster than its output is handled: lines are left out, but not in its files", n))
	}
	n.dropped += lines
	n.dropTime = now
}

// file says what has become of an output file.
func (n *node) file(f step.ProcessFile) {
	log := n.s.opts.Env.Log
	if f.Err != nil {
		log.Error(fmt.Sprintf("output of supervised node '%s' is lost: %v", n.spec.Name, f.Err), "file", f.Path)
		return
	}
	log.Info(fmt.Sprintf("output of supervised node '%s' is written again", n.spec.Name), "file", f.Path, "bytes lost", f.Lost)
}

// isUp takes note that the process with this PID does what the node is for. A PID may be heard of before the start that
// it comes from, and still after its end.
func (n *node) isUp(pid int) {
	if n.pid == pid || n.busy && n.pid == 0 && (n.last == nil || n.last.PID != pid) {
		n.down = false
	}
}

// failing is what Status says. Nothing in it is different while the node waits, is started, or has just been: else it
// would be a matter of luck what somebody sees of a node that dies again and again.
func (n *node) failing() bool {
	if n.pid != 0 && n.s.now().Sub(n.pace.spawned) > longRun {
		return false
	}
	return n.down || n.pace.attempts >= doubleAfter
}

func (n *node) status() Status {
	return Status{
		Spec: n.spec, PID: n.pid, State: n.state, Since: n.since, Restarts: max(0, n.spawns-1), Dropped: n.dropped, LastExit: n.last,
		Failing: n.failing(),
	}
}

// String is how messages name it.
func (n *node) String() string {
	return fmt.Sprintf("Supervised node '%s' (PID %d)", n.spec.Name, n.pid)
}
