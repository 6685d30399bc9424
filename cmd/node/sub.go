package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"syscall"
	"time"

	"moonpeer/bindings"
	"moonpeer/cmd/node/internal/console"
	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/wire"
)

type subCommand struct {
	clientFlags
	Timeout interval `name:"timeout" placeholder:"TIME" help:"Fail when a node is not reached within this time; default is to wait for ever."`
	Count   uint64   `name:"count" placeholder:"N" help:"End after N messages; default is to go on until interrupted."`
	Format  string   `name:"format" enum:"json,text" default:"json" placeholder:"json|text" help:"One JSON object a message, or topic event(arg, arg); default is json."`

	Prefixes []string `arg:"" name:"prefix" optional:"" help:"What the topics begin with; \"\" is every topic."`
}

func (c *subCommand) examples() string {
	return `
%[1]s sub /ticker
%[1]s sub --peer 10.0.0.1 --peer 10.0.0.2:9990 --format text /zeek/scan /zeek/ssh
%[1]s sub --count 1 "" | jq .args`
}

// Run implements node sub.
func (c *subCommand) Run(ctx context.Context, inv *invocation) error {
	if len(c.Prefixes) == 0 {
		return usagef("sub", "no prefix given: name what topics begin with, or \"\" for every topic")
	}
	messages, err := bindings.NewMessages(nil)
	if err != nil {
		return err
	}
	s := &subscriber{flags: c, messages: messages}
	if s.client, err = c.newClient(inv, "sub", slog.LevelInfo, s); err != nil {
		return err
	}
	for _, prefix := range c.Prefixes {
		s.party.Subscribe(prefix, endpoint.SubscribeOptions{})
	}
	signal.Ignore(syscall.SIGPIPE) // a reader that has gone is an error of Write, and peers are told goodbye
	defer signal.Reset(syscall.SIGPIPE)
	s.spool = newSpool(inv.console.Stdout(), s.Wake)
	s.Busy = s.behind
	stopped, err := s.run(ctx, time.Duration(c.Timeout))
	s.err = s.lastLines(ctx, stopped)
	return s.outcome(stopped, err)
}

// lastLines waits until whoever reads has taken what there was, or a signal says that this is enough; after one that
// came before, a second.
func (s *subscriber) lastLines(ctx context.Context, stopped bool) error {
	ctx, release := stoppable(ctx)
	defer release()
	if stopped {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lastWords)
		defer cancel()
	}
	return s.spool.Close(ctx)
}

// lastWords is how long a reader that does not read may keep sub from ending once it was told to.
const lastWords = time.Second

// subscriber writes what arrives. All but outcome runs on the node's loop.
type subscriber struct {
	*client
	flags    *subCommand
	messages *bindings.Messages
	spool    *spool
	out      []byte // lines of this turn that are not handed over yet
	waits    bool   // flush is queued
	seen     uint64
	over     bool
	err      error // of the output

	name   string // of the peer that the last message came from, to be looked up once and not for each message
	nameOf broker.EndpointID
}

// maxLines bounds what is kept of a turn's lines.
const maxLines = 64 << 10

// Offer implements endpoint.Receiver. Lines are handed over when the turn has routed what is there, at once when little
// arrives. While whoever reads them is behind, messages wait, and so their senders.
func (s *subscriber) Offer(e *endpoint.Envelope) bool {
	if e.Type != wire.TypeData || s.over {
		return false
	}
	for payload := range bindings.Unpack(e.Payload) {
		s.line(bindings.Received{Topic: e.Topic, Payload: payload, From: e.Origin, Node: s.nodeName(e.From)})
		if s.seen++; s.seen == s.flags.Count {
			s.end()
			break
		}
	}
	if len(s.out) > maxLines {
		s.flush()
	} else if !s.waits {
		s.waits = true
		s.Domain.Defer(s.flush)
	}
	return true
}

// line appends what is shown of a message.
func (s *subscriber) line(r bindings.Received) {
	if s.flags.Format == "text" {
		s.out = append(s.out, console.Clean(string(s.messages.AppendText(nil, r)))...)
	} else {
		s.out = s.messages.AppendJSON(s.out, r)
	}
	s.out = append(s.out, '\n')
}

// flush hands the lines over.
func (s *subscriber) flush() {
	s.waits = false
	s.spool.Write(s.out)
	s.out = s.out[:0]
}

// behind is asked in each turn: whoever reads may be slow, or gone.
func (s *subscriber) behind() bool {
	if s.spool.Err() != nil {
		s.end()
	}
	return s.spool.Full()
}

// end has nothing more be written.
func (s *subscriber) end() {
	s.over = true
	s.Terminate(0)
}

// nodeName is what the peer calls itself.
func (s *subscriber) nodeName(p *endpoint.Peer) string {
	if p == nil || p.ID() == s.nameOf {
		return s.name
	}
	s.nameOf, s.name = p.ID(), ""
	for _, info := range s.Peers.Peers() {
		if info.ID == s.nameOf {
			s.name = info.Name
		}
	}
	return s.name
}

// outcome says how it ended, once the node has.
func (s *subscriber) outcome(stopped bool, err error) error {
	switch {
	case err != nil:
		return err
	case errors.Is(s.err, syscall.EPIPE):
		return nil // who read has had enough
	case s.err != nil:
		return fmt.Errorf("writing the messages: %w", s.err)
	case stopped && s.seen < s.flags.Count:
		return &interruptedError{fmt.Sprintf("interrupted after %d of %d messages", s.seen, s.flags.Count)}
	}
	return nil
}
