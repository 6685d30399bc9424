//go:build unix && !linux

package supervisor

import (
	"os"
	"syscall"
)

// sysProcAttr gives a child a process group of its own, so that Ctrl-C on the terminal is the supervisor's alone.
func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// waitForEnd would have to leave the PID taken, which Go has no call for here.
func waitForEnd(*os.Process) bool { return false }

// endGroup does nothing: the group's number may be somebody else's by now.
func endGroup(*os.Process) {}
