package main

import (
	"os"
	"path/filepath"

	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor"
	"moonpeer/runtime/supervisor/limits"
)

// scripted is what the supervisor's own scripts can have it do: node.Supervisor.
type scripted struct{ s *clusterParent }

// Create implements node.Supervisor.
func (x scripted) Create(c node.NodeConfig) error {
	s := x.s
	args := []string{"run", "--name", c.Name, "--state", s.plan.state}
	if c.PcapFile != "" {
		args = append(args, "--pcap", c.PcapFile)
	}
	args = append(args, c.Scripts...)
	if len(c.Args) > 0 {
		args = append(append(args, "--"), c.Args...)
	}
	sp := s.plan.spec(s.program, s.server.Path(), c.Name, args, limits.Limits{})
	sp.Dir, sp.PcapFile = c.Directory, c.PcapFile
	for file, to := range map[string]*string{c.StdoutFile: &sp.StdoutFile, c.StderrFile: &sp.StderrFile} {
		if file != "" {
			*to = file
		}
	}
	for k, v := range c.Env {
		sp.Env = append(sp.Env, k+"="+v)
	}
	if err := s.sup.Create(sp); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(s.plan.state, c.Name), 0o755); err != nil {
		return err
	}
	s.knownNow()
	return nil
}

// Destroy implements node.Supervisor.
func (x scripted) Destroy(name string) bool {
	ok := x.s.sup.Destroy(name)
	x.s.knownNow()
	return ok
}

// Restart implements node.Supervisor.
func (x scripted) Restart(name string) bool { return x.s.sup.Restart(name) }

// Status implements node.Supervisor.
func (x scripted) Status(name string) []supervisor.Status { return x.s.sup.Status(name) }

// knownNow tells the relay of the nodes that there are.
func (s *clusterParent) knownNow() {
	var specs []supervisor.Spec
	for _, st := range s.sup.Status("") {
		specs = append(specs, st.Spec)
	}
	s.known(specs)
}
