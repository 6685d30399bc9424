package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"moonpeer/net/wire"
)

// Version orders the values that one option was given.
type Version struct {
	// Early says that it was set by a node that had not met the cluster yet, in node_init as a rule. Such values give way to
	// all others: a node that was restarted does not undo what was set meanwhile.
	Early bool
	Term  uint64 // of the manager that numbered it: its epoch
	Seq   uint64 // in the order in which that manager took them, over all options
}

// Less reports whether w is the later one.
func (v Version) Less(w Version) bool {
	switch {
	case v.Early != w.Early:
		return v.Early
	case v.Term != w.Term:
		return v.Term < w.Term
	}
	return v.Seq < w.Seq
}

// replacedBy reports whether w, which comes from the manager, is the later one. What it has numbered itself, in the present
// term, is later than all from other terms: it may have lost its epoch.
func (v Version) replacedBy(w Version, term uint64) bool {
	if v.Early == w.Early && w.Term == term {
		return v.Term != w.Term || v.Seq < w.Seq
	}
	return v.Less(w)
}

// Change is a value that an option was given somewhere in the cluster.
type Change struct {
	ID       string
	Value    []byte // the value in Broker's form, as it was set; not to be changed
	Location string
	Version  Version

	// New is false when this node had the value already.
	New bool
	// Settles is the number of this node's own Set that it answers; 0: none.
	Settles uint64
}

// The bounds of what a node keeps. Beyond them a change is refused where it is made.
const (
	maxOptions     = 16_384
	maxOptionBytes = 8 << 20 // all values with their names: half of what a link's queue takes, as a newcomer gets them at once
	maxOptionValue = 1 << 20 // one of them
	maxWaiting     = 4096    // this node's changes that the manager has not numbered yet
	maxWaitBytes   = 4 << 20
)

// Config is the values of options that were set while the cluster runs, on every node of it. The manager numbers changes
// and publishes them; all nodes apply them when they come from there, the one that made it included. DESIGN.md argues for
// it.
type Config struct {
	// OnChange is called with what has changed, in order. It must not call Config: it queues.
	OnChange func(Change)

	c       *Cluster
	values  map[string]*setting
	size    int
	waiting []*setting // this node's own that the manager has not numbered, as far as it is known here; oldest first
	queued  int        // bytes of them
	asked   uint64     // the number of the last Set
	met     bool       // the manager was met in this run
	heard   uint64     // the last sequence number of the manager that is up

	// Warnings that others can cause.
	unkept seldom // values for which there is no room
	untrue seldom // changes that can't be true
	gaps   seldom
	unsent seldom

	// Of the manager alone.
	seq    uint64            // of the last change that it has numbered
	caught map[string]uint64 // by node: seq when all values were sent to it again
}

// setting is one change.
type setting struct {
	id, location string
	value        []byte
	version      Version
	origin       string // endpoint id of the node that made it; "" if it is sent again
	asked        uint64 // its number there
	own          bool   // numbered in this run, by this manager
}

func (s *setting) size() int { return len(s.id) + len(s.location) + len(s.value) }

// repeats reports whether t says nothing that s has not said.
func (s *setting) repeats(t *setting) bool {
	return bytes.Equal(s.value, t.value) && s.location == t.location && (t.version.Early || !s.version.Early)
}

func newConfig(c *Cluster) *Config {
	return &Config{c: c, values: map[string]*setting{}, caught: map[string]uint64{}}
}

// Shared reports whether options are the cluster's: a node of no cluster sets its own.
func (g *Config) Shared() bool { return g.c.self != nil }

// Value returns the last change of an option that this node knows of.
func (g *Config) Value(id string) (Change, bool) {
	s := g.values[id]
	if s == nil {
		return Change{}, false
	}
	return s.change(), true
}

func (s *setting) change() Change {
	return Change{ID: s.id, Value: s.value, Location: s.location, Version: s.version}
}

// Waiting returns how many of this node's changes the manager has not numbered yet.
func (g *Config) Waiting() int { return len(g.waiting) }

// Room says why a change of that option could not be made now; nil: Set will take it.
func (g *Config) Room(id string, value []byte, location string) error {
	s := setting{id: id, location: location, value: value}
	_, known := g.values[id]
	switch {
	case g.met && !g.managed():
		return errors.New("the manager is away")
	case s.size() > maxOptionValue:
		return fmt.Errorf("a value of %d bytes with its name, at most %d", s.size(), maxOptionValue)
	case len(g.waiting) >= maxWaiting || g.queued+s.size() > maxWaitBytes:
		return fmt.Errorf("%d changes wait for the manager already", len(g.waiting))
	case !known && len(g.values)+len(g.waiting) >= maxOptions || g.size+g.queued+s.size() > maxOptionBytes:
		return fmt.Errorf("the cluster keeps %d options and %d MB of values at most", maxOptions, maxOptionBytes>>20)
	}
	return nil
}

// managed reports whether changes can be numbered now.
func (g *Config) managed() bool {
	_, up := g.c.up[g.c.Manager()]
	return up || g.c.self.Role == Manager
}

