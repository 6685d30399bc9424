package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor"
)

// orders are what commands have the supervisor do with its nodes: stop, restart, deploy. Each is answered by a part for
// every node when that is done, and then as a whole.
type orders struct {
	s       *clusterParent
	open    []*order
	stopped map[string]supervisor.Spec // by a command, until they are restarted
}

// order is one of them, which waits for nodes.
type order struct {
	q       *node.Question
	waits   map[string]bool
	forEnds bool // of processes; else for starts
}

func (o *orders) init(s *clusterParent) {
	o.s, o.stopped = s, map[string]supervisor.Spec{}
	s.Answer("supervisor.stop", o.stop)
	s.Answer("supervisor.restart", o.restart)
	s.Answer("supervisor.status", o.status)
	s.Answer("supervisor.deploy", o.deploy)
}

// names reads which nodes an order is about; none means all that there are.
func (o *orders) names(q *node.Question) (names []string, ok bool) {
	var p struct {
		Nodes []string `json:"nodes"`
	}
	if !q.Params(&p) {
		return nil, false
	}
	known := slices.Sorted(maps.Keys(o.stopped))
	for _, st := range o.s.sup.Status("") {
		known = append(known, st.Spec.Name)
	}
	for _, name := range p.Nodes {
		if !slices.Contains(known, name) {
			q.Fail(fmt.Errorf("no node is called %q (there are: %s)", name, strings.Join(known, ", ")))
			return nil, false
		}
	}
	return p.Nodes, true
}

// stop ends nodes, which stay so until they are restarted; all of them, and the supervisor with them, if none is named.
func (o *orders) stop(q *node.Question) {
	names, ok := o.names(q)
	if !ok {
		return
	}
	waits := map[string]bool{}
	for _, st := range o.s.sup.Status("") {
		if st.PID != 0 && (len(names) == 0 || slices.Contains(names, st.Spec.Name)) {
			waits[st.Spec.Name] = true
		}
	}
	o.await(&order{q: q, waits: waits, forEnds: true})
	if len(names) == 0 {
		o.s.end()
		return
	}
	for _, name := range names {
		if st := o.s.sup.Status(name); len(st) > 0 {
			o.stopped[name] = st[0].Spec
			o.s.sup.Destroy(name)
		}
	}
}

// restart ends nodes and starts them again, those too that a command has stopped.
func (o *orders) restart(q *node.Question) {
	names, ok := o.names(q)
	if !ok {
		return
	}
	if len(names) == 0 {
		for _, st := range o.s.sup.Status("") {
			names = append(names, st.Spec.Name)
		}
		names = append(names, slices.Sorted(maps.Keys(o.stopped))...)
	}
	o.again(q, names)
}

// again starts nodes afresh and answers when all run.
func (o *orders) again(q *node.Question, names []string) {
	waits := map[string]bool{}
	for _, name := range names {
		waits[name] = true
	}
	o.await(&order{q: q, waits: waits})
	for _, name := range names {
		spec, was := o.stopped[name]
		delete(o.stopped, name)
		switch {
		case was:
			if err := o.s.sup.Create(spec); err != nil {
				q.Fail(err)
			}
		case !o.s.sup.Restart(name):
			q.Fail(errors.New("the supervisor is stopping"))
		}
	}
}

// await keeps an order until its nodes are where it wants them.
func (o *orders) await(x *order) {
	o.open = append(o.open, x)
	o.settle()
}

// started and ended take note of a node, for the orders that wait for it.
func (o *orders) started(name string) { o.note(name, false) }
func (o *orders) ended(name string)   { o.note(name, true) }

func (o *orders) note(name string, ended bool) {
	for _, x := range o.open {
		if x.forEnds == ended && x.waits[name] {
			delete(x.waits, name)
			x.q.Part(control.Answer{Node: name})
		}
	}
	o.settle()
}

// settle answers the orders that are done, and forgets those that nobody waits for.
func (o *orders) settle() {
	o.open = slices.DeleteFunc(o.open, func(x *order) bool {
		if len(x.waits) == 0 {
			x.q.Reply(struct{}{})
		}
		return x.q.Over()
	})
}

// over answers what is left when all processes have ended.
func (o *orders) over() {
	for _, x := range o.open {
		x.q.Reply(struct{}{})
	}
	o.open = nil
}

// nodeStatus is a node as the supervisor sees it.
type nodeStatus struct {
	Name     string  `json:"name"`
	Role     string  `json:"role"`
	PID      int     `json:"pid"` // 0: none
	State    string  `json:"state"`
	Seconds  float64 `json:"seconds"` // in that state
	Restarts int     `json:"restarts"`
	LastExit string  `json:"last_exit,omitempty"`
}

// status tells of all nodes, running or not, in the order of output.
func (o *orders) status(q *node.Question) {
	list := []nodeStatus{}
	for _, st := range o.s.sup.Status("") {
		n := nodeStatus{Name: st.Spec.Name, Role: o.s.plan.roleOfLocal(st.Spec.Name).Word(), PID: st.PID, State: st.State.String(),
			Seconds: o.s.Env.Now().Sub(st.Since).Seconds(), Restarts: st.Restarts}
		if e := st.LastExit; e != nil {
			n.LastExit = exitText(e)
		}
		list = append(list, n)
	}
	for name := range o.stopped {
		list = append(list, nodeStatus{Name: name, Role: o.s.plan.roleOfLocal(name).Word(), State: supervisor.Stopped.String()})
	}
	control.Sort(list, func(n nodeStatus) control.Known { return control.Known{Name: n.Name, Role: n.Role} })
	q.Reply(list)
}

func exitText(e *supervisor.Exit) string {
	switch {
	case e.Err != nil:
		return e.Err.Error()
	case e.Signal != 0:
		return fmt.Sprintf("signal %d", e.Signal)
	}
	return fmt.Sprintf("status %d", e.Code)
}
