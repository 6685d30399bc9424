package node

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
)

// ReloadOptions say how far a reload may go.
type ReloadOptions struct {
	Force bool // drop what can't be carried over instead of refusing
	Check bool // only find out whether it would go well
}

// ReloadReport is what a reload did.
type ReloadReport struct {
	Scripts []string `json:"scripts"` // those given to the node, all of which run their new text now
	Dropped []string `json:"dropped"` // what Force has dropped, a line each
}

// LossError refuses a reload that would lose state. Nothing has happened.
type LossError struct {
	Lost []string // a line each
}

func (e *LossError) Error() string {
	return "the old code goes on, as these can't be carried over (--force drops them):\n  " + strings.Join(e.Lost, "\n  ")
}

// The other reasons for which a reload does not happen; what is wrong with the scripts is said by the errors of New.
var (
	ErrReloading = errors.New("a reload is under way")
	ErrBusy      = fmt.Errorf("the event queue was not empty within %v: the old code goes on", reloadPatience)
	ErrEnding    = errors.New("the node is ending: nothing is reloaded")
)

// reloadPatience is how long a reload waits for the events that are queued. Handlers that raise events without end
// would otherwise keep the inbox shut for ever.
const reloadPatience = 10 * time.Second

// reload is one that waits for the event queue to become empty.
type reload struct {
	opts ReloadOptions
	done func(ReloadReport, error)
	by   step.Time // 0: no turn has seen it
}

// Reload reads all scripts anew and lets them take over (doc.go, "Reload"). It returns at once. done, which may be nil,
// is called by a later step of this turn or by a later turn, or at once when there can be no reload now.
func (n *Node) Reload(opts ReloadOptions, done func(ReloadReport, error)) {
	if done == nil {
		done = func(ReloadReport, error) {}
	}
	switch {
	case n.stopping:
		done(ReloadReport{}, ErrEnding)
	case n.reload != nil:
		done(ReloadReport{}, ErrReloading)
	default:
		n.reload = &reload{opts: opts, done: done}
		n.inbox.poke()
	}
}

// runReload does what Reload has asked for once no event waits for the old code. Meanwhile the inbox waits, but for
// pings, and nothing is pulled from the input.
func (n *Node) runReload() {
	r := n.reload
	if r == nil {
		return
	}
	if r.by == 0 {
		r.by = n.now.Add(reloadPatience)
	}
	if n.Domain.Queued() > 0 && n.now < r.by {
		return
	}
	n.reload = nil
	if n.Domain.Queued() > 0 {
		r.done(ReloadReport{}, ErrBusy)
		return
	}
	r.done(n.succeed(r.opts))
}

// abandonReload ends a reload that waits, as the node ends.
func (n *Node) abandonReload() {
	if r := n.reload; r != nil {
		n.reload = nil
		r.done(ReloadReport{}, ErrEnding)
	}
}

// succeed loads the scripts into a new domain and makes it the node's, or leaves everything as it is.
func (n *Node) succeed(opts ReloadOptions) (ReloadReport, error) {
	n.Loaded = nil
	defer func() { n.Loaded = nil }() // it was asked, or belongs to a domain that is thrown away
	next, err := n.newDomain(n.Domain.Reports, script.Options{Before: n.Domain})
	if err != nil {
		return ReloadReport{}, err
	}
	n.watchOver(next.VM)
	n.profileNext(next)
	if err = next.Load(n.opts.Scripts); err == nil && n.Loaded != nil {
		err = n.Loaded()
	}
	var lost []string
	if err == nil {
		if lost = next.Lost(); len(lost) > 0 && !opts.Force {
			err = &LossError{Lost: lost}
		}
	}
	if err != nil || opts.Check {
		n.watchOver(n.Domain.VM)
		return ReloadReport{Scripts: slices.Clone(n.opts.Scripts), Dropped: lost}, err
	}
	n.Domain = next
	next.TakeOver()
	n.sink = newSink(n)
	n.watchDebugged()
	return ReloadReport{Scripts: slices.Clone(n.opts.Scripts), Dropped: lost}, nil
}

// answerReload answers "reload" {force, check}.
func (n *Node) answerReload(q *Question) {
	var p struct {
		Force bool `json:"force"`
		Check bool `json:"check"`
	}
	if !q.Params(&p) {
		return
	}
	n.Reload(ReloadOptions{Force: p.Force, Check: p.Check}, func(r ReloadReport, err error) {
		if err != nil {
			q.Fail(err)
			return
		}
		q.Reply(r)
	})
}

// Connections calls fn for the connections that the input has under way, if it is a capture.
func (n *Node) Connections(fn func(c *flow.Conn)) {
	if s, ok := n.source.(interface{ Connections(func(*flow.Conn)) }); ok {
		s.Connections(fn)
	}
}

// watchOver has vm watched in place of the one before.
func (n *Node) watchOver(vm *luavm.VM) {
	if n.watch != nil {
		if n.unwatch != nil {
			n.unwatch()
		}
		n.unwatch = n.watch(vm, n.opts.Limits.Seconds)
	}
}
