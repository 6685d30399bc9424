package store

import (
	"math"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store/table"
)

// follower is one clone of ours, as its master sees it. What it is to be sent is not queued for it: changes are in the
// master's ring, entries in its table.
type follower struct {
	peer   broker.EndpointID
	link   uint64
	who    wire.Entity
	writer *writer
	next   uint64 // the change that it is to be sent next

	greeted bool // begin or resume is on its way
	seen    bool // its peer has announced the clone

	walk   *table.Walk // under way; nil: none
	pieces []piece     // of the snapshot, made and not sent
}

// piece is one message of a snapshot. It holds entries as they were after change tag, so it goes out behind that change,
// when that is durable.
type piece struct {
	tag     uint64
	message []byte
}

// piecesAhead is how many pieces of a snapshot are made before the first of them may go.
const piecesAhead = 8

// follower returns the clone that a peer has; nil: none.
func (m *Master) follower(peer broker.EndpointID) *follower {
	for _, f := range m.followers {
		if f.peer == peer {
			return f
		}
	}
	return nil
}

// dropGone forgets the clones of peers that are gone.
func (m *Master) dropGone(peers []Peer) {
	kept := m.followers[:0]
	for _, f := range m.followers {
		if f.there(peers, m.out) {
			kept = append(kept, f)
		}
	}
	clear(m.followers[len(kept):])
	m.followers = kept
}

// there reports whether a clone's link is, and whether its peer still announces it, once it has: the two may come in any
// order.
func (f *follower) there(peers []Peer, topic string) bool {
	for i := range peers {
		if p := &peers[i]; p.ID == f.peer && p.Link == f.link {
			_, wanted := p.announces(topic)
			gone := f.seen && !wanted
			f.seen = wanted
			return !gone
		}
	}
	return false
}

// attached takes a clone up: behind the last change that it has, if that is known, else with all entries.
func (m *Master) attached(from broker.EndpointID, a *attach) {
	link := linkOf(m.opts.Bus.Peers(), from)
	if link == 0 {
		return // it is gone already
	}
	f := m.follower(from)
	if f == nil {
		f = &follower{peer: from}
		m.followers = append(m.followers, f)
	}
	m.recording = true
	if m.channel != nil {
		m.channel.leave(from, wire.Entity{})
	}
	*f = follower{peer: from, link: link, who: a.who, writer: m.writerOf(a.who)}
	f.there(m.opts.Bus.Peers(), m.out)
	f.writer.follower = f
	f.writer.confirmed(a.answered)
	f.writer.told = a.answered
	if a.term == m.term && a.seq <= m.out1 && (a.seq == m.seq || m.ring.piece(a.seq+1) != nil) {
		m.info.Resumes++
		f.next = a.seq + 1
		f.pieces = append(f.pieces, piece{message: appendResume(nil, &opening{to: a.who.Object, term: m.term, seq: a.seq, applied: f.writer.applied})})
	} else {
		f.restart(m)
	}
	m.touch(f.writer)
}

// restart sends it all entries. A snapshot that was under way is forgotten.
func (f *follower) restart(m *Master) {
	m.info.Snapshots++
	f.next, f.walk, f.greeted = m.seq+1, m.table.NewWalk(), false
	f.writer = m.writerOf(f.who) // another one if all was read again
	f.writer.follower = f
	begin := opening{to: f.who.Object, term: m.term, seq: m.seq, applied: f.writer.applied, entries: uint64(m.table.Len())}
	f.pieces = append(f.pieces[:0], piece{message: appendBegin(nil, &begin)})
}

