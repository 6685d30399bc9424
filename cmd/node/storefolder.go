package main

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/node"
	"moonpeer/store"
	"moonpeer/store/pebblebackend"
)

// storeProgress is the line about long work on a store; the nil one shows nothing.
type storeProgress struct {
	*console.Progress
	before int64 // bytes of what was done with before
}

func newStoreProgress(inv *invocation, what string) *storeProgress {
	return &storeProgress{Progress: inv.console.Progress(what, time.Now)}
}

// seen shows how many bytes were read.
func (p *storeProgress) seen(r pebblebackend.Report) { p.Update(p.before+r.Bytes, 0) }

// part shows how many of about so many entries there are.
func (p *storeProgress) part(seen, of int) { p.Share(min(float64(seen)/float64(max(of, 1)), 1)) }

// storedInfo tells of a store in a folder what an open one tells of itself. open says that the node runs, without it.
func storedInfo(dir, name string, open bool, p *storeProgress) (store.Info, error) {
	i := store.Info{Name: name, Master: true, Backend: "pebble", State: "stopped"}
	if open {
		i.State = "not open"
	}
	r, err := pebblebackend.VerifyWatched(dir, nil, p.seen)
	i.Entries, i.Bytes, i.Term, i.Seq = r.Entries, r.Bytes, r.Term, r.Seq
	p.before += r.Bytes
	if err == nil && len(r.Damage) > 0 {
		i.State, i.Error = "damaged", r.Damage[0]
	}
	return i, inUse(err, name)
}

// inUse says of a folder that another process has open what can be done about it.
func inUse(err error, name string) error {
	if errors.Is(err, pebblebackend.ErrLocked) {
		return fmt.Errorf("%w: it is read while no node has it open; of a running node, store backup %s PATH makes a copy that can be", err, name)
	}
	return err
}

// readFolder hands over the entries of a store that no node has open, in the order of their keys.
func readFolder(dir string, take func(node.StoreEntry) error) error {
	b, err := pebblebackend.Open(pebblebackend.Options{Dir: dir, ReadOnly: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return errors.Join(b.Load(folderLoader(take)), b.Close())
}

// folderLoader is a store.Loader.
type folderLoader func(node.StoreEntry) error

// Entry implements store.Loader.
func (f folderLoader) Entry(key, value []byte, expiry int64) error {
	return f(node.StoreEntry{Key: key, Value: value, Expiry: expiry})
}

// Writer implements store.Loader.
func (f folderLoader) Writer(_, _ []byte) error { return nil }

// Position implements store.Loader.
func (f folderLoader) Position(_, _ uint64) error { return nil }
