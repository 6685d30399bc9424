package testnode

// PID is the process's number, for tests that look at what the system knows of it.
func (n *Node) PID() int { return n.cmd.Process.Pid }
