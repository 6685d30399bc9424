package supervisor

import (
	"time"

	"moonpeer/net/step"
)

// State is where a supervised node is in its life.
type State uint8

// The states.
const (
	Starting State = iota // its process is being started, or waits for the end of a destroyed node of its name
	Running
	Stopping // it was asked to end, and has not yet
	Waiting  // it has ended, and is started again when its delay is over
	Failed   // it could not be started, which is tried again when its delay is over
	Stopped  // it has ended, and the supervisor is stopping
)

var stateNames = [...]string{"starting", "running", "stopping", "waiting for restart", "failed", "stopped"}

// String returns the state in words.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// Status is what is known of a supervised node.
type Status struct {
	Spec     Spec
	PID      int // 0: none is running
	State    State
	Since    step.Time // when State began
	Restarts int       // how often its process was started again, whatever for
	Dropped  int       // lines of output that OnLine did not get
	LastExit *Exit     // nil: it has not ended yet
	// Failing means that it has ended without having been asked to, and has not made up for that; package doc, Failing.
	Failing bool
}

// Exit is how a node's process ended.
type Exit struct {
	Name   string
	PID    int // 0: it could not be started
	Code   int // -1 after a signal
	Signal int // the number of the signal that ended it; 0 if none did
	// Premature means that nobody had asked for it, whatever the code.
	Premature bool
	Ran       time.Duration // since it was started
	Tail      []string      // the last lines of both streams, the oldest first; not to be changed
	Err       error         // why it could not be started
}

// Ending returns what is known of the nodes whose processes were asked to end and have not yet, those too that were
// destroyed.
func (s *Supervisor) Ending() (out []Status) {
	for _, list := range [][]*node{s.nodes, s.leaving} {
		for _, n := range list {
			if n.state == Stopping && n.busy {
				out = append(out, n.status())
			}
		}
	}
	return out
}
