package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"moonpeer/bindings"
	"moonpeer/net/peering"
	"moonpeer/net/quicpeer"
	"moonpeer/policies"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// baseOptions are what every node of this program has.
func baseOptions(scripts []string) node.Options {
	return node.Options{
		Scripts: scripts,
		Modules: bindings.Modules,
		Bundled: policies.FS,
	}
}

// options resolves where each setting comes from: kong has already looked at flags and then at the environment, the
// file fills what they left open.
func (c *runCommand) options() (node.Options, error) {
	opts := baseOptions(c.Scripts)
	opts.Name, opts.StateDir, opts.Debug, opts.Control, opts.Lossless = c.Name, c.State, c.Debug, c.Control, c.Lossless
	opts.Inputs = node.Inputs{Pcap: c.captures(), ZeekLog: string(c.ZeekLog), Follow: c.Follow, PaceReal: c.Pace == "real",
		Shard: c.Shard.index, Shards: c.Shard.count}
	opts.Set, opts.Print, opts.PrintJSON = assigned(nil, c.Set, c.Config), c.Print, c.JSON
	var err error
	if opts.Listen, err = addresses("run", "--listen", c.Listen); err != nil {
		return opts, err
	}
	if opts.Peer, err = addresses("run", "--peer", c.Peer); err != nil {
		return opts, err
	}
	opts.TLS = c.tlsFlags.options(tlsTable{})
	if c.Config == "" {
		return opts, errors.Join(checkName(opts.Name), c.join(&opts))
	}
	file, err := loadConfig(c.Config)
	if err != nil {
		return opts, err
	}
	set, err := optionTexts(file.Options, c.Config)
	if err != nil {
		return opts, err
	}
	opts.Set = assigned(set, c.Set, c.Config)
	fill(&opts.Name, file.Node.Name)
	fill(&opts.StateDir, file.Node.State)
	if opts.Debug == nil {
		opts.Debug = file.Node.Debug
	}
	opts.Path = file.Node.Path
	opts.Control = opts.Control || file.Node.Control
	opts.Limits = node.Limits{
		Instructions: int64(file.Limits.HandlerInstructions),
		Seconds:      int(file.Limits.HandlerSeconds),
		MaxQueued:    int(file.Limits.QueuedEvents),
		Peers:        int(file.Limits.Peers),
		MaxFrame:     int(file.Limits.MaxFrame),
	}
	opts.TLS = c.tlsFlags.options(file.TLS)
	if err := file.Peers.fill(c.Config, &opts); err != nil {
		return opts, err
	}
	opts.Inputs.MaxFlows = int(file.Limits.Connections)
	return opts, errors.Join(checkName(opts.Name), c.join(&opts))
}

// join makes the node one of the cluster that --layout describes.
func (c *runCommand) join(opts *node.Options) error {
	if c.Layout == "" {
		return nil
	}
	file, err := loadLayout(string(c.Layout))
	if err != nil {
		return err
	}
	nodes, err := file.nodes()
	if err == nil {
		opts.Layout, err = cluster.NewLayout(nodes)
	}
	if err == nil {
		err = missingAddresses(opts.Layout)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Layout, err)
	}
	self := opts.Layout.Node(cmp.Or(opts.Name, defaultName))
	if self == nil {
		return noSuchNode(opts.Name, opts.Layout)
	}
	c.roleLimits = file.Limits.of(self.Role).limits()
	opts.Control = opts.Control || file.Control
	if opts.TLS.Anonymous() {
		opts.TLS = file.tls()
	}
	return file.setOptions(opts, file.From)
}

// defaultName is what a node without a name is called.
const defaultName = "node"

// maxListed is how many names a message lists.
const maxListed = 12

