package luatest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock moves by one second whenever it is looked at. What is to happen later happens when a test says so.
type clock struct {
	mu   sync.Mutex
	now  time.Time
	due  []*alarm
	told chan time.Duration // each alarm that is set, if anybody cares
}

type alarm struct {
	in time.Duration
	fn func()
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

func (c *clock) After(d time.Duration, fn func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := &alarm{d, fn}
	c.due = append(c.due, a)
	if c.told != nil {
		c.told <- d
	}
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.Index(c.due, a)
		if i >= 0 {
			c.due = slices.Delete(c.due, i, i+1)
		}
		return i >= 0
	}
}

// ring waits for an alarm that is set for d, and lets its time come.
func (c *clock) ring(d time.Duration) {
	for {
		c.mu.Lock()
		i := slices.IndexFunc(c.due, func(a *alarm) bool { return a.in == d })
		if i >= 0 {
			fn := c.due[i].fn
			c.mu.Unlock()
			fn()
			return
		}
		c.mu.Unlock()
		runtime.Gosched()
	}
}

// told is a reporter that remembers.
type told struct {
	lines []string
	ends  int
	fail  error
	each  func(*Result)
}

func (r *told) Result(x *Result) error {
	line := fmt.Sprintf("%s %s %s %d", x.File, strings.Join(x.Names, "/"), x.Outcome, x.Seed)
	r.lines = append(r.lines, line)
	if r.each != nil {
		r.each(x)
	}
	return r.fail
}

func (r *told) End(*Summary) error { r.ends++; return nil }

