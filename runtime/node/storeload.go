package node

import (
	"errors"
	"fmt"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store"
	"moonpeer/store/rules"
)

// StoreLoad is a part of the answer to "store.load", and the answer to "store.feed": where a load is.
type StoreLoad struct {
	Load    uint64 `json:"load"`    // its number, which "store.feed" names
	Loaded  int    `json:"loaded"`  // entries that the store has, on disk if it keeps any there
	Expired int    `json:"expired"` // entries that were left out: their time was over
}

// StoreLoaded is the answer to "store.load", which comes when all that was fed has an outcome.
type StoreLoaded struct {
	Loaded  int    `json:"loaded"`
	Expired int    `json:"expired"`
	Failed  string `json:"failed,omitempty"` // why it ended early
}

// StoreFeed asks for "store.feed": it gives a load a piece of the stream of entries, and is answered when there is room for
// the next one.
type StoreFeed struct {
	Load uint64 `json:"load"`
	Data []byte `json:"data,omitempty"`
	Last bool   `json:"last,omitempty"`
}

const (
	maxStoreLoads  = 4                   // that may be under way at once
	loadsPerTurn   = 500                 // entries that a turn writes
	loadBytes      = 256 << 10           // and bytes of them
	loadUnderway   = store.MaxWrites / 2 // writes without outcome; scripts have the rest
	loadUnderBytes = store.MaxWriteBytes / 2
	loadAhead      = 256 << 10        // bytes that wait to be written before another piece is taken
	loadAgain      = time.Millisecond // when the store has no room
)

// storeLoad writes the entries that an asker feeds it into a store, some a turn. It implements step.Machine.
type storeLoad struct {
	n       *Node
	q       *Question
	x       *openStore
	id      uint64
	stream  StoreEntries
	feed    *Question // waits for room; nil: none
	last    bool      // nothing more comes
	loaded  int
	expired int
	writes  int  // without outcome
	bytes   int  // of them
	hungry  bool // there is no whole entry to be written
	failed  error
	next    step.Time
	entry   *step.Entry
}

// loadWrite is one write of a load: its store.Waiter.
type loadWrite struct {
	l    *storeLoad
	size int
}

// Done implements store.Waiter.
func (w *loadWrite) Done(r store.Result) { w.l.done(w.size, r) }

// answerStoreLoad begins a load. The question stays open until it is over; when its asker goes, it ends.
func (n *Node) answerStoreLoad(q *Question) {
	var p StoreQuery
	if !q.Params(&p) {
		return
	}
	x := n.Stores.asked(q, p.Store)
	if x == nil {
		return
	}
	asks := &n.controls.stores
	if len(asks.loads) >= maxStoreLoads {
		q.Fail(fmt.Errorf("%d others load stores already", len(asks.loads)))
		return
	}
	if asks.loads == nil {
		asks.loads = map[uint64]*storeLoad{}
	}
	asks.last++
	l := &storeLoad{n: n, q: q, x: x, id: asks.last, stream: StoreEntries{Longest: n.maxEntry()}, next: step.Never}
	asks.loads[l.id] = l
	l.entry = n.Register(l)
	q.OnGone(func() {
		delete(asks.loads, l.id)
		l.entry.Remove()
		if l.feed != nil {
			l.feed.Fail(errLoadOver)
		}
	})
	q.Part(l.state())
}

var errLoadOver = errors.New("the load is over")

func (l *storeLoad) state() StoreLoad {
	return StoreLoad{Load: l.id, Loaded: l.loaded, Expired: l.expired}
}

// answerStoreFeed hands a piece to a load.
func (n *Node) answerStoreFeed(q *Question) {
	var p StoreFeed
	if !q.Params(&p) {
		return
	}
	l := n.controls.stores.loads[p.Load]
	switch {
	case l == nil || l.last:
		q.Fail(errLoadOver)
		return
	case l.feed != nil:
		q.Fail(errors.New("another piece waits already"))
		return
	}
	l.stream.Add(p.Data)
	l.feed, l.last = q, p.Last
	q.OnGone(func() { l.feed = nil })
	l.wake()
}

