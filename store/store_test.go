package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

func TestWriteThroughClones(t *testing.T) {
	w := newWorld(t)
	a, b, c := w.end(), w.end(), w.end()
	m := a.master("test", MasterOptions{})
	do(m, put("foo", "bar"))
	x, y := b.clone("test", CloneOptions{}), c.clone("test", CloneOptions{})
	if got := show(x); got != "stale_data" {
		t.Fatalf("a clone that has nothing yet shows %q", got)
	}
	w.connect(a, b)
	w.connect(a, c)
	w.run()
	lx, ly := &log{}, &log{}
	x.SetWatcher(lx)
	y.SetWatcher(ly)
	r1, r2, r3 := do(x, put("k", "1")), do(x, put("k", "2")), do(x, erase("foo"))
	if r1.n != 0 {
		t.Fatal("a write through a clone was answered at once")
	}
	w.run()
	for _, r := range []*answer{r1, r2, r3} {
		w.want(r, broker.NoError)
	}
	const want = "k=2 "
	if show(m) != want || show(x) != want || show(y) != want {
		t.Fatalf("master %q, clones %q and %q, want %q", show(m), show(x), show(y), want)
	}
	wantLog := []string{"insert k new 1", "update k old 1 new 2", "erase foo old bar"}
	if !slices.Equal(lx.lines, wantLog) || !slices.Equal(ly.lines, wantLog) {
		t.Fatalf("changes\n%q\n%q\nwant\n%q", lx.lines, ly.lines, wantLog)
	}
}

// TestDoneMeansSeen: when a clone's write is answered its copy has it.
func TestDoneMeansSeen(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	a.stored("test", &disk{w: w, auto: true}, true)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	r := do(c, put("k", "v"))
	for turns := 0; r.n == 0; turns++ {
		if w.turn(); turns > 100 {
			t.Fatal("the write is not answered")
		}
	}
	if v, err := c.Get(text("k")); err != nil || plain(v) != "v" {
		t.Fatalf("the clone reads %q, %v when its write is done", v, err)
	}
}

func TestOperations(t *testing.T) {
	w := newWorld(t)
	m := w.end().master("test", MasterOptions{})
	add := func(k string, v []byte, init broker.Kind) wire.Command {
		return wire.Command{Kind: wire.CmdAdd, Key: text(k), Value: v, Init: init}
	}
	sub := func(k string, v []byte) wire.Command {
		return wire.Command{Kind: wire.CmdSubtract, Key: text(k), Value: v}
	}
	for _, c := range []struct {
		cmd  wire.Command
		code broker.Code
		want string
	}{
		{increment("n", 2), broker.NoError, "n=2 "},
		{sub("n", count(1)), broker.NoError, "n=1 "},
		{sub("missing", count(1)), broker.NoSuchKey, "n=1 "},
		{add("n", text("x"), broker.KindString), broker.TypeClash, "n=1 "},
		{erase("missing"), broker.NoError, "n=1 "},
		{erase("n"), broker.NoError, ""},
		{add("fresh", text("x"), broker.KindCount), broker.TypeClash, ""},
		{wire.Command{Kind: wire.CmdExpire, Key: text("n")}, broker.InvalidData, ""},
	} {
		w.want(do(m, c.cmd), c.code)
		if got := show(m); got != c.want {
			t.Fatalf("after %v the store is %q, want %q", c.cmd.Kind, got, c.want)
		}
	}
}

// TestPutUnique: of eight clones that ask at once exactly one gets true (conformance case S63).
func TestPutUnique(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	a.stored("test", &disk{w: w, auto: true}, true)
	var answers []*answer
	for i := range 8 {
		e := w.end()
		c := e.clone("test", CloneOptions{})
		w.connect(a, e)
		w.run()
		answers = append(answers, do(c, unique("k", fmt.Sprint(i))))
	}
	w.run()
	won := 0
	for _, r := range answers {
		w.want(r, broker.NoError)
		if r.r.Inserted {
			won++
		}
	}
	if won != 1 {
		t.Fatalf("%d of 8 were told that they inserted the key", won)
	}
}

