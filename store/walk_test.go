package store

import (
	"errors"
	"fmt"
	"testing"

	"moonpeer/net/broker"
)

// TestWalk goes through a master in steps while it changes, and through its clone.
func TestWalk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.end(), w.end()
	m, c := a.master("s", MasterOptions{}), b.clone("s", CloneOptions{})
	w.connect(a, b)
	for i := range 50 {
		do(m, put(fmt.Sprint("k", i), "v"))
	}
	w.run()
	expiring := put("e", "v")
	expiring.Expiry, expiring.HasExpiry = broker.Minute, true
	do(m, expiring)
	w.run()
	for _, s := range []Walker{m, c} {
		walk, err := s.Walk()
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int64{}
		for done := false; !done; {
			if done, err = walk.Next(func(key, _ []byte, expiry int64) bool {
				seen[plain(key)] = expiry
				return false
			}); err != nil {
				t.Fatal(err)
			}
			if n := len(seen); n < 40 {
				do(m, put(fmt.Sprint("k", n), fmt.Sprint("another value ", n)))
				w.run()
			}
		}
		if len(seen) != 51 || !walk.Complete() {
			t.Errorf("%d keys, complete %v", len(seen), walk.Complete())
		}
		want := w.clock + int64(broker.Minute)
		if !s.IsMaster() {
			want = 0
		}
		if v, at, err := s.Look(text("e")); seen["e"] != want || at != want || plain(v) != "v" || err != nil {
			t.Errorf("expires at %d and %d, want %d (%v)", seen["e"], at, want, err)
		}
		if _, _, err := s.Look(text("x")); !errors.Is(err, broker.ErrNoSuchKey) {
			t.Errorf("got %v", err)
		}
		walk, _ = s.Walk()
		s.Close()
		if _, err := walk.Next(nil); broker.CodeOf(err) != broker.ShuttingDown {
			t.Errorf("a walk through a closed store: %v", err)
		}
		if _, err := s.Walk(); err == nil {
			t.Error("a closed store can be walked through")
		}
	}
}

// TestWalkReadAgain: what was read from the disk anew is another table.
func TestWalkReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := &disk{w: w}
	m := w.end().master("s", MasterOptions{Backend: d, Sync: true})
	d.m = m
	walk, err := m.Walk()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.load(); err != nil {
		t.Fatal(err)
	}
	if _, err := walk.Next(nil); broker.CodeOf(err) != broker.BackendFailure {
		t.Errorf("got %v", err)
	}
}

// copier is a disk whose backups the test ends.
type copier struct {
	*disk
	asked []string
}

func (c *copier) Backup(token uint64, path string) {
	c.asked = append(c.asked, fmt.Sprint(token, " ", path))
}

func TestBackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := &copier{disk: &disk{w: w}}
	m := w.end().master("s", MasterOptions{Backend: c})
	c.m = m
	var got []string
	backup := func(path string) {
		m.Backup(path, func(err error) { got = append(got, fmt.Sprint(path, ": ", err)) })
	}
	do(m, put("k", "v"))
	backup("a") // what was answered is on its way to the disk, and is to be in the copy
	backup("b")
	if len(c.asked) > 0 {
		t.Errorf("a copy was begun before the disk had what was answered: %v", c.asked)
	}
	c.settle()
	m.Input(BackupDone{Token: 2, Err: errors.New("no")})
	m.Input(BackupDone{Token: 2})
	m.Input(BackupDone{Token: 1})
	backup("c")
	m.Close()
	backup("d")
	want := `[b: no a: <nil> c: shutting_down: store "s": the store is closed d: shutting_down: store "s": the store is closed]`
	if fmt.Sprint(got) != want || fmt.Sprint(c.asked) != "[1 a 2 b 3 c]" {
		t.Errorf("got  %v, %v\nwant %v", got, c.asked, want)
	}
	w.end().master("t", MasterOptions{}).Backup("e", func(err error) {
		if broker.CodeOf(err) != broker.BackendFailure {
			t.Errorf("got %v", err)
		}
	})
}

// TestDoUntil: an entry may expire at a time, whatever the clock is by then.
func TestDoUntil(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.end().master("s", MasterOptions{Expire: broker.Hour})
	c := put("k", "v")
	c.Expiry, c.HasExpiry = broker.Minute, true
	if r, done := m.DoUntil(&c, testClock+5, nil); !done || r.Err != nil {
		t.Fatal(r.Err)
	}
	do(m, put("l", "v"))
	for k, want := range map[string]int64{"k": testClock + 5, "l": testClock + int64(broker.Hour)} {
		if _, at, err := m.Look(text(k)); at != want || err != nil {
			t.Errorf("%s expires at %d, want %d (%v)", k, at, want, err)
		}
	}
}
