package backendtest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/store"
	"moonpeer/store/journal"
)

// world is one test's disk with a backend on it.
type world struct {
	*testing.T
	disk  Disk
	inbox *Inbox
	store.Backend
	token uint64
}

func newWorld(t *testing.T, newDisk func(*testing.T) Disk) *world {
	w := &world{T: t, disk: newDisk(t)}
	w.open()
	t.Cleanup(func() { _ = w.Backend.Close() })
	return w
}

func (w *world) open() {
	w.Helper()
	w.inbox = NewInbox()
	b, err := w.disk.Open(w.inbox, port)
	if err != nil {
		w.Fatalf("open: %v", err)
	}
	w.Backend = b
}

// close closes the backend, which must go well.
func (w *world) close() {
	w.Helper()
	if err := w.Close(); err != nil {
		w.Fatalf("close: %v", err)
	}
}

func (w *world) reopen() {
	w.Helper()
	w.close()
	w.open()
}

// put commits a group and returns its token.
func (w *world) put(sync bool, ops []byte) uint64 {
	w.Helper()
	w.token++
	if !w.Commit(w.token, ops, sync) {
		w.Fatal("Commit answers false")
	}
	return w.token
}

// must commits a group with sync and waits for it.
func (w *world) must(ops []byte) {
	w.Helper()
	if err := w.inbox.Done(w.T, w.put(true, ops)); err != nil {
		w.Fatalf("commit: %v", err)
	}
}

func (w *world) load() *Contents {
	w.Helper()
	return loaded(w.T, w.Backend)
}

func loaded(t *testing.T, b store.Backend) *Contents {
	t.Helper()
	c := NewContents()
	if err := b.Load(c); err != nil {
		t.Fatalf("load: %v", err)
	}
	return c
}

// holds compares what the store has with what groups make.
func (w *world) holds(groups ...[]byte) {
	w.Helper()
	want := NewContents()
	for _, g := range groups {
		want.Apply(g)
	}
	if d := w.load().Diff(want); d != "" {
		w.Fatal(d)
	}
}

// failsWith checks an error of a backend.
func (w *world) failsWith(err error) {
	w.Helper()
	if !errors.Is(err, broker.ErrBackendFailure) {
		w.Fatalf("got error %v, want one that is %v", err, broker.ErrBackendFailure)
	}
}

func key(i int) []byte { return fmt.Appendf(nil, "key %05d", i) }

func put(k, v string) []byte { return journal.AppendPut(nil, []byte(k), []byte(v), 0) }

// Run checks every promise of store.Backend, each on a disk of its own.
func Run(t *testing.T, newDisk func(t *testing.T) Disk) {
	for _, c := range []struct {
		name string
		test func(w *world)
	}{
		{"new", func(w *world) { w.holds() }},
		{"reopen", testReopen},
		{"order", testOrder},
		{"bytes", testBytes},
		{"clear", testClear},
		{"writers", testWriters},
		{"position", testPosition},
		{"empty group", testEmpty},
		{"malformed group", testMalformed},
		{"mixed sync", testMixed},
		{"close makes durable", testCloseSyncs},
		{"crash", testCrash},
		{"window", testWindow},
		{"errors stick", testSticky},
		{"loader's error", testLoader},
		{"closed", testClosed},
		{"opened twice", testTwice},
		{"backup", testBackup},
		{"backup of a broken store", testBrokenBackup},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(newWorld(t, newDisk)) })
	}
}

func testReopen(w *world) {
	a := journal.AppendPosition(put("a", "1"), 1, 1)
	w.must(a)
	w.holds(a)
	w.reopen()
	w.holds(a)
	b := journal.AppendPosition(journal.AppendErase(put("b", "2"), []byte("a")), 1, 2)
	w.must(b)
	w.reopen()
	w.holds(a, b)
}

// testOrder has many commits in flight that overwrite each other.
func testOrder(w *world) {
	const n = 1000
	var groups [][]byte
	for i := range n {
		g := journal.AppendPut(nil, key(i%7), fmt.Append(nil, i), 0)
		if i%5 == 0 {
			g = journal.AppendErase(g, key(i%3))
		}
		groups = append(groups, journal.AppendPosition(g, 1, uint64(i)))
		w.put(i%3 == 0, groups[i])
	}
	if err := w.inbox.Done(w.T, w.token); err != nil {
		w.Fatal(err)
	}
	for i, d := range w.inbox.Dones() {
		if d.Token != uint64(i+1) || d.Err != nil || d.At != port {
			w.Fatalf("DiskDone %d is %+v", i, d)
		}
	}
	w.holds(groups...)
	w.reopen()
	w.holds(groups...)
}

