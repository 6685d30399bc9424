package node

import (
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/runtime/supervisor"
)

// NodeConfig is a node that scripts have a supervisor start (zeek/frameworks.md §7.2). As JSON it goes to the node, whose
// scripts may ask for it.
type NodeConfig struct {
	Name       string            `json:"name"`
	Scripts    []string          `json:"scripts,omitempty"`     // none: those of the supervisor
	Args       []string          `json:"args,omitempty"`        // node.args of its scripts
	Directory  string            `json:"directory,omitempty"`   // where it works; "": where the supervisor does
	StdoutFile string            `json:"stdout_file,omitempty"` // relative to Directory; without one to its state directory
	StderrFile string            `json:"stderr_file,omitempty"`
	PcapFile   string            `json:"pcap_file,omitempty"` // what it reads; "": nothing
	Env        map[string]string `json:"env,omitempty"`       // added to the supervisor's own
}

// SupervisedNode is a node as its supervisor knows it.
type SupervisedNode struct {
	Config NodeConfig
	supervisor.Status
}

// Supervisor is what scripts can have a supervisor do.
type Supervisor interface {
	// Create takes a node, which is started soon. The error is Zeek's text of why not.
	Create(NodeConfig) error
	// Destroy ends and forgets a node, Restart ends and starts it again, "" all of them; false: nobody has that name.
	Destroy(name string) bool
	Restart(name string) bool
	// Status tells of a node, "" of all in the order of their creation.
	Status(name string) []SupervisedNode
	// Stop ends all nodes in order, and then the supervisor with this exit code.
	Stop(code int)
}

// SupervisorHooks are what scripts want to hear of supervised nodes. The bindings set those of a node that supervises.
type SupervisorHooks struct {
	Started func(name string, pid int)                                 // after each start
	Said    func(name string, s step.Stream, line []byte) (shown bool) // for each line of output
	Exited  func(supervisor.Exit)                                      // after each end
}

func (h SupervisorHooks) withDefaults() SupervisorHooks {
	if h.Started == nil {
		h.Started = func(string, int) {}
	}
	if h.Said == nil {
		h.Said = func(string, step.Stream, []byte) bool { return true }
	}
	if h.Exited == nil {
		h.Exited = func(supervisor.Exit) {}
	}
	return h
}

// SupervisorHooks returns what the scripts of a supervisor want to hear; none of the fields is nil.
func (n *Node) SupervisorHooks() SupervisorHooks { return n.Hooks.withDefaults() }

// answerSupervisor has a supervised node hear of the others: "exited" {name, id} of a process that has ended, which could
// not say so itself, and "started" {name} of one that can be reached again.
func (n *Node) answerSupervisor() {
	type about struct {
		Name string `json:"name"`
		ID   string `json:"id"`
	}
	n.Answer("exited", func(q *Question) {
		var p about
		if !q.Params(&p) {
			return
		}
		id, err := broker.ParseEndpointID(p.ID)
		if err != nil {
			q.Fail(fmt.Errorf("id %q: %w", p.ID, err))
			return
		}
		n.Debugf(DebugCluster, "the supervisor says that %s (%s) has ended", p.Name, p.ID)
		n.Peers.Gone(id, "its process has ended")
		q.Reply(struct{}{})
	})
	n.Answer("started", func(q *Question) {
		var p about
		if !q.Params(&p) {
			return
		}
		if n.opts.Layout != nil {
			if o := n.opts.Layout.Node(p.Name); o != nil && o.Port != 0 {
				n.Peers.Hurry(address(o))
			}
		}
		q.Reply(struct{}{})
	})
}
