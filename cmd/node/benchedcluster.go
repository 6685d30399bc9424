package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

// benchedCluster is the cluster that is measured, seen from outside.
type benchedCluster struct {
	inv    *invocation
	reach  reachFlags
	parent *child
	nodes  []benchedNode // the supervisor last
}

type benchedNode struct {
	name, role string
	pid        int
	id         string // of its endpoint
}

// started waits until the cluster has started.
func (c *child) started(ctx context.Context) error {
	select {
	case <-c.ready:
		return nil
	case <-c.heard:
		return c.failed(errors.New("it has ended"))
	case <-ctx.Done():
		return c.failed(errors.New("it has not started"))
	}
}

// stop ends the nodes in order, or kills them.
func (b *benchedCluster) stop(ctx context.Context, kill func()) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	s := b.reach.supervisor(ctx)
	if s != nil {
		defer s.Close()
	}
	if s == nil || s.Call(ctx, "supervisor.stop", map[string]any{"nodes": []string{}}, nil) != nil {
		kill()
	}
	return b.parent.end()
}

// run measures the idle cluster, then the loaded one.
func (b *benchedCluster) run(ctx context.Context, c *benchCluster, m *clusterMeasurement) (err error) {
	if err := b.meet(ctx); err != nil {
		return err
	}
	if err := pause(ctx, warmUp); err != nil {
		return err
	}
	if m.idleBefore, err = b.usages(); err != nil {
		return err
	}
	start := time.Now()
	if err := pause(ctx, c.idle()); err != nil {
		return err
	}
	m.IdleFor = time.Since(start)
	if m.idleAfter, err = b.usages(); err != nil {
		return err
	}
	if m.before, err = b.load(ctx, min(warmUp, c.seconds())); err != nil {
		return err
	}
	m.after, err = b.load(ctx, c.seconds())
	m.nodes = b.nodes
	return err
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// meet asks the nodes who they are.
func (b *benchedCluster) meet(ctx context.Context) error {
	err := askNodes(ctx, b, nil, "status", nil, func(name string, s node.Status) {
		b.nodes = append(b.nodes, benchedNode{name: name, role: s.Role, pid: s.PID, id: s.ID})
	})
	b.nodes = append(b.nodes, benchedNode{name: supervisorName, role: supervisorName, pid: b.parent.cmd.Process.Pid})
	return err
}

// askNodes asks nodes, nil for all, and reads what each answers. An answer that is an error is the error of all.
func askNodes[T any](ctx context.Context, b *benchedCluster, nodes []string, method string, params any, each func(name string, answer T)) error {
	var errs []error
	err := b.reach.ask(ctx, b.inv, nodes, method, params, func(a control.Answer) {
		var answer T
		if a.Error != nil {
			errs = append(errs, fmt.Errorf("%s: %s", a.Node, a.Error.Message))
		} else if err := json.Unmarshal(a.Result, &answer); err != nil {
			errs = append(errs, fmt.Errorf("%s: the answer can't be read: %w", a.Node, err))
		} else {
			each(a.Node, answer)
		}
	})
	return errors.Join(err, errors.Join(errs...))
}

// raise raises an event on nodes, nil for all.
func (b *benchedCluster) raise(ctx context.Context, nodes []string, args string) error {
	if nodes == nil {
		for _, n := range b.nodes {
			if n.id != "" {
				nodes = append(nodes, n.name)
			}
		}
	}
	var failed error
	err := askNodes(ctx, b, nodes, "eval", map[string]string{"code": "event.raise(" + args + ")"}, func(name string, e node.Evaluated) {
		if e.Error != "" {
			failed = fmt.Errorf("%s: %s", name, e.Error)
		}
	})
	return errors.Join(err, failed)
}

// load has worker-1 publish for some time, waits until every message has arrived or was dropped, and returns the accounts.
func (b *benchedCluster) load(ctx context.Context, d time.Duration) (s accounts, err error) {
	if err := b.raise(ctx, []string{benchSource}, fmt.Sprintf(`"BenchCluster::begin", %g`, d.Seconds())); err != nil {
		return s, err
	}
	if err := pause(ctx, d); err != nil {
		return s, err
	}
	for last := uint64(0); ; {
		if err := pause(ctx, restPoll); err != nil {
			return s, fmt.Errorf("the load does not come to rest: %w", err)
		}
		sum, err := b.poll(ctx, &s)
		if err != nil {
			return s, err
		}
		rests := sum != 0 && sum == last
		if last = sum; !rests {
			continue
		}
		if err := b.tell(ctx, &s); err != nil || !s.reports[benchSource].Running {
			return s, err
		}
	}
}

// poll looks whether the cluster is at rest; if it is, the sum is not 0 and the same as before.
func (b *benchedCluster) poll(ctx context.Context, s *accounts) (sum uint64, err error) {
	stranger := ""
	nodes := map[string]node.Drained{}
	s.peers = map[string][]node.PeerStats{}
	err = askNodes(ctx, b, nil, "drained", nil, func(name string, d node.Drained) {
		i := slices.IndexFunc(b.nodes, func(n benchedNode) bool { return n.name == name })
		if i < 0 {
			stranger = name
			return
		}
		nodes[b.nodes[i].id] = d
		s.peers[name] = d.Peers
	})
	if err == nil && stranger != "" {
		err = fmt.Errorf("%s was started again, so nothing was measured", stranger)
	}
	if err != nil {
		return 0, err
	}
	if s.usage, err = b.usages(); err != nil {
		return 0, err
	}
	sum, ok := atRest(nodes)
	if !ok {
		return 0, nil
	}
	return sum, nil
}

// tell has all nodes write their report, and reads it.
func (b *benchedCluster) tell(ctx context.Context, s *accounts) error {
	if err := b.raise(ctx, nil, `"BenchCluster::tell"`); err != nil {
		return err
	}
	s.reports = map[string]nodeReport{}
	var failed error
	err := askNodes(ctx, b, nil, "print", map[string]any{"id": "BenchCluster::report", "json": true}, func(name string, p node.Printed) {
		var value struct{ Value string }
		var r nodeReport
		if err := errors.Join(json.Unmarshal(p.JSON, &value), json.Unmarshal([]byte(value.Value), &r)); err != nil {
			failed = fmt.Errorf("%s: its report can't be read: %w", name, err)
		}
		s.reports[name] = r
	})
	return errors.Join(err, failed)
}

// usages reads what all processes have used up.
func (b *benchedCluster) usages() (map[string]processUsage, error) {
	out := map[string]processUsage{}
	for _, n := range b.nodes {
		u, err := usageOf(n.pid)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.name, err)
		}
		out[n.name] = u
	}
	return out, nil
}
