package luatest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options say how tests are run.
type Options struct {
	Files  []string
	Lines  Lines // nil: all files as a whole
	Load   Loader
	Select *Selection
	// Seed is the first round's, and each further one has the next. Rounds is how many there are; 0: one.
	Seed     uint64
	Rounds   int
	FailFast bool          // stop after the first failure
	Jobs     int           // files at once; 0: one
	Timeout  time.Duration // of a test; 0: none
	Trace    bool          // keep the trace of each test
	Slowest  int           // how many of the slowest tests the summary names
	// Now and After are the clock: After calls fn in d, unless stop is called before.
	Now   func() time.Time
	After func(d time.Duration, fn func()) (stop func() bool)
}

// grace is how long a test that was interrupted may take to end.
const grace = 3 * time.Second

// buffered is how many results of a file may wait for those of the files before it.
const buffered = 64

// Run runs the tests of the files and tells rep about each, by round, file and place, in each file what can't be run first.
// The error is rep's, or why nothing could be run, ErrNoTests among others; that tests have failed is none. When ctx ends,
// the tests that run are stopped and the summary says so.
func Run(ctx context.Context, opts Options, rep Reporter) (*Summary, error) {
	opts.Rounds, opts.Jobs = max(opts.Rounds, 1), max(opts.Jobs, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := opts.Now()
	s := &Summary{Seed: opts.Seed, Files: len(opts.Files)}
	jobs := make([]*job, 0, opts.Rounds*len(opts.Files))
	for round := range opts.Rounds {
		for _, file := range opts.Files {
			jobs = append(jobs, &job{opts: &opts, path: file, seed: opts.Seed + uint64(round), results: make(chan *Result, buffered)})
		}
	}
	var workers errgroup.Group
	workers.SetLimit(opts.Jobs + 1) // and the one who hands out
	workers.Go(func() error {
		for _, j := range jobs {
			workers.Go(func() error { j.run(ctx); return nil })
		}
		return nil
	})
	err := collect(ctx, cancel, jobs, s, rep)
	cancel()
	for _, j := range jobs { // those that were stopped may want to tell more
		for range j.results {
		}
	}
	workers.Wait()
	s.Took = opts.Now().Sub(began)
	if err != nil {
		return s, err
	}
	if !s.Stopped && s.Passed+s.Failed+s.Broken+s.Pending == 0 {
		return s, opts.Select.nothing(jobs)
	}
	return s, rep.End(s)
}

// collect hands the results on in the order of the jobs.
func collect(ctx context.Context, cancel func(), jobs []*job, s *Summary, rep Reporter) error {
	for _, j := range jobs {
		for r := range j.results {
			if ctx.Err() != nil && r.Failure != nil && errors.Is(r.Failure.Cause, ErrStopped) {
				continue
			}
			s.add(r, j.opts.Slowest)
			if err := rep.Result(r); err != nil {
				return err
			}
			if j.opts.FailFast && (r.Outcome == Failed || r.Outcome == Broken) {
				s.Stopped = true
				return nil
			}
		}
		if ctx.Err() != nil {
			s.Stopped = true
			return nil
		}
	}
	return nil
}

// add counts a result.
func (s *Summary) add(r *Result, slowest int) {
	switch r.Outcome {
	case Passed:
		s.Passed++
	case Failed:
		s.Failed++
	case Broken:
		s.Broken++
	case Pending:
		s.Pending++
	}
	if slowest == 0 || r.Outcome == Pending || r.Outcome == Broken {
		return
	}
	kept := *r
	kept.Trace, kept.Output, kept.Failure = nil, "", nil
	same := func(o Result) bool { return o.File == r.File && slices.Equal(o.Names, r.Names) }
	switch i := slices.IndexFunc(s.Slowest, same); {
	case i < 0:
		s.Slowest = append(s.Slowest, kept)
	case s.Slowest[i].Took < r.Took: // in another round
		s.Slowest[i] = kept
	}
	slices.SortStableFunc(s.Slowest, func(a, b Result) int { return cmp.Compare(b.Took, a.Took) })
	s.Slowest = s.Slowest[:min(len(s.Slowest), slowest)]
}

// job is one file in one round.
type job struct {
	opts    *Options
	path    string
	seed    uint64
	results chan *Result

	// What the file has declared, for who waits for all jobs.
	tests int
	tags  []string
}

// run loads the file and runs its tests.
func (j *job) run(ctx context.Context) {
	defer close(j.results)
	if ctx.Err() != nil {
		return
	}
	f, ok := j.load(ctx)
	if !ok {
		return
	}
	starts := startsOf(f)
	takes := j.choose(f, starts)
	for _, r := range f.Broken {
		r.File, r.Seed, r.Shared = j.path, j.seed, starts[r.Line] > 1
		lost := slices.ContainsFunc(r.Lost, func(t Test) bool { return takes(&t) })
		if lost || takes(&Test{Names: r.Names, Tags: r.Tags, Line: r.Line, Around: r.Around}) {
			j.results <- &r
		}
	}
	for i := 0; i < len(f.Tests) && ctx.Err() == nil; i++ {
		t := &f.Tests[i]
		if !takes(t) {
			continue
		}
		r, stuck := j.test(ctx, f, t)
		r.Shared = starts[r.Line] > 1
		j.results <- &r
		if !stuck {
			continue
		}
		if f, ok = j.load(ctx); !ok { // the old one is still in use
			return
		}
	}
	f.Close()
}

// choose returns what tells which tests of the file are run, and says what is wrong with it or with the lines that were
// named.
func (j *job) choose(f *File, s starts) (takes func(*Test) bool) {
	j.tests = len(f.Tests) + len(f.Broken)
	for i := range f.Tests {
		j.tags = append(j.tags, f.Tests[i].Tags...)
	}
	lines, narrow := j.opts.Lines[j.path]
	if j.tests == 0 && !narrow && !j.opts.Select.narrow() {
		j.results <- &Result{File: j.path, Outcome: Broken, Seed: j.seed, Failure: &Failure{File: j.path,
			Message: `it declares no test: it("does this", function() … end) does`}}
	}
	named, lost := s.named(lines)
	for _, line := range lost {
		if j.seed == j.opts.Seed { // it is so in each round
			r := s.lostLine(j.path, line, j.seed)
			j.results <- &r
		}
	}
	isNamed := func(line int) bool { return slices.Contains(named, line) }
	return func(t *Test) bool {
		return j.opts.Select.takes(t) && (!narrow || isNamed(t.Line) || slices.ContainsFunc(t.Around, isNamed))
	}
}

// load reads the file; of one that can't be read it says why. What does not end while it is read is left alone.
func (j *job) load(ctx context.Context) (*File, bool) {
	type loaded struct {
		f   *File
		err error
	}
	began := j.opts.Now()
	done, gone := make(chan loaded, 1), make(chan struct{})
	go func() {
		f, err := j.opts.Load(j.path)
		done <- loaded{f, err}
	}()
	end := once(func(error) { j.opts.After(grace, func() { close(gone) }) })
	if d := j.opts.Timeout; d > 0 {
		defer j.opts.After(d, func() { end(nil) })()
	}
	defer context.AfterFunc(ctx, func() { end(ErrStopped) })()
	var l loaded
	select {
	case l = <-done:
	case <-gone:
		l.err = &FileError{Failure{File: j.path, Message: "it does not end while it is read", Cause: stoppedBy(ctx)}}
	}
	if l.err == nil {
		return l.f, true
	}
	r := &Result{File: j.path, Outcome: Broken, Seed: j.seed, Took: j.opts.Now().Sub(began)}
	if fe, ok := errors.AsType[*FileError](l.err); ok {
		r.Failure, r.Line = &fe.Failure, fe.Failure.Line
	} else {
		r.Failure = &Failure{Message: l.err.Error(), File: j.path}
	}
	j.results <- r
	return nil, false
}

// test runs one test. stuck says that it still runs, somewhere in Go where nothing can end it.
func (j *job) test(ctx context.Context, f *File, t *Test) (r Result, stuck bool) {
	blank := Result{File: j.path, Line: t.Line, Names: t.Names, Tags: t.Tags, Seed: j.seed}
	if t.Pending {
		blank.Outcome, blank.Why = Pending, t.Why
		return blank, false
	}
	began := j.opts.Now()
	done, gone := make(chan Result, 1), make(chan struct{})
	go func() { done <- f.Run(t, j.seed, j.opts.Trace) }()
	var ended atomic.Bool
	defer ended.Store(true)
	end := once(func(cause error) {
		j.opts.After(grace, func() { close(gone) })
		j.interrupt(f, t, cause, &ended)
	})
	if d := j.opts.Timeout; d > 0 {
		stop := j.opts.After(d, func() { end(fmt.Errorf("stopped after %v, which is what a test may take (--timeout)", d)) })
		defer stop()
	}
	defer context.AfterFunc(ctx, func() { end(ErrStopped) })()
	select {
	case r = <-done:
		r.File, r.Line, r.Names, r.Tags, r.Seed = blank.File, blank.Line, blank.Names, blank.Tags, blank.Seed
	case <-gone:
		r, stuck = blank, true
		r.Outcome = Failed
		r.Failure = &Failure{File: j.path, Line: t.Line, Message: "it does not end: it is in a function that can't be stopped (os.execute, io.read …) and was left alone"}
		r.Failure.Cause = stoppedBy(ctx)
	}
	r.Took = j.opts.Now().Sub(began)
	return r, stuck
}

// nudge is after how long a test that goes on is interrupted again.
const nudge = 100 * time.Millisecond

// interrupt ends a test, as often as it takes.
func (j *job) interrupt(f *File, t *Test, cause error, ended *atomic.Bool) {
	if ended.Load() {
		return
	}
	f.Interrupt(t, cause)
	j.opts.After(nudge, func() { j.interrupt(f, t, cause, ended) })
}

// once is fn the first time it is called, and nothing afterwards.
func once(fn func(error)) func(error) {
	var o sync.Once
	return func(err error) { o.Do(func() { fn(err) }) }
}

// stoppedBy is ErrStopped once the run was stopped.
func stoppedBy(ctx context.Context) error {
	if ctx.Err() != nil {
		return ErrStopped
	}
	return nil
}
