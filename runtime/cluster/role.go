package cluster

import (
	"fmt"
	"strings"
)

// Role is what a node does in a cluster.
type Role uint8

// The roles, with Zeek's names and in Zeek's order.
const (
	None Role = iota
	Control
	Logger
	Manager
	Proxy
	Worker
)

var roleNames = [...]string{"NONE", "CONTROL", "LOGGER", "MANAGER", "PROXY", "WORKER"}

// String returns Zeek's name: WORKER.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// Word returns the role in lower case, as names, layouts and topics have it.
func (r Role) Word() string { return strings.ToLower(r.String()) }

// ParseRole reads a role in either case; ok is false for what is none.
func ParseRole(text string) (r Role, ok bool) {
	for i, name := range roleNames {
		if strings.EqualFold(name, text) {
			return Role(i), true
		}
	}
	return None, false
}

// shown is the order in which nodes are listed to people.
var shown = [...]Role{Logger, Manager, Proxy, Worker, Control, None}

// Rank orders roles as zeekctl lists them: logger, manager, proxy, worker.
func (r Role) Rank() int {
	for i, s := range shown {
		if s == r {
			return i
		}
	}
	return len(shown)
}
