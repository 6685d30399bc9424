package pebblebackend

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"moonpeer/store/journal"
)

// write is the committer: it makes batches of commits until the session stops.
func (s *session) write() {
	late := newTimer() // runs while something is applied that is not synced
	defer late.stop()
	down := s.fence.down
	for {
		select {
		case <-s.wake:
		case <-late.t.C:
			late.running = false
			s.syncAll()
		case <-down:
			down = nil // once is enough
			late.stop()
			s.giveUp()
		}
		groups, stopping := s.take()
		for len(groups) > 0 {
			n := s.fits(groups)
			s.apply(groups[:n:n], &late)
			groups = groups[n:]
		}
		if stopping {
			if late.running {
				s.syncAll()
			}
			return
		}
	}
}

// fits counts the commits that make one batch.
func (s *session) fits(groups []group) int {
	size := 0
	for i, g := range groups {
		if size += len(g.ops); size > maxBatch && i > 0 {
			return i
		}
	}
	return len(groups)
}

// apply writes commits as one batch and leaves the answer to the syncer. A commit that is malformed ends the batch
// before it and fails, as do all after it.
func (s *session) apply(groups []group, late *timer) {
	good, bad := len(groups), error(nil)
	for i, g := range groups {
		if bad = journal.Check(g.ops); bad != nil {
			good = i
			break
		}
	}
	if good > 0 {
		s.applyGood(groups[:good:good], late)
	}
	if bad != nil {
		s.fence.fail(bad)
		s.jobs <- job{groups: groups[good:], err: bad}
	}
}

func (s *session) applyGood(groups []group, late *timer) {
	if err := s.fence.failed(); err != nil {
		s.jobs <- job{groups: groups, err: err}
		return
	}
	j := job{groups: groups}
	for _, g := range groups {
		j.wait = j.wait || g.sync
	}
	err := s.guard(func() (err error) {
		if j.batch, err = s.batch(groups); err != nil {
			return err
		}
		if j.wait {
			return s.db.ApplyNoSyncWait(j.batch, pebble.Sync)
		}
		return s.db.Apply(j.batch, pebble.NoSync)
	})
	switch {
	case err != nil:
		s.fence.fail(err)
		j = job{groups: groups, err: err}
	case j.wait:
		late.stop()
	case !j.batch.Empty():
		late.start(s.opts.SyncEvery)
	}
	s.jobs <- j
}

// batch makes one batch of commits. An empty one that is to be synced gets a record that says nothing: it makes what was
// applied before it durable.
func (s *session) batch(groups []group) (*pebble.Batch, error) {
	size, sync := 32, false
	for _, g := range groups {
		size += len(g.ops) + 16
		sync = sync || g.sync
	}
	b := s.db.NewBatchWithSize(min(size, 4*maxBatch))
	var at position
	for _, g := range groups {
		if err := convert(b, g.ops, &at); err != nil {
			return nil, err
		}
	}
	if at.known {
		if err := putPosition(b, at); err != nil {
			return nil, err
		}
	}
	if b.Empty() && sync {
		return b, b.LogData(nil, nil)
	}
	return b, nil
}

// syncAll makes what was applied durable.
func (s *session) syncAll() {
	if s.fence.failed() != nil {
		return
	}
	b := s.db.NewBatch()
	err := s.guard(func() error {
		return errors.Join(b.LogData(nil, nil), s.db.ApplyNoSyncWait(b, pebble.Sync))
	})
	if err != nil {
		s.fence.fail(err)
		return
	}
	s.jobs <- job{batch: b, wait: true}
}

// giveUp closes Pebble after the fence has come down, when all that it was asked for is answered: what it does in the
// background it would try again and again.
func (s *session) giveUp() {
	s.opts.Logger.Error("store cannot be written to", "folder", s.dir, "err", s.fence.failed())
	seen := make(chan struct{})
	s.jobs <- job{seen: seen}
	<-seen
	_ = s.closePebble()
}
