package luavm

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// ErrBudget is matched by the error of a call that used up its instructions.
var ErrBudget = errors.New("budget used up")

// ErrInterrupted is matched by the error of a call that [VM.Interrupt] ended.
var ErrInterrupted = errors.New("interrupted")

// slice is after how many instructions the counter looks at the rest of the budget and for an interruption, unless it is
// sampled: then it is after each.
const slice = 4096

// counter counts instructions. It poses as the context of all threads of a VM: the interpreter asks
// Done before each instruction whether to go on. Once it has said no it says no until the outermost
// call ends, so that a script gains nothing from catching the error.
//
// All threads must have this very object. A context derived from it would see a Done channel of nil
// and conclude that it is never to be cancelled.
type counter struct {
	left    int64  // instructions until the next look
	rest    int64  // what the budget has beyond left
	taken   int64  // handed out in this call; less left, this is what was used
	limit   int64  // budget of this call, 0 is none
	next    int64  // and of those to come
	failure error  // why nothing may run any more
	failed  func() // called when failure is set, by the thread that runs
	slice   int64  // see there

	sampler *Sampler       // nil: nobody looks at the stack
	sample  func(*Sampler) // takes one, by the thread that runs

	maxString int // for functions that have no VM

	serial  atomic.Uint64 // counts starts and ends of outermost calls: odd while one runs
	pending atomic.Pointer[interruption]
	halted  atomic.Pointer[interruption] // for this call and all later ones
}

var _ context.Context = (*counter)(nil)

// interruption is for one outermost call, so that one that comes too late hits nobody else.
type interruption struct {
	serial uint64
	cause  error
}

var closedChannel = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done is called before each instruction.
func (c *counter) Done() <-chan struct{} {
	c.left--
	if c.left >= 0 {
		return nil
	}
	return c.look()
}

func (c *counter) look() <-chan struct{} {
	if c.sampler != nil && c.single() {
		return nil
	}
	if c.refill() != nil {
		return closedChannel
	}
	return nil
}

// single is refill for one instruction of a VM that is sampled, where nothing is due; false: there may be.
func (c *counter) single() bool {
	if c.sampler.due.Load() > 0 || c.pending.Load() != nil || c.failure != nil || c.left < -1 {
		return false
	}
	if c.limit > 0 {
		if c.rest < 1 {
			return false
		}
		c.rest--
	}
	c.taken++
	c.left = 0
	return true
}

// refill takes the next slice from the budget; at least what is owed already.
func (c *counter) refill() error {
	if c.failure != nil {
		c.left = 0
		return c.failure
	}
	p := c.halted.Load()
	if p == nil {
		p = c.pending.Load()
		if p != nil && p.serial != c.serial.Load() {
			p = nil
		}
	}
	if p != nil {
		c.taken -= c.left // what is owed was used
		c.fail(fmt.Errorf("%w: %w", ErrInterrupted, p.cause))
		return c.failure
	}
	if c.sampler != nil {
		c.sampled()
	}
	take := max(c.slice, -c.left)
	if c.limit > 0 {
		take = max(min(c.slice, c.rest), -c.left)
		if take > c.rest {
			c.taken = c.limit
			c.fail(fmt.Errorf("%w: more than %d instructions", ErrBudget, c.limit))
			return c.failure
		}
		c.rest -= take
	}
	c.taken += take
	c.left += take
	return nil
}

func (c *counter) fail(err error) {
	c.failure = err
	c.left, c.rest = 0, 0
	if c.failed != nil {
		c.failed()
	}
}

// charge takes n instructions at once.
func (c *counter) charge(n int) error {
	c.left -= int64(n)
	if c.left >= 0 {
		return nil
	}
	return c.refill()
}

// begin starts an outermost call with a fresh budget.
func (c *counter) begin() {
	c.limit = c.next
	c.left, c.rest, c.taken, c.failure = 0, c.limit, 0, nil
	c.serial.Add(1)
	if c.sampler != nil {
		c.sampler.due.Store(0) // a tick of when nothing ran
	}
}

func (c *counter) end() {
	if c.sampler != nil {
		c.sampled()
	}
	c.serial.Add(1)
}

// Err is what Done has closed its channel for.
func (c *counter) Err() error {
	if c.failure == nil {
		return context.Canceled
	}
	return c.failure
}

// Deadline belongs to context.Context; there is none.
func (c *counter) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value belongs to context.Context; there are none.
func (c *counter) Value(any) any { return nil }

// SetBudget sets how many instructions an outermost call may run, from the next one on. 0: any number.
func (vm *VM) SetBudget(instructions int64) { vm.counter.next = max(0, instructions) }

// Spent returns how many instructions the current outermost call has used, or else the last one,
// including what was charged for work of Go functions.
func (vm *VM) Spent() int64 { return vm.counter.taken - vm.counter.left }

// Charge counts work that a Go function does as n instructions; one is about 20 ns. The error is not nil when
// the budget is used up or the call interrupted: the function should return soon, and the next
// instruction raises the error. [VM.ChargeOrRaise] raises it at once.
func (vm *VM) Charge(n int) error { return vm.counter.charge(n) }

// Running returns a number for the outermost call in progress, 0 when there is none. It may be
// called from any goroutine: a watchdog remembers it and when it saw it first.
func (vm *VM) Running() uint64 {
	if s := vm.counter.serial.Load(); s%2 == 1 {
		return s
	}
	return 0
}

// NextCall returns the number that [VM.Running] will give for the next outermost call, to whoever begins it while none
// is in progress: another goroutine can interrupt it by that from its first instruction on.
func (vm *VM) NextCall() uint64 { return vm.counter.serial.Load() + 1 }

// Reprieve takes back an interruption of a call that was given to be the next and did not begin, so that another one, which
// gets its number, is not hit.
func (vm *VM) Reprieve(call uint64) {
	if p := vm.counter.pending.Load(); p != nil && p.serial == call {
		vm.counter.pending.CompareAndSwap(p, nil)
	}
}

// Calls returns how many outermost calls have begun. It may be called from any goroutine.
func (vm *VM) Calls() uint64 { return (vm.counter.serial.Load() + 1) / 2 }

// Interrupt ends the call that [VM.Running] gave a number for, with an error that matches
// ErrInterrupted and says cause. It may be called from any goroutine, returns at once, and does
// nothing when that call has ended meanwhile. The call ends within 4096 instructions, or when a Go
// function that does not charge for its work returns.
func (vm *VM) Interrupt(call uint64, cause error) {
	if call != 0 {
		vm.counter.pending.Store(&interruption{call, cause})
	}
}

// Halt ends the call in progress as Interrupt does, and every later one at its first instruction. It may be called from any
// goroutine. A Go function that Lua has called and that halts the VM raises with [VM.RaiseHalted].
func (vm *VM) Halt(cause error) {
	vm.counter.halted.CompareAndSwap(nil, &interruption{cause: cause})
}

// Halted tells whether Halt was called.
func (vm *VM) Halted() bool { return vm.counter.halted.Load() != nil }

// RaiseHalted raises the error of a VM that was halted, which no script can catch. It does not return.
func (vm *VM) RaiseHalted(L *lua.LState) {
	vm.counter.left = -1 // look now
	vm.ChargeOrRaise(L, 0)
}
