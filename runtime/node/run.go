package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/input"
)

// ExitError is a run that ended as somebody asked, with an exit code that is not 0.
type ExitError struct{ Code int }

func (e *ExitError) Error() string {
	return fmt.Sprintf("the script ended the node with exit code %d", e.Code)
}

// ErrScripts says that scripts failed during a run that was otherwise completed. Each error was reported when it
// happened.
var ErrScripts = errors.New("scripts failed")

// ErrInterrupted says that a replay was stopped before its end.
var ErrInterrupted = errors.New("interrupted before the input ended")

// Run is the production driver: it raises node_init, turns until there is nothing left to do or ctx ends, raises
// node_done, prints what Options.Print names, and closes the input. Errors: of the input (file and offset), an
// *ExitError, ErrInterrupted, ErrScripts.
func (n *Node) Run(ctx context.Context) error {
	n.unwatch = n.watched()
	defer func() { n.unwatch() }()
	n.budget = n.turnBudget
	n.alarm = time.NewTimer(time.Hour)
	defer n.alarm.Stop()
	n.Start()
	n.Domain.Run(n.Domain.Queued(), nil) // node_init: who waits for the line below finds what it set up
	if n.failure != nil {
		return errors.Join(n.failure, n.Close())
	}
	if n.source != nil && n.waitsForPeers() {
		for _, a := range n.opts.Peer {
			n.Domain.Reports.Infof("the input waits until %s has been reached", a)
		}
	}
	n.ready = true
	if !n.opts.Supervises && !n.opts.Prompted {
		fmt.Fprintln(n.opts.Stderr, "ready")
	}
	if err := Notify(n.opts.NotifySocket, "READY=1"); err != nil {
		n.Domain.Reports.Warnf("%v", err)
	}
	interrupted := n.loop(ctx)
	for n.End(); !n.Ended() && !n.Domain.Exited(); {
		if next := n.Turn(n.transport()); next > n.transport() && !n.Ended() {
			n.sleep(next, nil)
		}
	}
	if n.Domain.Exited() {
		return n.exitError()
	}
	err := errors.Join(n.failure, n.PrintExports(), n.Close())
	switch {
	case n.stopCode != 0:
		return errors.Join(err, &ExitError{Code: n.stopCode})
	case interrupted && n.clock.replay && n.state != input.Done && n.state != input.Failed:
		return errors.Join(err, ErrInterrupted)
	case n.Domain.Reports.Scripts > 0:
		return errors.Join(err, fmt.Errorf("%w: %s, see above", ErrScripts, errorCount(n.Domain.Reports.Scripts)))
	}
	return err
}

// exitError ends a run that os.exit has ended: nothing is printed any more.
func (n *Node) exitError() error {
	if n.stopCode == 0 {
		return n.Close()
	}
	return errors.Join(n.Close(), &ExitError{Code: n.stopCode})
}

func errorCount(n uint64) string {
	if n == 1 {
		return "1 error"
	}
	return fmt.Sprintf("%d errors", n)
}

// Start raises node_init, and has the node listen and dial when that has run. What can't be listened on or dialled
// ends the node.
func (n *Node) Start() {
	n.Domain.Raise(n.Domain.Event("node_init"), nil)
	n.Domain.Defer(func() {
		n.entered = true
		if err := n.enter(); err != nil {
			n.failure = err
			n.Terminate(0)
		}
	})
}

// Err returns why the node can't go on: its input has failed, or an address could not be listened on or dialled.
func (n *Node) Err() error { return n.failure }

// loop turns until the node is done; true when ctx ended it.
func (n *Node) loop(ctx context.Context) (interrupted bool) {
	for !n.Finished() {
		now := n.transport()
		next := n.Turn(now)
		n.progress(now)
		if ctx.Err() != nil {
			return true
		}
		if next <= now || n.Finished() {
			continue
		}
		if n.sleep(next, ctx.Done()) {
			return true
		}
	}
	return false
}

// sleep waits for an input, for the given time, or for done; true when it was that.
func (n *Node) sleep(until step.Time, done <-chan struct{}) bool {
	wait := time.Hour
	if until != step.Never {
		wait = min(wait, time.Duration(until-n.transport()))
	}
	n.alarm.Reset(max(wait, 0))
	select {
	case <-n.alarm.C:
	case <-n.inbox.wake:
	case <-done:
		return true
	}
	return false
}

// Finished tells whether nothing is left to do (decision 2): the inputs have ended, nothing is queued, and neither
// a listener nor a peer nor a periodic timer keeps the node. One-shot timers do not. A node that supervises, is
// supervised or has a prompt ends when it is told to.
func (n *Node) Finished() bool {
	if n.stopping {
		return true
	}
	if n.Domain.Queued() > 0 || n.reload != nil || !n.inbox.empty(false) {
		return false
	}
	if n.source != nil && n.state != input.Done && n.state != input.Failed {
		return false
	}
	return !n.opts.Supervised && !n.opts.Supervises && !n.opts.Prompted && (n.Holds == nil || !n.Holds())
}

// Terminate ends the node in good order: what is queued is handled, within a deadline, and node_done is raised. Of
// several codes the largest counts.
func (n *Node) Terminate(code int) {
	n.stopping = true
	n.stopCode = max(n.stopCode, code)
}

// Terminated reports whether Terminate was called.
func (n *Node) Terminated() bool { return n.stopping }

// Code is the largest code that Terminate was called with.
func (n *Node) Code() int { return n.stopCode }

// Wake has the loop turn, from any goroutine.
func (n *Node) Wake() { n.inbox.poke() }

// TurnOver tells whether the current turn has used up its time: whoever has more to do goes on in the next one.
func (n *Node) TurnOver() bool { return n.budget != nil && n.budget() }

// turnBudget tells whether the current turn has used up its time for scripts.
func (n *Node) turnBudget() bool { return n.transport()-n.now > step.Time(turnTime) }

// progress tells how much of a file is read, a few times a second.
func (n *Node) progress(now step.Time) {
	if n.opts.Progress == nil || n.source == nil || now-n.told < step.Time(100*time.Millisecond) {
		return
	}
	n.told = now
	n.opts.Progress(n.source.Progress())
}

// PrintExports writes what Options.Print names. A name that nobody exports is an error, after the others.
func (n *Node) PrintExports() error {
	var out []byte
	var errs []error
	for _, id := range n.opts.Print {
		text, ok := n.Prints(out, id, n.opts.PrintJSON)
		out = text
		if !ok {
			errs = append(errs, fmt.Errorf("--print %s: no script exports that name", id))
		}
	}
	if len(out) > 0 {
		if _, err := n.opts.Stdout.Write(out); err != nil {
			errs = append(errs, fmt.Errorf("--print: %w", err))
		}
	}
	return errors.Join(errs...)
}

// Close closes the stores, the input and the debug log. A node that has been run, or whose end is over, has no more use
// for them.
func (n *Node) Close() error { return errors.Join(n.Stores.close(), n.closeInput(), n.debug.close()) }

func (n *Node) closeInput() error {
	if n.source == nil {
		return nil
	}
	if err := n.source.Close(); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return fmt.Errorf("closing the input: %w", err)
	}
	return nil
}
