package limits

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"runtime/metrics"
)

// What happens at which part of the memory limit. Go's collector works ever harder to stay below the first; a
// process that is beyond the second in spite of that has so much alive, or nearly.
const (
	collectPercent = 75
	warnPercent    = 80
)

// ExitCode is what a process ends with that needs more memory than it may have.
const ExitCode = 77

// What Memory looks at. The first two are what debug.SetMemoryLimit counts: all that Go has from the system, without
// what it has given back.
var sampled = []string{
	"/memory/classes/total:bytes",
	"/memory/classes/heap/released:bytes",
	"/gc/heap/live:bytes",
	"/memory/classes/heap/stacks:bytes",
}

// Memory watches over a process's memory limit. One goroutine calls Check a few times per second.
type Memory struct {
	limit   uint64
	log     *slog.Logger
	exit    func(code int)
	samples []metrics.Sample
	warned  bool
}

// NewMemory returns what enforces l.Memory, nil if there is no limit, whose Check does nothing. Exit is os.Exit, or
// a test's.
func NewMemory(l Limits, log *slog.Logger, exit func(code int)) *Memory {
	if l.Memory == 0 {
		return nil
	}
	m := &Memory{limit: l.Memory, log: log, exit: exit}
	for _, name := range sampled {
		m.samples = append(m.samples, metrics.Sample{Name: name})
	}
	return m
}

// Check looks at what is used. It costs less than a microsecond; only above the limit it collects garbage first, so that
// a process ends for what it needs and not for what lies about.
func (m *Memory) Check() {
	if m == nil {
		return
	}
	used := m.read()
	if used > m.limit {
		debug.FreeOSMemory()
		used = m.read()
	}
	switch {
	case used > m.limit:
		m.log.Error(fmt.Sprintf("this node needs more memory than its limit allows and ends: %s", m.text(used)))
		m.exit(ExitCode)
	case used > share(m.limit, warnPercent) && !m.warned:
		m.warned = true
		m.log.Warn(fmt.Sprintf("this node ends when it needs more memory than its limit: %s", m.text(used)))
	}
}

func (m *Memory) read() (used uint64) {
	metrics.Read(m.samples)
	return m.samples[0].Value.Uint64() - m.samples[1].Value.Uint64()
}

func (m *Memory) text(used uint64) string {
	return fmt.Sprintf("%s of %s (%d %%) used, of that %s for values and %s for stacks",
		size(used), size(m.limit), used*100/m.limit, size(m.samples[2].Value.Uint64()), size(m.samples[3].Value.Uint64()))
}

func size(n uint64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
