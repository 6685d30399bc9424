package main

import (
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"moonpeer/net/tlsconf"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor"
	"moonpeer/runtime/supervisor/limits"
)

// clusterPlan is a cluster as it is to run on this machine.
type clusterPlan struct {
	c       *clusterCommand
	scripts []string
	rest    []string // node.args
	file    *layoutFile
	from    string // the file's name; "" if there is none
	layout  *cluster.Layout
	local   []cluster.Node             // those that run on this machine, in the order of output
	state   string                     // absolute
	secured map[string]tlsconf.Options // by node, when the CA is the supervisor's own
	text    []byte                     // the layout as the nodes read it, once they have their addresses
	print   [sha256.Size]byte          // of what the nodes read
}

const (
	layoutFileName = "layout.toml"
	caFolder       = "ca"
	thisMachine    = "127.0.0.1"
)

// plan reads the layout and applies the flags to it.
func (c *clusterCommand) plan(rest []string) (*clusterPlan, error) {
	p := &clusterPlan{c: c, rest: rest, file: &layoutFile{Workers: 1}}
	var err error
	if p.from, p.scripts, err = splitLayout("cluster", c.Args); err != nil {
		return nil, err
	}
	if p.from != "" {
		if p.file, err = loadLayout(p.from); err != nil {
			return nil, err
		}
	}
	if c.Workers != nil {
		p.file.Workers = *c.Workers
	}
	if c.Proxies != nil {
		p.file.Proxies = *c.Proxies
	}
	if c.Loggers != nil {
		p.file.Loggers = c.Loggers
	}
	if p.state, err = filepath.Abs(c.State); err != nil {
		return nil, fmt.Errorf("--state: %w", err)
	}
	if len(p.scripts) == 0 { // only what --supervisor creates
		return p, nil
	}
	nodes, err := p.file.nodes()
	if err != nil {
		return nil, err
	}
	if p.layout, err = cluster.NewLayout(nodes); err != nil {
		return nil, fmt.Errorf("layout: %w", err)
	}
	return p, p.place()
}

// place finds out which nodes run on this machine. Of a layout without addresses, or with none but this machine's, all
// do.
func (p *clusterPlan) place() error {
	here := ownAddresses()
	elsewhere := slices.ContainsFunc(p.layout.Nodes(), func(n cluster.Node) bool { return n.Host != "" && !here[n.Host] })
	var errs []error
	for _, n := range p.layout.Nodes() {
		switch {
		case n.Host == "" && elsewhere:
			errs = append(errs, fmt.Errorf("node %s: on which host does it run? %s = \"host:port\" below [nodes]", n.Name, n.Name))
		case elsewhere && n.Port == 0 && p.layout.Dialled(n.Role):
			errs = append(errs, fmt.Errorf("node %s: on which port does it listen? %s = \"%s:port\" below [nodes], since each machine starts its own", n.Name, n.Name, n.Host))
		case n.Host == "" || here[n.Host]:
			p.local = append(p.local, n)
		}
	}
	switch {
	case len(errs) > 0:
	case len(p.local) == 0:
		errs = append(errs, errors.New("layout: no node has an address of this machine"))
	case p.replays() && !slices.ContainsFunc(p.local, func(n cluster.Node) bool { return n.Role == cluster.Worker }):
		errs = append(errs, errors.New("--pcap: there is no worker on this machine to read the captures"))
	}
	return errors.Join(errs...)
}

// ownAddresses are the hosts that stand for this machine.
func ownAddresses() map[string]bool {
	here := map[string]bool{"localhost": true, thisMachine: true, "::1": true}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return here
	}
	for _, a := range addrs {
		if ip, ok := a.(*net.IPNet); ok {
			here[ip.IP.String()] = true
		}
	}
	return here
}

// remote reports whether some nodes run on other machines.
func (p *clusterPlan) remote() bool { return p.layout != nil && len(p.local) < len(p.layout.Nodes()) }

// prepare gives the nodes their addresses, and looks whether their scripts load; running is the plan of the nodes that run
// now, nil if none does. Nothing is written. The state directory is this process's by now.
func (p *clusterPlan) prepare(inv *invocation, running *clusterPlan) error {
	if p.layout == nil {
		return nil
	}
	if err := p.addresses(running); err != nil {
		return err
	}
	tls := p.file.TLS
	for _, file := range []*string{&tls.Certificate, &tls.Keyfile, &tls.CAFile, &tls.CAPath} {
		if *file != "" {
			*file, _ = filepath.Abs(*file) // fails only without a working folder, as before
		}
	}
	if err := p.checkTLS(); err != nil {
		return err
	}
	var err error
	if p.text, err = appendLayout(inv.program, p.from, p.layout, tls, p.file.Options); err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	p.print = p.fingerprint() // before anybody reads it: what changes meanwhile is news the next time
	return p.check(inv, running != nil)
}

// settle writes what the nodes read: it makes their folders and their certificates, and the layout last, since nodes that
// run read that again when they are revived.
func (p *clusterPlan) settle() error {
	if p.layout == nil {
		return nil
	}
	for _, n := range p.local {
		if err := os.MkdirAll(filepath.Join(p.state, n.Name), 0o755); err != nil {
			return fmt.Errorf("state directory: %w", err)
		}
	}
	if err := p.secure(); err != nil {
		return err
	}
	if err := writeWhole(p.layoutPath(), p.text); err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	return nil
}

