package limits

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strconv"
)

// Limits bound a node's process. A zero field is no limit.
type Limits struct {
	Memory uint64 // bytes; Memory enforces it
	CPUs   int    // threads that run Go code at the same time
	Files  uint64 // files and sockets that are open at the same time
}

// The environment variables that carry limits from the supervisor to its child.
const (
	envMemory = "MOONPEER_LIMIT_MEMORY"
	envCPUs   = "MOONPEER_LIMIT_CPUS"
	envFiles  = "MOONPEER_LIMIT_FILES"
)

// Vars are the names of the environment variables, so that a process can take them out before it starts others.
func Vars() []string { return []string{envMemory, envCPUs, envFiles} }

// Environ returns l as environment variables, NAME=value.
func (l Limits) Environ() []string {
	var env []string
	add := func(name string, n uint64) {
		if n != 0 {
			env = append(env, name+"="+strconv.FormatUint(n, 10))
		}
	}
	add(envMemory, l.Memory)
	add(envCPUs, uint64(max(0, l.CPUs)))
	add(envFiles, l.Files)
	return env
}

// Parse reads what Environ has written. Getenv is os.Getenv, or a test's.
func Parse(getenv func(string) string) (Limits, error) {
	var l Limits
	var cpus uint64
	err := errors.Join(
		parse(getenv, envMemory, math.MaxInt64, &l.Memory),
		parse(getenv, envCPUs, math.MaxInt32, &cpus),
		parse(getenv, envFiles, math.MaxInt64, &l.Files),
	)
	if err != nil {
		return Limits{}, err
	}
	l.CPUs = int(cpus)
	return l, nil
}

func parse(getenv func(string) string, name string, most uint64, into *uint64) error {
	text := getenv(name)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > most {
		return fmt.Errorf("%s is %q, not a number up to %d", name, text, most)
	}
	*into = n
	return nil
}

// Apply makes the limits hold for this process, as far as the system enforces them. A limit that can't be had is an
// error; the others hold all the same.
func (l Limits) Apply() error {
	if l.CPUs > 0 {
		runtime.GOMAXPROCS(l.CPUs)
	}
	if l.Memory > 0 {
		debug.SetMemoryLimit(int64(share(l.Memory, collectPercent)))
	}
	if l.Files > 0 {
		if err := limitFiles(l.Files); err != nil {
			return fmt.Errorf("no limit of %d open files: %w", l.Files, err)
		}
	}
	return nil
}

// share is a percentage of n without overflow.
func share(n uint64, percent uint64) uint64 { return n/100*percent + n%100*percent/100 }