func testBytes(w *world) {
	long := string(bytes.Repeat([]byte("long "), 50_000))
	g := journal.AppendPut(nil, nil, nil, 0)
	g = journal.AppendPut(g, []byte{0}, []byte("\x00\xff"), 1)
	g = journal.AppendPut(g, []byte{255, 255}, []byte(long), -1)
	g = journal.AppendPut(g, []byte(long[:1000]), nil, 1<<62)
	g = journal.AppendWriter(g, nil, []byte(long))
	g = journal.AppendWriter(g, []byte{255}, nil)
	w.must(g)
	w.holds(g)
	w.reopen()
	w.holds(g)
}

func testClear(w *world) {
	a := journal.AppendWriter(put("a", "1"), []byte("w"), []byte("s"))
	a = journal.AppendPut(a, nil, []byte("of no key"), 0)
	b := journal.AppendPut(journal.AppendClear(put("b", "gone")), []byte("c"), []byte("stays"), 0)
	w.must(a)
	w.must(b)
	w.holds(a, b)
	if c := w.load(); len(c.Entries) != 1 || c.Entries["c"].Value != "stays" || len(c.Writers) != 1 {
		w.Fatalf("after Clear there is %v", c)
	}
	w.reopen()
	w.holds(a, b)
	c := journal.AppendClear(nil)
	w.must(c)
	w.reopen()
	w.holds(a, b, c)
}

func testWriters(w *world) {
	a := journal.AppendWriter(journal.AppendWriter(nil, []byte("x"), []byte("1")), []byte("y"), []byte("1"))
	b := journal.AppendForget(journal.AppendWriter(nil, []byte("x"), []byte("2")), []byte("y"))
	b = journal.AppendForget(b, []byte("never known"))
	w.must(a)
	w.must(b)
	w.reopen()
	w.holds(a, b)
}

func testPosition(w *world) {
	g := put("a", "1")
	w.must(g)
	if w.load().Placed {
		w.Fatal("there is a position that nobody wrote")
	}
	p := journal.AppendPosition(journal.AppendPosition(nil, 9, 9), 1<<63, 1<<63+1)
	w.must(p)
	w.reopen()
	w.holds(g, p)
}

func testEmpty(w *world) {
	w.must(nil)
	if err := w.inbox.Done(w.T, w.put(false, nil)); err != nil {
		w.Fatal(err)
	}
	w.holds()
}

func testMalformed(w *world) {
	good := put("a", "1")
	w.must(good)
	if err := w.inbox.Done(w.T, w.put(true, append(put("b", "in part"), 99))); !errors.Is(err, journal.ErrMalformed) {
		w.Fatalf("got %v, want %v", err, journal.ErrMalformed)
	}
	w.failsWith(w.inbox.Done(w.T, w.put(true, put("c", "after it"))))
	w.holds(good)
	again := put("d", "after loading")
	w.must(again)
	w.reopen()
	w.holds(good, again)
}

// testMixed: a commit with sync makes those before it durable.
func testMixed(w *world) {
	a, b, c := put("a", "1"), put("b", "2"), put("c", "3")
	w.put(false, a)
	if err := w.inbox.Done(w.T, w.put(false, b)); err != nil {
		w.Fatal(err)
	}
	w.must(c)
	w.disk.Crash()
	w.open()
	w.holds(a, b, c)
	// Even one that changes nothing.
	d := put("d", "4")
	w.put(false, d)
	w.must(nil)
	w.disk.Crash()
	w.open()
	w.holds(a, b, c, d)
}

func testCloseSyncs(w *world) {
	g := put("a", "1")
	w.put(false, g)
	w.close()
	w.disk.Crash()
	w.open()
	w.holds(g)
}

func testCrash(w *world) {
	a := journal.AppendPosition(put("a", "1"), 1, 1)
	w.must(a)
	b := journal.AppendPosition(journal.AppendPut(put("b", "2"), []byte("c"), []byte("3"), 0), 1, 2)
	w.put(false, b)
	w.disk.Crash()
	w.open()
	if w.load().Seq == 2 {
		w.holds(a, b)
		return
	}
	w.holds(a)
}

