package script

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// Origin says where an event being handled came from. For an event that was raised here it is zero.
type Origin struct {
	Remote  bool              // published by another node
	ID      broker.EndpointID // of the endpoint that published it
	Topic   []byte
	Payload []byte // the whole event as bytes, for republishing and metadata
}

// pending is an event on its way to its handlers, or a deferred function. Its arguments are in one of three forms:
// Lua values, bytes that are decoded only when it is this event's turn, or one Go value that becomes Lua values
// then.
type pending struct {
	ev     *Event
	args   []lua.LValue
	goArg  any   // a Go value; for a deferred function func()
	origin int32 // 1 + index into the segment's origins; 0 for what does not come as bytes
	form   uint8
}

// The forms of a pending event.
const (
	formArgs uint8 = iota
	formBytes
	formGo
	formFunc
)

const segmentLen = 512

// segment is a stretch of the queue with room of its own for arguments, origins and payload bytes, so that queuing
// an event allocates nothing once the queue has warmed up.
type segment struct {
	items   [segmentLen]pending
	n       int
	args    []lua.LValue
	origins []Origin
	bytes   []byte
	size    int // bytes of text in args, and bytes
}

// maxFree is how many empty segments are kept: 8,192 events.
const maxFree = 16

// queue is the domain's FIFO of events. It takes what it is given; the domain keeps its bound.
type queue struct {
	segs []*segment // oldest first
	read int        // the next item of segs[0]
	len  int
	size int // bytes of text and payload in the segments, those of segs[0] that were read included
	free []*segment
}

// next returns the segment and the item to fill.
func (q *queue) next() (*segment, *pending) {
	q.len++
	n := len(q.segs)
	if n == 0 || q.segs[n-1].n == segmentLen {
		q.grow()
		n++
	}
	s := q.segs[n-1]
	p := &s.items[s.n]
	s.n++
	return s, p
}

func (q *queue) grow() {
	if n := len(q.free); n > 0 {
		q.segs = append(q.segs, q.free[n-1])
		q.free = q.free[:n-1]
		return
	}
	q.segs = append(q.segs, &segment{})
}

// pushArgs queues an event whose arguments are Lua values, which are copied.
func (q *queue) pushArgs(ev *Event, args []lua.LValue) {
	s, p := q.next()
	at := len(s.args)
	s.args = append(s.args, args...)
	size := 0
	for _, a := range args {
		if text, ok := a.(lua.LString); ok {
			size += len(text)
		}
	}
	s.size += size
	q.size += size
	p.ev, p.args, p.form = ev, s.args[at:len(s.args):len(s.args)], formArgs
}

// pushGo queues an event whose arguments are a Go value.
func (q *queue) pushGo(ev *Event, arg any) {
	_, p := q.next()
	p.ev, p.goArg, p.form = ev, arg, formGo
}

// pushFunc queues a Go function that runs when it is its turn and holds so many bytes until then.
func (q *queue) pushFunc(fn func(), size int) {
	s, p := q.next()
	s.size += size
	q.size += size
	p.goArg, p.form = fn, formFunc
}

// pushBytes queues an event that came as bytes, which are copied.
func (q *queue) pushBytes(ev *Event, o Origin) {
	s, p := q.next()
	o.Topic, o.Payload = s.keep(o.Topic), s.keep(o.Payload)
	s.size += len(o.Topic) + len(o.Payload)
	q.size += len(o.Topic) + len(o.Payload)
	s.origins = append(s.origins, o)
	p.ev, p.origin, p.form = ev, int32(len(s.origins)), formBytes
}

// keep copies b into the segment.
func (s *segment) keep(b []byte) []byte {
	at := len(s.bytes)
	s.bytes = append(s.bytes, b...)
	return s.bytes[at:len(s.bytes):len(s.bytes)]
}

// reset forgets everything.
func (q *queue) reset() { *q = queue{} }

// front returns the oldest event, or nil. It is valid until drop.
func (q *queue) front() *pending {
	if q.len == 0 {
		return nil
	}
	return &q.segs[0].items[q.read]
}

// originOf returns where p, the oldest event, came from. It is valid until drop or the next push.
func (q *queue) originOf(p *pending) *Origin { return &q.segs[0].origins[p.origin-1] }

// drop forgets the oldest event. A segment that was read to its end is cleared and used again.
func (q *queue) drop() {
	s := q.segs[0]
	if p := &s.items[q.read]; p.form >= formGo {
		p.goArg = nil // a connection, a log record: not kept until the segment is used again
	}
	q.read++
	q.len--
	if q.read < s.n {
		return
	}
	q.read = 0
	q.size -= s.size
	s.clear()
	if len(q.segs) == 1 {
		return // the only segment: start it again
	}
	copy(q.segs, q.segs[1:])
	q.segs[len(q.segs)-1] = nil
	q.segs = q.segs[:len(q.segs)-1]
	if len(q.free) < maxFree {
		q.free = append(q.free, s)
	}
}

func (s *segment) clear() {
	clear(s.items[:s.n])
	clear(s.args)
	clear(s.origins)
	s.n, s.size, s.args, s.origins, s.bytes = 0, 0, s.args[:0], s.origins[:0], s.bytes[:0]
	if cap(s.bytes) > 1<<20 {
		s.bytes = nil
	}
}