func TestExpiry(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	m := a.master("test", MasterOptions{})
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	l := &log{}
	c.SetWatcher(l)
	p := put("k", "v")
	p.Expiry, p.HasExpiry = broker.Timespan(500*time.Millisecond), true
	do(c, p)
	w.pass(400 * time.Millisecond)
	if show(c) != "k=v " {
		t.Fatalf("after 400 of 500 ms the clone shows %q", show(c))
	}
	w.pass(300 * time.Millisecond)
	if show(m)+show(c) != "" {
		t.Fatalf("after 700 ms of 500 the master shows %q, the clone %q", show(m), show(c))
	}
	if want := []string{"insert k new v", "expire k old v"}; !slices.Equal(l.lines, want) {
		t.Fatalf("changes %q, want %q", l.lines, want)
	}
	// What is changed keeps its expiry, what is put again loses it.
	n := increment("n", 1)
	n.Expiry, n.HasExpiry = broker.Timespan(time.Second), true
	do(m, n)
	do(m, increment("n", 1))
	do(m, p)
	do(m, put("k", "w"))
	w.pass(1100 * time.Millisecond)
	if show(m) != "k=w " {
		t.Fatalf("the master shows %q", show(m))
	}
	// Set back, nothing expires early and nothing stays for ever.
	do(m, p)
	w.clock -= int64(time.Hour)
	w.pass(time.Second)
	if show(m) != "k=v " {
		t.Fatalf("after the clock was set back the master shows %q", show(m))
	}
	w.clock += int64(time.Hour)
	w.pass(time.Second)
	if show(m) != "" {
		t.Fatalf("the master shows %q", show(m))
	}
}

// TestSyncHoldsAll: with Sync nothing leaves before it is durable; the master's own reads see it at once.
func TestSyncHoldsAll(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	d.settle()
	w.run()
	l := &log{}
	m.SetWatcher(l)
	mine, its, none := do(m, put("k", "1")), do(c, put("j", "2")), do(m, unique("k", "3"))
	w.run()
	if show(m) != "j=2 k=1 " || show(c) != "" || mine.n+its.n+none.n != 0 || len(l.lines) != 0 {
		t.Fatalf("before the disk has it: master %q, clone %q, answers %d %d %d, changes %q", show(m), show(c), mine.n, its.n, none.n, l.lines)
	}
	d.settle()
	w.run()
	w.want(mine, broker.NoError)
	w.want(its, broker.NoError)
	w.want(none, broker.NoError)
	if show(c) != "j=2 k=1 " || none.r.Inserted || len(l.lines) != 2 {
		t.Fatalf("afterwards: clone %q, changes %q", show(c), l.lines)
	}
	// A snapshot, too, holds nothing that is not durable.
	do(m, put("late", "x"))
	e := w.end()
	fresh := e.clone("test", CloneOptions{})
	w.connect(a, e)
	w.run()
	if got := show(fresh); got != "stale_data" {
		t.Fatalf("a snapshot left before it was durable: %q", got)
	}
	d.settle()
	w.run()
	if show(fresh) != "j=2 k=1 late=x " {
		t.Fatalf("the clone shows %q", show(fresh))
	}
}

func TestResumeAndSnapshot(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	m := a.master("test", MasterOptions{Ring: 1})
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	for i := range 100 {
		do(m, put(fmt.Sprint("k", i), "v"))
	}
	w.run()
	l := &log{}
	c.SetWatcher(l)
	w.cut(a, b)
	do(m, put("new", "x"))
	do(m, erase("k1"))
	waiting := do(c, put("mine", "y"))
	w.run()
	if _, err := c.Get(text("k1")); err != nil {
		t.Fatalf("a clone without a master does not answer from its copy: %v", err)
	}
	w.connect(a, b)
	w.run()
	w.want(waiting, broker.NoError)
	if i := c.Info(); i.Resumes != 1 || i.Snapshots != 1 {
		t.Fatalf("after a short absence: %d resumes, %d snapshots, want one each", i.Resumes, i.Snapshots)
	}
	w.cut(a, b)
	for i := range 5000 { // more than the ring keeps
		do(m, put(fmt.Sprint("k", i), strings.Repeat("z", 100)))
	}
	do(m, erase("new"))
	w.connect(a, b)
	w.run()
	if i := c.Info(); i.Snapshots != 2 {
		t.Fatalf("after a long absence: %d snapshots, want two", i.Snapshots)
	}
	if show(c) != show(m) {
		t.Fatal("the clone is not equal to its master")
	}
	if last := l.lines[len(l.lines)-1]; last != "erase new old x" {
		t.Fatalf("the last change is %q: what a snapshot does not hold is to be told as erased", last)
	}
}

