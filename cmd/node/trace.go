package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

type traceCommand struct {
	reachFlags
	Node   []string `name:"node" sep:"none" placeholder:"NODE" help:"Look at this node only, one of this machine, by its name. May be repeated."`
	Count  uint64   `name:"count" placeholder:"N" help:"End after N lines; default is to go on until interrupted."`
	Prefix *string  `arg:"" name:"prefix" optional:"" help:"What the topics begin with; \"\" is every topic."`
}

func (c *traceCommand) examples() string {
	return `
%[1]s trace zeek/cluster
%[1]s trace /ticker --node worker-1 --node proxy-1
%[1]s trace "" --json | jq .event`
}

// Run implements node trace. It asks the nodes themselves, also where there is a supervisor, which need not see each
// message. It ends when it is interrupted, or when all the nodes have.
func (c *traceCommand) Run(ctx context.Context, inv *invocation) error {
	if c.Prefix == nil {
		return usagef("trace", "no prefix given: name what topics begin with, or \"\" for every topic")
	}
	if err := noAddress(c.Node); err != nil {
		return err
	}
	finding, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	list, err := c.find(finding, inv, c.Node)
	if err != nil {
		return err
	}
	ctx, release := stoppable(ctx)
	defer release()
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	t := &traces{inv: inv, flags: c, several: len(list) > 1, enough: enough, fails: failures{inv: inv, json: c.JSON}}
	var all sync.WaitGroup
	for _, n := range list {
		all.Go(func() {
			defer n.Close()
			t.follow(ctx, n)
		})
	}
	all.Wait()
	return t.fails.outcome(t.err)
}

// traces writes what several nodes show, a line at a time.
type traces struct {
	inv     *invocation
	flags   *traceCommand
	several bool
	enough  context.CancelFunc

	mu    sync.Mutex
	lines uint64
	fails failures
	err   error // of the output
}

// follow writes the lines of one node until it or ctx ends. One that does not begin in time has failed.
func (t *traces) follow(ctx context.Context, n found) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(t.flags.timeout(), func() { cancel(errLate) })
	defer late.Stop()
	err := n.Stream(ctx, "trace", map[string]string{"prefix": *t.flags.Prefix}, func(part json.RawMessage) {
		late.Stop()
		t.part(n.name, part)
	}, nil)
	t.mu.Lock()
	defer t.mu.Unlock()
	var e *control.Error
	switch {
	case context.Cause(ctx) == errLate:
		t.fails.failed(control.Answer{Node: n.name, Error: &control.Error{Code: control.CodeTimeOut, Message: "time-out"}})
	case ctx.Err() != nil: // told to end
	case errors.As(err, &e) && e.Code != control.CodeGone:
		t.fails.failed(control.Answer{Node: n.name, Error: e})
	default:
		fmt.Fprintf(t.inv.console.Stderr(), "info: %s has ended\n", n.name)
	}
}

func (t *traces) part(name string, part json.RawMessage) {
	var line node.TraceLine
	if json.Unmarshal(part, &line) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if line.Kind == "begin" {
		fmt.Fprintf(t.inv.console.Stderr(), "info: looking at %s\n", name)
		return
	}
	if t.err != nil || t.flags.Count > 0 && t.lines >= t.flags.Count {
		return
	}
	if line.Missed > 0 {
		fmt.Fprintf(t.inv.console.Stderr(), "warning: %d lines of %s were left out: they came faster than they are read\n", line.Missed, name)
	}
	if t.flags.JSON {
		t.err = t.inv.writeJSON(name, "", part)
	} else {
		_, t.err = fmt.Fprintln(t.inv.console.Stdout(), console.Clean(t.text(name, line)))
	}
	if t.lines++; t.err != nil || t.lines == t.flags.Count {
		t.enough()
	}
}

// text is a line for people: time, node if there are several, what happens to the message, its id, topic and contents.
func (t *traces) text(name string, l node.TraceLine) string {
	text := time.UnixMicro(int64(l.Time*1e6)).UTC().Format("2006-01-02T15:04:05.000000Z") + " "
	if t.several {
		text += name + " "
	}
	what := l.Kind
	switch l.Kind {
	case "receive":
		what = "receive from " + l.Peer
	case "send":
		what = "send to " + l.Peer
	case "drop":
		what = "drop (" + l.Reason + ")"
	}
	return text + what + " " + l.ID + " " + l.Topic + " " + l.Event
}
