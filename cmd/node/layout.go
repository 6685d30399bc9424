package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/pelletier/go-toml/v2"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/net/tlsconf"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/script"
	"moonpeer/runtime/supervisor/limits"
)

// layoutFile is the TOML file that says what a cluster consists of. Counts make names, worker-1 to worker-4; [nodes] gives
// those of them that it names their addresses, and adds those that the counts did not make. A file that speaks of no
// workers, in either way, has none.
type layoutFile struct {
	Workers int               `toml:"workers"`
	Proxies int               `toml:"proxies"`
	Loggers *int              `toml:"loggers"` // nil: one, unless [nodes] names any
	Nodes   map[string]string `toml:"nodes"`   // name = "host:port", or "host" for one that nobody dials
	Limits  roleLimits        `toml:"limits"`
	Options map[string]any    `toml:"options"`
	TLS     tlsTable          `toml:"tls"`
	Control bool              `toml:"control"` // as --control
	From    string            `toml:"from"`    // the file that this one was made of, whom messages then name
}

// roleLimits are what each node of a role may use.
type roleLimits struct {
	Manager nodeLimits `toml:"manager"`
	Logger  nodeLimits `toml:"logger"`
	Proxy   nodeLimits `toml:"proxy"`
	Worker  nodeLimits `toml:"worker"`
}

func (l roleLimits) of(r cluster.Role) nodeLimits {
	return map[cluster.Role]nodeLimits{cluster.Manager: l.Manager, cluster.Logger: l.Logger, cluster.Proxy: l.Proxy, cluster.Worker: l.Worker}[r]
}

// nodeLimits bound one process; zero means no bound.
type nodeLimits struct {
	Memory byteSize `toml:"memory"` // "200 MB"
	CPUs   uint16   `toml:"cpus"`
	Files  uint32   `toml:"files"`
}

func (l nodeLimits) limits() limits.Limits {
	return limits.Limits{Memory: l.Memory.bytes, CPUs: int(l.CPUs), Files: uint64(l.Files)}
}

// What a node can't do without: a limit below would only keep it from starting.
const (
	leastMemory = 32_000_000
	leastFiles  = 64
)

func (l nodeLimits) check() error {
	if l.Files != 0 && l.Files < leastFiles {
		return fmt.Errorf("files = %d: want %d at least, a node needs so many for itself", l.Files, leastFiles)
	}
	return nil
}

// byteSize is the memory of a node, as people write it: a text, since a number would say nothing about its unit.
type byteSize struct{ bytes uint64 }

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *byteSize) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	_, bare := strconv.ParseFloat(string(text), 64)
	switch {
	case err != nil:
		return fmt.Errorf("%q is no amount of memory, such as 200 MB", text)
	case bare == nil:
		return fmt.Errorf("%s of what? Write the unit, such as \"%s MB\"", text, text)
	case n < leastMemory:
		return fmt.Errorf("%s is less than a node needs for itself: want %d MB at least", text, leastMemory/1_000_000)
	}
	b.bytes = n
	return nil
}

// loadLayout reads a layout. Errors name line and column.
func loadLayout(file string) (*layoutFile, error) {
	text, err := readConfig(file)
	if err != nil {
		return nil, fmt.Errorf("layout: %w", err)
	}
	f := &layoutFile{}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(f); err != nil {
		return nil, configError[layoutFile](file, err)
	}
	for _, r := range []cluster.Role{cluster.Manager, cluster.Logger, cluster.Proxy, cluster.Worker} {
		if err := f.Limits.of(r).check(); err != nil {
			return nil, fmt.Errorf("%s: [limits.%s] %w", file, r.Word(), err)
		}
	}
	if f.From == "" {
		f.From = file
	}
	base := filepath.Dir(file)
	for _, p := range []*string{&f.TLS.Certificate, &f.TLS.Keyfile, &f.TLS.CAFile, &f.TLS.CAPath} {
		*p = below(base, *p)
	}
	return f, nil
}

func (f *layoutFile) tls() tlsconf.Options { return f.TLS.options() }

// maxNodes is more nodes than one machine or manager can do anything with.
const maxNodes = 10_000