// TestMasterRestarts: clones follow the next run, and a write is applied once although it is sent to both.
func TestMasterRestarts(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w, auto: true}
	a.stored("test", d, true)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	lost := do(c, increment("n", 1))
	clash := do(c, unique("n", "x"))
	w.turn() // it leaves
	w.turn() // it is applied and durable; the answer is on the wire
	w.cut(a, b)
	a.subs, a.m = nil, nil
	w.pass(time.Second)
	if lost.n != 0 {
		t.Fatal("the test wants the answer to be lost")
	}
	e := w.end()
	m := e.stored("test", d, true)
	w.connect(e, b)
	w.run()
	w.want(lost, broker.NoError)
	w.want(clash, broker.NoError)
	if clash.r.Inserted {
		t.Fatal("put_unique says it inserted what was there, as its answer was lost")
	}
	if show(m) != "n=1 " || show(c) != "n=1 " {
		t.Fatalf("master %q, clone %q: a write was lost or applied twice", show(m), show(c))
	}
}

func TestNobodyMasters(t *testing.T) {
	w := newWorld(t)
	e := w.end()
	c := e.clone("test", CloneOptions{})
	r := do(c, put("k", "v"))
	w.pass(noMaster - time.Second)
	if r.n != 0 || show(c) != "stale_data" {
		t.Fatalf("before 10 s: %d answers, %q", r.n, show(c))
	}
	w.pass(2 * time.Second)
	w.want(r, broker.NoSuchMaster)
	if show(c) != "no_such_master" {
		t.Fatalf("after 10 s it shows %q", show(c))
	}
	w.want(do(c, put("k", "v")), broker.NoSuchMaster)
	a := w.end() // and yet one comes
	a.master("test", MasterOptions{})
	w.connect(a, e)
	w.run()
	w.want(do2(w, c, put("k", "v")), broker.NoError)
	if show(c) != "k=v " {
		t.Fatalf("with a master it shows %q", show(c))
	}
}

// do2 asks for a write and waits for what comes of it.
func do2(w *world, s Store, c wire.Command) *answer {
	a := do(s, c)
	w.run()
	return a
}

func TestIntervals(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	a.master("test", MasterOptions{})
	c := b.clone("test", CloneOptions{Stale: 20 * time.Second, MutationBuffer: 5 * time.Second})
	w.connect(a, b)
	w.run()
	maybe := do(c, put("k", "v"))
	c.Flush() // it is on the wire
	w.cut(a, b)
	never := do(c, put("j", "v"))
	w.pass(6 * time.Second)
	w.want(maybe, broker.RequestTimeout)
	w.want(never, broker.NoSuchMaster)
	if show(c) != "" {
		t.Fatalf("within the stale interval it shows %q", show(c))
	}
	w.pass(15 * time.Second)
	if show(c) != "stale_data" {
		t.Fatalf("after the stale interval it shows %q", show(c))
	}
	w.connect(a, b)
	w.run()
	w.want(do2(w, c, put("k", "w")), broker.NoError)
	if show(c) != "k=w " {
		t.Fatalf("with its master again it shows %q", show(c))
	}
}

