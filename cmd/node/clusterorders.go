package main

import (
	"encoding/json"
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
	stopped map[string]*halted // by a command, until they are restarted
	deploys deploys
}

// halted is a node that a command has stopped.
type halted struct {
	spec supervisor.Spec
	last *supervisor.Exit // nil: it has not ended yet
}

// order is one of them, which waits for nodes.
type order struct {
	q     *node.Question
	waits map[string]aim
}

// aim is what an order waits for with one node.
type aim struct {
	word   string // what it is then
	ending bool   // it comes with the end of the process; else when the node can be asked
}

// ordered is what an order's part says of a node.
type ordered struct {
	State string `json:"state"`
}

// stoppedMeanwhile is why a node will not be there that an order waits for.
const stoppedMeanwhile = "it was stopped meanwhile"

const stillEnding = "ending" // it was asked to end a while ago

func (o *orders) init(s *clusterParent) {
	o.s, o.stopped = s, map[string]*halted{}
	s.Answer("supervisor.stop", o.stop)
	s.Answer("supervisor.restart", o.restart)
	s.Answer("supervisor.status", o.status)
	s.Answer("supervisor.deploy", o.deploy)
}

// errReplaying is why single nodes are left alone.
var errReplaying = errors.New("the cluster replays captures, and a node would miss its share or begin it anew: stop all of it")

// free refuses orders about single nodes, or all of the layout's if none is named, while that can't be.
func (o *orders) free(q *node.Question, names ...string) bool {
	switch {
	case o.s.course.over:
		q.Fail(errStopping)
	case o.s.plan.replays() && (len(names) == 0 || slices.ContainsFunc(names, o.s.plan.has)):
		q.Fail(errReplaying)
	default:
		return true
	}
	return false
}

// names reads which nodes an order is about, each once; none means all that there are.
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
		switch {
		case !slices.Contains(known, name):
			q.Fail(fmt.Errorf("no node is called %q (there are: %s)", name, strings.Join(known, ", ")))
			return nil, false
		case !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	return names, true
}

// stop ends nodes, which stay so until they are restarted; all of them, and the supervisor with them, if none is named.
func (o *orders) stop(q *node.Question) {
	names, ok := o.names(q)
	if !ok || len(names) > 0 && !o.free(q, names...) {
		return
	}
	waits := map[string]aim{}
	for _, st := range o.s.sup.Status("") {
		if st.PID != 0 && (len(names) == 0 || slices.Contains(names, st.Spec.Name)) {
			waits[st.Spec.Name] = aim{word: "stopped", ending: true}
		}
	}
	o.await(&order{q: q, waits: waits})
	if len(names) == 0 {
		o.s.interrupt()
		return
	}
	for _, name := range names {
		if st := o.s.sup.Status(name); len(st) > 0 {
			o.stopped[name] = &halted{spec: st[0].Spec, last: st[0].LastExit}
			o.s.sup.Destroy(name)
			if st[0].PID == 0 { // there is no end to hear of
				o.failed(name, stoppedMeanwhile)
			}
		}
	}
}

// restart ends nodes and starts them again, those too that a command has stopped.
func (o *orders) restart(q *node.Question) {
	names, ok := o.names(q)
	if !ok || !o.free(q, names...) {
		return
	}
	if len(names) == 0 {
		for _, st := range o.s.sup.Status("") {
			names = append(names, st.Spec.Name)
		}
		names = append(names, slices.Sorted(maps.Keys(o.stopped))...)
	}
	waits := map[string]aim{}
	for _, name := range names {
		waits[name] = aim{word: "restarted"}
	}
	o.await(&order{q: q, waits: waits})
	for _, name := range names {
		o.again(name)
	}
}

// again starts a node afresh.
func (o *orders) again(name string) {
	h, was := o.stopped[name]
	if !was {
		o.s.sup.Restart(name)
		return
	}
	delete(o.stopped, name)
	if err := o.s.sup.Create(h.spec); err != nil {
		o.failed(name, err.Error())
	}
}

// await keeps an order until its nodes are where it wants them.
func (o *orders) await(x *order) {
	o.open = append(o.open, x)
	o.settle()
}

// started takes note of a node that can be asked, for the orders that wait for it.
func (o *orders) started(name string) { o.note(name, false) }

