package supervisor

import (
	"fmt"
	"slices"
	"time"

	"moonpeer/net/step"
)

// Ports is where the supervisor gets ports from.
type Ports interface {
	// OpenPort returns a new port whose inputs go to owner. An input that is not done comes again in the next turn.
	OpenPort(owner func(in step.Input) (done bool)) step.PortID
	// DropPort forgets a port and what still waits there.
	DropPort(id step.PortID)
}

// Options say what a Supervisor works with. Its hooks are called by the loop and may be nil.
type Options struct {
	Env       step.Env       // required; Now must be the transport clock
	Ports     Ports          // required
	Processes step.Processes // required
	Environ   []string       // NAME=value, for all nodes
	// Changed is called when Next may answer something else. Nil means nobody asks.
	Changed func()

	// Ask tells a node by other means than a signal that it is to end, and reports whether it could be told; then
	// SIGTERM waits for Grace. It must not call the supervisor. Nil: nobody can be told.
	Ask func(name string) bool
	// Grace is how long a node that was asked has until SIGTERM. Zero means 10 s.
	Grace time.Duration
	// KillAfter is how long after the first SIGTERM a node is killed. Zero means 26 s, negative never.
	KillAfter time.Duration

	// OnStarted is called after each start.
	OnStarted func(name string, pid int)
	// OnLine is called with each line of output that is not empty. The bytes must not be changed.
	OnLine func(name string, stream step.Stream, line []byte)
	// Enough is asked after each line whether further ones are to come in the next turn. Nil: when there were many.
	Enough func() bool
	// OnExit is called after each end, and after each start that failed.
	OnExit func(Exit)
}

func (o Options) withDefaults() Options {
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Ask == nil {
		o.Ask = func(string) bool { return false }
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	if o.KillAfter == 0 {
		o.KillAfter = defaultKill
	}
	if o.OnStarted == nil {
		o.OnStarted = func(string, int) {}
	}
	if o.OnLine == nil {
		o.OnLine = func(string, step.Stream, []byte) {}
	}
	if o.Enough == nil {
		o.Enough = func() bool { return false }
	}
	if o.OnExit == nil {
		o.OnExit = func(Exit) {}
	}
	return o
}

// timed is what a supervisor has timers for.
type timed interface{ step(now step.Time) }

// maxTimers is how many of them one Step takes.
const maxTimers = 64

// Supervisor keeps nodes running. It implements step.Machine; only the loop may use it.
type Supervisor struct {
	opts    Options
	heap    step.Heap[timed]
	nodes   []*node // in the order in which they were created
	byName  map[string]*node
	leaving []*node // destroyed, and their processes have not ended yet
	token   uint64
	stop    *stop // nil until Stop
}

// New returns a supervisor without nodes.
func New(o Options) *Supervisor {
	return &Supervisor{opts: o.withDefaults(), byName: map[string]*node{}}
}

// Step implements step.Machine.
func (s *Supervisor) Step(now step.Time) (more bool) {
	for range maxTimers {
		it := s.heap.PopDue(now)
		if it == nil {
			return false
		}
		it.Value.step(now)
	}
	return true
}

// Next implements step.Machine.
func (s *Supervisor) Next() step.Time { return s.heap.Next() }

// Create takes a node, creates its folder and begins to start it; nil means that it was accepted. If a destroyed
// node of that name has not ended yet, the new one is started when it has.
func (s *Supervisor) Create(sp Spec) error {
	if err := CheckName(sp.Name); err != nil {
		return err
	}
	if s.byName[sp.Name] != nil {
		return fmt.Errorf("node with name '%s' already exists", sp.Name)
	}
	if err := sp.conflict(); err != nil {
		return err
	}
	if s.stop != nil {
		return fmt.Errorf("node '%s' can't be created: the supervisor is stopping", sp.Name)
	}
	if sp.Dir != "" {
		if err := s.opts.Processes.MakeDir(sp.Dir); err != nil {
			return &dirError{sp.Dir, err}
		}
	}
	n := s.newNode(sp)
	s.nodes = append(s.nodes, n)
	s.byName[sp.Name] = n
	n.queued = slices.ContainsFunc(s.leaving, func(l *node) bool { return l.spec.Name == sp.Name })
	if !n.queued {
		n.spawn(s.now())
	}
	return nil
}

// Destroy forgets a node and has its process end. It is false for a name that nobody has.
func (s *Supervisor) Destroy(name string) bool {
	n := s.byName[name]
	if n == nil {
		return false
	}
	delete(s.byName, name)
	s.nodes = slices.DeleteFunc(s.nodes, func(x *node) bool { return x == n })
	s.leaving = append(s.leaving, n)
	n.end(forget)
	return true
}

// Restart has a node's process end and starts it again, "" those of all nodes; a node that waits to be revived waits
// no longer, but for the one second that lies between two starts. What was counted against it is forgotten. It is
// false for a name that nobody has, and once the supervisor is stopping.
func (s *Supervisor) Restart(name string) bool {
	if s.stop != nil {
		return false
	}
	if name == "" {
		for _, n := range s.nodes {
			n.end(restart)
		}
		return true
	}
	n := s.byName[name]
	if n == nil {
		return false
	}
	n.end(restart)
	return true
}

// Up says that the process of a node, which has this PID, is not only there but does what it was started for. The
// supervisor can't see that by itself. Names that nobody has and processes that have ended are left out.
func (s *Supervisor) Up(name string, pid int) {
	if n := s.byName[name]; n != nil {
		n.isUp(pid)
	}
}

// Status returns what is known of a node, "" of all in the order in which they were created; nothing for a name
// that nobody has.
func (s *Supervisor) Status(name string) []Status {
	var out []Status
	for _, n := range s.nodes {
		if name == "" || name == n.spec.Name {
			out = append(out, n.status())
		}
	}
	return out
}

func (s *Supervisor) now() step.Time { return s.opts.Env.Now() }

// at sets a timer.
func (s *Supervisor) at(it *step.Item[timed], t step.Time) {
	s.heap.Move(it, t)
	s.opts.Changed()
}

// forget drops a destroyed node whose process has ended, and lets one go on that has its name.
func (s *Supervisor) forget(n *node) {
	s.heap.Remove(n.timer)
	s.opts.Ports.DropPort(n.port)
	s.leaving = slices.DeleteFunc(s.leaving, func(x *node) bool { return x == n })
	next := s.byName[n.spec.Name]
	if next != nil && next.queued {
		next.queued = false
		s.at(next.timer, s.now())
	}
	if s.stop != nil {
		s.stop.wake()
	}
}