func TestBounds(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	m := a.stored("test", &disk{w: w}, true)
	c := b.clone("test", CloneOptions{})
	for _, s := range []Store{m, c} {
		for range MaxWrites {
			if _, done := s.Do(ptr(put("k", "v")), nil); done {
				t.Fatal("a write was refused within the bound")
			}
		}
		w.want(do(s, put("k", "v")), broker.RequestTimeout)
		if i := s.Info(); i.Refused != 1 || i.Outstanding != MaxWrites {
			t.Fatalf("%d refused, %d outstanding", i.Refused, i.Outstanding)
		}
	}
	small := w.end().master("small", MasterOptions{MaxBytes: 40})
	w.want(do(small, put("k", "0123456789")), broker.NoError)
	w.want(do(small, put("j", "0123456789012345678901234567890")), broker.BackendFailure)
	w.want(do(small, put("k", "0")), broker.NoError)
	w.want(do(small, put("big", strings.Repeat("x", wire.DefaultMaxFrame))), broker.InvalidData)
}

func ptr[T any](v T) *T { return &v }

func TestTwoMasters(t *testing.T) {
	w := newWorld(t)
	a, b, c := w.end(), w.end(), w.end()
	first := a.master("test", MasterOptions{})
	w.connect(a, b)
	if _, err := OpenMaster(MasterOptions{Common: b.common("test"), Clock: func() int64 { return w.clock }}); broker.CodeOf(err) != broker.MasterExists {
		t.Fatalf("beside a peer's master: %v", err)
	}
	w.clock++
	second := c.master("test", MasterOptions{})
	w.want(do(second, put("k", "v")), broker.NoError)
	w.connect(a, c) // they meet
	w.run()
	w.want(do(second, put("k", "v")), broker.MasterExists)
	w.want(do(first, put("k", "v")), broker.NoError)
	if show(second) != "master_exists" {
		t.Fatalf("the second master shows %q", show(second))
	}
}

func TestDiskFails(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	d.settle()
	w.run()
	ok := do(c, put("good", "1"))
	w.run()
	d.settle()
	w.run()
	w.want(ok, broker.NoError)
	mine, its := do(m, put("bad", "1")), do(c, put("bad", "2"))
	w.run()
	d.err = broker.ErrBackendFailure
	d.settle()
	w.run()
	w.want(mine, broker.BackendFailure)
	w.want(its, broker.BackendFailure)
	w.want(do(m, put("bad", "3")), broker.BackendFailure)
	w.want(do2(w, c, put("bad", "4")), broker.BackendFailure)
	w.pass(5 * time.Second)
	d.err = nil
	w.pass(2 * time.Second)
	d.auto = true
	d.settle()
	w.run()
	if show(m) != "good=1 " || show(c) != "good=1 " {
		t.Fatalf("master %q, clone %q after the disk works again", show(m), show(c))
	}
	w.want(do2(w, c, put("k", "v")), broker.NoError)
	if show(m) != "good=1 k=v " || show(c) != show(m) {
		t.Fatalf("master %q, clone %q", show(m), show(c))
	}
}

func TestSnapshotOfMany(t *testing.T) {
	w := newWorld(t)
	w.room = 4
	a, b := w.end(), w.end()
	m := a.master("test", MasterOptions{})
	for i := range 20_000 {
		do(m, put(fmt.Sprint("key", i), "value"))
	}
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	for i := range 200 { // changes go on meanwhile
		do(m, put(fmt.Sprint("key", i*7), "changed"))
		do(m, erase(fmt.Sprint("key", 19_999-i)))
		w.turn()
		if i == 60 {
			w.cut(a, b) // in the middle of it
			w.connect(a, b)
		}
	}
	w.run()
	if show(c) != show(m) {
		t.Fatal("the clone is not equal to its master")
	}
	if i := m.Info(); i.Snapshots != 2 {
		t.Fatalf("%d snapshots, want 2: what was interrupted can't be resumed", i.Snapshots)
	}
}

func TestClose(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	r, s := do(m, put("k", "v")), do(c, put("k", "v"))
	for _, x := range []Store{c, m} {
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Get(text("k")); broker.CodeOf(err) != broker.ShuttingDown {
			t.Fatalf("a closed store answers %v", err)
		}
	}
	w.want(r, broker.ShuttingDown)
	w.want(s, broker.ShuttingDown)
	w.run()
	if !d.closed || m.Next() != step.Never || c.Next() != step.Never || len(a.subs)+len(b.subs) != 0 {
		t.Fatal("something is left of closed stores")
	}
}