// exited takes note of a node that has ended.
func (o *orders) exited(e supervisor.Exit) {
	if h := o.stopped[e.Name]; h != nil {
		h.last = &e
	}
	o.note(e.Name, true)
	switch {
	case e.Premature:
		o.failed(e.Name, "it has ended, with "+exitText(&e)+cause(e.Tail))
	case len(o.s.sup.Status(e.Name)) == 0:
		o.failed(e.Name, stoppedMeanwhile)
	}
}

// cause is the last error among a node's last lines.
func cause(tail []string) string {
	for _, line := range slices.Backward(tail) {
		if text, ok := strings.CutPrefix(line, "error: "); ok {
			return ": " + text
		}
	}
	return ""
}

// note answers for a node with the aims that it has reached.
func (o *orders) note(name string, ending bool) {
	for _, x := range o.open {
		if a, ok := x.waits[name]; ok && a.ending == ending {
			x.done(name, a.word)
		}
	}
	o.settle()
}

// failed answers for a node that was to be started and will not be there for now.
func (o *orders) failed(name, why string) {
	for _, x := range o.open {
		if a, ok := x.waits[name]; ok && !a.ending {
			delete(x.waits, name)
			x.q.Part(control.Answer{Node: name, Error: &control.Error{Code: control.CodeFailed, Message: why}})
		}
	}
	o.settle()
}

func (x *order) done(name, word string) {
	delete(x.waits, name)
	x.tell(name, word)
}

func (x *order) tell(name, word string) {
	body, err := json.Marshal(ordered{word})
	if err == nil {
		x.q.Part(control.Answer{Node: name, Result: body})
	}
}

// late tells those who wait for a node's end that it takes its time.
func (o *orders) late(name string) {
	for _, x := range o.open {
		if _, waits := x.waits[name]; waits {
			x.tell(name, stillEnding)
		}
	}
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

// errStopping is why nothing is started any more.
var errStopping = errors.New("the supervisor is stopping")

// over answers what is left when all processes have ended.
func (o *orders) over() {
	if q := o.deploys.q; q != nil {
		q.Fail(errStopping)
	}
	for _, x := range o.open {
		for _, a := range x.waits {
			if !a.ending {
				x.q.Fail(errStopping)
			}
		}
		x.q.Reply(struct{}{})
	}
	o.open = nil
}

// nodeStatus is a node as the supervisor sees it.
type nodeStatus struct {
	Name     string  `json:"node"`
	Role     string  `json:"role"`
	PID      int     `json:"pid"` // 0: none
	State    string  `json:"state"`
	Asked    bool    `json:"asked"`   // it can be: it has loaded its scripts and said so
	Seconds  float64 `json:"seconds"` // in that state
	Restarts int     `json:"restarts"`
	LastExit string  `json:"last_exit,omitempty"`
}

// status tells of all nodes, running or not, in the order of output.
func (o *orders) status(q *node.Question) {
	list := []nodeStatus{}
	known := map[string]bool{}
	for _, st := range slices.Concat(o.s.sup.Status(""), o.s.sup.Ending()) {
		name := st.Spec.Name
		if known[name] {
			continue
		}
		known[name] = true
		n := nodeStatus{Name: name, Role: o.role(name), PID: st.PID, State: st.State.String(), Asked: st.PID != 0 && o.s.ids[name] != "",
			Seconds: o.s.Env.Now().Sub(st.Since).Seconds(), Restarts: st.Restarts}
		n.LastExit = exitText(st.LastExit)
		list = append(list, n)
	}
	for name, h := range o.stopped {
		if !known[name] {
			list = append(list, nodeStatus{Name: name, Role: o.role(name), State: supervisor.Stopped.String(), LastExit: exitText(h.last)})
		}
	}
	control.Sort(list, func(n nodeStatus) control.Known { return control.Known{Name: n.Name, Role: n.Role} })
	q.Reply(list)
}

func (o *orders) role(name string) string { return o.s.plan.roleOfLocal(name).String() }

// exitText tells how a node has ended; "" if it has not.
func exitText(e *supervisor.Exit) string {
	switch {
	case e == nil:
		return ""
	case e.Err != nil:
		return e.Err.Error()
	case e.Signal != 0:
		return fmt.Sprintf("signal %d", e.Signal)
	}
	return fmt.Sprintf("status %d", e.Code)
}
