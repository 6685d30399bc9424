package control

import (
	"runtime"
	"syscall"
)

// goOnWhenOrphaned has a process that somebody has stopped (SIGSTOP) go on when its parent ends: it could not notice that,
// nor obey any signal but SIGKILL. Linux keeps the setting per thread, beside what the parent has set for the first one, so the
// goroutine that calls this keeps its thread.
func goOnWhenOrphaned() {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGCONT), 0)
}
