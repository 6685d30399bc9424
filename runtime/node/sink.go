package node

import (
	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/script"
)

// LogRecord is one line of a Zeek log on its way to the handlers of Input::<path>.
type LogRecord struct {
	Type   *input.RecordType
	Fields broker.Vector
}

// JSONArgs are the arguments of an event from a JSON line.
type JSONArgs struct {
	Args []any // as input.Sink.Event gives them
	Line int
}

// sink raises the events of the input.
type sink struct {
	n       *Node
	conn    [3]*script.Event // by flow.EventKind
	records map[string]*script.Event
	queued  bool
}

func newSink(n *Node) *sink {
	s := &sink{n: n, records: map[string]*script.Event{}}
	for _, kind := range []flow.EventKind{flow.NewConnection, flow.Established, flow.StateRemove} {
		s.conn[kind] = n.Domain.Event(kind.String())
	}
	return s
}

// ConnEvent implements input.Sink. A connection that scripts get to see is not used again for another one.
func (s *sink) ConnEvent(kind flow.EventKind, c *flow.Conn) {
	ev := s.conn[kind]
	if !ev.Wanted() {
		ev.Dropped++
		return
	}
	c.Retain()
	s.n.clock.advanceTo(s.n.source)
	s.n.Domain.RaiseGo(ev, c)
	s.queued = true
}

// Record implements input.Sink.
func (s *sink) Record(path string, t *input.RecordType, rec broker.Vector) {
	ev := s.records[path]
	if ev == nil {
		ev = s.n.Domain.Event("Input::" + path)
		s.records[path] = ev
	}
	if !ev.Wanted() {
		ev.Dropped++
		if ev.WarnOnce() {
			s.n.Domain.Reports.Warnf("the log raises %s, and nobody handles it%s", ev.Name, s.n.Domain.NearEvent(ev.Name))
		}
		return
	}
	s.n.clock.advanceTo(s.n.source)
	s.n.Domain.RaiseGo(ev, &LogRecord{Type: t, Fields: rec})
	s.queued = true
}

// Event implements input.Sink.
func (s *sink) Event(name string, args []any, line int) {
	if name == "node_init" || name == "node_done" || name == "node_reloaded" {
		s.n.Domain.Reports.Warnf("stdin:%d: %s is raised by the node only", line, name)
		return
	}
	ev := s.n.Domain.Lookup(name)
	if ev == nil || !ev.Wanted() {
		s.n.Domain.Counters.Unhandled++
		if ev != nil {
			ev.Dropped++
		}
		if s.n.firstUnknown(name) {
			s.n.Domain.Reports.Warnf("stdin:%d: nobody handles event %q%s; further ones are only counted", line, name, s.n.Domain.NearEvent(name))
		}
		return
	}
	s.n.Domain.RaiseGo(ev, &JSONArgs{Args: args, Line: line})
	s.queued = true
}

// Warn implements input.Sink.
func (s *sink) Warn(err error) { s.n.Domain.Reports.Warnf("%v", err) }

// Enough implements input.Sink: the events of one item are handled before the next is looked at.
func (s *sink) Enough() bool { return s.queued }
