package node

import (
	"errors"
	"fmt"
	"math"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/store"
)

// StorePart is a piece of the stream of entries that "store.get", "store.keys" and "store.dump" are answered with.
type StorePart struct {
	Read uint64 `json:"read"` // its number, which "store.more" names
	N    uint64 `json:"n"`    // from 0: over a link, what is missing shows
	Data []byte `json:"data"`
	Seen int    `json:"seen"` // entries so far
	Of   int    `json:"of"`   // about how many there are
}

// StoreMore asks for "store.more": whoever has said how many parts it takes has room for some more. So one that stands still,
// as a pager does, has no connection fill up.
type StoreMore struct {
	Read  uint64 `json:"read"`
	Parts uint64 `json:"parts"` // how many may be sent, from the first on
}

// StoreRead ends it.
type StoreRead struct {
	Entries int    `json:"entries"`
	Parts   uint64 `json:"parts"`
	// Incomplete: entries changed faster than they were read, and some may be missing.
	Incomplete bool `json:"incomplete,omitempty"`
}

const (
	maxStoreReads = 16               // that may be under way at once, half of them for peers
	storePart     = 45_000           // bytes of a part: 60,000 as base64
	maxKeptPart   = 1 << 20          // bytes of a buffer that is kept behind a large entry
	visitsPerTurn = 1000             // entries that a turn looks at
	readAgain     = time.Millisecond // when the asker is behind
)

// storeRead sends entries to an asker, a part a turn, as fast as they are taken. It implements step.Machine.
type storeRead struct {
	n     *Node
	q     *Question
	s     store.Store
	walk  *store.Walk // nil: all is in buf
	over  bool        // nothing is added to buf any more
	keys  bool        // values are left out
	buf   []byte
	off   int // up to which it was sent
	seen  int
	id    uint64
	parts uint64
	most  uint64 // of parts that may be sent
	next  step.Time
	entry *step.Entry
}

// answerStoreGet looks a key up.
func (n *Node) answerStoreGet(q *Question) {
	var p StoreQuery
	if !q.Params(&p) {
		return
	}
	x, key := n.Stores.asked(q, p.Store), []byte(nil)
	if x != nil {
		key = askedKey(q, p.Key)
	}
	if key == nil {
		return
	}
	w, err := x.walker()
	if err != nil {
		q.Fail(err)
		return
	}
	value, expiry, err := w.Look(key)
	switch {
	case err == nil:
		r := &storeRead{s: w, over: true, seen: 1, buf: AppendStoreEntry(nil, StoreEntry{key, value, expiry})}
		n.readStore(q, r, &p)
	case errors.Is(err, broker.ErrNoSuchKey):
		q.Reply(StoreRead{})
	default:
		q.Fail(err)
	}
}

// answerStoreRead begins to send all entries, or their keys.
func (n *Node) answerStoreRead(q *Question, keys bool) {
	var p StoreQuery
	if !q.Params(&p) {
		return
	}
	x := n.Stores.asked(q, p.Store)
	if x == nil {
		return
	}
	w, err := x.walker()
	if err != nil {
		q.Fail(err)
		return
	}
	walk, err := w.Walk()
	if err != nil {
		q.Fail(err)
		return
	}
	n.readStore(q, &storeRead{s: w, walk: walk, keys: keys}, &p)
}

// readStore has the loop go on with r until it is over, or the asker gone.
func (n *Node) readStore(q *Question, r *storeRead, p *StoreQuery) {
	asks, most := &n.controls.stores, maxStoreReads
	if _, peer := q.asker.(*remoteAsker); peer {
		most /= 2
	}
	if len(asks.reads) >= most {
		q.Fail(fmt.Errorf("%d others read stores already", len(asks.reads)))
		return
	}
	asks.last++
	r.id, r.most, r.next, r.q, r.n = asks.last, math.MaxUint64, n.now, q, n
	if p.Parts > 0 {
		r.most = p.Parts
	}
	if asks.reads == nil {
		asks.reads = map[uint64]*storeRead{}
	}
	asks.reads[r.id] = r
	r.entry = n.Register(r)
	q.OnGone(func() {
		delete(asks.reads, r.id)
		r.entry.Remove()
	})
}

// answerStoreMore lets a reader be sent more.
func (n *Node) answerStoreMore(q *Question) {
	var p StoreMore
	if !q.Params(&p) {
		return
	}
	if r := n.controls.stores.reads[p.Read]; r != nil {
		r.most = max(r.most, p.Parts)
		r.next = n.now
		r.entry.Changed()
	} // else it is over
	q.Reply(struct{}{})
}

// Next implements step.Machine.
func (r *storeRead) Next() step.Time { return r.next }

// Step implements step.Machine.
func (r *storeRead) Step(now step.Time) (more bool) {
	if r.q.Behind() {
		r.next = now.Add(readAgain)
		return false
	}
	r.next = now
	if r.parts >= r.most {
		r.next = step.Never
		return false
	}
	left := len(r.buf) - r.off
	if !r.over && left < storePart {
		if err := r.fill(); err != nil {
			r.q.Fail(err)
			return false
		}
		left = len(r.buf) - r.off
	}
	switch {
	case left >= storePart || r.over && left > 0:
		r.send()
	case r.over:
		r.q.Reply(StoreRead{Entries: r.seen, Parts: r.parts, Incomplete: r.walk != nil && !r.walk.Complete()})
		return false
	}
	return true
}

// fill goes on with the walk until there is a part, or enough was done for a turn.
func (r *storeRead) fill() (err error) {
	if r.off > 0 {
		r.buf = r.buf[:copy(r.buf, r.buf[r.off:])]
		r.off = 0
		if cap(r.buf) > maxKeptPart && len(r.buf) < storePart {
			r.buf = append(make([]byte, 0, 2*storePart), r.buf...)
		}
	}
	visits := 0
	r.over, err = r.walk.Next(func(key, value []byte, expiry int64) bool {
		if r.keys {
			value = nil
		}
		r.buf = AppendStoreEntry(r.buf, StoreEntry{key, value, expiry})
		r.seen++
		visits++
		return visits < visitsPerTurn && len(r.buf) < storePart
	})
	return err
}

// send sends a part, unless the asker is behind: it may have asked for more than this.
func (r *storeRead) send() {
	end := min(r.off+storePart, len(r.buf))
	of, err := r.s.Len()
	if err != nil || r.walk == nil {
		of = r.seen
	}
	if r.q.Part(StorePart{Read: r.id, N: r.parts, Data: r.buf[r.off:end], Seen: r.seen, Of: of}) {
		r.parts++
		r.off = end
	}
}
