package main

import (
	crand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"moonpeer/bindings"
	"moonpeer/net/tlsconf"
	"moonpeer/policies"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/node"
)

// check loads the scripts as one node of each role would. What fails for every role, or in a replay for any, could only
// fail, and so nothing is started; a live cluster begins with the roles that are left, but strictly none may fail. Then the
// cluster runs already, and its loop has the console.
func (p *clusterPlan) check(inv *invocation, strictly bool) error {
	var errs []error
	seen := map[cluster.Role]bool{}
	for _, n := range p.local {
		if seen[n.Role] {
			continue
		}
		seen[n.Role] = true
		if err := p.load(inv, n.Name, strictly); err != nil {
			errs = append(errs, fmt.Errorf("as %s: %w", n.Role.Word(), err))
		}
	}
	switch {
	case len(errs) == 0:
		return nil
	case len(errs) == len(seen) && sameCause(errs):
		return errors.Unwrap(errs[0])
	case len(errs) == len(seen) || p.replays() || strictly:
		return errors.Join(errs...)
	}
	return nil // the nodes say so themselves
}

// sameCause reports whether all roles fail for one reason.
func sameCause(errs []error) bool {
	first := errors.Unwrap(errs[0]).Error()
	return !slices.ContainsFunc(errs, func(err error) bool { return errors.Unwrap(err).Error() != first })
}

// load loads the scripts as a node of the cluster; quietly means that only errors are told.
func (p *clusterPlan) load(inv *invocation, name string, quietly bool) error {
	run := p.asRun(name)
	opts, err := run.options()
	if err == nil {
		err = errors.Join(p.file.setOptions(&opts, p.from), node.CheckDebug(opts.Debug))
	}
	if err != nil {
		return err
	}
	opts.Args, opts.Layout = p.rest, p.layout
	opts.StateDir, opts.Debug, opts.Inputs = "", nil, node.Inputs{}
	opts.Modules, opts.Bundled = bindings.Modules, policies.FS
	if !quietly {
		opts.Logger = inv.console.Logger(logLevel(nil))
	}
	n, err := node.New(opts, newSystem(true, opts).System)
	if err != nil {
		return err
	}
	return errors.Join(n.Cluster.Check(), n.Close())
}

// asRun is the command line of a node, as far as it says what to load.
func (p *clusterPlan) asRun(name string) *runCommand {
	return &runCommand{Name: name, Config: string(p.c.Config), Set: p.c.Set, Print: p.c.Print, Scripts: p.scripts}
}

// checkTLS looks whether the certificates that the operator has named are of use.
func (p *clusterPlan) checkTLS() error {
	if p.file.tls().Anonymous() {
		return nil
	}
	if _, err := tlsconf.Load(p.file.tls(), time.Now, crand.Reader); err != nil {
		return fmt.Errorf("%s: [tls]: %w", p.from, err)
	}
	return nil
}

// warn tells once, for all nodes, what others could do to them.
func (p *clusterPlan) warn(inv *invocation) error {
	if p.layout == nil || len(p.secured) > 0 || !p.file.tls().Anonymous() {
		return nil
	}
	opts, err := p.asRun(p.local[0].Name).options()
	if err != nil || !opts.TLS.Anonymous() {
		return err
	}
	if reachable(p.layout) {
		inv.console.Logger(slog.LevelInfo).Warn(insecure)
	}
	return nil
}