// wake has the next round step the load.
func (l *storeLoad) wake() {
	l.next = l.n.now
	l.entry.Changed()
}

// done counts a write that has its outcome.
func (l *storeLoad) done(size int, r store.Result) {
	l.writes--
	l.bytes -= size
	switch {
	case r.Err == nil:
		l.loaded++
	case l.failed == nil:
		l.failed = r.Err
	}
	l.wake()
}

// Next implements step.Machine.
func (l *storeLoad) Next() step.Time { return l.next }

// Step implements step.Machine.
func (l *storeLoad) Step(now step.Time) (more bool) {
	l.next = step.Never // until a piece comes, or an outcome
	if l.failed == nil {
		more = l.write(now)
	}
	left := l.stream.Left()
	if l.failed == nil && l.last && left > 0 && l.hungry {
		l.failed = errors.New("the last entry is cut off")
	}
	switch {
	case l.writes == 0 && (l.failed != nil || l.last && left == 0):
		l.end()
		return false
	case l.feed != nil && l.failed == nil && (l.last || l.hungry || left < loadAhead):
		l.feed.Reply(l.state())
	}
	return more
}

// end says what has become of it all.
func (l *storeLoad) end() {
	answer := StoreLoaded{Loaded: l.loaded, Expired: l.expired}
	if l.failed != nil {
		answer.Failed = l.failed.Error()
	}
	if l.feed != nil {
		l.feed.Reply(l.state())
	}
	l.q.Reply(answer)
}

// write writes entries until there is no more of them or no room, one has failed, or enough was done for a turn: more.
func (l *storeLoad) write(now step.Time) (more bool) {
	if l.n.Domain.Full() || l.n.busy() { // whoever watches the store is behind
		l.next = now.Add(loadAgain)
		return false
	}
	l.hungry = false
	size := 0
	for range loadsPerTurn {
		if l.writes >= loadUnderway || l.bytes >= loadUnderBytes {
			return false
		}
		e, ok, err := l.stream.Next()
		if err != nil {
			l.failed = err
			return false
		}
		if l.hungry = !ok; l.hungry {
			return false
		}
		if !l.put(e) {
			l.next = now.Add(loadAgain)
			return false
		}
		if l.failed != nil {
			return false
		}
		l.stream.Drop(e)
		if size += len(e.Key) + len(e.Value); size > loadBytes {
			break
		}
	}
	l.next = now
	return true
}

// put writes one entry. It returns false if the store has no room for more writes.
func (l *storeLoad) put(e StoreEntry) bool {
	c := wire.Command{Kind: wire.CmdPut}
	if e.Expiry != 0 {
		left := e.Expiry - l.n.clock.Now()
		if left <= 0 || e.Expiry < 0 {
			l.expired++
			return true
		}
		c.Expiry, c.HasExpiry = broker.Timespan(left), true
	}
	var err error
	if c.Key, err = rules.CanonicalKey(nil, e.Key); err == nil {
		c.Value, err = rules.Canonical(nil, e.Value)
	}
	if err != nil {
		l.failed = fmt.Errorf("entry %d: %w", l.loaded+l.expired+l.writes+1, err)
		return true
	}
	w := &loadWrite{l, len(e.Key) + len(e.Value)}
	l.writes++
	l.bytes += w.size
	r, done := l.do(&c, e.Expiry, w)
	switch {
	case !done:
	case broker.CodeOf(r.Err) == broker.RequestTimeout: // too many writes wait: this one was not even tried
		l.writes--
		l.bytes -= w.size
		return false
	default:
		l.done(w.size, r)
	}
	return true
}

// do writes an entry. A master is told when it expires, a clone for how long it is kept, which is not quite the same.
func (l *storeLoad) do(c *wire.Command, at int64, w *loadWrite) (store.Result, bool) {
	if m, ok := l.x.Machine.(*store.Master); ok && c.HasExpiry {
		return m.DoUntil(c, at, w)
	}
	return l.x.Do(c, w)
}
