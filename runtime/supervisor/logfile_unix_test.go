//go:build unix

package supervisor

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestPipeAsFile: a pipe that nobody reads is refused, and not waited for.
func TestPipeAsFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	var said error
	l := openLogFile(path, 1<<20, time.Hour, func(err error, _ uint64) { said = err })
	l.write([]byte("line\n"))
	l.close()
	if said == nil {
		t.Error("it was opened")
	}
}
