package quicpeer

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"moonpeer/net/lane"
	"moonpeer/net/step"
)

// writer takes what is queued in one lane and writes it to the lane's stream.
type writer struct {
	l       *link
	lane    step.Lane
	wake    chan struct{}
	started bool // by the loop only
	taken   lane.Taken
}

// run writes until the connection has ended.
func (w *writer) run() {
	ctx := w.l.conn.Context()
	stream, err := w.stream()
	if err != nil {
		return
	}
	for {
		select {
		case <-w.wake:
		case <-ctx.Done():
			return
		}
		for w.l.Take(w.lane, w.piece(), &w.taken) {
			err := w.write(stream)
			w.l.Done(w.lane, &w.taken)
			if err != nil {
				w.l.fail(fmt.Sprintf("%s lane: %v", w.lane, err)) // does nothing if the connection has ended
				return
			}
			w.l.pace.wrote(w.lane, ctx.Done())
		}
	}
}

// stream opens the lane's stream; its first byte is the lane.
func (w *writer) stream() (io.Writer, error) {
	if w.lane == step.LaneControl {
		return w.l.control, nil
	}
	s, err := w.l.conn.OpenUniStreamSync(w.l.conn.Context())
	if err != nil {
		return nil, err
	}
	_, err = s.Write([]byte{byte(w.lane)})
	return s, err
}

func (w *writer) write(stream io.Writer) error {
	for _, b := range w.taken.Buffers() {
		if _, err := stream.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// pace keeps bulk from slowing events down: stores and logs are written in pieces, one per millisecond while the
// event lane is in use (architecture §4).
type pace struct{ events atomic.Int64 } // when the event lane was last written

const (
	bulkPiece  = 32 << 10
	bulkRest   = time.Millisecond
	eventsUsed = 100 * time.Millisecond
)

var started = time.Now()

// piece is how much a writer takes at once.
func (w *writer) piece() int {
	switch w.lane {
	case step.LaneStores:
		return bulkPiece
	case step.LaneLogs:
		if q := w.l.Waiting(w.lane); q > logsBehind {
			return 2 * bulkPiece
		}
		return bulkPiece
	}
	return lane.MaxTake
}

// logsBehind is half of what the log lane holds: from there on its pieces are twice as large.
const logsBehind = 4 << 20

// wrote notes that a lane was written, and has bulk rest before its next piece.
func (p *pace) wrote(l step.Lane, end <-chan struct{}) {
	switch l {
	case step.LaneEvents:
		p.events.Store(int64(time.Since(started)))
	case step.LaneStores, step.LaneLogs:
		if time.Since(started)-time.Duration(p.events.Load()) > eventsUsed {
			return
		}
		t := time.NewTimer(bulkRest)
		defer t.Stop()
		select {
		case <-t.C:
		case <-end:
		}
	}
}
