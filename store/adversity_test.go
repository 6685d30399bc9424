package store

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// TestMutationBufferOff: without a mutation buffer a write that was sent ends when its master goes, and nothing spins.
func TestMutationBufferOff(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	a.master("test", MasterOptions{})
	c := b.clone("test", CloneOptions{MutationBuffer: -1})
	w.connect(a, b)
	w.run()
	r := do(c, put("k", "v"))
	c.Flush()
	w.cut(a, b)
	w.pass(time.Second)
	c.Step(w.now)
	if n := c.Next(); n <= w.now {
		t.Errorf("busy: Next %v <= now %v", n, w.now)
	}
	w.pass(time.Hour)
	if r.n != 1 {
		t.Errorf("after an hour without master: %d answers", r.n)
	}
}

// TestDiskReadyDoubles: a commit in the middle of a turn has the writers' states, so nothing is applied twice.
func TestDiskReadyDoubles(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	s := &disk{w: w, auto: true}
	m := a.stored("test", s, true)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	s.shut = true
	do(m, put("x", "y"))
	w.run() // behind
	r := do(c, increment("n", 1))
	c.Flush()
	// the node's runPorts: the peer's message and DiskReady in one turn
	w.hand(b, m)
	s.shut = false
	m.Input(step.DiskReady{})
	m.Flush()
	s.settle()
	m.Flush() // answer is on the wire, and lost
	w.cut(a, b)
	a.subs, a.m = nil, nil
	e := w.end()
	m2 := e.stored("test", s, true)
	w.connect(e, b)
	w.run()
	w.want(r, broker.NoError)
	if show(m2) != "n=1 x=y " {
		t.Errorf("one increment: %s", show(m2))
	}
}

// TestCloseDoubles: so has the last commit of a master that is closed.
func TestCloseDoubles(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w, auto: true}
	m := a.stored("test", d, true)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	r := do(c, increment("n", 1))
	c.Flush()
	w.hand(b, m)
	m.Close()
	d.settle() // as a backend's Close does
	w.cut(a, b)
	a.m = nil
	e := w.end()
	m2 := e.stored("test", d, true)
	w.connect(e, b)
	w.run()
	w.want(r, broker.NoError)
	if show(m2) != "n=1 " {
		t.Errorf("one increment: %s", show(m2))
	}
}

// TestCloseBehind: a master whose disk takes nothing is waited for, and says what is lost when it is closed all the same.
func TestCloseBehind(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	s := &disk{w: w, auto: true}
	m := a.stored("test", s, false)
	w.run()
	s.shut = true
	w.want(do(m, put("k", "v")), broker.NoError)
	w.run()
	if m.Outstanding() != 1 {
		t.Error("nobody waits for what the disk has not taken")
	}
	if err := m.Close(); broker.CodeOf(err) != broker.BackendFailure {
		t.Errorf("what was answered is lost, and closing says %v", err)
	}
}

// TestFailWritesLoop: who numbers its first write very high costs nothing when the disk fails.
func TestFailWritesLoop(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	w.connect(a, b)
	w.run()
	d.settle()
	who := wire.Entity{Endpoint: b.id, Object: 1}
	m.Receive(b.id, []byte(m.in), appendAttach(nil, &attach{who: who}))
	c := put("k", "v")
	c.Publisher = who
	const far = 5_000_000 // MaxUint64 would never end
	m.Receive(b.id, []byte(m.in), append(appendU64s([]byte{byte(msgWrite)}, far, far-1), wire.AppendCommandBody(nil, &c)...))
	m.Flush()
	d.err = broker.ErrBackendFailure
	d.settle()
	if n := len(m.follower(b.id).writer.outcomes); n > MaxWrites+1 {
		t.Errorf("%d outcomes of a writer that sent one write", n)
	}
}