// secure gives each node a certificate of the supervisor's own CA, unless the layout names certificates or the nodes of other
// machines could have none.
func (p *clusterPlan) secure() error {
	if !p.file.tls().Anonymous() || p.remote() {
		return nil
	}
	ca, err := tlsconf.OpenAuthority(filepath.Join(p.state, supervisorName, caFolder), time.Now, crand.Reader)
	if err != nil {
		return err
	}
	p.secured = map[string]tlsconf.Options{}
	for _, n := range p.local {
		if p.secured[n.Name], err = ca.Issue(n.Name); err != nil {
			return err
		}
	}
	return nil
}

func (p *clusterPlan) layoutPath() string {
	return filepath.Join(p.state, supervisorName, layoutFileName)
}

// writeWhole writes a file that readers see as it was or as it is.
func writeWhole(path string, text []byte) error {
	next := path + ".new"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// addresses chooses a free port for each node that is dialled and has none: the one that it had the last time, if that is
// free (decision 19). A port that the layout gives has to be free; those of nodes that run are theirs.
func (p *clusterPlan) addresses(running *clusterPlan) error {
	nodes := slices.Clone(p.layout.Nodes())
	c := p.portChoice(running)
	defer c.release()
	var errs []error
	for i := range nodes {
		n := &nodes[i]
		given := n.Port != 0
		if n.Host == "" {
			n.Host = thisMachine
		}
		if !given && !p.layout.Dialled(n.Role) || !p.isLocal(n.Name) || c.keeps(n) {
			continue
		}
		if err := c.hold(n); err != nil && given {
			errs = append(errs, fmt.Errorf("node %s can't listen on %s: %w", n.Name, n.Address(), plainCause(err)))
		} else if err != nil {
			errs = append(errs, fmt.Errorf("node %s: no port at %s: %w", n.Name, n.Host, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var err error
	if p.layout, err = cluster.NewLayout(nodes); err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	return nil
}

func (p *clusterPlan) isLocal(name string) bool {
	return slices.ContainsFunc(p.local, func(n cluster.Node) bool { return n.Name == name })
}

// specs are the processes of the nodes on this machine.
func (p *clusterPlan) specs(program, parent string) (specs []supervisor.Spec) {
	workers := 0
	for _, n := range p.local {
		if n.Role == cluster.Worker {
			workers++
		}
	}
	worker := 0
	for _, n := range p.local {
		args := []string{"run", "--name", n.Name, "--state", p.state, "--layout", p.layoutPath()}
		if p.c.Config != "" {
			args = append(args, "--config", string(p.c.Config))
		}
		args = append(args, tlsArgs(p.secured[n.Name])...)
		if n.Role == cluster.Worker && len(p.c.Pcap) > 0 {
			worker++
			for _, file := range p.c.Pcap {
				args = append(args, "--pcap", string(file))
			}
			args = append(args, "--shard", strconv.Itoa(worker)+"/"+strconv.Itoa(workers))
		}
		if n.Role != cluster.Worker && len(p.c.Pcap) > 0 {
			args = append(args, "--lossless") // the workers go on reading, or two nodes could wait for each other
		}
		for _, s := range p.c.Set {
			args = append(args, "--set", s)
		}
		if p.c.Control || p.file.Control {
			args = append(args, "--control")
		}
		for _, s := range p.c.Debug {
			args = append(args, "--debug", s)
		}
		args = append(args, p.scripts...)
		if len(p.rest) > 0 {
			args = append(append(args, "--"), p.rest...)
		}
		config := node.NodeConfig{Name: n.Name, Scripts: p.scripts, Args: p.rest}
		if n.Role == cluster.Worker && len(p.c.Pcap) == 1 {
			config.PcapFile = string(p.c.Pcap[0])
		}
		specs = append(specs, p.spec(program, parent, args, p.file.Limits.of(n.Role).limits(), config))
	}
	return specs
}

// spec is a node's process. It works in this process's folder, so that relative paths mean what they mean here.
func (p *clusterPlan) spec(program, parent string, args []string, l limits.Limits, c node.NodeConfig) supervisor.Spec {
	dir := filepath.Join(p.state, c.Name)
	config, err := json.Marshal(c)
	if err != nil {
		panic(err) // texts only
	}
	return supervisor.Spec{
		Name: c.Name, Path: program, Args: args, Limits: l,
		Env:        []string{control.ParentVariable + "=" + parent, configVariable + "=" + string(config)},
		StdoutFile: filepath.Join(dir, "stdout.log"), StderrFile: filepath.Join(dir, "stderr.log"),
	}
}

func tlsArgs(o tlsconf.Options) (args []string) {
	for _, f := range [][2]string{{"--certificate", o.Certificate}, {"--keyfile", o.Keyfile}, {"--cafile", o.CAFile}} {
		if f[1] != "" {
			args = append(args, f[0], f[1])
		}
	}
	return args
}

// ownVariables are what a node must not inherit: they are about this process.
var ownVariables = []string{"MOONPEER_NAME", "MOONPEER_STATE", "MOONPEER_LAYOUT", "MOONPEER_CONFIG", "MOONPEER_DEBUG",
	"CLUSTER_NODE", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", control.ParentVariable, configVariable}

// environment is what all nodes inherit.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(ownVariables, name)
	})
}

// groups is the order in which nodes are stopped: what produces first, what takes last.
func (p *clusterPlan) groups() (groups [][]string) {
	for _, r := range []cluster.Role{cluster.Worker, cluster.Proxy, cluster.Manager, cluster.Logger} {
		var names []string
		for _, n := range p.local {
			if n.Role == r {
				names = append(names, n.Name)
			}
		}
		groups = append(groups, names)
	}
	return groups
}
