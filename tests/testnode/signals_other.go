//go:build !unix

package testnode

const noSignals = "this system has no signals"

func (n *Node) terminate() { n.t.Skip(noSignals) }

// Freeze stops the process where it is: it runs no instruction until Thaw.
func (n *Node) Freeze() { n.t.Skip(noSignals) }

// Thaw lets a frozen process go on.
func (n *Node) Thaw() { n.t.Skip(noSignals) }