// TestRecoverLoses: the disk fails while the lane is full, recovers before the answer has gone; a later write in transit makes the
// earlier one look applied.
func TestRecoverLoses(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	d.settle()
	w.run()
	var up, down *wireTo
	for _, x := range w.wires {
		if x.from == b {
			up = x
		} else {
			down = x
		}
	}
	first, second := do(c, put("first", "1")), do(c, put("second", "2"))
	c.Flush()
	deliver := func() {
		m.Receive(b.id, []byte(m.in), up.queue[0].payload)
		up.queue = up.queue[1:]
	}
	deliver() // the first
	m.Flush()
	// the lane to the clone is full for more than a second
	w.room = 1
	down.queue = append(down.queue, sent{topic: "filler"})
	d.err = broker.ErrBackendFailure
	d.settle()
	m.Flush()
	d.err = nil
	w.now = w.now.Add(2 * time.Second)
	m.Step(w.now) // recovers
	deliver()     // the second, in transit all the time
	m.Flush()
	w.room = 0
	d.auto = true
	d.settle()
	w.run()
	t.Log(first.n, first.r, second.n, second.r, show(m))
	if first.n == 1 && first.r.Err == nil {
		if _, err := m.Get(text("first")); err != nil {
			t.Errorf("the first write was acknowledged and is not there: %v; %s", err, show(m))
		}
	}
}

// TestRecoverStuck: the same, but what failed is on disk all the same, and the writer is told.
func TestRecoverStuck(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	d.settle()
	w.run()
	first := do(c, put("first", "1"))
	w.run()
	w.room = 1
	for _, x := range w.wires {
		if x.from == a {
			x.queue = append(x.queue, sent{topic: "filler"})
		}
	}
	d.durable = append(d.durable, bytes.Clone(d.waiting[0])) // it got there, the sync failed
	d.err = broker.ErrBackendFailure
	d.settle()
	m.Flush()
	d.err = nil
	w.now = w.now.Add(2 * time.Second)
	m.Step(w.now)
	m.Flush()
	w.room = 0
	d.auto = true
	d.settle()
	w.run()
	w.pass(10 * time.Minute)
	if first.n != 1 {
		t.Errorf("ten minutes after the disk works again: %d answers; outstanding %d; clone %s; state %s", first.n, c.Outstanding(), show(c), c.Info().State)
	}
}

// TestReopenedClone: a clone does not take the begin of its predecessor for its own.
func TestReopenedClone(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	m := a.master("test", MasterOptions{})
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	for range 3 {
		w.want(do2(w, c, put("old", "x")), broker.NoError)
	}
	m.followers[0].restart(m) // it has fallen behind the ring
	m.touch(m.followers[0].writer)
	m.Flush() // begin, applied 3, and an answer, are on the wire
	c.Close()
	c2 := b.clone("test", CloneOptions{})
	var rs []*answer
	for i := range 5 {
		rs = append(rs, do(c2, put(fmt.Sprint("new", i), "x")))
	}
	w.run()
	for i, r := range rs {
		_, err := m.Get(text(fmt.Sprint("new", i)))
		if r.n == 1 && r.r.Err == nil && err != nil {
			t.Errorf("write %d was acknowledged and is not there", i)
		}
		if r.n != 1 {
			t.Errorf("write %d: %d answers", i, r.n)
		}
	}
}

// TestReopenedCloneRing: the same when it had fallen behind by a slow lane.
func TestReopenedCloneRing(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	m := a.master("test", MasterOptions{Ring: 1})
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	for range 3 {
		w.want(do2(w, c, put("old", "x")), broker.NoError)
	}
	w.room = 1
	big := string(make([]byte, 100<<10))
	for i := range 20 {
		do(m, put(fmt.Sprint("big", i), big))
	}
	for m.Info().Snapshots < 2 {
		w.turn()
	}
	c.Close()
	c2 := b.clone("test", CloneOptions{})
	var rs []*answer
	for i := range 5 {
		rs = append(rs, do(c2, put(fmt.Sprint("new", i), "x")))
	}
	w.run()
	for i, r := range rs {
		_, err := m.Get(text(fmt.Sprint("new", i)))
		if r.n == 1 && r.r.Err == nil && err != nil {
			t.Errorf("write %d was acknowledged and is not there", i)
		}
		if r.n != 1 {
			t.Errorf("write %d: %d answers", i, r.n)
		}
	}
}

