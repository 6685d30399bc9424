package supervisor

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// logFile is an output file of bounded length: when it is full it is renamed to NAME.1, over what was there, and
// begun anew. An error does not end it. It is told once, with what was lost when it is over, so that a full disk is
// two lines and not a thousand.
type logFile struct {
	path   string
	max    int64
	retry  time.Duration
	report func(err error, lost uint64) // a nil error: it is written again

	mu      sync.Mutex // two streams may share a file; nothing else takes it
	f       *os.File   // nil: it could not be opened
	users   int        // streams that have not closed it
	size    int64      // what this process has seen of it
	regular bool       // else it is a device, which is not renamed
	torn    bool       // the last write was cut off
	failing bool
	failed  time.Time // the last time
	tried   time.Time // to open it, the last time
	lost    uint64
}

func openLogFile(path string, most int64, retry time.Duration, report func(error, uint64)) *logFile {
	l := &logFile{path: path, max: most, retry: retry, report: report}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open()
	return l
}

// write appends p, which is whole lines or a piece of a long one.
func (l *logFile) write(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil && l.regular && l.size > 0 && l.size+int64(len(p)) > l.max {
		l.rotate()
	}
	if l.f == nil && (time.Since(l.tried) < l.retry || !l.open()) {
		l.lost += uint64(len(p))
		return
	}
	if l.torn {
		if _, err := l.f.Write([]byte("\n")); err == nil {
			l.torn = false
		}
	}
	n, err := l.f.Write(p)
	l.size += int64(n)
	if err != nil {
		l.torn = l.torn || n > 0
		l.lost += uint64(len(p) - n)
		l.fail(err)
		return
	}
	if l.failing && time.Since(l.failed) >= l.retry {
		l.failing = false
		l.report(nil, l.lost)
		l.lost = 0
	}
}

// open opens or creates it.
func (l *logFile) open() bool {
	l.tried = time.Now()
	// Without O_NONBLOCK a pipe that nobody reads would be waited for.
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		l.fail(err)
		return false
	}
	info, err := f.Stat()
	if err != nil {
		l.fail(errors.Join(err, f.Close()))
		return false
	}
	l.f, l.size, l.regular = f, info.Size(), info.Mode().IsRegular()
	return true
}

// rotate begins anew. If that can't be, the file grows by its length once more before it is tried again.
func (l *logFile) rotate() {
	if err := l.f.Close(); err != nil {
		l.fail(err)
	}
	l.f = nil
	err := os.Rename(l.path, l.path+".1")
	if err != nil {
		l.fail(err)
	}
	if l.open() && err != nil {
		l.size = 0
	}
}

// fail reports the first error of a burst.
func (l *logFile) fail(err error) {
	l.failed = time.Now()
	if !l.failing {
		l.failing = true
		l.report(err, 0)
	}
}

// close ends it when the last stream has.
func (l *logFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users--; l.users > 0 || l.f == nil {
		return
	}
	if err := l.f.Close(); err != nil {
		l.fail(err)
	}
	l.f = nil
}

// sameFile reports whether two paths are one file by their text.
func sameFile(a, b string) bool { return filepath.Clean(a) == filepath.Clean(b) }
