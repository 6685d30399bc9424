//go:build unix

package supervisor

import (
	"os"
	"syscall"

	"moonpeer/net/step"
)

// tell sends a signal to a process that has not been waited for. To end in good order is for the node to do, with what it has
// started; to be killed is for all of its group. An error means that it has ended.
func tell(p *os.Process, s step.Signal) {
	if s == step.Kill {
		_ = syscall.Kill(-p.Pid, syscall.SIGKILL)
		return
	}
	_ = p.Signal(syscall.SIGTERM)
}

// signalOf is the number of the signal that ended a process; 0 if none did.
func signalOf(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return int(w.Signal())
	}
	return 0
}
