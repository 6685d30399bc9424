//go:build linux || darwin

package limits

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// limitFiles sets both limits, so that the process can't raise its own again.
func limitFiles(n uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		return fmt.Errorf("%w (this process may have %d at most)", err, now.Max)
	}
	return nil
}
