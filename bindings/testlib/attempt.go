package testlib

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luatest"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/sim"
)

// attempt is one run of one test.
type attempt struct {
	l         *Lib
	names     []string // of the test
	seed      uint64
	exploring bool   // the seed is that of an explore
	before    int    // networks that were made before it
	made      uint32 // connections
	traced    bool
	traces    []*trace // of its worlds, those of an explore that are gone among them

	mu       sync.Mutex
	networks []*network
	stopped  error // why nothing may go on
}

// run runs a test with what is to run before and after it.
func (l *Lib) run(t *luatest.Test, seed uint64, traced bool) (r luatest.Result) {
	i := slices.IndexFunc(l.tests, func(d declared) bool { return slices.Equal(d.Names, t.Names) })
	a := &attempt{l: l, names: t.Names, seed: seed, traced: traced}
	l.mu.Lock()
	l.running = a
	l.mu.Unlock()
	l.out.Reset()
	l.Idle()
	err := a.phases(&l.tests[i])
	if err == nil {
		err = unread(a.networks)
	}
	if place := l.Idle(); err == nil && place != "" {
		err = idleError(place)
	}
	r.Output = l.out.String()
	var pending *pendingError
	switch {
	case errors.As(err, &pending):
		r.Outcome, r.Why = luatest.Pending, pending.why
	case err != nil:
		r.Outcome, r.Failure = luatest.Failed, l.failure(err)
		if x := (*exploreError)(nil); errors.As(err, &x) {
			r.Failure.Seed, r.Failure.Message = x.seed, x.found()+r.Failure.Message
		}
		a.describe(r.Failure)
	}
	l.mu.Lock()
	l.running = nil
	l.mu.Unlock()
	a.drop(0)
	for _, t := range a.traces {
		r.Trace = append(r.Trace, t.text...)
	}
	return r
}

// trace is what is written down of a world.
type trace struct {
	text []byte
	over bool
}

// Write implements io.Writer.
func (t *trace) Write(p []byte) (int, error) {
	if !t.over {
		t.text = append(t.text, p...)
	}
	return len(p), nil
}

// title is that of a section of the trace.
func (a *attempt) title(seed uint64) string {
	return fmt.Sprintf("%s › %s, seed %d", a.l.file, luatest.FullName(a.names), seed)
}

// idleError is the place where a test begins to expect something and does not say what.
type idleError string

func (e idleError) Error() string {
	return string(e) + ": expect(…) alone expects nothing: a matcher has to follow, as in expect(v):to_equal(x)"
}

// phases runs before_each from the outermost group on, the test, and after_each the other way round: also of a test that
// has failed, whose error is the one that counts.
func (a *attempt) phases(t *declared) error {
	a.reseed()
	path := t.in.path()
	err := func() error {
		for _, g := range path {
			for _, fn := range g.before {
				if err := a.call("before_each", fn); err != nil {
					return err
				}
			}
		}
		return a.call(fmt.Sprintf("it %q", t.Names[len(t.Names)-1]), t.fn)
	}()
	for _, g := range slices.Backward(path) {
		for _, fn := range slices.Backward(g.after) {
			if failed := a.call("after_each", fn); err == nil {
				err = failed
			}
		}
	}
	return err
}

// call calls a function of the test, unless the test was stopped. label is what tracebacks have for it.
func (a *attempt) call(label string, fn *lua.LFunction) error {
	a.mu.Lock()
	stopped := a.stopped
	a.mu.Unlock()
	if stopped != nil {
		return stopped
	}
	err := a.l.d.VM.CallLabeled(label, fn, nil)
	if errors.Is(err, luavm.ErrInterrupted) {
		a.mu.Lock()
		defer a.mu.Unlock()
		return &stoppedError{a.stopped, err}
	}
	return err
}

// stoppedError is why a test was stopped, and where.
type stoppedError struct{ why, where error }

func (e *stoppedError) Error() string   { return e.why.Error() }
func (e *stoppedError) Unwrap() []error { return []error{e.why, e.where} }

// reseed has the test draw the same numbers each time, whatever other tests have drawn.
func (a *attempt) reseed() {
	h := fnv.New32a()
	fmt.Fprint(h, a.seed, strings.Join(a.names, "\x00"))
	if fn, ok := a.l.d.L.GetField(a.l.d.L.GetGlobal("math"), "randomseed").(*lua.LFunction); ok {
		a.l.d.VM.Call(fn, 0, lua.LNumber(h.Sum32()))
	}
}

// halted raises once the test was stopped: what is Go's work would go on otherwise, as long as Lua catches errors.
func (a *attempt) halted(L *lua.LState) {
	a.mu.Lock()
	stopped := a.stopped
	a.mu.Unlock()
	if stopped != nil {
		a.l.raise(L, stopped)
	}
}

// interrupt ends what runs, and keeps anything else from running.
func (a *attempt) interrupt(cause error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped == nil {
		a.stopped = cause
	}
	for _, n := range a.networks {
		n.world.Interrupt(cause)
	}
	if call := a.l.d.VM.Running(); call != 0 {
		a.l.d.VM.Interrupt(call, cause)
	}
}

// unread is the first error that a node of some networks has reported and the test has not asked for.
func unread(networks []*network) error {
	for _, net := range networks {
		for _, n := range net.nodes {
			if errs := n.reported("error"); len(errs) > n.read {
				return &scriptError{n.name(), errs[n.read]}
			}
			if err := n.Err(); err != nil && !n.failureRead {
				return fmt.Errorf("%w, on %s", err, n.name())
			}
			if more := n.MoreReports(); more > 0 {
				return fmt.Errorf("%s has reported so much that %d reports are lost, errors perhaps among them", n.name(), more)
			}
		}
	}
	return nil
}

// scriptError is an error that a node has reported: a message, and perhaps a traceback.
type scriptError struct{ node, text string }

func (e *scriptError) Error() string {
	message, _, _ := strings.Cut(e.text, "\n")
	return fmt.Sprintf("%s, on %s (a test that expects that reads the node's errors())", message, e.node)
}

// traceback is what stands below the message.
func (e *scriptError) traceback() string {
	_, rest, _ := strings.Cut(e.text, "\n")
	return strings.ReplaceAll(strings.TrimPrefix(rest, "  "), "\n  ", "\n")
}

// describe adds what the nodes have written and sent.
func (a *attempt) describe(f *luatest.Failure) {
	for _, net := range a.networks {
		for _, n := range net.nodes {
			if queued := n.Domain.Queued(); queued > 0 && n.State() == sim.Running {
				f.Message += fmt.Sprintf(" (on %s events are still queued, %d: is a run() missing?)", n.name(), queued)
			}
			if out, errs := n.Output(), n.Errors(); out != "" || trivial(errs) != "" {
				f.Nodes = append(f.Nodes, luatest.NodeOutput{Node: n.name(), Output: out, Errors: trivial(errs)})
			}
		}
		f.Exchange += net.exchange()
	}
}

// trivial leaves out what every node says.
func trivial(errs string) string { return strings.TrimPrefix(errs, "ready\n") }

// drop closes all networks but the first keep.
func (a *attempt) drop(keep int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range a.networks[keep:] {
		n.trace.over = true // that all nodes are gone now is no news
		n.world.Close()
	}
	a.networks = a.networks[:keep]
}

// add makes a network known to interrupt.
func (a *attempt) add(n *network) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.networks = append(a.networks, n)
	if a.stopped != nil {
		n.world.Interrupt(a.stopped)
	}
}
