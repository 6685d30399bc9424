package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor"
	"moonpeer/runtime/supervisor/limits"
)

// scripted is what the supervisor's own scripts can have it do: node.Supervisor.
type scripted struct{ s *clusterParent }

// Create implements node.Supervisor.
func (x scripted) Create(c node.NodeConfig) error {
	s := x.s
	if err := checkNodeName(c.Name); err != nil {
		return err
	}
	if _, stopped := s.orders.stopped[c.Name]; stopped || len(s.sup.Status(c.Name)) > 0 {
		return fmt.Errorf("node with name '%s' already exists", c.Name)
	}
	dir := filepath.Join(s.plan.state, c.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	if len(c.Scripts) == 0 {
		c.Scripts = s.plan.c.Supervisor
	}
	sp := s.scriptedSpec(c)
	s.known(sp) // before it can register
	err := s.sup.Create(sp)
	if err != nil {
		s.known()
		_ = os.Remove(dir) // stays if a node of that name has left something there
	}
	return err
}

// scriptedSpec is the process of a node that a script creates.
func (s *clusterParent) scriptedSpec(c node.NodeConfig) supervisor.Spec {
	args := []string{"run", "--name", c.Name, "--state", s.plan.state}
	for _, d := range s.plan.c.Debug {
		args = append(args, "--debug", d)
	}
	if c.PcapFile != "" {
		args = append(args, "--pcap", fromHere(c, c.PcapFile))
	}
	for _, script := range c.Scripts {
		args = append(args, fromHere(c, script))
	}
	if len(c.Args) > 0 {
		args = append(append(args, "--"), c.Args...)
	}
	sp := s.plan.spec(s.program, s.server.Path(), args, limits.Limits{}, c)
	var env []string
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		env = append(env, name+"="+c.Env[name])
	}
	sp.Env = append(env, sp.Env...) // what the supervisor says goes before what the script does
	sp.Dir, sp.PcapFile = c.Directory, c.PcapFile
	sp.StdoutFile = s.outputFile(c, c.StdoutFile, sp.StdoutFile)
	sp.StderrFile = s.outputFile(c, c.StderrFile, sp.StderrFile)
	return sp
}

// outputFile is where a created node's output goes: relative to its directory, and without one to its state folder.
func (s *clusterParent) outputFile(c node.NodeConfig, given, standard string) string {
	switch {
	case given == "":
		return standard
	case c.Directory == "" && !filepath.IsAbs(given):
		return filepath.Join(s.plan.state, c.Name, given)
	}
	return given
}

// fromHere is a file or folder as a node names it: what is there from this process's folder is that also for a node that
// works elsewhere, all else may be there from the node's folder, or bundled. It is never taken for a flag.
func fromHere(c node.NodeConfig, path string) string {
	if strings.HasPrefix(path, "-") {
		path = "." + string(filepath.Separator) + path
	}
	if c.Directory == "" {
		return path
	}
	if _, err := os.Stat(path); err != nil {
		return path
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return abs
}

// maxNodeName is what leaves room for a name in every file system.
const maxNodeName = 200

// checkNodeName refuses a name that is not that of a folder in the state directory, or is the supervisor's own.
func checkNodeName(name string) error {
	if err := supervisor.CheckName(name); err != nil {
		return err
	}
	switch {
	case strings.EqualFold(name, supervisorName): // some file systems see no difference
		return fmt.Errorf("node name '%s' is the supervisor's own", name)
	case len(name) > maxNodeName:
		return fmt.Errorf("node names must not be longer than %d bytes", maxNodeName)
	case strings.ContainsAny(name, `/\:`), strings.HasPrefix(name, "."):
		return fmt.Errorf("node names must not look like paths: '%s'", name)
	case strings.HasPrefix(name, "-"):
		return fmt.Errorf("node names must not begin with a dash: '%s'", name)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("node names must be printable: %q", name)
	}
	return nil
}

// Destroy implements node.Supervisor.
func (x scripted) Destroy(name string) bool {
	o := &x.s.orders
	_, found := o.stopped[name]
	if name == "" {
		clear(o.stopped)
		for _, st := range x.s.sup.Status("") {
			x.s.sup.Destroy(st.Spec.Name)
		}
		found = true
	}
	delete(o.stopped, name)
	found = x.s.sup.Destroy(name) || found
	x.s.known()
	return found
}

// Restart implements node.Supervisor. Nodes that a command has stopped are started, too.
func (x scripted) Restart(name string) bool {
	o := &x.s.orders
	found := x.s.sup.Restart(name)
	for _, stopped := range slices.Sorted(maps.Keys(o.stopped)) {
		if (name == "" || name == stopped) && x.s.sup.Create(o.stopped[stopped].spec) == nil {
			delete(o.stopped, stopped)
			found = true
		}
	}
	return found
}

// Status implements node.Supervisor.
func (x scripted) Status(name string) (list []node.SupervisedNode) {
	for _, st := range x.s.sup.Status(name) {
		list = append(list, node.SupervisedNode{Config: configOf(st.Spec), Status: st})
	}
	for _, stopped := range slices.Sorted(maps.Keys(x.s.orders.stopped)) {
		if name == "" || name == stopped {
			h := x.s.orders.stopped[stopped]
			list = append(list, node.SupervisedNode{Config: configOf(h.spec), Status: supervisor.Status{Spec: h.spec, State: supervisor.Stopped, LastExit: h.last}})
		}
	}
	return list
}

// Stop implements node.Supervisor.
func (x scripted) Stop(code int) {
	x.s.code = max(x.s.code, code)
	x.s.end(printPatience)
}

// configVariable is the environment variable by which a node gets to know how it was started, as JSON.
const configVariable = "MOONPEER_NODE_CONFIG"

// configOf finds how a node was started in the environment that it is given.
func configOf(sp supervisor.Spec) (c node.NodeConfig) {
	for _, v := range sp.Env {
		if text, ok := strings.CutPrefix(v, configVariable+"="); ok {
			c, _ = parseConfig(text) // written by this process
		}
	}
	return c
}

func parseConfig(text string) (c node.NodeConfig, err error) {
	if text == "" {
		return c, nil
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, fmt.Errorf("%s: %w", configVariable, err)
	}
	return c, nil
}
