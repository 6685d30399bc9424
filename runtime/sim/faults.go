package sim

import (
	"fmt"
	"slices"
	"strings"

	"moonpeer/runtime/sim/tracefile"
)

// Partition has nothing get through between two groups of nodes, in either direction, for links that there are and for
// dials. Further partitions add to it, until Heal.
func (w *World) Partition(a, b []string) error {
	if err := w.groups(a, b); err != nil {
		return fmt.Errorf("a partition between %v and %v: %w", a, b, err)
	}
	w.note("", tracefile.Partition, "%s | %s", joined(a), joined(b))
	for _, x := range a {
		for _, y := range b {
			w.cut[[2]string{x, y}], w.cut[[2]string{y, x}] = true, true
		}
	}
	w.net.Recheck(w.now)
	return nil
}

// joined are names as a trace has them.
func joined(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(tracefile.Name(name))
	}
	return b.String()
}

// groups returns an error unless all are nodes, and nobody is in both groups.
func (w *World) groups(a, b []string) error {
	for _, name := range slices.Concat(a, b) {
		if w.byName[name] == nil {
			return fmt.Errorf("there is no node %q", name)
		}
		if slices.Contains(a, name) && slices.Contains(b, name) {
			return fmt.Errorf("%q is on both sides", name)
		}
	}
	return nil
}

// Heal ends all partitions. What has waited on the wire is sent again, if its link is still there.
func (w *World) Heal() {
	w.note("", tracefile.Heal, "")
	clear(w.cut)
	w.net.Recheck(w.now)
}

// Freeze keeps the node's process from running, as a debugger or SIGSTOP does. What does not run is left alone.
func (n *Node) Freeze() { n.set(Running, Frozen) }

// Thaw lets a frozen node run again. It finds what has come meanwhile, the end of links included.
func (n *Node) Thaw() { n.set(Frozen, Running) }

func (n *Node) set(from, to State) {
	if n.state != from {
		return
	}
	n.w.note(n.Name(), tracefile.What(to.String()), "")
	n.state = to
	if to == Frozen {
		n.w.queue.Remove(n.item)
	}
	n.w.net.Recheck(n.w.now)
	n.wake()
}

// runs reports whether a process on a host runs that could answer. A host without a node, or of one that has stopped, is
// a machine where nobody listens.
func (w *World) runs(host string) bool {
	n := w.byName[host]
	return n == nil || n.state == Running || n.state == Stopped
}
