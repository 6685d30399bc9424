package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"
)

type benchCluster struct {
	Workers int           `name:"workers" default:"4" help:"How many workers."`
	Proxies int           `name:"proxies" default:"2" help:"How many proxies; without one the manager relays."`
	Seconds float64       `name:"seconds" default:"10" help:"How long worker-1 publishes."`
	Rate    uint64        `name:"rate" placeholder:"R" help:"Publish R events a second; default is as many as the loop of worker-1 can, whatever becomes of them."`
	Window  uint64        `name:"window" placeholder:"N" help:"Publish as many as every worker confirms, N of them under way: what goes through without loss."`
	Idle    float64       `name:"idle" default:"5" help:"For how many seconds to look at the idle cluster first."`
	JSON    bool          `name:"json" help:"Write one line of JSON."`
	Timeout time.Duration `name:"timeout" default:"10m" hidden:""`
}

func (c *benchCluster) examples() string {
	return `
%[1]s bench cluster
%[1]s bench cluster --rate 20000 --seconds 30
%[1]s bench cluster --window 4096 --proxies 1 --json`
}

const (
	benchPolicy = "bench_cluster"
	benchSource = "worker-1"
	warmUp      = time.Second            // of the load, before what is measured; of the idle nodes, too
	restPoll    = 100 * time.Millisecond // between two looks whether all has arrived
)

// Run implements node bench cluster.
func (c *benchCluster) Run(ctx context.Context, inv *invocation) error {
	switch {
	case c.Seconds <= 0 || c.Seconds > 86400:
		return usagef("bench cluster", "--seconds %v: want more than 0 and at most 86400", c.Seconds)
	case c.Idle < 0 || c.Idle > 86400:
		return usagef("bench cluster", "--idle %v: want 0 to 86400", c.Idle)
	case c.Workers < 1 || c.Workers > 64:
		return usagef("bench cluster", "--workers %d: want 1 to 64", c.Workers)
	case c.Proxies < 0 || c.Proxies > 64:
		return usagef("bench cluster", "--proxies %d: want 0 to 64", c.Proxies)
	case c.Rate > 0 && c.Window > 0:
		return usagef("bench cluster", "--rate publishes whatever is confirmed: leave --window out")
	case c.Window > 0 && (c.Window < 1024 || c.Window > 32768):
		return usagef("bench cluster", "--window %d: want 1,024 to 32,768, half of what a queue holds", c.Window)
	}
	p := plan{what: "cluster", timeout: c.Timeout, expects: c.idle() + c.seconds() + 3*warmUp}
	var m *clusterMeasurement
	err := p.within(ctx, inv, func(ctx context.Context) (err error) {
		m, err = c.measure(ctx, inv)
		return err
	})
	if err != nil {
		return err
	}
	r, err := m.report(c)
	return errors.Join(r.write(inv.console, c.JSON), err)
}

func (c *benchCluster) idle() time.Duration { return time.Duration(c.Idle * float64(time.Second)) }

func (c *benchCluster) seconds() time.Duration {
	return time.Duration(c.Seconds * float64(time.Second))
}

// measure starts a cluster in a folder of its own, has it run, and ends it.
func (c *benchCluster) measure(ctx context.Context, inv *invocation) (m *clusterMeasurement, err error) {
	dir, err := os.MkdirTemp("", "moonpeer-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b := &benchedCluster{inv: inv, reach: reachFlags{State: dir}}
	alive, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	start := time.Now()
	b.parent, err = startChild(alive, supervisorName, "cluster", "--workers", strconv.Itoa(c.Workers), "--proxies", strconv.Itoa(c.Proxies),
		"--state", dir, "--set", "BenchCluster::rate="+strconv.FormatUint(c.Rate, 10),
		"--set", "BenchCluster::window="+strconv.FormatUint(c.Window, 10), benchPolicy)
	if err != nil {
		return nil, err
	}
	m = &clusterMeasurement{}
	err = b.parent.started(ctx)
	m.Started = time.Since(start)
	if err == nil {
		err = b.run(ctx, c, m)
	}
	return m, errors.Join(err, b.stop(ctx, kill))
}
