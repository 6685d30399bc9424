package lane

import (
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// Options says how a Set behaves.
type Options struct {
	// Broker makes frames with Broker's header instead of ours.
	Broker bool
	// MaxFrame is the largest length field of a frame; a message above it is dropped. Zero means
	// wire.DefaultMaxFrame.
	MaxFrame int
	// Limits bound the lanes; zero fields mean those of DefaultLimits, whose policy holds if Messages and Bytes
	// are both zero.
	Limits [step.NumLanes]Limits
	// Pool is where chunks come from. Nil means a pool of the set's own.
	Pool *Pool

	// Wake is called by the loop when the writer of lane l has something new to take. It must not block. Required.
	Wake func(l step.Lane)
	// Writable is called, by the writer, when lane l has become writable after it was not. Nil means nobody asks.
	Writable func(l step.Lane)
	// Overflow is called by the loop once when a burst of drops begins on lane l, with zero, and once when it is
	// over, with the number of messages dropped. With policy Disconnect it is called once, with the number. Nil
	// means nobody asks. Of the Set's methods it may call Close.
	Overflow func(l step.Lane, dropped uint64)
}

func (o Options) withDefaults() Options {
	if o.MaxFrame == 0 {
		o.MaxFrame = wire.DefaultMaxFrame
	}
	for l, d := range DefaultLimits() {
		lim := &o.Limits[l]
		if lim.Messages == 0 && lim.Bytes == 0 && lim.Policy == DropOldest {
			lim.Policy = d.Policy
		}
		if lim.Messages == 0 {
			lim.Messages = d.Messages
		}
		if lim.Bytes == 0 {
			lim.Bytes = d.Bytes
		}
	}
	if o.Pool == nil {
		o.Pool = new(Pool)
	}
	if o.Overflow == nil {
		o.Overflow = func(step.Lane, uint64) {}
	}
	if o.Writable == nil {
		o.Writable = func(step.Lane) {}
	}
	return o
}

// Set is the queues of one link.
type Set struct {
	opts     Options
	queues   [step.NumLanes]queue
	touched  [step.NumLanes]bool // appended to since the last Flush
	bursting [step.NumLanes]bool // Overflow has been told of the beginning
	closed   bool
}

// New returns a set with empty queues.
func New(opts Options) *Set {
	s := &Set{opts: opts.withDefaults()}
	for i := range s.queues {
		l := step.Lane(i)
		q := &s.queues[i]
		q.limits, q.pool = s.opts.Limits[i], s.opts.Pool
		q.wake = func() { s.opts.Wake(l) }
	}
	return s
}

// Append puts a message into lane l, as Link.Append promises.
func (s *Set) Append(l step.Lane, h *wire.Header, payload []byte) step.Verdict {
	inline, large := payload, []byte(nil)
	if len(payload) > step.LargePayload {
		inline, large = nil, payload
	}
	q := &s.queues[l]
	var buf []byte
	var start int
	var err error
	if s.opts.Broker {
		buf = q.begin(wire.BrokerFrameSize(h, len(inline)))
		start = len(buf)
		buf, err = wire.AppendBrokerFrameHeader(buf, h, len(payload), s.opts.MaxFrame)
	} else {
		buf = q.begin(wire.FrameSize(h, len(inline)))
		start = len(buf)
		buf, err = wire.AppendFrameHeader(buf, h, len(payload), s.opts.MaxFrame)
	}
	if err != nil {
		q.reject(len(payload))
		return step.Dropped
	}
	return s.commit(l, append(buf, inline...), start, large)
}

// AppendFrame puts a whole frame, copied, into lane l. It is for what has another header, such as a handshake.
func (s *Set) AppendFrame(l step.Lane, frame []byte) step.Verdict {
	buf := s.queues[l].begin(len(frame))
	start := len(buf)
	return s.commit(l, append(buf, frame...), start, nil)
}

func (s *Set) commit(l step.Lane, buf []byte, start int, large []byte) step.Verdict {
	q := &s.queues[l]
	v := q.commit(buf, start, large)
	s.touched[l] = true
	if q.burst > 0 && !s.bursting[l] {
		s.report(l)
	}
	return v
}

// Writable answers Link.Writable for lane l.
func (s *Set) Writable(l step.Lane) bool {
	w := s.queues[l].writable()
	s.report(l)
	return w
}

// Flush hands over what was appended since the last one.
func (s *Set) Flush() {
	for l := range step.Lane(step.NumLanes) {
		if s.touched[l] {
			s.touched[l] = false
			s.queues[l].handOver()
			s.report(l)
		}
	}
}

// report tells Overflow of the beginning and the end of a burst.
func (s *Set) report(l step.Lane) {
	q := &s.queues[l]
	if q.burst == 0 || s.closed { // that a lane is empty because its link has ended is no news
		return
	}
	if !s.bursting[l] && !q.closed {
		s.bursting[l] = true
		s.opts.Overflow(l, 0)
	}
	if q.refresh(); q.underHalf(q.queued()) {
		dropped := q.burst
		s.bursting[l], q.burst = false, 0
		s.opts.Overflow(l, dropped)
	}
}

// Close drops what waits in every lane; what is appended from now on is dropped too. The writers find nothing
// more to take.
func (s *Set) Close() {
	s.closed = true
	for i := range s.queues {
		s.queues[i].discard()
		s.queues[i].closed = true
	}
}

// Queued is what waits in lane l for its writer.
func (s *Set) Queued(l step.Lane) step.Count {
	q := &s.queues[l]
	q.refresh()
	return q.queued()
}

// Waiting is how many bytes wait in lane l for its writer, who may ask.
func (s *Set) Waiting(l step.Lane) uint64 {
	q := &s.queues[l]
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.pending.Bytes
}

// Overflows is how many bursts of drops lane l has had.
func (s *Set) Overflows(l step.Lane) uint64 { return s.queues[l].overflow }

// Peak is the most messages that waited in lane l for their writer since ResetPeak.
func (s *Set) Peak(l step.Lane) uint64 { return s.queues[l].peak }

// ResetPeak has Peak begin anew, with what waits now.
func (s *Set) ResetPeak() {
	for i := range s.queues {
		q := &s.queues[i]
		q.refresh()
		q.peak = q.queued().Messages
	}
}

// Received counts what the link's reader has taken from the other end's lane l.
func (s *Set) Received(l step.Lane, c step.Count) {
	q := &s.queues[l]
	q.mu.Lock()
	q.received = q.received.Plus(c)
	q.mu.Unlock()
}

// Counters returns the account of lane l. It belongs to the loop, as Link.Counters does.
func (s *Set) Counters(l step.Lane) step.Counters {
	q := &s.queues[l]
	q.mu.Lock()
	defer q.mu.Unlock()
	return step.Counters{Offered: q.offered, Dropped: q.dropped, Written: q.written, Received: q.received}
}
