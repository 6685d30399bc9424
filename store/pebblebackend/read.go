package pebblebackend

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"moonpeer/store"
)

// loaderError is an error of whoever takes what is read, and says nothing of the disk.
type loaderError struct{ err error }

func (e loaderError) Error() string { return e.err.Error() }
func (e loaderError) Unwrap() error { return e.err }

func taken(err error) error {
	if err == nil {
		return nil
	}
	return loaderError{err}
}

// readAll gives all that is in db to l. What is not what this program writes is given to bad, and the reading goes on;
// bad nil: it ends there.
func readAll(db *pebble.DB, l store.Loader, bad func(error)) (err error) {
	it, err := db.NewIter(nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok; ok = it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if err := deliver(it.Key(), v, l); err != nil {
			if bad == nil || !errors.Is(err, ErrDamaged) {
				return err
			}
			bad(err)
		}
	}
	return it.Error()
}

func deliver(key, v []byte, l store.Loader) error {
	var prefix byte
	if len(key) > 0 {
		prefix = key[0]
	}
	switch prefix {
	case prefixEntry:
		value, expiry, err := decodeEntry(v)
		if err != nil {
			return damaged(err)
		}
		return taken(l.Entry(key[1:], value, expiry))
	case prefixWriter:
		return taken(l.Writer(key[1:], v))
	case prefixMeta:
		var p position
		var version uint32
		if err := decodeMeta(key, v, &p, &version); err != nil {
			return damaged(err)
		}
		if p.known {
			return taken(l.Position(p.term, p.seq))
		}
		return nil
	}
	return damaged(fmt.Errorf("key %q is not what this program writes", key))
}

// nothing takes everything and keeps nothing.
type nothing struct{}

func (nothing) Entry(_, _ []byte, _ int64) error { return nil }
func (nothing) Writer(_, _ []byte) error         { return nil }
func (nothing) Position(_, _ uint64) error       { return nil }

// Report says what Verify has found.
type Report struct {
	Entries, Writers int
	Bytes            int64 // of keys, values, ids and states
	Term, Seq        uint64
	Damage           []string // in order of discovery, 100 at most; none: all could be read
}

// Verify reads everything that is in a store's folder, which nobody may have open, and changes nothing. fs is nil for
// the disk. The error says that the folder could not be looked at; damage is in the Report.
func Verify(dir string, fs vfs.FS) (Report, error) { return VerifyWatched(dir, fs, nil) }

// VerifyWatched is Verify, and calls seen, unless it is nil, now and then with what was found so far.
func VerifyWatched(dir string, fs vfs.FS, seen func(Report)) (Report, error) {
	c := &counter{seen: seen}
	b, err := Open(Options{Dir: dir, FS: fs, ReadOnly: true})
	if err == nil {
		err = judge(b.s.fence, readAll(b.s.db, c, c.bad))
		err = errors.Join(err, b.Close())
	}
	if errors.Is(err, ErrDamaged) {
		c.bad(err)
		err = nil
	}
	return c.Report, err
}

// maxDamage is how much damage a Report lists.
const maxDamage = 100

// counter counts, and notes what is damaged.
type counter struct {
	Report
	seen func(Report)
}

// seenEvery is after how many entries whoever watches is told.
const seenEvery = 1000

func (c *counter) bad(err error) {
	if len(c.Damage) < maxDamage {
		c.Damage = append(c.Damage, err.Error())
	}
}

func (c *counter) Entry(key, value []byte, _ int64) error {
	c.Entries++
	c.Bytes += int64(len(key) + len(value))
	if c.seen != nil && c.Entries%seenEvery == 0 {
		c.seen(c.Report)
	}
	return nil
}

func (c *counter) Writer(id, state []byte) error {
	c.Writers++
	c.Bytes += int64(len(id) + len(state))
	return nil
}

func (c *counter) Position(term, seq uint64) error {
	c.Term, c.Seq = term, seq
	return nil
}