// noSuchNode says which names there are, behind what Zeek says.
func noSuchNode(name string, l *cluster.Layout) error {
	var names []string
	for _, n := range l.Nodes() {
		names = append(names, n.Name)
	}
	control.Sort(names, func(name string) control.Known { return control.Known{Name: name} })
	hint := script.DidYouMean(name, names)
	if len(names) > maxListed {
		names = append(names[:maxListed], "…")
	}
	if hint == "" {
		hint = " (there are: " + strings.Join(names, ", ") + ")"
	}
	if name == "" {
		hint = "; --name says which one it is to be" + hint
	}
	return fmt.Errorf("'%s' is not a valid node in the Cluster::nodes configuration%s", cmp.Or(name, defaultName), hint)
}

// setOptions adds the layout's options of policies, which come after those that the node has been given itself.
func (f *layoutFile) setOptions(opts *node.Options, from string) error {
	set, err := optionTexts(f.Options, from)
	if err != nil {
		return err
	}
	for _, s := range set {
		if !slices.ContainsFunc(opts.Set, func(o node.Setting) bool { return optionName(o.Assignment) == optionName(s) }) {
			opts.Set = append(opts.Set, node.Setting{Assignment: s, From: from})
		}
	}
	return nil
}

// missingAddresses refuses a layout in which nobody could dial some node. Those that nobody dials need no address.
func missingAddresses(l *cluster.Layout) error {
	var errs []error
	for _, n := range l.Nodes() {
		if n.Port == 0 && l.Dialled(n.Role) {
			errs = append(errs, fmt.Errorf("node %s has no address, and others dial it: %s = \"host:port\" below [nodes]", n.Name, n.Name))
		}
	}
	return errors.Join(errs...)
}

// addresses reads what a flag names; port and scheme may be left out.
func addresses(command, flag string, texts []string) (out []peering.Address, err error) {
	for _, text := range texts {
		a, err := parseAddress(text, flag == "--peer")
		if err != nil {
			return nil, usagef(command, "%s: %w", flag, err)
		}
		out = append(out, a)
	}
	return out, nil
}

// parseAddress reads an address to listen on or to dial, and refuses what can be neither.
func parseAddress(text string, dial bool) (peering.Address, error) {
	a, err := peering.ParseAddress(text, peering.Address{Transport: "quic", Port: peering.DefaultPort})
	switch {
	case err != nil:
	case text == "":
		err = errors.New("the address is empty; write host:port, or :9999 for all interfaces")
	case a.Transport != "quic":
		err = fmt.Errorf("address %q: this version has no %s transport, only quic", text, a.Transport)
	case dial && (a.Host == "" || a.Port == 0):
		err = fmt.Errorf("address %q: whose? Write host:port", text)
	case !dial:
		err = quicpeer.CheckListen(a.Host)
	}
	return a, err
}

// nodeName is what may be a node's name: it becomes that of a folder, and part of topics.
var nodeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

func checkName(name string) error {
	if name != "" && !nodeName.MatchString(name) {
		return usagef("run", "node name %q: want letters, digits, and _ . - between them", name)
	}
	return nil
}

// fill sets what is still open.
func fill(setting *string, value string) {
	if *setting == "" {
		*setting = value
	}
}

// checkAssignments refuses what does not read OPTION=VALUE. Whether the option exists is known when the scripts are.
func checkAssignments(command string, set []string) error {
	for _, s := range set {
		if name, _, ok := strings.Cut(s, "="); !ok || name == "" {
			return usagef(command, "--set %q: want OPTION=VALUE, such as --set EX::server=10.0.0.1", s)
		}
	}
	return nil
}

// assigned puts what flags set behind what the file sets: each option of the file stays only when no flag names it.
func assigned(file, flags []string, name string) (set []node.Setting) {
	for _, f := range file {
		if !slices.ContainsFunc(flags, func(s string) bool { return optionName(s) == optionName(f) }) {
			set = append(set, node.Setting{Assignment: f, From: name})
		}
	}
	for _, f := range flags {
		set = append(set, node.Setting{Assignment: f, From: "--set"})
	}
	return set
}

// optionName is what stands in front of the = of OPTION=VALUE.
func optionName(set string) string {
	name, _, _ := strings.Cut(set, "=")
	return name
}

// logLevel shows debug messages to whoever asked for a debug stream.
func logLevel(debug []string) slog.Level {
	if len(debug) > 0 {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
