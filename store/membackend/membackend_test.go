package membackend_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/store"
	"moonpeer/store/backendtest"
	"moonpeer/store/journal"
	"moonpeer/store/membackend"
)

// newDisk is a disk whose crashes keep a random part of the tail.
func newDisk(*testing.T) backendtest.Disk {
	disk := membackend.NewDisk()
	var open *membackend.Backend
	r := rand.New(rand.NewPCG(3, 4))
	paths := 0
	return backendtest.Disk{
		Open: func(inbox step.Inbox, port step.PortID) (store.Backend, error) {
			b, err := membackend.Open(disk, membackend.Options{Port: port, Inbox: inbox})
			if err == nil {
				open = b
			}
			return b, err
		},
		BackupPath: func() string { paths++; return fmt.Sprint(paths) },
		OpenBackup: func(path string, inbox step.Inbox, port step.PortID) (store.Backend, error) {
			return membackend.Open(disk.Backup(path), membackend.Options{Port: port, Inbox: inbox})
		},
		Crash:   func() { disk.CrashKeeping(r.IntN(3)) },
		Break:   disk.Break,
		Heal:    disk.Heal,
		Hold:    func() { open.SetManual(true) },
		Release: func() { open.SetManual(false) },
	}
}

func TestConformance(t *testing.T) { backendtest.Run(t, newDisk) }

func TestModel(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { backendtest.RunModel(t, seed, 1000, newDisk) })
	}
}

func open(t *testing.T, d *membackend.Disk, inbox step.Inbox, manual bool) *membackend.Backend {
	t.Helper()
	b, err := membackend.Open(d, membackend.Options{Inbox: inbox, Manual: manual, MaxCommits: 4})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func load(t *testing.T, b store.Backend) *backendtest.Contents {
	t.Helper()
	c := backendtest.NewContents()
	if err := b.Load(c); err != nil {
		t.Fatal(err)
	}
	return c
}

func put(k string) []byte { return journal.AppendPut(nil, []byte(k), []byte("value"), 0) }

func TestManual(t *testing.T) {
	d, inbox := membackend.NewDisk(), backendtest.NewInbox()
	b := open(t, d, inbox, true)
	for i := range uint64(4) {
		if !b.Commit(i, put(fmt.Sprint(i)), i < 2) {
			t.Fatal("no room")
		}
	}
	if b.Commit(4, put("4"), true) || b.Waiting() != 4 || len(inbox.All()) != 0 {
		t.Fatal("four commits wait, and it does not look so")
	}
	b.SettleSome(1)
	if got := inbox.All(); len(got) != 1 || got[0] != (step.DiskDone{}) {
		t.Fatalf("got %v, want the first DiskDone", got)
	}
	b.SettleSome(2)
	want := []step.Input{step.DiskDone{}, step.DiskDone{Token: 1}, step.DiskDone{Token: 2}, step.DiskReady{}}
	if got := inbox.All(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	if !d.Dirty() {
		t.Fatal("a commit without sync is durable")
	}
	d.Crash()
	b.Settle() // of a dead process: nobody hears of it
	if len(inbox.All()) != len(want) || b.Waiting() != 0 {
		t.Fatal("a dead process has answered")
	}
	if c := load(t, open(t, d, inbox, false)); len(c.Entries) != 2 {
		t.Fatalf("got %v, want the two that were synced", c.Entries)
	}
}

func TestKill(t *testing.T) {
	d, inbox := membackend.NewDisk(), backendtest.NewInbox()
	b := open(t, d, inbox, false)
	b.Commit(1, put("a"), false)
	d.Kill()
	if c := load(t, open(t, d, inbox, false)); len(c.Entries) != 1 {
		t.Fatal("what a process has written is gone with it, and the machine was not")
	}
	if d.Dirty() {
		t.Fatal("what is loaded is not durable")
	}
	d.Crash()
	if c := load(t, open(t, d, inbox, false)); len(c.Entries) != 1 {
		t.Fatal("what was synced is gone")
	}
}

func TestFaults(t *testing.T) {
	d, inbox := membackend.NewDisk(), backendtest.NewInbox()
	b := open(t, d, inbox, false)
	commit := func(token uint64, k string) error {
		b.Commit(token, put(k), true)
		return answer(t, inbox, token)
	}
	cause := errors.New("third time unlucky")
	d.BreakAfter(2, cause)
	for i, want := range []error{nil, nil, cause, cause} {
		if err := commit(uint64(i), fmt.Sprint(i)); !errors.Is(err, want) {
			t.Fatalf("commit %d: got %v, want %v", i, err, want)
		}
	}
	d.Heal()
	d.Limit(21)
	if c := load(t, b); len(c.Entries) != 2 {
		t.Fatalf("got %v, want two", c.Entries)
	}
	if err := commit(10, "1234"); err != nil {
		t.Fatal(err)
	}
	err := commit(11, "5")
	if !errors.Is(err, membackend.ErrFull) || !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, broker.ErrBackendFailure) {
		t.Fatalf("got %v, want a full disk", err)
	}
	d.Limit(0)
	load(t, b)
	if err := commit(12, "5"); err != nil {
		t.Fatal(err)
	}
}

// answer returns the error of the last DiskDone, which must be the token's.
func answer(t *testing.T, inbox *backendtest.Inbox, token uint64) error {
	t.Helper()
	dones := inbox.Dones()
	last := dones[len(dones)-1]
	if last.Token != token {
		t.Fatalf("got %+v, want the answer to %d", last, token)
	}
	return last.Err
}