func (r *told) want(t *testing.T, lines ...string) {
	t.Helper()
	if !slices.Equal(r.lines, lines) {
		t.Errorf("told\n\t%s\nwant\n\t%s", strings.Join(r.lines, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

// file is one whose tests have these names: those that begin with "bad" fail.
func file(names ...string) *File {
	f := &File{Close: func() {}, Interrupt: func(*Test, error) {}}
	for i, n := range names {
		f.Tests = append(f.Tests, Test{Names: []string{n}, Line: i + 1})
	}
	f.Run = func(t *Test, seed uint64, trace bool) (r Result) {
		if strings.HasPrefix(t.Names[0], "bad") {
			r.Outcome, r.Failure = Failed, &Failure{Message: "it is bad"}
		}
		return r
	}
	return f
}

// files is a loader.
func files(all map[string]*File) Loader {
	return func(path string) (*File, error) {
		if f := all[path]; f != nil {
			return f, nil
		}
		return nil, &FileError{Failure{Message: "syntax error", File: path, Line: 7}}
	}
}

func options(load Loader, names ...string) (Options, *clock) {
	c := &clock{}
	return Options{Files: names, Load: load, Seed: 1, Now: c.Now, After: c.After}, c
}

func TestRunAddsUp(t *testing.T) {
	t.Parallel()
	f := file("a", "bad", "later")
	f.Tests[2].Pending, f.Tests[2].Why = true, "not yet"
	f.Broken = []Result{{Names: []string{"twin"}, Outcome: Broken, Line: 9, Failure: &Failure{Message: "there is one"}}}
	closed := 0
	f.Close = func() { closed++ }
	opts, _ := options(files(map[string]*File{"f": f}), "f", "gone")
	opts.Slowest = 5
	var rep told
	s, err := Run(t.Context(), opts, &rep)
	if err != nil {
		t.Fatal(err)
	}
	rep.want(t, "f twin broken 1", "f a passed 1", "f bad failed 1", "f later pending 1", "gone  broken 1")
	if s.Passed != 1 || s.Failed != 1 || s.Broken != 2 || s.Pending != 1 || s.Files != 2 || s.OK() || s.Stopped {
		t.Errorf("summary %+v", s)
	}
	if len(s.Slowest) != 2 || closed != 1 || rep.ends != 1 {
		t.Errorf("%d of the slowest, want those two that ran; closed %d times, ended %d times", len(s.Slowest), closed, rep.ends)
	}
}

// TestRunOrder: results come by round, file and place, whichever file is ready first.
func TestRunOrder(t *testing.T) {
	t.Parallel()
	var want []string
	for seed := 5; seed <= 7; seed++ {
		for _, f := range []string{"a", "b", "c"} {
			want = append(want, fmt.Sprintf("%s one passed %d", f, seed), fmt.Sprintf("%s bad failed %d", f, seed))
		}
	}
	for _, jobs := range []int{0, 1, 2, 8} {
		t.Run(fmt.Sprintf("%d jobs", jobs), func(t *testing.T) {
			t.Parallel()
			later := make(chan struct{})
			load := func(path string) (*File, error) {
				f := file("one", "bad")
				run := f.Run
				f.Run = func(test *Test, seed uint64, trace bool) Result {
					if jobs > 1 && path == "b" && seed == 5 && test.Names[0] == "bad" {
						close(later) // b is through before a
					}
					if jobs > 1 && path == "a" && seed == 5 {
						<-later
					}
					return run(test, seed, trace)
				}
				return f, nil
			}
			opts, _ := options(load, "a", "b", "c")
			opts.Seed, opts.Rounds, opts.Jobs = 5, 3, jobs
			var rep told
			s, err := Run(t.Context(), opts, &rep)
			rep.want(t, want...)
			if err != nil || s.Passed != 9 || s.Failed != 9 || s.Seed != 5 {
				t.Errorf("summary %+v, %v", s, err)
			}
		})
	}
}

func TestRunFailFast(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 4} {
		all := map[string]*File{"a": file("one", "bad", "three"), "b": file("one"), "c": file("one")}
		opts, _ := options(files(all), "a", "b", "c")
		opts.FailFast, opts.Jobs = true, jobs
		var rep told
		s, err := Run(t.Context(), opts, &rep)
		rep.want(t, "a one passed 1", "a bad failed 1")
		if err != nil || !s.Stopped || s.OK() || s.Failed != 1 || rep.ends != 1 {
			t.Errorf("%d jobs: summary %+v, %v; ended %d times", jobs, s, err, rep.ends)
		}
	}
}

func TestRunFailFastPasses(t *testing.T) {
	t.Parallel()
	opts, _ := options(files(map[string]*File{"a": file("one")}), "a")
	opts.FailFast = true
	if s, err := Run(t.Context(), opts, &told{}); err != nil || !s.OK() {
		t.Errorf("summary %+v, %v", s, err)
	}
}

func TestRunNothing(t *testing.T) {
	t.Parallel()
	all := map[string]*File{"a": file("one"), "empty": {Close: func() {}}}
	opts, _ := options(files(all), "a", "empty")
	opts.Select, _ = NewSelection([]string{"two"}, nil)
	if _, err := Run(t.Context(), opts, &told{}); !errors.Is(err, ErrNoTests) || !strings.Contains(err.Error(), `none of 1 test in 2 files is selected by --filter "two"`) {
		t.Errorf("nothing selected: %v", err)
	}
	opts.Select = nil
	var rep told
	s, err := Run(t.Context(), opts, &rep)
	rep.want(t, "a one passed 1", "empty  broken 1") // a file without tests is a mistake
	if err != nil || s.Broken != 1 {
		t.Errorf("summary %+v, %v", s, err)
	}
}

// TestRunTimeout: a test that takes too long is interrupted with the reason, and the next one runs.
func TestRunTimeout(t *testing.T) {
	t.Parallel()
	opts, c := options(nil, "a")
	cause := make(chan error)
	opts.Load = func(string) (*File, error) {
		f := file("hangs", "next")
		f.Interrupt = func(_ *Test, err error) { cause <- err }
		f.Run = func(test *Test, _ uint64, _ bool) (r Result) {
			if test.Names[0] == "hangs" {
				go c.ring(30 * time.Second)
				r.Outcome, r.Failure = Failed, &Failure{Message: (<-cause).Error()}
			}
			return r
		}
		return f, nil
	}
	opts.Timeout = 30 * time.Second
	var rep told
	why := ""
	rep.each = func(r *Result) {
		if r.Failure != nil {
			why = r.Failure.Message
		}
	}
	if _, err := Run(t.Context(), opts, &rep); err != nil {
		t.Fatal(err)
	}
	rep.want(t, "a hangs failed 1", "a next passed 1")
	if why != "stopped after 30s, which is what a test may take (--timeout)" {
		t.Errorf("it says %q", why)
	}
	if !slices.ContainsFunc(c.due, func(a *alarm) bool { return a.in == grace }) {
		t.Error("it would not be left alone")
	}
}

// TestRunStuck: a test that does not even end when it is interrupted is left alone, and its file is loaded again.
func TestRunStuck(t *testing.T) {
	t.Parallel()
	opts, c := options(nil, "a")
	c.told = make(chan time.Duration, 10)
	forever := make(chan struct{})
	defer close(forever)
	loads := 0
	opts.Load = func(string) (*File, error) {
		loads++
		f := file("stuck", "next")
		f.Run = func(test *Test, _ uint64, _ bool) (r Result) {
			if test.Names[0] == "stuck" {
				go func() {
					for d := range c.told {
						if d != nudge {
							c.ring(d) // the timeout, and then the time that it has to end
						}
						if d == grace {
							return
						}
					}
				}()
				<-forever
			}
			return r
		}
		return f, nil
	}
	opts.Timeout = time.Second
	var rep told
	why := ""
	rep.each = func(r *Result) {
		if r.Failure != nil {
			why = r.Failure.Message
		}
	}
	s, err := Run(t.Context(), opts, &rep)
	rep.want(t, "a stuck failed 1", "a next passed 1")
	if err != nil || loads != 2 || s.Failed != 1 || !strings.HasPrefix(why, "it does not end: ") {
		t.Errorf("loaded %d times, summary %+v, %v: %q", loads, s, err, why)
	}
}

// TestRunStopped: when the context ends, what runs is interrupted and not told of, and the summary says that tests are missing.
func TestRunStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cause := make(chan error, 1)
	opts, _ := options(nil, "a", "b")
	opts.Load = func(string) (*File, error) {
		f := file("one", "hangs", "three")
		f.Interrupt = func(_ *Test, err error) { cause <- err }
		f.Run = func(test *Test, _ uint64, _ bool) (r Result) {
			if test.Names[0] == "hangs" {
				cancel()
				err := <-cause
				r.Outcome, r.Failure = Failed, &Failure{Message: err.Error(), Cause: err}
			}
			return r
		}
		return f, nil
	}
	var rep told
	s, err := Run(ctx, opts, &rep)
	rep.want(t, "a one passed 1")
	if err != nil || !s.Stopped || s.OK() || s.Failed != 0 || rep.ends != 1 {
		t.Errorf("summary %+v, %v; ended %d times", s, err, rep.ends)
	}
}

// TestRunReporterFails: what can't be told ends the run.
func TestRunReporterFails(t *testing.T) {
	t.Parallel()
	many := make([]string, 3*buffered)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	full := errors.New("disk full")
	opts, _ := options(files(map[string]*File{"a": file(many...), "b": file("one")}), "a", "b")
	opts.Jobs = 2
	rep := &told{fail: full}
	if _, err := Run(t.Context(), opts, rep); !errors.Is(err, full) || len(rep.lines) != 1 || rep.ends != 0 {
		t.Errorf("%v after %d results, ended %d times", err, len(rep.lines), rep.ends)
	}
}

// TestRunFileError: why a file can't be read, with the place if that is known.
func TestRunFileError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		line int
		want string
	}{
		{&FileError{Failure{Message: "syntax error", File: "x.lua", Line: 7}}, 7, "x.lua: syntax error"},
		{errors.New("no such file"), 0, "f: no such file"},
	} {
		opts, _ := options(func(string) (*File, error) { return nil, tt.err }, "f")
		rep := &told{each: func(r *Result) {
			if got := r.Failure.File + ": " + r.Failure.Message; got != tt.want || r.Line != tt.line || r.Outcome != Broken {
				t.Errorf("told %s %q in line %d, want broken %q in line %d", r.Outcome, got, r.Line, tt.want, tt.line)
			}
		}}
		if s, err := Run(t.Context(), opts, rep); err != nil || s.Broken != 1 {
			t.Errorf("summary %+v, %v", s, err)
		}
	}
}

