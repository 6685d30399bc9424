// Package limits is what a supervised node may use of its machine: how the supervisor tells it, and how the node's own
// process makes it hold.
//
// The supervisor adds [Limits.Environ] to its child's environment. The child, first thing, does
//
//	l, err := limits.Parse(os.Getenv)   // then os.Unsetenv for limits.Vars()
//	err = l.Apply()
//	mem := limits.NewMemory(l, log, os.Exit)
//
// and calls mem.Check a few times per second, from any one goroutine that the scripts can't hold up.
//
//	limit   how it holds
//	CPUs    GOMAXPROCS: more threads than that never run Go code at once
//	Files   RLIMIT_NOFILE, soft and hard; an error where there is none (Windows)
//	Memory  Go collects garbage ever harder from 75 % on; a warning, once, beyond 80 %; beyond 100 %, garbage not
//	        counted, the process says so and ends with ExitCode
//
// Memory is what the Go runtime has from the system. The program has no other, apart from its own code.
package limits
