//go:build unix

package testnode

import "syscall"

func (n *Node) signal(s syscall.Signal) {
	n.t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		n.t.Fatalf("%s: %v: %v", n.name, s, err)
	}
}

func (n *Node) terminate() {
	n.t.Helper()
	n.signal(syscall.SIGTERM)
}

// Freeze stops the process where it is: it runs no instruction until Thaw.
func (n *Node) Freeze() {
	n.t.Helper()
	n.signal(syscall.SIGSTOP)
}

// Thaw lets a frozen process go on.
func (n *Node) Thaw() {
	n.t.Helper()
	n.signal(syscall.SIGCONT)
}