// TestTermStuck: a new master whose clock is behind is followed in the end.
func TestTermStuck(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	a.master("test", MasterOptions{})
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	w.cut(a, b)
	a.m, a.subs = nil, nil
	w.clock -= int64(time.Hour) // ntpd has set the clock, or another machine has it
	e := w.end()
	e.master("test", MasterOptions{})
	w.connect(e, b)
	w.pass(10 * time.Minute)
	r := do(c, put("k", "v"))
	w.pass(3 * time.Minute)
	if r.n != 1 || r.r.Err != nil {
		t.Errorf("write: %d answers, %v; clone %s", r.n, r.r.Err, show(c))
	}
}

// picky has room for small messages only.
type picky struct {
	*end
	most int
}

func (p *picky) Send(to broker.EndpointID, topic string, payload []byte) step.Verdict {
	if p.most > 0 && len(payload) > p.most {
		return step.Full
	}
	return p.end.Send(to, topic, payload)
}

// TestAnswerBeforeBegin: no answer overtakes begin, also if the lane has room for small messages only.
func TestAnswerBeforeBegin(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	bus := &picky{end: a}
	o := MasterOptions{Common: a.common("test"), Clock: func() int64 { return w.clock }}
	o.Bus = bus
	m, err := OpenMaster(o)
	if err != nil {
		t.Fatal(err)
	}
	a.m = m
	for i := range 20_000 {
		do(m, put(fmt.Sprint("key", i), "value"))
	}
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	r := do(c, unique("k", "v"))
	c.Flush()
	for _, x := range w.wires {
		if x.from == b {
			m.Receive(b.id, []byte(m.in), x.queue[0].payload)
		}
	}
	w.cut(a, b)
	m.ring = ring{limit: 1}
	bus.most = 30 // 30 bytes are left in the lane
	w.connect(a, b)
	w.run()
	bus.most = 0
	w.run()
	w.pass(time.Minute)
	if r.n != 1 {
		t.Errorf("a minute later: %d answers", r.n)
	}
	do2(w, c, put("other", "v"))
	if r.n != 1 || r.r.Err != nil || !r.r.Inserted {
		t.Errorf("put_unique inserted and says %d, %v", r.n, r.r)
	}
}

// TestLeaveFull: a clone is forgotten although its leave found no room.
func TestLeaveFull(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	m := a.master("test", MasterOptions{})
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	w.room = 1
	for _, x := range w.wires {
		x.queue = append(x.queue, sent{topic: "filler"})
	}
	c.Close()
	w.pass(time.Minute)
	if n := m.Info().Clones; n != 0 {
		t.Errorf("%d clones", n)
	}
}

// TestClockJumps: the clock jumps back and forth, and each key expires when it should.
func TestClockJumps(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	d := &disk{w: w, auto: true}
	m := a.stored("test", d, true)
	for i := range 3000 {
		p := put(fmt.Sprint(i), "v")
		p.Expiry, p.HasExpiry = broker.Timespan(time.Duration(i)*time.Second), true
		do(m, p)
	}
	w.run()
	w.clock -= int64(10 * time.Hour)
	w.run()
	w.clock += int64(10*time.Hour) + int64(100*time.Second)
	w.run()
	if n, _ := m.Len(); n != 2899 {
		t.Errorf("%d", n)
	}
	w.clock += int64(10 * time.Hour)
	w.run()
	if n, _ := m.Len(); n != 0 {
		t.Errorf("%d", n)
	}
}

