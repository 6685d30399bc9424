package quicpeer

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/quic-go/quic-go"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

const (
	maxOpen     = 4         // batches of a lane that the loop may hold
	largeBuffer = 64 << 10  // of a busy lane
	smallBuffer = 4 << 10   // of an idle one
	keepBuffer  = 128 << 10 // a larger one, for a large frame, is not used again
	quietReads  = 256       // so many small batches in a row make a lane idle
)

// reader reads one lane, cuts what comes at frame borders and hands it to the loop in batches.
type reader struct {
	l        *link
	lane     step.Lane
	from     io.Reader
	maxFrame int
	slots    chan *step.Batch // those the loop does not hold
	rest     []byte           // the beginning of a frame, read with the batch before
	size     int              // of buffers
	quiet    int

	room    func(size int) (release func(), err error) // asked before a large frame; nil: there is always some
	release func()                                     // of the large frame that has begun
}

func newReader(l *link, ln step.Lane, from io.Reader) *reader {
	r := &reader{l: l, lane: ln, from: from, maxFrame: l.maxFrame, slots: make(chan *step.Batch, maxOpen), size: smallBuffer, room: l.room}
	if ln == step.LaneControl {
		r.maxFrame = wire.DefaultMaxHandshake // a stranger's, too
	}
	for range maxOpen {
		r.slots <- step.NewBatch(r.released)
	}
	return r
}

// released takes a batch back from the loop.
func (r *reader) released(b *step.Batch) {
	if cap(b.Buf) > keepBuffer {
		b.Buf = nil // not when it is used again: on an idle lane that may be never
	}
	r.slots <- b
}

// run reads until the connection ends, and ends it if the stream does or is not what it should be.
func (r *reader) run() {
	defer r.arrived()
	for {
		var b *step.Batch
		select {
		case b = <-r.slots:
		case <-r.l.conn.Context().Done():
			return
		}
		b.Reset(r.l.id, r.lane)
		if err := r.fill(b); err != nil {
			why := fmt.Sprintf("%s lane: %v", r.lane, err)
			if errors.Is(err, io.EOF) {
				why = fmt.Sprintf("the %s lane has ended", r.lane)
			}
			r.l.fail(why)
			return
		}
		r.l.Received(r.lane, step.Count{Messages: uint64(b.Len()), Bytes: uint64(len(b.Buf))})
		r.l.t.opts.Inbox.Put(b)
	}
}

// fill reads into b until there is at least one whole frame. What follows the last whole one is kept for the next.
func (r *reader) fill(b *step.Batch) error {
	buf := b.Buf
	if cap(buf) < r.size || cap(buf) > keepBuffer || r.size == smallBuffer && cap(buf) > smallBuffer {
		buf = make([]byte, 0, r.size)
	}
	buf = append(buf[:0], r.rest...)
	at := 0
	var err error
	for {
		size, ferr := wire.FrameLen(buf, r.maxFrame)
		for size > 0 && size <= len(buf)-at {
			b.Off = append(b.Off, uint32(at))
			at += size
			size, ferr = wire.FrameLen(buf[at:], r.maxFrame)
		}
		switch {
		case at > 0:
			r.arrived()
			r.adapt(len(buf), cap(buf))
			r.rest = append(r.rest[:0], buf[at:]...)
			b.Buf = buf[:at]
			return nil // an error comes again
		case ferr != nil:
			return fmt.Errorf("%w (limit %d bytes)", ferr, r.maxFrame)
		case err != nil:
			return err
		}
		if size > keepBuffer {
			if rerr := r.reserve(size); rerr != nil {
				return rerr
			}
		}
		if len(buf) == cap(buf) {
			room := 2 * len(buf) // as much as has arrived
			if size > len(buf) {
				room = min(room, size)
			}
			buf = append(make([]byte, 0, room), buf...)
		}
		var n int
		n, err = r.from.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
	}
}

// Frames above keepBuffer share so much memory while they arrive, of all links of a transport together, and each has to
// be there within frameTimeout of its beginning: one that never ends must not hold megabytes for ever.
const (
	largeFrames  = 256 << 20
	frameTimeout = time.Minute
)

// room waits until a frame of so many bytes may arrive, and returns what says that it has. Others have a minute each;
// meanwhile this lane stands still, and nothing else.
func (l *link) room(size int) (release func(), err error) {
	n := min(int64(size), largeFrames)
	if err := l.t.large.Acquire(l.conn.Context(), n); err != nil {
		return nil, err
	}
	return func() { l.t.large.Release(n) }, nil
}

// reserve asks for room for a large frame, once for each.
func (r *reader) reserve(size int) (err error) {
	if r.room == nil || r.release != nil {
		return nil
	}
	r.release, err = r.room(size)
	r.deadline(time.Now().Add(frameTimeout))
	return err
}

// arrived gives back what was reserved.
func (r *reader) arrived() {
	if r.release != nil {
		r.release()
		r.release = nil
		r.deadline(time.Time{})
	}
}

func (r *reader) deadline(t time.Time) {
	if s, ok := r.from.(interface{ SetReadDeadline(time.Time) error }); ok {
		s.SetReadDeadline(t)
	}
}

// adapt has a busy lane read into large buffers and an idle one into small ones.
func (r *reader) adapt(n, room int) {
	switch {
	case n == room:
		r.size, r.quiet = largeBuffer, 0
	case n > smallBuffer/2:
		r.quiet = 0
	default:
		if r.quiet++; r.quiet > quietReads {
			r.size = smallBuffer
		}
	}
	if cap(r.rest) > keepBuffer {
		r.rest = nil
	}
}

// acceptLanes reads the other end's lanes once the handshake above is done.
func (l *link) acceptLanes() {
	ctx := l.conn.Context()
	select {
	case <-l.open:
	case <-ctx.Done():
		return
	}
	var seen [step.NumLanes]bool
	for {
		s, err := l.conn.AcceptUniStream(ctx)
		if err != nil {
			return
		}
		ln, err := laneOf(s)
		if err == nil && (ln == step.LaneControl || ln >= step.NumLanes || seen[ln]) {
			err = fmt.Errorf("a stream for lane %d", ln)
		}
		if err != nil {
			l.fail(err.Error())
			return
		}
		seen[ln] = true
		l.wg.Go(func() { newReader(l, ln, s).run() })
	}
}

// laneOf reads a stream's first byte. A stream that was opened has it with it or is about to.
func laneOf(s *quic.ReceiveStream) (step.Lane, error) {
	var first [1]byte
	if _, err := io.ReadFull(s, first[:]); err != nil {
		return 0, &broker.Error{Code: broker.InvalidMessage, Context: "a stream without a lane", Err: err}
	}
	return step.Lane(first[0]), nil
}
