package configlib

import (
	"bytes"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/wire"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/script"
)

// This file is what an option is in a cluster: a value is asked about here, travels to the manager as it was set, and
// counts on every node, this one included, when it comes from there.

// Cluster is the options of all nodes; cluster.Config implements it.
type Cluster interface {
	// Shared reports whether there is a cluster.
	Shared() bool
	// Room says why a change can't be made now; nil: Set takes it.
	Room(id string, value []byte, location string) error
	// Set has an option changed everywhere. Lib.Changed is called with the number that it returns.
	Set(id string, value []byte, location string) (number uint64, err error)
	// Value returns the last change of an option that the node knows of.
	Value(id string) (cluster.Change, bool)
}

// asked is a change that was made here and has not come back.
type asked struct {
	number uint64
	value  []byte
	answer answer
	heard  int // Option.heard when it was given
	done   func()
}

// notHeard is asked.heard of a change about which the present code was not asked.
const notHeard = -1

// share sets the option on all nodes. Check and handlers are asked at once, as they can refuse. done is called when the
// value counts here.
func (o *Option) share(v lua.LValue, location string, done func()) error {
	l := o.lib
	v, err := l.Space.Check(o.typ, v)
	if err != nil {
		return err
	}
	value, err := l.Space.AppendTyped(nil, o.typ, v)
	if err != nil {
		return err
	}
	if len(o.asked) == 0 && o.is(value, location) {
		l.d.Defer(done)
		return nil
	}
	if err := l.Cluster.Room(o.ID, value, location); err != nil {
		return err
	}
	if v, err = o.decode(value); err != nil {
		return err
	}
	answer, err := o.accept(v)
	if err != nil {
		return err
	}
	a := asked{value: value, answer: answer, heard: o.heard, done: done}
	if a.number, err = l.Cluster.Set(o.ID, value, location); err != nil {
		return err
	}
	o.asked = append(o.asked, a)
	return nil
}

// is reports whether the option has been set to that already.
func (o *Option) is(value []byte, location string) bool {
	return o.shared != nil && bytes.Equal(o.shared, value) && o.Location == location
}

// decode returns a value of its own for the option.
func (o *Option) decode(value []byte) (lua.LValue, error) {
	r := wire.NewReader(value)
	v, err := o.lib.Space.DecodeTyped(&r, o.typ)
	if err == nil && r.Remaining() > 0 {
		err = fmt.Errorf("%d bytes behind the value", r.Remaining())
	}
	return v, err
}

// Changed takes what the cluster says of an option; it takes effect behind the events that are queued now.
func (l *Lib) Changed(c cluster.Change) {
	l.d.DeferSized(len(c.Value), func() { l.change(c) })
}

func (l *Lib) change(c cluster.Change) {
	var o *Option
	if e := l.Names.Lookup(c.ID); e != nil {
		o, _ = e.Go.(*Option)
	}
	if o == nil {
		l.strange(c)
		return
	}
	if c.New {
		o.follow(c)
	}
	for len(o.asked) > 0 && o.asked[0].number <= c.Settles {
		done := o.asked[0].done
		o.asked = o.asked[1:]
		done()
	}
}

// maxUnknown bounds the names that are remembered because no option here has them.
const maxUnknown = 1000

// strange warns once of a name that is no option here: other roles may run other policies.
func (l *Lib) strange(c cluster.Change) {
	if l.unknown[c.ID] || len(l.unknown) >= maxUnknown {
		return
	}
	if l.unknown == nil {
		l.unknown = map[string]bool{}
	}
	l.unknown[c.ID] = true
	l.d.Reports.Warnf("option %q was set in the cluster (by %s), and no script here declares it%s", script.Clip(c.ID), script.Clip(c.Location),
		script.DidYouMean(script.Clip(c.ID), l.names()))
}

// follow applies a change, or says why this node does not.
func (o *Option) follow(c cluster.Change) {
	if err := o.apply(c.Value, c.Location); err != nil {
		o.lib.d.Reports.Warnf("option %s was set in the cluster (by %s), and keeps its value here: %s", o.ID, script.Clip(c.Location), err)
	}
}

// apply gives the option a value of the cluster's.
func (o *Option) apply(value []byte, location string) error {
	if o.is(value, location) {
		return nil
	}
	a, answered := o.answered(value)
	if !answered {
		o.heard++
		v, err := o.decode(value)
		if err == nil {
			a, err = o.accept(v)
		}
		if err != nil {
			o.shared = nil
			return err
		}
	}
	o.take(value, a, location)
	o.shared, o.changed = value, true
	return nil
}

// answered returns what check and handlers have made of a value when it was set here, if they have been told of no other
// since.
func (o *Option) answered(value []byte) (answer, bool) {
	for _, a := range o.asked {
		if a.heard == o.heard && bytes.Equal(a.value, value) {
			return a.answer, true
		}
	}
	return answer{}, false
}

// catchUp gives an option that is declared late what the cluster has set it to.
func (l *Lib) catchUp(o *Option) {
	if l.Cluster == nil {
		return
	}
	if c, ok := l.Cluster.Value(o.ID); ok {
		o.follow(c)
	}
}