// nodes returns the nodes that the file describes, without addresses where it gives none: those that the counts make, one
// manager among them, of which [nodes] replaces those of the same name, and then the others of [nodes]. A manager or logger that
// [nodes] names is instead of the one that there would be.
func (f *layoutFile) nodes() ([]cluster.Node, error) {
	loggers := 1
	if f.Loggers != nil {
		loggers = *f.Loggers
	} else if f.names(cluster.Logger) {
		loggers = 0
	}
	managers := 1
	if f.names(cluster.Manager) {
		managers = 0
	}
	var nodes []cluster.Node
	for _, g := range []struct {
		role  cluster.Role
		count int
	}{{cluster.Manager, managers}, {cluster.Logger, loggers}, {cluster.Proxy, f.Proxies}, {cluster.Worker, f.Workers}} {
		if g.count < 0 || g.count > maxNodes {
			return nil, fmt.Errorf("%d nodes of role %s: want 0 to %d", g.count, g.role.Word(), maxNodes)
		}
		for _, name := range cluster.Names(g.role, g.count) {
			nodes = append(nodes, cluster.Node{Name: name, Role: g.role})
		}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(f.Nodes)) {
		n := cluster.Node{Name: name}
		var err error
		if n.Role, err = roleOf(name); err == nil {
			n.Host, n.Port, err = splitNode(f.Nodes[name])
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("[nodes] %s: %w", name, err))
			continue
		}
		if i := slices.IndexFunc(nodes, func(o cluster.Node) bool { return o.Name == name }); i >= 0 {
			nodes[i] = n
		} else {
			nodes = append(nodes, n)
		}
	}
	return nodes, errors.Join(errs...)
}

// names reports whether [nodes] has a node of a role.
func (f *layoutFile) names(r cluster.Role) bool {
	for name := range f.Nodes {
		if got, err := roleOf(name); err == nil && got == r {
			return true
		}
	}
	return false
}

// roleOf reads a node's role off its name: worker-1, or manager.
func roleOf(name string) (cluster.Role, error) {
	word, _, _ := strings.Cut(name, "-")
	r, ok := cluster.ParseRole(word)
	if !ok || r == cluster.None {
		words := []string{"manager", "logger", "proxy", "worker", "control"}
		return r, fmt.Errorf("the name says the role: %s, with -1 and so on%s", strings.Join(words, ", "), script.DidYouMean(word, words))
	}
	return r, nil
}

// splitNode reads the address of a node, whose port may be left out.
func splitNode(text string) (host string, port int, err error) {
	if host, digits, err := net.SplitHostPort(text); err == nil {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || n == 0 || host == "" {
			return "", 0, fmt.Errorf("address %q: want host:port", text)
		}
		return host, int(n), nil
	}
	if text == "" || strings.ContainsAny(text, ":/ ") && net.ParseIP(text) == nil {
		return "", 0, fmt.Errorf("address %q: want host:port", text)
	}
	return text, 0, nil
}

// appendLayout writes a whole layout, in the form that loadLayout reads, for nodes of a program; from is the file that the
// operator has written, if any.
func appendLayout(program, from string, l *cluster.Layout, tls tlsTable, options map[string]any) ([]byte, error) {
	f := struct {
		From    string            `toml:"from,omitempty"`
		Loggers int               `toml:"loggers"`
		Nodes   map[string]string `toml:"nodes"`
		TLS     tlsTable          `toml:"tls"`
		Options map[string]any    `toml:"options,omitempty"`
	}{From: from, Nodes: map[string]string{}, TLS: tls, Options: options}
	for _, n := range l.Nodes() {
		f.Nodes[n.Name] = n.Host
		if a := n.Address(); a != "" {
			f.Nodes[n.Name] = a
		}
	}
	text, err := toml.Marshal(f)
	source := "its flags"
	if from != "" {
		source = from + " and " + source
	}
	head := fmt.Sprintf("# Written by %s cluster from %s, for the nodes; what is changed here is lost.", program, source)
	return append([]byte(console.Clean(head)+"\n"), text...), err
}

// insecure says what it means that nodes have no certificates, where other machines reach them.
const insecure = "the nodes of this cluster have no certificates: whoever reaches one of their ports can be any of them, send any event" +
	" and set any option; name cafile, certificate and keyfile below [tls] of the layout"

// reachable reports whether other machines reach nodes of a layout.
func reachable(l *cluster.Layout) bool {
	return l != nil && slices.ContainsFunc(l.Nodes(), func(n cluster.Node) bool { return n.Host != "" && !isLoopback(n.Host) })
}

// isLoopback reports whether only this machine reaches a host.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
