package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Node is one node of a layout.
type Node struct {
	Name string
	Role Role
	Host string // where others dial it, if Port is set
	Port int    // UDP; 0: it does not listen
}

// Address returns host:port; "" for a node that does not listen.
func (n *Node) Address() string {
	if n.Port == 0 {
		return ""
	}
	return net.JoinHostPort(n.Host, strconv.Itoa(n.Port))
}

// Layout is all nodes of a cluster. Make one with NewLayout.
type Layout struct {
	nodes  []Node // by role as people are shown them, then by name with numbers in order
	byName map[string]int

	manager string
}

// nodeName is what may be a node's name: it becomes that of a folder, and part of topics.
var nodeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// maxName keeps names within what a file system takes, a link hello, and a certificate.
const maxName = 64

// NewLayout checks a layout and returns it; the error names everything that is wrong with it. Only a node that others
// dial needs an address.
func NewLayout(nodes []Node) (*Layout, error) {
	l := &Layout{nodes: slices.Clone(nodes), byName: make(map[string]int, len(nodes))}
	slices.SortFunc(l.nodes, Compare)
	var errs []error
	at := map[string]string{}
	for i := range l.nodes {
		n := &l.nodes[i]
		_, twice := l.byName[n.Name]
		switch {
		case !nodeName.MatchString(n.Name) || len(n.Name) > maxName:
			errs = append(errs, fmt.Errorf("node name %q: want letters, digits, and _ . - between them, at most %d", n.Name, maxName))
		case twice:
			errs = append(errs, fmt.Errorf("two nodes are called %q", n.Name))
		case n.Role == None:
			errs = append(errs, fmt.Errorf("node %q has no role", n.Name))
		case n.Port < 0 || n.Port > 65535:
			errs = append(errs, fmt.Errorf("node %q: %d is no port", n.Name, n.Port))
		case n.Port != 0 && n.Host == "":
			errs = append(errs, fmt.Errorf("node %q: a port without a host", n.Name))
		}
		l.byName[n.Name] = i
		if n.Role == Manager {
			l.manager = n.Name
		}
		if a := n.Address(); a != "" {
			if other := at[a]; other != "" {
				errs = append(errs, fmt.Errorf("nodes %q and %q have the same address, %s", other, n.Name, a))
			}
			at[a] = n.Name
		}
	}
	if got := l.Count(Manager); got != 1 {
		errs = append(errs, fmt.Errorf("a cluster has one manager, this one has %d", got))
	}
	return l, errors.Join(errs...)
}

// Compare orders nodes as people are shown them: by role (logger, manager, proxy, worker), then by name, worker-2
// before worker-10.
func Compare(a, b Node) int {
	return cmp.Or(cmp.Compare(a.Role.Rank(), b.Role.Rank()), CompareNames(a.Name, b.Name))
}

// CompareNames orders names with a number at the end by that number.
func CompareNames(a, b string) int {
	ta, na := splitNumber(a)
	tb, nb := splitNumber(b)
	return cmp.Or(strings.Compare(ta, tb), cmp.Compare(na, nb), strings.Compare(a, b))
}

// splitNumber cuts the digits off the end of a name.
func splitNumber(name string) (text string, number uint64) {
	text = strings.TrimRight(name, "0123456789")
	number, _ = strconv.ParseUint(name[len(text):], 10, 64) // none: 0; too long: the largest
	return text, number
}

// Nodes returns the nodes in the order of Compare. The slice must not be changed.
func (l *Layout) Nodes() []Node { return l.nodes }

// Node returns the node called name, or nil.
func (l *Layout) Node(name string) *Node {
	i, ok := l.byName[name]
	if !ok {
		return nil
	}
	return &l.nodes[i]
}

// Count returns how many nodes have a role.
func (l *Layout) Count(r Role) (n int) {
	for i := range l.nodes {
		if l.nodes[i].Role == r {
			n++
		}
	}
	return n
}

// dials says whom a node of some role dials (zeek/frameworks.md §3.3).
var dials = map[Role][]Role{
	Manager: {Logger},
	Proxy:   {Logger, Manager},
	Worker:  {Logger, Manager, Proxy},
}

// Dials returns the nodes that the one called name dials, in the layout's order.
func (l *Layout) Dials(name string) (out []*Node) {
	n := l.Node(name)
	if n == nil {
		return nil
	}
	for i := range l.nodes {
		if slices.Contains(dials[n.Role], l.nodes[i].Role) {
			out = append(out, &l.nodes[i])
		}
	}
	return out
}

// Linked returns the nodes that the one called name is linked with when all are there: those that it dials, and those that
// dial it, in the layout's order.
func (l *Layout) Linked(name string) (out []*Node) {
	n := l.Node(name)
	if n == nil {
		return nil
	}
	for i := range l.nodes {
		o := &l.nodes[i]
		if slices.Contains(dials[n.Role], o.Role) || slices.Contains(dials[o.Role], n.Role) {
			out = append(out, o)
		}
	}
	return out
}

// Dialled reports whether any node dials those of a role, so that they need an address.
func (l *Layout) Dialled(r Role) bool {
	for i := range l.nodes {
		if slices.Contains(dials[l.nodes[i].Role], r) {
			return true
		}
	}
	return false
}

// Names returns the names that nodes of one role get: worker-1, worker-2, …, and logger alone when there is one.
func Names(r Role, count int) []string {
	if count == 1 && (r == Manager || r == Logger) {
		return []string{r.Word()}
	}
	names := make([]string, count)
	for i := range names {
		names[i] = r.Word() + "-" + strconv.Itoa(i+1)
	}
	return names
}
