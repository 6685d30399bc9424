//go:build !linux && !darwin

package limits

import (
	"fmt"
	"runtime"
)

func limitFiles(uint64) error {
	return fmt.Errorf("%s has no such limit", runtime.GOOS)
}
