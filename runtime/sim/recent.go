package sim

import (
	"bytes"
	"strings"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/sim/tracefile"
)

// maxFrame is how much of a message's frame is kept, and maxNote how much of a note's text.
const (
	maxFrame = 4 << 10
	maxNote  = 1 << 10
)

// recent are the last things that have happened, for who wants to know after a failure. Nothing is decoded, and the places
// are used again, so that keeping them costs little.
type recent struct {
	messages ring[message]
	notes    ring[note]
	serial   uint64 // of all
}

// message is a message that is kept, with its place among all.
type message struct {
	tracefile.Message
	serial uint64
}

type note struct {
	tracefile.Entry
	serial uint64
}

// ring keeps the last few values.
type ring[T any] struct {
	kept []T
	most int
	next int // which is overwritten next, once it is full
}

// slot returns the place for a value: a new one, or that of the oldest.
func (r *ring[T]) slot() *T {
	if len(r.kept) < r.most {
		r.kept = append(r.kept, *new(T))
		return &r.kept[len(r.kept)-1]
	}
	i := r.next
	r.next = (r.next + 1) % r.most
	return &r.kept[i]
}

// each calls fn for all, the oldest first.
func (r *ring[T]) each(fn func(*T)) {
	for i := range r.kept {
		fn(&r.kept[(r.next+i)%len(r.kept)])
	}
}

// off tells whether nothing is kept.
func (r *recent) off() bool { return r.messages.most == 0 }

// message keeps a message; what is about the link itself is not worth a place.
func (r *recent) message(m *tracefile.Message) {
	if r.off() || m.Lane == step.LaneControl {
		return
	}
	s := r.messages.slot()
	buf := append(s.Frame[:0], m.Frame[:min(len(m.Frame), maxFrame)]...)
	s.Message, s.serial = *m, r.serial
	s.Frame = buf
	r.serial++
}

// note keeps a note.
func (r *recent) note(at time.Duration, node string, what tracefile.What, text string) {
	if r.off() {
		return
	}
	if len(text) > maxNote {
		text = strings.Clone(text[:maxNote]) + "…"
	}
	s := r.notes.slot()
	s.Entry, s.serial = tracefile.Entry{At: at, Node: node, What: what, Text: text}, r.serial
	r.serial++
}

// Exchanged returns the last messages that nodes have sent each other, the oldest first, as many as Options.Exchanged says,
// those that were lost among them; the control lane (handshakes, routing, link control) is left out. Of large frames only
// the beginning was kept. They are copies.
func (w *World) Exchanged() []tracefile.Message {
	out := make([]tracefile.Message, 0, len(w.recent.messages.kept))
	w.recent.messages.each(func(m *message) {
		c := m.Message
		c.Frame = bytes.Clone(m.Frame)
		out = append(out, c)
	})
	return out
}

// Recent returns what Exchanged does, and between them what has happened to nodes and wires since the first of these
// messages, faults also before: for tracefile.Draw.
func (w *World) Recent() (out []tracefile.Entry) {
	ms := w.Exchanged()
	var serials []uint64
	w.recent.messages.each(func(m *message) { serials = append(serials, m.serial) })
	i := 0
	upTo := func(serial uint64) {
		for ; i < len(ms) && serials[i] < serial; i++ {
			out = append(out, tracefile.Entry{At: ms[i].At, Message: &ms[i]})
		}
	}
	full := len(ms) == w.recent.messages.most
	w.recent.notes.each(func(n *note) {
		upTo(n.serial)
		if i > 0 || !full || n.Fault() {
			out = append(out, n.Entry)
		}
	})
	upTo(w.recent.serial)
	return out
}
