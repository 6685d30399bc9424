package luatest

import "errors"

// File is a test file whose body has run. One goroutine uses it, Interrupt apart.
type File struct {
	Tests []Test
	// Broken are what in it can't be run: a second test of one name, a describe that ends with an error.
	Broken []Result
	// Run runs one of Tests.
	Run func(t *Test, seed uint64, trace bool) Result
	// Interrupt, called from any goroutine, has a test fail soon, with cause, if it is the one that runs. It may have to be
	// called again: the test may just be between two calls.
	Interrupt func(t *Test, cause error)
	// Close lets go of what the file holds.
	Close func()
}

// Test is what an it has declared.
type Test struct {
	Names   []string // of the describes around it, and its own
	Tags    []string // its own and theirs
	Line    int
	Around  []int  // the lines of the describes
	Pending bool   // it is not to be run
	Why     string // it is pending
}

// Loader reads a test file and runs its body. The error is why it can't.
type Loader func(path string) (*File, error)

// ErrStopped is what a run that somebody stops interrupts its tests with.
var ErrStopped = errors.New("stopped")

// FileError is why a test file could not be read. It knows the place.
type FileError struct {
	Failure Failure
}

func (e *FileError) Error() string { return e.Failure.Message }

// Unwrap returns all that is wrong.
func (e *FileError) Unwrap() error { return e.Failure.Cause }