func testWindow(w *world) {
	w.disk.Hold()
	var groups [][]byte
	for n := 0; ; n++ {
		if n > 1<<20 {
			w.Fatal("a million commits wait, and there is room for more")
		}
		g := journal.AppendPut(nil, key(n%100), fmt.Append(nil, n), 0)
		w.token++
		if !w.Commit(w.token, g, true) {
			break
		}
		groups = append(groups, g)
	}
	if w.Commit(w.token, put("not", "taken"), true) {
		w.Fatal("Commit takes again without a DiskReady")
	}
	w.disk.Release()
	w.inbox.Ready(w.T)
	g := put("after", "it")
	groups = append(groups, g)
	w.must(g)
	w.holds(groups...)
	ready := 0
	for _, in := range w.inbox.All() {
		if _, ok := in.(step.DiskReady); ok {
			ready++
		}
	}
	if ready != 1 {
		w.Fatalf("%d DiskReadys, want 1", ready)
	}
}

func testSticky(w *world) {
	a := put("a", "1")
	w.must(a)
	cause := errors.New("the test's disk is on fire")
	w.disk.Break(cause)
	err := w.inbox.Done(w.T, w.put(true, put("b", "2")))
	w.failsWith(err)
	if !errors.Is(err, cause) && !strings.Contains(err.Error(), cause.Error()) {
		w.Fatalf("the error is %v and does not say %q", err, cause)
	}
	w.failsWith(w.inbox.Done(w.T, w.put(false, put("c", "3"))))
	w.disk.Heal()
	w.failsWith(w.inbox.Done(w.T, w.put(true, put("d", "4")))) // until Load
	c := w.load()
	want := NewContents()
	want.Apply(a)
	if _, ok := c.Entries["b"]; ok { // whether the commit that failed has happened nobody knows
		want.Apply(put("b", "2"))
	}
	if d := c.Diff(want); d != "" {
		w.Fatal(d)
	}
	e := put("e", "5")
	w.must(e)
	want.Apply(e)
	w.reopen()
	if d := w.load().Diff(want); d != "" {
		w.Fatal(d)
	}
}

// refusing is a loader that does not take what it gets.
type refusing struct{ *Contents }

var errRefused = errors.New("no room in memory")

func (refusing) Entry(_, _ []byte, _ int64) error { return errRefused }

func testLoader(w *world) {
	g := put("a", "1")
	w.must(g)
	err := w.Load(refusing{NewContents()})
	w.failsWith(err)
	if !errors.Is(err, errRefused) {
		w.Fatalf("got %v, want %v", err, errRefused)
	}
	w.holds(g)
	b := put("b", "2")
	w.must(b)
	w.holds(g, b)
}

func testClosed(w *world) {
	w.close()
	w.close()
	w.failsWith(w.inbox.Done(w.T, w.put(true, put("a", "1"))))
	w.failsWith(w.Load(NewContents()))
	w.Backup(5, w.disk.BackupPath())
	w.failsWith(w.inbox.Backup(w.T, 5))
}

func testTwice(w *world) {
	b, err := w.disk.Open(NewInbox(), port)
	if err == nil {
		_ = b.Close()
		w.Fatal("two backends opened one store")
	}
	w.failsWith(err)
	if !strings.Contains(err.Error(), "another process or store has it open") {
		w.Fatalf("the error does not say what is wrong: %v", err)
	}
	g := put("a", "1")
	w.must(g) // the first one does not notice
	w.reopen()
	w.holds(g)
}

func testBackup(w *world) {
	a, b := put("a", "1"), journal.AppendPosition(put("b", "2"), 3, 4)
	w.must(a)
	if err := w.inbox.Done(w.T, w.put(false, b)); err != nil {
		w.Fatal(err)
	}
	path := w.disk.BackupPath()
	w.Backup(7, path)
	if err := w.inbox.Backup(w.T, 7); err != nil {
		w.Fatal(err)
	}
	c := put("c", "later")
	w.must(c)
	w.Backup(8, path)
	w.failsWith(w.inbox.Backup(w.T, 8))
	w.must(c) // a backup that fails is no error of the store
	w.close()

	copied, err := w.disk.OpenBackup(path, NewInbox(), port)
	if err != nil {
		w.Fatal(err)
	}
	want := NewContents()
	want.Apply(a)
	want.Apply(b)
	if d := loaded(w.T, copied).Diff(want); d != "" {
		w.Fatal(d)
	}
	if err := copied.Close(); err != nil {
		w.Fatal(err)
	}
	w.open()
	w.holds(a, b, c)
}

func testBrokenBackup(w *world) {
	w.must(put("a", "1"))
	w.disk.Break(errors.New("broken"))
	w.failsWith(w.inbox.Done(w.T, w.put(true, put("b", "2"))))
	w.Backup(1, w.disk.BackupPath())
	w.failsWith(w.inbox.Backup(w.T, 1))
	w.disk.Heal()
}
