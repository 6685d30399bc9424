package supervisor

import (
	"os"
	"syscall"

	"moonpeer/net/step"
)

// sysProcAttr keeps Ctrl-C from the child.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// tell kills: a process without a console can't be told anything else. An error means that it has ended.
func tell(p *os.Process, _ step.Signal) { _ = p.Kill() }

// signalOf is 0: there are none.
func signalOf(*os.ProcessState) int { return 0 }

// waitForEnd is not needed: a process is known by its handle, not by a number that is used again.
func waitForEnd(*os.Process) bool { return false }

// endGroup does nothing: there is no group of processes without a job object.
func endGroup(*os.Process) {}
