package script

import lua "github.com/yuin/gopher-lua"

// Origin says where an event being handled came from.
type Origin struct {
	Remote  bool
	Source  string // endpoint id or peer name; empty for local events
	Topic   string // empty for local events
	Time    int64  // origin's node time, ns since 1970; 0 when not known
	Payload []byte // the whole event as bytes, for republishing and metadata; nil for local events
}

// pending is an event on its way to its handlers, or a deferred function. One of three forms holds its arguments: Lua values,
// bytes that are decoded only when it is this event's turn, or one Go value that becomes a Lua value then.
type pending struct {
	ev     *Event
	args   []lua.LValue
	goArg  any
	origin Origin
	fn     func() // instead of an event
}

const segmentLen = 512

// segment is a stretch of the queue with room of its own for arguments and payload bytes, so that queuing an
// event allocates nothing once the queue has warmed up.
type segment struct {
	items [segmentLen]pending
	n     int
	args  []lua.LValue
	bytes []byte
}

// queue is the domain's FIFO of events. It takes what it is given; the domain keeps its bound.
type queue struct {
	segs []*segment // oldest first
	read int        // the next item of segs[0]
	len  int
	free []*segment
}

func (q *queue) last() *segment {
	if n := len(q.segs); n > 0 && q.segs[n-1].n < segmentLen {
		return q.segs[n-1]
	}
	var s *segment
	if n := len(q.free); n > 0 {
		s, q.free = q.free[n-1], q.free[:n-1]
	} else {
		s = &segment{}
	}
	q.segs = append(q.segs, s)
	return s
}

// pushArgs queues an event whose arguments are Lua values, which are copied.
func (q *queue) pushArgs(ev *Event, args []lua.LValue) {
	s := q.last()
	at := len(s.args)
	s.args = append(s.args, args...)
	p := &s.items[s.n]
	p.ev, p.args = ev, s.args[at:len(s.args):len(s.args)]
	s.n++
	q.len++
}

// pushGo queues an event whose only argument is a Go value.
func (q *queue) pushGo(ev *Event, arg any) {
	s := q.last()
	p := &s.items[s.n]
	p.ev, p.goArg = ev, arg
	s.n++
	q.len++
}

// pushFunc queues a Go function that runs when it is its turn.
func (q *queue) pushFunc(fn func()) {
	s := q.last()
	s.items[s.n].fn = fn
	s.n++
	q.len++
}

// pushBytes queues an event that came as bytes, which are copied.
func (q *queue) pushBytes(ev *Event, o Origin) {
	s := q.last()
	at := len(s.bytes)
	s.bytes = append(s.bytes, o.Payload...)
	o.Payload = s.bytes[at:len(s.bytes):len(s.bytes)]
	p := &s.items[s.n]
	p.ev, p.origin = ev, o
	s.n++
	q.len++
}

// front returns the oldest event, or nil. It is valid until drop.
func (q *queue) front() *pending {
	if q.len == 0 {
		return nil
	}
	return &q.segs[0].items[q.read]
}

// drop forgets the oldest event. A segment that was read to its end is cleared and used again.
func (q *queue) drop() {
	s := q.segs[0]
	s.items[q.read] = pending{}
	q.read++
	q.len--
	if q.read < s.n {
		return
	}
	q.read = 0
	clear(s.args)
	s.args, s.bytes, s.n = s.args[:0], s.bytes[:0], 0
	if cap(s.bytes) > 1<<20 {
		s.bytes = nil
	}
	if len(q.segs) == 1 {
		return // the only segment: start it again
	}
	copy(q.segs, q.segs[1:])
	q.segs[len(q.segs)-1] = nil
	q.segs = q.segs[:len(q.segs)-1]
	if len(q.free) < 4 {
		q.free = append(q.free, s)
	}
}
