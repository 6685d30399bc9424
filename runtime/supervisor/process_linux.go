package supervisor

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"moonpeer/net/step"
)

// sysProcAttr gives a child a process group of its own, so that Ctrl-C on the terminal is the supervisor's alone,
// and has it told to end when the supervisor is killed.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// waitForEnd waits until a process has ended, and leaves its PID taken. It is false if that can't be told.
func waitForEnd(p *os.Process) bool {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}

// endGroup kills what a process that has ended, and whose PID is still taken, has left in its group: it would hold
// on to the node's output, ports and files while the next one starts.
func endGroup(p *os.Process) { tell(p, step.Kill) }