// flush sends what may go, as far as the lane takes it. more: a snapshot goes on in the next turn.
func (f *follower) flush(m *Master) (more bool) {
	if !m.entered {
		return false // the disk calls when it is
	}
	if f.walk != nil && len(f.pieces) < piecesAhead && m.opts.Bus.Writable(f.peer) {
		f.proceed(m)
	}
	for {
		switch {
		case len(f.pieces) > 0 && f.next > f.pieces[0].tag:
			if p := &f.pieces[0]; p.tag > m.out1 || !f.send(m, p.message) {
				return false // the disk or the lane calls when it goes on
			}
			f.greeted = true
			f.pieces[0] = piece{}
			f.pieces = f.pieces[1:]
		case f.next > m.out1:
			return f.walk != nil && len(f.pieces) < piecesAhead && m.opts.Bus.Writable(f.peer)
		default:
			upTo := m.out1
			if len(f.pieces) > 0 {
				upTo = min(upTo, f.pieces[0].tag)
			}
			if !f.changes(m, upTo) {
				return false
			}
		}
	}
}

// changes sends changes from the ring, up to one. It returns false if the lane is full.
func (f *follower) changes(m *Master, upTo uint64) bool {
	p := m.ring.piece(f.next)
	if p == nil { // it has fallen behind what is kept
		f.restart(m)
		return true
	}
	for last := min(upTo, p.last()); f.next <= last; f.next++ {
		if !f.send(m, p.message(f.next)) {
			return false
		}
	}
	return true
}

// proceed makes the next piece of a snapshot.
func (f *follower) proceed(m *Master) {
	most := min(chunkBytes, m.opts.MaxEntry/32) // with the largest entry behind it, it still is a message
	b := append(make([]byte, 0, chunkBytes+chunkBytes/8), byte(msgChunk))
	done := f.walk.Next(func(key, value []byte, _ int64) bool {
		b = append(append(b, key...), value...)
		return len(b) < most
	})
	if len(b) > 1 {
		f.pieces = append(f.pieces, piece{m.seq, b})
	}
	if done {
		f.walk = nil
		f.pieces = append(f.pieces, piece{m.seq, appendU64s([]byte{byte(msgEnd)}, m.seq)})
	}
}

// send sends one message; false: the lane is full. Who is gone takes all of them.
func (f *follower) send(m *Master, message []byte) bool {
	return m.opts.Bus.Send(f.peer, m.out, message) != step.Full
}

// caughtUp reports whether all changes that may be seen have gone to it.
func (f *follower) caughtUp(m *Master) bool { return f.next > m.out1 }

// Flush implements Machine.
func (m *Master) Flush() (more bool) {
	m.asked = false
	if m.refused != nil {
		return false
	}
	if m.unclaimed {
		m.PeersChanged()
	}
	m.commit()
	for _, f := range m.followers {
		more = f.flush(m) || more
	}
	m.answer()
	return more
}

// Receive implements Machine.
func (m *Master) Receive(from broker.EndpointID, topic, payload []byte) bool {
	if string(topic) != m.in || m.refused != nil || len(payload) == 0 {
		return false
	}
	f := fields{b: payload[1:]}
	ok := false
	switch messageKind(payload[0]) {
	case msgAttach:
		a := attach{who: f.entity(), term: f.u64(), seq: f.u64(), answered: f.u64()}
		if ok = f.end() && a.who.Endpoint == from && a.answered < math.MaxUint64; ok {
			m.attached(from, &a)
		}
	case msgWrite:
		ok = m.written(from, f.u64(), f.u64(), &f)
	case msgClaim:
		who, opened := f.entity(), int64(f.u64())
		if ok = f.end() && who.Endpoint == from; ok {
			m.claimed(who, opened)
		}
	case msgLeave:
		who := f.entity()
		if ok = f.end(); ok {
			m.left(from, who)
		}
	}
	if !ok {
		m.info.Malformed++
	}
	return true
}

// left forgets a clone that was closed.
func (m *Master) left(from broker.EndpointID, who wire.Entity) {
	for i, f := range m.followers {
		if f.peer == from && f.who == who {
			m.followers = append(m.followers[:i], m.followers[i+1:]...)
			return
		}
	}
}
