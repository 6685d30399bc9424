package main

import (
	"log/slog"
	"os"
	"time"

	"moonpeer/runtime/luavm"
	"moonpeer/runtime/supervisor/limits"
)

// applyLimits makes the limits hold that a supervisor has given this process, or else those of the layout, and keeps them
// from those that it starts itself. The memory that is to be checked is nil without a limit.
func applyLimits(log *slog.Logger, layout limits.Limits) (*limits.Memory, error) {
	l, err := limits.Parse(os.Getenv)
	if err != nil {
		return nil, err
	}
	if l == (limits.Limits{}) {
		l = layout
	}
	for _, name := range limits.Vars() {
		os.Unsetenv(name)
	}
	if err := l.Apply(); err != nil {
		return nil, err
	}
	if l.Memory == 0 {
		return nil, nil
	}
	return limits.NewMemory(l, log, os.Exit), nil
}

// memoryTick is how often the memory in use is compared with its limit.
const memoryTick = 250 * time.Millisecond

// watchMemory has the memory checked while the node runs, beside its loop, which a script may hold up.
func (s *system) watchMemory(m *limits.Memory) {
	if m == nil {
		return
	}
	watch := s.Watch
	s.Watch = func(vm *luavm.VM, seconds int) (stop func()) {
		stopWatch := watch(vm, seconds)
		quit, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			t := time.NewTicker(memoryTick)
			defer t.Stop()
			for {
				select {
				case <-quit:
					return
				case <-t.C:
					m.Check()
				}
			}
		}()
		return func() {
			close(quit)
			<-done
			stopWatch()
		}
	}
}
