package node

import (
	"fmt"
	"time"

	"moonpeer/runtime/luavm"
)

// watchdog ends handlers that run too long on the wall clock. It counts its own ticks, so time in which the whole
// process did not run (a suspended laptop, a stopped process) counts once at most (decision 7). Its ticks also
// adjust the collector.
type watchdog struct {
	quit chan struct{}
	done chan struct{}
}

// The ticks of a watchdog: while there are calls, and while there are none, when there is nothing to do but to notice one.
const (
	dogTick  = 250 * time.Millisecond
	idleTick = time.Second
)

// Watch starts a watchdog on vm and returns what ends it: System.Watch in production.
func Watch(vm *luavm.VM, seconds int) (stop func()) {
	w := &watchdog{quit: make(chan struct{}), done: make(chan struct{})}
	go w.run(vm, seconds)
	return w.stop
}

func (w *watchdog) run(vm *luavm.VM, seconds int) {
	defer close(w.done)
	gc := startCollector()
	defer gc.stop()
	t := time.NewTimer(idleTick)
	defer t.Stop()
	before := uint64(0)
	dog := patience{limit: seconds * int(time.Second/dogTick)}
	for {
		select {
		case <-w.quit:
			return
		case <-t.C:
		}
		gc.adjust()
		call, calls := vm.Running(), vm.Calls()
		if dog.over(call) {
			vm.Interrupt(call, fmt.Errorf("stopped after %d seconds, which is what one handler may take", seconds))
		}
		if call == 0 && calls == before {
			t.Reset(idleTick)
		} else {
			t.Reset(dogTick)
		}
		before = calls
	}
}

// patience counts for how many ticks one and the same call has been running.
type patience struct {
	limit int // ticks
	call  uint64
	ticks int
}

// over is told which call runs, 0 for none, and returns true when it is the limit's tick for it.
func (p *patience) over(call uint64) bool {
	if call == 0 || call != p.call {
		p.call, p.ticks = call, 0
		return false
	}
	p.ticks++
	return p.ticks == p.limit
}

func (w *watchdog) stop() {
	close(w.quit)
	<-w.done
}
