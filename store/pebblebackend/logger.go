package pebblebackend

import (
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// logger is what Pebble reports to. Fatalf does not end the process as Pebble expects: the fence comes down, so that
// nothing that Pebble does afterwards reaches the disk, and every commit fails.
type logger struct {
	log   *slog.Logger
	fence *fence
}

func (l logger) Infof(string, ...any) {} // of each file that is created and removed

func (l logger) Errorf(format string, args ...any) {
	l.log.Debug(fmt.Sprintf(format, args...))
}

func (l logger) Fatalf(format string, args ...any) {
	err := fmt.Errorf("pebble: %w", fatalError(fmt.Sprintf(format, args...)))
	l.fence.fail(err)
}

// fatalError is what Pebble said before it would have ended the process.
type fatalError string

func (e fatalError) Error() string { return string(e) }

// events brings the fence down when a flush or compaction fails, which Pebble would try again without end.
func events(f *fence) *pebble.EventListener {
	l := &pebble.EventListener{
		BackgroundError: f.fail,
		DataCorruption:  func(i pebble.DataCorruptionInfo) { f.fail(i.Details) },
	}
	l.EnsureDefaults(nil)
	return l
}
