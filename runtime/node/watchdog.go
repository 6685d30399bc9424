package node

import (
	"fmt"
	"time"

	"moonpeer/runtime/luavm"
)

// watchdog ends handlers that run too long on the wall clock. It counts its own ticks, so time in which the whole
// process did not run (a suspended laptop, a stopped process) counts once at most (decision 7).
type watchdog struct {
	quit chan struct{}
	done chan struct{}
}

const dogTick = 100 * time.Millisecond

func (n *Node) startWatchdog() *watchdog {
	w := &watchdog{quit: make(chan struct{}), done: make(chan struct{})}
	go w.watch(n.Domain.VM, n.opts.Limits.Seconds)
	return w
}

func (w *watchdog) watch(vm *luavm.VM, seconds int) {
	defer close(w.done)
	t := time.NewTicker(dogTick)
	defer t.Stop()
	limit := seconds * int(time.Second/dogTick)
	var seen uint64
	ticks := 0
	for {
		select {
		case <-w.quit:
			return
		case <-t.C:
		}
		now := vm.Running()
		if now == 0 || now != seen {
			seen, ticks = now, 0
			continue
		}
		if ticks++; ticks == limit {
			vm.Interrupt(now, fmt.Errorf("stopped after %d seconds (limit of the time that one handler may take)", seconds))
		}
	}
}

func (w *watchdog) stop() {
	close(w.quit)
	<-w.done
}
