package sim

import (
	"fmt"
	"sync/atomic"

	"moonpeer/runtime/luavm"
)

// stopping is how another goroutine ends a world. The loop says what runs and then looks whether it is to end; who ends it
// says so and then looks what runs: one of them sees the other.
type stopping struct {
	err     atomic.Pointer[error]
	running atomic.Pointer[luavm.VM] // of the node that takes a turn or loads its scripts
}

// Stop has Run or Advance return err soon, between two turns, and the world never move again. It may be called from any
// goroutine; the first call counts.
func (w *World) Stop(err error) { w.stopping.err.CompareAndSwap(nil, &err) }

// Interrupt is Stop, and ends what Lua runs in a node's turn or while its scripts are loaded, too. It may be called from
// any goroutine. What Run or Advance return is an *Interrupted that says what has run; Add and Restart return the error of
// the script.
func (w *World) Interrupt(cause error) {
	w.Stop(&Interrupted{Cause: cause})
	if vm := w.stopping.running.Load(); vm != nil {
		vm.Halt(cause)
	}
}

// Interrupted is why a world does not move any more that World.Interrupt has ended.
type Interrupted struct {
	Cause error
	// Node has taken the last turn; "" if none did in this Run or Advance.
	Node string
	// Handler is what of it ran and where, "handler EX::found at policy.lua:3"; "" if it was not Lua that ran.
	Handler string
	Queued  int // how many events waited for their handlers there
}

// Error says what ran.
func (e *Interrupted) Error() string {
	switch {
	case e.Node == "":
		return e.Cause.Error()
	case e.Handler == "":
		return fmt.Sprintf("%v (in a turn of %s, %d events queued)", e.Cause, e.Node, e.Queued)
	}
	return fmt.Sprintf("%v (in %s of %s, %d events queued)", e.Cause, e.Handler, e.Node, e.Queued)
}

// Unwrap returns the cause.
func (e *Interrupted) Unwrap() error { return e.Cause }

// stopped reports whether the world does not move any more, and takes note that it is to stop.
func (w *World) stopped() bool {
	asked := w.stopping.err.Load()
	if asked == nil {
		return w.err != nil
	}
	if w.err != nil {
		return true
	}
	w.err = *asked
	if in, ok := w.err.(*Interrupted); ok && w.last != nil {
		n := w.last
		w.err = &Interrupted{Cause: in.Cause, Node: n.Name(), Handler: n.Domain.Interrupted(), Queued: n.Domain.Queued()}
	}
	return true
}

// Watched calls fn, which runs Lua of the node outside of its turns, so that World.Interrupt ends that, too.
func (n *Node) Watched(fn func()) {
	defer n.w.watch(n.Domain.VM, 0)()
	fn()
}

// watch is a node's System.Watch: it says which VM it is that runs, until stop is called.
func (w *World) watch(vm *luavm.VM, _ int) (stop func()) {
	before := w.stopping.running.Swap(vm)
	w.stopping.halt(vm)
	return func() { w.stopping.running.Store(before) }
}

// halt halts a VM that is about to run although the world was interrupted.
func (s *stopping) halt(vm *luavm.VM) {
	if asked := s.err.Load(); asked != nil {
		if in, ok := (*asked).(*Interrupted); ok {
			vm.Halt(in.Cause)
		}
	}
}
