package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"moonpeer/bindings"
	"moonpeer/net/endpoint"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

type pubCommand struct {
	clientFlags
	Timeout interval `name:"timeout" placeholder:"TIME" help:"Fail when a node is not reached within this time; default is 5s."`
	Count   uint64   `name:"count" placeholder:"N" default:"1" help:"Publish the event N times; default is once."`
	Rate    float64  `name:"rate" placeholder:"R" help:"Publish R events a second; default is as fast as they are taken."`

	Topic string   `arg:"" name:"topic" optional:"" help:"What subscribers' prefixes are compared with, such as /zeek/scan."`
	Event string   `arg:"" name:"event" optional:"" help:"The event's full name, such as Scan::found."`
	Args  []string `arg:"" name:"arg" optional:"" free:"" help:"Its arguments: kind:text, such as addr:10.0.0.1 (bool count int real string addr subnet port time interval enum), else JSON, else a string. A whole number is a count, one below zero an int, 2.0 a real. What begins with - needs a -- in front of it, unless it is a number."`
}

func (c *pubCommand) examples() string {
	return `
%[1]s pub /ticker Ticker::tick 1 addr:10.0.0.1 "some text"
%[1]s pub --peer 10.0.0.1 --peer 10.0.0.2:9990 /zeek/scan Scan::found '["a", "b"]' interval:5min
%[1]s pub --count 1000 --rate 100 --timeout 30s /ticker Ticker::tick
%[1]s pub --certificate me.pem --keyfile me.key --cafile ca.pem /ticker Ticker::tick`
}

// defaultTimeout is how long pub waits for its peers.
const defaultTimeout = 5 * time.Second

// Run implements node pub.
func (c *pubCommand) Run(ctx context.Context, inv *invocation) error {
	if err := c.validate(); err != nil {
		return err
	}
	messages, err := bindings.NewMessages(func() int64 { return time.Now().UnixNano() })
	if err != nil {
		return err
	}
	payload, err := messages.Encode(c.Event, c.Args)
	if err != nil {
		return usagef("pub", "%w", err)
	}
	client, err := c.newClient(inv, "pub", slog.LevelError, deaf{})
	if err != nil {
		return err
	}
	p := &publisher{client: client, flags: c, messages: messages, payload: payload}
	client.linked, client.lost = p.begin, p.lost
	timeout := time.Duration(c.Timeout)
	if timeout == 0 {
		timeout = defaultTimeout
	}
	stopped, err := client.run(ctx, timeout)
	return p.outcome(stopped, err)
}

// validate refuses what kong can't know to be wrong.
func (c *pubCommand) validate() error {
	switch {
	case c.Topic == "" && c.Event == "":
		return usagef("pub", "no topic given: name a topic and an event, such as /ticker Ticker::tick")
	case c.Topic == "":
		return usagef("pub", "the topic is empty, which no message may have")
	case c.Event == "":
		return usagef("pub", "no event given: name one after the topic, such as Ticker::tick")
	case c.Count == 0:
		return usagef("pub", "--count 0: want 1 or more")
	case c.Rate < 0 || math.IsNaN(c.Rate) || math.IsInf(c.Rate, 0):
		return usagef("pub", "--rate %v: want events per second", c.Rate)
	}
	return nil
}

// deaf is a party that takes no messages.
type deaf struct{}

// Offer implements endpoint.Receiver.
func (deaf) Offer(*endpoint.Envelope) bool { return false }

// publisher publishes one event over and over. All but outcome runs on the node's loop.
type publisher struct {
	*client
	flags    *pubCommand
	messages *bindings.Messages
	payload  []byte
	began    step.Time
	done     uint64 // events that were published
	err      error
}

// begin starts as soon as every peer is there.
func (p *publisher) begin() {
	if !p.party.Wanted(p.flags.Topic) {
		fmt.Fprintf(p.inv.console.Stderr(), "warning: no peer subscribes to %q, nobody gets the event\n", p.flags.Topic)
	}
	p.began = p.Env.Now()
	p.publish(0)
}

const (
	publishBurst = 256              // events between two looks at what else is to do
	publishAgain = time.Millisecond // when a lane is half full
)

// publish publishes what is due and there is room for, and says when to go on.
func (p *publisher) publish(int64) {
	wait := time.Duration(0)
	for range publishBurst {
		if p.done == p.flags.Count {
			p.Terminate(0)
			return
		}
		if wait = p.due().Sub(p.Env.Now()); wait > 0 {
			break
		}
		if !p.Hub.Writable(step.LaneEvents) {
			wait = publishAgain
			break
		}
		p.messages.Restamp(p.payload)
		if _, p.err = p.party.Publish(p.flags.Topic, p.payload); p.err != nil {
			p.Terminate(0)
			return
		}
		p.done++
	}
	p.Domain.After(int64(wait), p.publish)
}

// due is when the next event is to be published.
func (p *publisher) due() step.Time {
	if p.flags.Rate == 0 {
		return p.began
	}
	return p.began.Add(time.Duration(min(float64(p.done)/p.flags.Rate*1e9, math.MaxInt64/2)))
}

// lost gives up on what is still to be published: the peer would miss some of it.
func (p *publisher) lost(peer peering.Address) {
	if p.done < p.flags.Count && p.err == nil {
		p.err = fmt.Errorf("the link to %s was lost after %d of %d events: %s", peer, p.done, p.flags.Count, p.why(peer))
		p.Terminate(0)
	}
}

// outcome says what has become of the events, once the node has ended.
func (p *publisher) outcome(stopped bool, err error) error {
	switch {
	case err != nil:
		return err
	case p.err != nil:
		return p.err
	case stopped && p.done < p.flags.Count:
		return &interruptedError{fmt.Sprintf("interrupted after %d of %d events", p.done, p.flags.Count)}
	}
	for _, s := range p.Peers.Stats() {
		events := s.Lanes[step.LaneEvents]
		if missing := events.Offered.Messages - events.Received.Messages; missing > 0 {
			return fmt.Errorf("%s did not say that it took the last %d of %d events: %s", s.Address, missing, events.Offered.Messages, p.why(s.Address))
		}
	}
	return nil
}

// interruptedError is a command that a signal has ended before it was done.
type interruptedError struct{ text string }

func (e *interruptedError) Error() string { return e.text }

// Is has the exit code be that of an interrupted run.
func (e *interruptedError) Is(target error) bool { return target == node.ErrInterrupted }