// TestSlowest: the slowest are named, without what is large of them.
func TestSlowest(t *testing.T) {
	t.Parallel()
	var s Summary
	for i, took := range []int{3, 9, 1, 9, 5} {
		s.add(&Result{Names: []string{fmt.Sprint(i)}, Took: time.Duration(took), Trace: []byte("x"), Output: "y"}, 3)
	}
	s.add(&Result{Outcome: Pending, Took: 100}, 3)
	var got []string
	for _, r := range s.Slowest {
		got = append(got, r.Names[0])
		if r.Trace != nil || r.Output != "" {
			t.Errorf("test %s is kept with its trace", r.Names[0])
		}
	}
	if !slices.Equal(got, []string{"1", "3", "4"}) {
		t.Errorf("the slowest are %q", got)
	}
}

// TestRunLost: what keeps a selected test from being run is told, whatever it is called itself.
func TestRunLost(t *testing.T) {
	t.Parallel()
	f := file("other")
	f.Broken = []Result{{Names: []string{"d"}, Outcome: Broken, Line: 1, Failure: &Failure{Message: "no"},
		Lost: []Test{{Names: []string{"d", "wanted"}, Tags: []string{"fast"}, Line: 2}}}}
	for _, sel := range [][2][]string{{{"wanted"}, nil}, {nil, {"fast"}}} {
		opts, _ := options(files(map[string]*File{"f": f}), "f")
		opts.Select, _ = NewSelection(sel[0], sel[1])
		var rep told
		if s, err := Run(t.Context(), opts, &rep); err != nil || s.Broken != 1 || s.Passed != 0 {
			t.Errorf("%v: %+v, %v: %q", sel, s, err, rep.lines)
		}
	}
}

// TestRunFailFastBroken: a file that can't be read is a failure to stop after.
func TestRunFailFastBroken(t *testing.T) {
	t.Parallel()
	opts, _ := options(files(map[string]*File{"b": file("one")}), "a", "b")
	opts.FailFast = true
	var rep told
	s, err := Run(t.Context(), opts, &rep)
	rep.want(t, "a  broken 1")
	if err != nil || !s.Stopped {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestRunLoadHangs: a file that does not end while it is read is left alone, and the next one is run.
func TestRunLoadHangs(t *testing.T) {
	t.Parallel()
	opts, c := options(nil, "a", "b")
	forever := make(chan struct{})
	defer close(forever)
	opts.Load = func(path string) (*File, error) {
		if path == "a" {
			go func() {
				c.ring(time.Minute)
				c.ring(grace)
			}()
			<-forever
		}
		return file("one"), nil
	}
	opts.Timeout = time.Minute
	var rep told
	if s, err := Run(t.Context(), opts, &rep); err != nil || s.Broken != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	rep.want(t, "a  broken 1", "b one passed 1")
}