// TestStrangersOnDisk: what is remembered of strangers is bounded on disk, too.
func TestStrangersOnDisk(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w, auto: true}
	m := a.stored("test", d, true)
	w.connect(a, b)
	w.run()
	const n = maxWriters + 2000
	for i := range uint64(n) {
		who := wire.Entity{Endpoint: b.id, Object: i + 1}
		m.Receive(b.id, []byte(m.in), appendAttach(nil, &attach{who: who}))
		c := put("k", "v")
		c.Publisher = who
		m.Receive(b.id, []byte(m.in), append(appendU64s([]byte{byte(msgWrite)}, 1, 0), wire.AppendCommandBody(nil, &c)...))
	}
	w.run()
	e := w.end()
	m2 := e.stored("test", d, true)
	if len(m2.writers) > maxWriters {
		t.Errorf("%d writers are on disk, at most %d", len(m2.writers), maxWriters)
	}
}

// TestHeld: writes that change nothing cost nothing while the disk hangs.
func TestHeld(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	w.connect(a, b)
	w.run()
	who := wire.Entity{Endpoint: b.id, Object: 1}
	m.Receive(b.id, []byte(m.in), appendAttach(nil, &attach{who: who}))
	c := erase("missing")
	c.Publisher = who
	body := wire.AppendCommandBody(nil, &c)
	for n := range uint64(1_000_000) {
		m.Receive(b.id, []byte(m.in), append(appendU64s([]byte{byte(msgWrite)}, n+1, 0), body...))
		if n%100 == 0 {
			m.Flush()
		}
	}
	if len(m.held) > 10*MaxWrites {
		t.Errorf("%d effects wait for the disk", len(m.held))
	}
}

// TestNoPeer: who attaches and is no peer is not remembered.
func TestNoPeer(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	m := a.master("test", MasterOptions{})
	m.Receive(b.id, []byte(m.in), appendAttach(nil, &attach{who: wire.Entity{Endpoint: b.id, Object: 1}}))
	m.PeersChanged()
	w.run()
	if n := m.Info().Clones; n != 0 {
		t.Errorf("%d clones", n)
	}
}

// TestTermPoison: a stranger with the highest term keeps nobody from following the real master.
func TestTermPoison(t *testing.T) {
	w := newWorld(t)
	a, b, x := w.end(), w.end(), w.end()
	a.master("test", MasterOptions{})
	c := b.clone("test", CloneOptions{})
	w.connect(b, x) // announces nothing
	c.Receive(x.id, []byte(c.out), appendBegin(nil, &opening{term: math.MaxUint64}))
	w.connect(a, b)
	w.pass(10 * time.Minute)
	if got := do2(w, c, put("k", "v")); got.n != 1 || got.r.Err != nil {
		t.Errorf("%d %v %s", got.n, got.r.Err, show(c))
	}
}

// TestClaimFull: two masters hear of each other although a lane was full when they met.
func TestClaimFull(t *testing.T) {
	w := newWorld(t)
	a, c := w.end(), w.end()
	first := a.master("test", MasterOptions{})
	w.clock++
	second := c.master("test", MasterOptions{})
	w.links++
	w.wires = append(w.wires, &wireTo{from: a, to: c, link: w.links}, &wireTo{from: c, to: a, link: w.links})
	w.room = 1
	for _, x := range w.wires {
		x.queue = append(x.queue, sent{topic: "filler"})
	}
	w.changed()
	w.pass(10 * time.Minute)
	if show(first) != "" || show(second) != "master_exists" {
		t.Errorf("%q %q", show(first), show(second))
	}
}

// TestRefuseFull: a clone whose master was closed and opened again in one turn attaches again.
func TestRefuseFull(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	m := a.master("test", MasterOptions{})
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	w.room = 1
	for _, x := range w.wires {
		if x.from == a {
			x.queue = append(x.queue, sent{topic: "filler"})
		}
	}
	b.m = nil // the clone sees no filter in between: both are announced in one turn
	m.Close()
	a.master("test", MasterOptions{})
	b.m = c
	w.changed()
	w.room = 0
	w.run()
	r := do(c, put("k", "v"))
	w.pass(10 * time.Minute)
	if r.n != 1 || r.r.Err != nil {
		t.Errorf("%d answers; %s", r.n, c.Info().State)
	}
}

