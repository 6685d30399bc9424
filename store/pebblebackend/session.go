package pebblebackend

import (
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"moonpeer/net/step"
)

// session is one opened Pebble and the two goroutines that write to it:
//
//	loop ── commit ──▶ queue ──▶ committer ── jobs ──▶ syncer ──▶ Inbox
//	                    │        batch, Apply          SyncWait
//	                    └─ all that wait are one batch
//
// The committer does not wait for the disk, so that several batches are on their way at once and share a sync. The
// syncer answers in order. When the fence comes down the committer closes Pebble and goes on answering with the error.
type session struct {
	opts  Options
	dir   string
	fence *fence
	db    *pebble.DB

	wake    chan struct{} // capacity 1: there is something in queue, or stopping
	jobs    chan job
	done    chan struct{} // closed when both goroutines have ended
	started bool
	err     error // of closing; read after done

	backups sync.Mutex // one at a time; before mu

	mu       sync.Mutex
	queue    []group // not taken by the committer; bounded by count and bytes
	spare    [][]group
	count    int // commits that are not answered
	bytes    int // their size
	refused  bool
	stopping bool
	closed   bool           // Pebble is closed or about to be
	users    sync.WaitGroup // who else uses db; joined only under mu while not closed
}

// group is one commit.
type group struct {
	token uint64
	ops   []byte
	sync  bool
}

// job is what the committer hands to the syncer: a batch and the commits that it answers.
type job struct {
	groups []group
	batch  *pebble.Batch // nil: none
	wait   bool          // for the batch to be synced
	err    error         // of these commits
	seen   chan struct{} // not nil: closed when all before it is answered
}

const (
	maxBatch = 1 << 20 // bytes of commits from which on no more are added to a batch
	maxJobs  = 64      // batches that are not synced
)

func newSession(b *Backend, f *fence, db *pebble.DB) *session {
	return &session{
		opts: b.opts, dir: b.dir, fence: f, db: db,
		wake: make(chan struct{}, 1), jobs: make(chan job, maxJobs), done: make(chan struct{}),
	}
}

// start begins to take commits.
func (s *session) start() {
	s.started = true
	var syncer sync.WaitGroup
	syncer.Go(s.answer)
	go func() {
		s.write()
		close(s.jobs)
		syncer.Wait()
		s.err = s.closePebble()
		close(s.done)
	}()
}

// stop writes and answers what was taken, closes Pebble and waits for all that.
func (s *session) stop() error {
	if !s.started {
		return s.closePebble()
	}
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	s.poke()
	<-s.done
	return s.err
}

func (s *session) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// commit takes a commit, or answers false.
func (s *session) commit(g group) bool {
	s.mu.Lock()
	if s.count >= s.opts.MaxCommits || s.count > 0 && s.bytes+len(g.ops) > s.opts.MaxBytes {
		s.refused = true
		s.mu.Unlock()
		return false
	}
	s.count++
	s.bytes += len(g.ops)
	first := len(s.queue) == 0
	s.queue = append(s.queue, g)
	s.mu.Unlock()
	if first {
		s.poke()
	}
	return true
}

// take removes all commits that wait.
func (s *session) take() (groups []group, stopping bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	groups, s.queue = s.queue, nil
	if n := len(s.spare); n > 0 && len(groups) > 0 {
		s.queue, s.spare = s.spare[n-1], s.spare[:n-1]
	}
	return groups, s.stopping
}

// answer is the syncer.
func (s *session) answer() {
	for j := range s.jobs {
		s.finish(j)
	}
}

// finish waits for a job and answers its commits.
func (s *session) finish(j job) {
	if j.wait {
		if err := j.batch.SyncWait(); err != nil {
			s.fence.fail(err)
		}
	}
	err := j.err
	if err == nil {
		err = s.fence.failed()
	}
	if j.batch != nil && err == nil {
		_ = j.batch.Close() // it is used again; after an error nobody knows who else has it
	}
	err = failure(s.dir, err)
	n := 0
	for _, g := range j.groups {
		n += len(g.ops)
		s.opts.Inbox.Put(step.DiskDone{At: s.opts.Port, Token: g.token, Err: err})
	}
	s.settle(j.groups, n)
	if j.seen != nil {
		close(j.seen)
	}
}

// settle gives back the room of commits that are answered. There is room again when half of it is free.
func (s *session) settle(groups []group, bytes int) {
	s.mu.Lock()
	s.count -= len(groups)
	s.bytes -= bytes
	ready := s.refused && s.count <= s.opts.MaxCommits/2 && s.bytes <= s.opts.MaxBytes/2
	if ready {
		s.refused = false
	}
	if cap(groups) > 0 && cap(groups) <= 1<<14 && len(s.spare) < 4 {
		clear(groups)
		s.spare = append(s.spare, groups[:0])
	}
	s.mu.Unlock()
	if ready {
		s.opts.Inbox.Put(step.DiskReady{At: s.opts.Port})
	}
}

// background runs f beside the committer. Pebble stays open until it ends. f is told why not if that cannot be.
func (s *session) background(f func(error)) {
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.users.Add(1)
	}
	s.mu.Unlock()
	if closed {
		f(s.fence.failed())
		return
	}
	go func() {
		defer s.users.Done()
		err := s.guard(func() error { f(nil); return nil })
		if err != nil {
			f(err)
		}
	}()
}

// guard turns a panic of Pebble into an error, and brings the fence down: Pebble may hold locks of its own now.
func (s *session) guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked{fmt.Sprint(r)}
			s.fence.fail(err)
		}
	}()
	return f()
}

// panicked is a panic of Pebble, after which it can't be closed.
type panicked struct{ what string }

func (p panicked) Error() string { return "pebble: " + p.what }

// closePebble closes Pebble once. Its error is that of what was written last.
func (s *session) closePebble() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if !closed {
		s.users.Wait()
		if _, is := s.fence.failed().(panicked); is {
			// It would wait for a lock that nobody gives back. Nothing that it still does reaches the disk.
			s.opts.Logger.Error("pebble is left behind", "folder", s.dir, "err", s.fence.failed())
		} else if err := s.guard(s.db.Close); err != nil {
			s.fence.fail(err)
		}
	}
	return s.fence.failed()
}

// timer is for what is not synced. It runs only while there is something.
type timer struct {
	t       *time.Timer
	running bool
}

func newTimer() timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return timer{t: t}
}

func (t *timer) start(d time.Duration) {
	if !t.running {
		t.t.Reset(d)
		t.running = true
	}
}

func (t *timer) stop() {
	t.t.Stop()
	t.running = false
}
