package main

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor"
)

// deploys are the orders to deploy, of which there is one at a time: a goroutine reads and checks, and the loop goes on.
type deploys struct {
	q       *node.Question // nil: none is under way
	checked chan struct{}  // closed when the goroutine has ended; nil: there was none
}

// checkedPlan is the input that a check becomes: the plan that is to run, written down, or what is wrong with it.
type checkedPlan struct {
	at   step.PortID
	plan *clusterPlan
	err  error
}

// Port is the parent's port.
func (c checkedPlan) Port() step.PortID { return c.at }

// deploy reads layout and scripts again, checks all of it, and then restarts what has changed: every node if the scripts
// or the layout have, else those whose own settings have. What is wrong is said, and then nothing has happened.
func (o *orders) deploy(q *node.Question) {
	s := o.s
	switch {
	case !o.free(q):
		return
	case s.plan.layout == nil:
		q.Fail(errors.New("the supervisor has no nodes but those that its own scripts have created"))
		return
	case o.deploys.q != nil:
		q.Fail(errors.New("a deploy is under way"))
		return
	}
	running, inbox, at, checked := s.plan, s.Inbox(), s.port, make(chan struct{})
	o.deploys = deploys{q, checked}
	go func() { // awaited by close
		defer close(checked)
		next, err := running.next(s.inv)
		inbox.Put(checkedPlan{at, next, err})
	}()
}

// next is the plan as it is read now, checked and written down. Nothing of p is changed, which the loop reads meanwhile.
func (p *clusterPlan) next(inv *invocation) (*clusterPlan, error) {
	next, err := p.c.plan(p.rest)
	if err == nil {
		err = next.prepare(inv, p)
	}
	if err == nil {
		err = next.settle()
	}
	return next, err
}

// deployed carries out what was checked.
func (o *orders) deployed(c checkedPlan) {
	q, s := o.deploys.q, o.s
	o.deploys.q = nil
	switch {
	case c.err != nil:
		q.Fail(c.err)
	case o.free(q):
		all, owned := c.plan.print != s.plan.print, s.plan.has
		s.plan = c.plan
		o.become(q, c.plan.specs(s.program, s.server.Path()), owned, all)
	}
}

// close waits for a check, though not for a script that takes its time: its goroutine ends with the process.
func (d *deploys) close() {
	if d.checked == nil {
		return
	}
	select {
	case <-d.checked:
	case <-time.After(lastLines):
	}
}

// become has exactly these nodes run, besides those that scripts have created and without those that a command has stopped.
// Those that are what they were go on, unless all are to begin anew; owned tells which were the former layout's.
func (o *orders) become(q *node.Question, specs []supervisor.Spec, owned func(name string) bool, all bool) {
	s := o.s
	before := map[string]supervisor.Spec{}
	for _, st := range s.sup.Status("") {
		before[st.Spec.Name] = st.Spec
	}
	waits, fresh := map[string]aim{}, map[string]supervisor.Spec{}
	var again []string
	for _, sp := range specs {
		old, was := before[sp.Name]
		h, stopped := o.stopped[sp.Name]
		delete(before, sp.Name)
		same := reflect.DeepEqual(old, sp)
		switch {
		case stopped:
			h.spec = sp
		case was && same && !all:
		case was && same:
			again = append(again, sp.Name)
			waits[sp.Name] = aim{word: "restarted"}
		default:
			fresh[sp.Name] = sp
			waits[sp.Name] = aim{word: "started"}
			if was {
				waits[sp.Name] = aim{word: "restarted"}
			}
		}
	}
	for name := range before { // not in the layout any more
		if owned(name) {
			waits[name] = aim{word: "removed", ending: true}
		}
	}
	for name := range o.stopped {
		if s.plan.layout.Node(name) == nil && owned(name) {
			delete(o.stopped, name)
		}
	}
	o.await(&order{q: q, waits: waits})
	o.carryOut(waits, fresh, again)
}

// carryOut ends first, while everybody is known who can be asked to, and then starts.
func (o *orders) carryOut(waits map[string]aim, fresh map[string]supervisor.Spec, again []string) {
	s := o.s
	for _, name := range slices.Sorted(maps.Keys(waits)) {
		if _, ok := fresh[name]; ok || waits[name].ending {
			s.sup.Destroy(name)
		}
	}
	for _, name := range again {
		s.sup.Restart(name)
	}
	for _, name := range slices.Sorted(maps.Keys(fresh)) {
		if err := s.sup.Create(fresh[name]); err != nil {
			o.failed(name, err.Error())
		}
	}
	s.known()
}
