package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/peering"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

const (
	peerRetry  = time.Second // between two attempts to reach a peer
	sayWaiting = time.Second // after which the user is told what the command waits for
)

// client is a node without scripts, by which a command talks to other nodes.
type client struct {
	*node.Node
	party *endpoint.Local // the command, as the hub sees it

	// linked is called once, when every address has led to a peer, and lost when a peer goes. nil: nothing to do.
	linked func()
	lost   func(peer peering.Address)

	inv      *invocation
	system   *system
	settings peering.Settings
	peers    []peering.Address
	reached  map[peering.Address]bool
	whys     map[peering.Address]string // why an address was not reached the last time, or its peer was lost
	alarm    *time.Timer                // nil: there is no timeout
	complete bool                       // linked was called
}

// newClient makes a client that is not linked yet. Other nodes see it under the command's name; what its party
// subscribes to goes to r. Errors are about flags and files.
func (f *clientFlags) newClient(inv *invocation, command string, level slog.Level, r endpoint.Receiver) (*client, error) {
	c := &client{inv: inv, reached: map[peering.Address]bool{}, whys: map[peering.Address]string{}}
	var err error
	if c.peers, err = f.peers(command); err != nil {
		return nil, err
	}
	if c.settings, err = f.settings(); err != nil {
		return nil, err
	}
	opts := node.Options{
		Name:    command,
		Logger:  inv.console.Logger(level),
		Limits:  node.Limits{MaxFrame: c.settings.MaxFrame},
		Modules: func(*node.Node) []script.Module { return nil },
	}
	c.system = newSystem(false, opts)
	if c.Node, err = node.New(opts, c.system.System); err != nil {
		return nil, err
	}
	c.party = c.Hub.Join(command, r)
	c.Holds = func() bool { return true } // the command ends it, or a signal
	c.Ending = c.party.Close
	c.OnPeer = c.happened
	c.Peers.OnReached = func(a peering.Address) {
		c.reached[a] = true
		c.Domain.Defer(c.look) // when the table is done with it
	}
	c.OpenPeering = func(_, _ []peering.Address) error { return c.dial() }
	return c, nil
}

// errLate is why a client is stopped that has not reached its peers in time.
var errLate = errors.New("late")

// run peers with the nodes and returns when the command has terminated the node, or a signal has stopped it, and what
// was published before has been taken. Peers that are not there after timeout are errors, each with its reason; zero
// waits for ever.
func (c *client) run(ctx context.Context, timeout time.Duration) (stopped bool, err error) {
	defer c.system.close()
	ctx, release := stoppable(ctx)
	defer release()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if timeout > 0 {
		c.alarm = time.AfterFunc(timeout, func() { cancel(errLate) })
		defer c.alarm.Stop()
	}
	err = c.Run(ctx)
	if context.Cause(ctx) == errLate {
		return false, errors.Join(err, c.unreached(timeout))
	}
	return ctx.Err() != nil, err
}

// dial begins to reach every peer.
func (c *client) dial() error {
	for _, a := range c.peers {
		if err := c.Peers.Dial(a, peerRetry, func() peering.Settings { return c.settings }); err != nil {
			return fmt.Errorf("--peer %s: %w", a, err)
		}
	}
	c.Domain.After(int64(sayWaiting), func(int64) {
		for _, a := range c.missing() {
			fmt.Fprintf(c.inv.console.Stderr(), "info: waiting for %s\n", a)
		}
	})
	return nil
}

// happened notes why peers are not there, and tells the command of one that was lost.
func (c *client) happened(e peering.Event) {
	at := peering.Address{Transport: "quic", Host: e.Status.Endpoint.Host, Port: int(e.Status.Endpoint.Port)}
	switch {
	case e.Error != nil:
		at.Host, at.Port = e.Error.Endpoint.Host, int(e.Error.Endpoint.Port)
		c.whys[at] = e.Why
	case e.Status.Code == broker.PeerRemoved:
		c.whys[at] = e.Why
	case e.Status.Code == broker.PeerLost:
		c.whys[at] = e.Why
		if c.lost != nil {
			c.lost(at)
		}
	}
}

// why returns the last reason.
func (c *client) why(a peering.Address) string {
	if why := c.whys[a]; why != "" {
		return why
	}
	return "there was no answer"
}

// look tells the command when every peer was there, unless it is too late.
func (c *client) look() {
	if c.complete || !c.Peers.Reached(c.peers...) || c.alarm != nil && !c.alarm.Stop() {
		return
	}
	c.complete = true
	if c.linked != nil {
		c.linked()
	}
}

// missing lists the addresses that have led to no peer.
func (c *client) missing() (list []peering.Address) {
	for _, a := range c.peers {
		if !c.reached[a] {
			list = append(list, a)
		}
	}
	return list
}

// unreached says which peers did not come, and why.
func (c *client) unreached(timeout time.Duration) error {
	var errs []error
	for _, a := range c.missing() {
		errs = append(errs, fmt.Errorf("%s was not reached within %v: %s", a, timeout, c.why(a)))
	}
	if len(errs) == 0 {
		return fmt.Errorf("the last peer was reached after %v, which is too late", timeout)
	}
	return errors.Join(errs...)
}