// TestTouchedStays: writers are answered while the disk can't be read.
func TestTouchedStays(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	c := b.clone("test", CloneOptions{MutationBuffer: time.Hour})
	w.connect(a, b)
	w.run()
	d.settle()
	w.run()
	r := do(c, put("k", "v"))
	w.run()
	w.room = 1
	for _, x := range w.wires {
		if x.from == a {
			x.queue = append(x.queue, sent{topic: "filler"})
		}
	}
	d.err = broker.ErrBackendFailure
	d.settle()
	m.Flush()
	w.now = w.now.Add(2 * time.Second)
	m.Step(w.now) // fails
	w.room = 0
	w.run()
	r2 := do(c, put("k2", "v"))
	w.pass(time.Minute)
	if r.n != 1 || r2.n != 1 {
		t.Errorf("a minute later, disk still broken: %d and %d answers", r.n, r2.n)
	}
}

// narrow drops what is larger than a frame, as a node with a small max_frame does.
type narrow struct{ *end }

const narrowFrame = 64 << 10

func (n narrow) Send(to broker.EndpointID, topic string, payload []byte) step.Verdict {
	if len(payload)+len(topic)+44 > narrowFrame {
		return step.Dropped
	}
	return n.end.Send(to, topic, payload)
}

// TestSmallFrames: snapshots and answers fit into the smallest frames that a node may have.
func TestSmallFrames(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	common := a.common("test")
	common.Bus, common.MaxEntry = narrow{a}, narrowFrame-narrowFrame/16
	m, err := OpenMaster(MasterOptions{Common: common, Clock: func() int64 { return w.clock }})
	if err != nil {
		t.Fatal(err)
	}
	a.m = m
	do(m, put("a", string(make([]byte, 20_000))))
	w.want(do(m, put("b", string(make([]byte, 60_000)))), broker.NoError)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	if n, err := c.Len(); n != 2 || err != nil {
		t.Fatalf("the clone has %d entries of 2, %v", n, err)
	}
	var all []*answer
	for range 1000 {
		all = append(all, do(c, increment("a", 1))) // a string
	}
	w.run()
	for _, x := range all {
		w.want(x, broker.TypeClash)
	}
}

// TestTooMuch: neither a writer, a master nor a disk gets more into a table than it may hold.
func TestTooMuch(t *testing.T) {
	w := newWorld(t)
	a, b, e := w.end(), w.end(), w.end()
	d := &disk{w: w, auto: true}
	m := a.stored("test", d, true)
	for i := range 10 {
		do(m, put(fmt.Sprint("k", i), "0123456789"))
	}
	w.run()
	common := b.common("test")
	common.most = 100
	c, err := OpenClone(CloneOptions{Common: common})
	if err != nil {
		t.Fatal(err)
	}
	b.m = c
	w.connect(a, b)
	w.run()
	if _, err := c.Get(text("k0")); broker.CodeOf(err) != broker.ShuttingDown || len(b.subs) != 0 || m.Info().Clones != 0 {
		t.Errorf("a clone of too much answers %v", err)
	}
	common = e.common("test")
	common.most = 100
	if _, err := OpenMaster(MasterOptions{Common: common, Backend: d, Clock: func() int64 { return w.clock }}); broker.CodeOf(err) != broker.BackendFailure {
		t.Errorf("a disk with too much is opened: %v", err)
	}
	common.Name = "empty"
	full, err := OpenMaster(MasterOptions{Common: common, Clock: func() int64 { return w.clock }})
	if err != nil {
		t.Fatal(err)
	}
	w.want(do(full, put("k", strings.Repeat("x", 200))), broker.BackendFailure)
}
