package luavm

import (
	"io"
	"os"
	"time"
)

// Options configures a VM. The zero value is a VM without an instruction budget whose clock stands still.
type Options struct {
	// Budget is how many instructions an outermost call may run. 0: any number.
	Budget int64

	// CallDepth is how deep Lua functions may call each other. 0: 1000.
	CallDepth int

	// MaxSource is the size in bytes of the largest chunk that is compiled. 0: 256 KiB.
	// Compilation takes time that grows faster than the source, and no budget covers it.
	MaxSource int

	// MaxString is the size in bytes of the largest string the library makes. 0: 64 MiB.
	MaxString int

	// Now is the clock that os.time, os.date and os.clock read. nil: it stands at the Unix epoch.
	Now func() time.Time

	// Location is the time zone of os.date and os.time. nil: UTC.
	Location *time.Location

	// Seed determines what math.random returns, until the script calls math.randomseed.
	Seed uint64

	// Stdout receives what print writes, each line in one Write. nil: os.Stdout.
	// The io library, being for trusted scripts, keeps to the process's own files.
	Stdout io.Writer

	// Sandbox leaves out what reaches outside of the VM: io, the functions of os other than
	// clock, date, difftime and time, dofile, loadfile, and of debug all but traceback.
	Sandbox bool

	// Coverage counts the statements of files. nil: nobody does.
	Coverage *Coverage

	// Tests make the stacks of all threads start small and grow by one value at a time.
	registrySize, registryStep int
}

// Defaults of Options.
const (
	defaultCallDepth = 1000
	defaultMaxSource = 256 << 10
	defaultMaxString = 64 << 20
)

func (o Options) withDefaults() Options {
	if o.CallDepth <= 0 {
		o.CallDepth = defaultCallDepth
	}
	if o.MaxSource <= 0 {
		o.MaxSource = defaultMaxSource
	}
	if o.MaxString <= 0 {
		o.MaxString = defaultMaxString
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Unix(0, 0) }
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.registrySize == 0 {
		o.registrySize, o.registryStep = poolRegistrySize, registryStep
	}
	return o
}