// Set has an option changed on all nodes. Room was asked before. The change comes back through OnChange, which tells by
// the number returned that it is this one; while the manager was not met yet it waits, and when the manager is lost
// before it has come back it is sent to the next one. The error says that it can't be sent, and is not kept. value is kept.
func (g *Config) Set(id string, value []byte, location string) (number uint64, err error) {
	g.asked++
	s := &setting{id: id, location: location, value: value, origin: g.c.opts.ID.String(), asked: g.asked}
	if g.c.self.Role == Manager {
		s.version.Early = !g.c.opened
		g.take(s, g.c.self.Name)
		return s.asked, nil
	}
	s.version.Early = !g.met
	if g.managed() {
		if err := g.c.backend.PublishKept(NodeTopic(g.c.Manager()), s.appendEvent(nil)); err != nil {
			return 0, err
		}
	}
	g.waiting = append(g.waiting, s)
	g.queued += s.size()
	return s.asked, nil
}

// keep makes s the value of its option. False: there is no room.
func (g *Config) keep(s *setting) bool {
	old := g.values[s.id]
	size := g.size + s.size()
	if old != nil {
		size -= old.size()
	}
	if old == nil && len(g.values) >= maxOptions || size > maxOptionBytes {
		if g.unkept.due() {
			g.c.opts.Log.Error("no room for another option, its value is dropped", "option", s.id, "options", len(g.values), "bytes", g.size, "dropped", g.unkept.n)
		}
		return false
	}
	g.values[s.id], g.size = s, size
	return true
}

// changed tells of a value.
func (g *Config) changed(s *setting, isNew bool, settles uint64) {
	g.c.opts.Debugf("option %s: %d bytes of value, version %d.%d, early: %t, new here: %t", s.id, len(s.value), s.version.Term, s.version.Seq, s.version.Early, isNew)
	if g.OnChange != nil {
		ch := s.change()
		ch.New, ch.Settles = isNew, settles
		g.OnChange(ch)
	}
}

// peerUp brings somebody who has come to the same values.
func (g *Config) peerUp(m Member) {
	switch {
	case g.c.self.Role == Manager:
		g.sendAll(m.Name)
	case m.Name == g.c.Manager():
		g.met, g.heard = true, 0
		for _, s := range g.sorted() { // a manager that was started again has forgotten what its former self had numbered
			if s.version.Term != m.Epoch {
				g.send(NodeTopic(m.Name), s)
			}
		}
		for _, s := range g.waiting {
			g.send(NodeTopic(m.Name), s)
		}
	}
}

// sorted returns all values, the oldest first.
func (g *Config) sorted() []*setting {
	all := make([]*setting, 0, len(g.values))
	for _, s := range g.values {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *setting) int {
		switch {
		case a.version.Less(b.version):
			return -1
		case b.version.Less(a.version):
			return 1
		}
		return 0
	})
	return all
}

// published takes what the manager has published.
func (g *Config) published(s *setting) {
	term := g.c.up[g.c.Manager()].Epoch
	if s.version.Term == term {
		if s.origin != "" && s.version.Seq > g.heard+1 {
			if g.gaps.due() {
				g.c.opts.Log.Warn("changes of options did not arrive here, the manager is asked for them", "last", g.heard, "now", s.version.Seq, "times", g.gaps.n)
			}
			g.publish(NodeTopic(g.c.Manager()), eventSendOptions, wire.AppendEventHeader(nil, eventSendOptions, 0))
		}
		g.heard = max(g.heard, s.version.Seq)
	}
	have := g.values[s.id]
	isNew := have == nil || have.version.replacedBy(s.version, term)
	if isNew && !g.keep(s) {
		return
	}
	var settles uint64
	if s.origin == g.c.opts.ID.String() {
		settles = s.asked
		g.settle(settles)
	}
	if isNew || settles > 0 {
		g.changed(g.values[s.id], isNew, settles)
	}
}

// settle forgets this node's changes up to one that the manager has answered: it takes them in order. Whose answer did not
// arrive is told, too.
func (g *Config) settle(asked uint64) {
	for len(g.waiting) > 0 && g.waiting[0].asked <= asked {
		s := g.waiting[0]
		g.queued -= s.size()
		g.waiting = g.waiting[1:]
		if s.asked < asked && g.OnChange != nil {
			g.OnChange(Change{ID: s.id, Settles: s.asked})
		}
	}
}

// receive takes an event about options that member m has published.
func (g *Config) receive(m Member, event string, payload []byte) {
	if event == eventSendOptions {
		if g.c.self.Role == Manager && g.caught[m.Name] < g.seq { // once for each gap
			g.caught[m.Name] = g.seq
			g.sendAll(m.Name)
		}
		return
	}
	s, err := parseSetting(payload)
	manager := g.c.self.Role == Manager
	switch {
	case err != nil:
	case !manager && m.Name == g.c.Manager() && s.version.Term > 0:
		g.published(s)
		return
	case !manager:
		err = errors.New("only the manager tells what an option is")
	case s.version.Term == g.term():
		err = errors.New("this manager has not numbered it")
	case s.version.Term > 0:
		g.learn(s)
		return
	case s.origin != m.ID.String():
		err = fmt.Errorf("it is from %s, as it says", s.origin)
	default:
		g.take(s, m.Name)
		return
	}
	if g.untrue.due() {
		g.c.opts.Log.Warn("a change of an option that can't be true, dropped", "from", m.Name, "err", err, "dropped", g.untrue.n)
	}
}

// send publishes a setting.
func (g *Config) send(topic string, s *setting) { g.publish(topic, eventSetOption, s.appendEvent(nil)) }

func (g *Config) publish(topic, event string, payload []byte) {
	if err := g.c.backend.PublishKept(topic, payload); err != nil && g.unsent.due() {
		g.c.opts.Log.Error("can't publish", "event", event, "topic", topic, "err", err, "times", g.unsent.n)
	}
}
