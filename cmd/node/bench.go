package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// benchCommand measures nodes that this program starts by itself.
type benchCommand struct {
	Events benchEvents `cmd:"" help:"Events from one node to another: how many a second, how late, and at what cost."`
	RTT    benchRTT    `cmd:"" name:"rtt" help:"Round trips between two idle nodes, from Lua to Lua and back."`

	Store   benchStore   `cmd:"" help:"Stores: writes through a clone and on the master, reads, what is durable, a million entries; beside Pebble alone."`
	Cluster benchCluster `cmd:"" help:"A whole cluster: its start, what it costs when idle, and a relay from one worker to all."`
}

type benchEvents struct {
	Transport string        `name:"transport" default:"quic" enum:"quic,mem" help:"quic: processes on this machine; mem: both nodes in this process, without a network."`
	Events    uint64        `name:"events" placeholder:"N" help:"Publish so many; default is as many as go through in --seconds."`
	Seconds   float64       `name:"seconds" default:"10" help:"How long, without --events."`
	Args      string        `name:"args" default:"3" enum:"3,record" help:"3: three scalars an event; record: one record of ten fields."`
	Rate      uint64        `name:"rate" placeholder:"R" help:"Publish R events a second, whatever becomes of them; default is as many as the receiver confirms."`
	Window    uint64        `name:"window" default:"4096" help:"How many events the receiver may have left to confirm."`
	Hops      int           `name:"hops" default:"0" help:"Nodes in between that forward."`
	JSON      bool          `name:"json" help:"Write one line of JSON."`
	Timeout   time.Duration `name:"timeout" default:"10m" hidden:""`
}

func (c *benchEvents) examples() string {
	return `
%[1]s bench events
%[1]s bench events --args record --seconds 30
%[1]s bench events --rate 100000 --hops 1 --json`
}

type benchRTT struct {
	Transport string        `name:"transport" default:"quic" enum:"quic,mem" help:"quic: two processes; mem: both nodes in this process."`
	Rounds    uint64        `name:"rounds" default:"20000" help:"How many round trips."`
	JSON      bool          `name:"json" help:"Write one line of JSON."`
	Timeout   time.Duration `name:"timeout" default:"10m" hidden:""`
}

func (c *benchRTT) examples() string {
	return `
%[1]s bench rtt
%[1]s bench rtt --rounds 100000 --json`
}

// plan is what one measurement asks for.
type plan struct {
	what    string
	mem     bool
	hops    int
	set     []string // options of policy bench, without their namespace
	expects time.Duration
	timeout time.Duration
}

// Run implements node bench events.
func (c *benchEvents) Run(ctx context.Context, inv *invocation) error {
	switch {
	case c.Seconds <= 0 || c.Seconds > 86400:
		return usagef("bench events", "--seconds %v: want more than 0 and at most 86400", c.Seconds)
	case c.Window < 512:
		return usagef("bench events", "--window %d: the receiver confirms every 512 events, want at least so many", c.Window)
	case c.Hops < 0 || c.Hops > 8:
		return usagef("bench events", "--hops %d: want 0 to 8", c.Hops)
	case c.Hops > 0 && c.Transport == "mem":
		return usagef("bench events", "--hops is for processes: leave --transport mem out")
	}
	p := plan{what: "events", mem: c.Transport == "mem", hops: c.Hops, timeout: c.Timeout, set: []string{
		"args=" + c.Args, "window=" + strconv.FormatUint(c.Window, 10), "events=" + strconv.FormatUint(c.Events, 10),
		"rate=" + strconv.FormatUint(c.Rate, 10), fmt.Sprintf("seconds=%g s", c.Seconds)}}
	if c.Events == 0 {
		p.expects = time.Duration(c.Seconds * float64(time.Second))
	}
	m, err := p.measure(ctx, inv)
	if err != nil {
		return err
	}
	return m.eventsReport(c).write(inv.console, c.JSON)
}

// Run implements node bench rtt.
func (c *benchRTT) Run(ctx context.Context, inv *invocation) error {
	if c.Rounds < 1 || c.Rounds > 10_000_000 {
		return usagef("bench rtt", "--rounds %d: want 1 to 10,000,000", c.Rounds)
	}
	p := plan{what: "round trips", mem: c.Transport == "mem", timeout: c.Timeout, set: []string{"rounds=" + strconv.FormatUint(c.Rounds, 10)}}
	m, err := p.measure(ctx, inv)
	if err != nil {
		return err
	}
	return m.rttReport(c).write(inv.console, c.JSON)
}

// measure runs the nodes to their end.
func (p *plan) measure(ctx context.Context, inv *invocation) (m *measurement, err error) {
	run := p.processes
	if p.mem {
		run = p.inProcess
	}
	err = p.within(ctx, inv, func(ctx context.Context) error {
		m, err = run(ctx)
		return err
	})
	return m, err
}

// within carries out a measurement, which has an end in time and can be interrupted.
func (p *plan) within(ctx context.Context, inv *invocation, run func(context.Context) error) error {
	ctx, release := stoppable(ctx)
	defer release()
	late, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	stop := p.progress(inv)
	defer stop()
	err := run(late)
	switch {
	case ctx.Err() != nil:
		return &interruptedError{"interrupted"}
	case late.Err() != nil:
		return errors.Join(fmt.Errorf("not done within %v", p.timeout), err)
	}
	return err
}

// progress shows how far a measurement of known length has come, until stop is called.
func (p *plan) progress(inv *invocation) (stop func()) {
	line := inv.console.Progress(p.what, time.Now)
	if line == nil || p.expects == 0 {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	start := time.Now()
	go func() {
		defer close(done)
		t := time.NewTicker(200 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				line.Share(min(1, time.Since(start).Seconds()/p.expects.Seconds()))
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
		line.Done()
	}
}
