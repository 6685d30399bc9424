package pebblebackend

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// scheduler lets one Pebble compact, one compaction at a time. Pebble's own looks every 100 ms whether there is something
// to do, for as long as a store is open, and outlives an Open that fails.
type scheduler struct {
	db pebble.DBForCompaction // set before all else

	mu       sync.Mutex
	idle     *sync.Cond // granting is false
	running  bool       // a compaction has the grant
	granting bool       // db is being asked
	ended    bool
}

var _ pebble.CompactionScheduler = (*scheduler)(nil)

func newScheduler() *scheduler {
	s := &scheduler{}
	s.idle = sync.NewCond(&s.mu)
	return s
}

// Register implements pebble.CompactionScheduler.
func (s *scheduler) Register(_ int, db pebble.DBForCompaction) { s.db = db }

// Unregister implements pebble.CompactionScheduler: db is not asked any more when it returns.
func (s *scheduler) Unregister() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for s.granting {
		s.idle.Wait()
	}
}

// TrySchedule implements pebble.CompactionScheduler.
func (s *scheduler) TrySchedule() (bool, pebble.CompactionGrantHandle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.running {
		return false, nil
	}
	s.running = true
	return true, s
}

// UpdateGetAllowedWithoutPermission implements pebble.CompactionScheduler; what is allowed does not change.
func (s *scheduler) UpdateGetAllowedWithoutPermission() {}

// Started implements pebble.CompactionGrantHandle.
func (s *scheduler) Started() {}

// MeasureCPU implements pebble.CompactionGrantHandle.
func (s *scheduler) MeasureCPU(pebble.CompactionGoroutineKind) {}

// CumulativeStats implements pebble.CompactionGrantHandle.
func (s *scheduler) CumulativeStats(pebble.CompactionGrantHandleStats) {}

// Done ends a compaction and begins the one that waits, if there is one.
func (s *scheduler) Done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = false
	if s.ended || s.granting {
		return
	}
	s.granting, s.running = true, true
	s.mu.Unlock() // db has locks of its own, which come first
	waiting, _ := s.db.GetWaitingCompaction()
	accepted := waiting && s.db.Schedule(s)
	s.mu.Lock()
	if !accepted {
		s.running = false
	}
	s.granting = false
	s.idle.Broadcast()
}
