package cluster

import (
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// The events by which nodes find out that the cluster has started, and what its options are. Only Cluster sends and takes
// them; scripts get their own, from OnEvent.
const (
	eventFullyConnected = "Cluster::node_fully_connected"
	eventStarted        = "Cluster::cluster_started"
	eventSetOption      = "Config::cluster_set_option"   // a change on its way to the manager, and from there to all
	eventSendOptions    = "Config::cluster_send_options" // to the manager: send them all again
)

// connected says that this node is fully connected, once it is.
func (c *Cluster) connected() {
	if len(c.waits) > 0 || c.told {
		return
	}
	if c.self.Role == Manager {
		c.told = true
		id := c.opts.ID.String()
		c.event(Event{Kind: FullyConnected, Name: c.self.Name, ID: id})
		c.fullyConnected(c.self.Name, id, false)
		return
	}
	c.told = true
	c.event(Event{Kind: FullyConnected, Name: c.self.Name, ID: c.opts.ID.String()})
	c.tellManager()
}

// tellManager says that this node is fully connected; that it says so again, if the cluster has started: to a manager that
// does not know it.
func (c *Cluster) tellManager() {
	again := c.started
	c.publish(NodeTopic(c.Manager()), eventFullyConnected, broker.String(c.self.Name), broker.String(c.opts.ID.String()), broker.Boolean(again))
}

// fullyConnected notes, on the manager, that a node is linked with everybody it is to be.
func (c *Cluster) fullyConnected(name, id string, again bool) {
	delete(c.pending, name)
	c.opts.Debugf("%s (%s) is fully connected, again: %t; %d to come", name, id, again, len(c.pending))
	switch {
	case c.started:
		if name != c.self.Name {
			c.publish(NodeTopic(name), eventStarted)
		}
	case again || len(c.pending) == 0:
		c.opts.Log.Info("cluster connected")
		c.begin()
		c.publish(StartedTopic, eventStarted)
	}
}

// begin is the moment from which this node knows that the cluster has started.
func (c *Cluster) begin() {
	if !c.started {
		c.started = true
		c.event(Event{Kind: Started})
	}
}

// Receive takes an event that another member published, if it is one of the cluster's own; scripts don't get those.
func (c *Cluster) Receive(event, payload []byte, from broker.EndpointID) (taken bool) {
	if c.self == nil {
		return false
	}
	switch string(event) { // of every event that comes from a peer
	case eventFullyConnected, eventStarted, eventSetOption, eventSendOptions:
	default:
		return false
	}
	name := string(event)
	m, ok := c.memberOf(from)
	if !ok {
		c.disbelieve("from somebody who is no node of the cluster", name, from.String())
		return true
	}
	switch {
	case name == eventSetOption || name == eventSendOptions:
		c.Config.receive(m, name, payload)
	case name == eventStarted && m.Name == c.Manager():
		c.begin()
	case name == eventFullyConnected && c.self.Role == Manager:
		node, id, again, err := parseFullyConnected(payload)
		if err != nil || node != m.Name || id != from.String() {
			c.disbelieve("which can't be true", name, m.Name)
			return true
		}
		c.event(Event{Kind: FullyConnected, Name: node, ID: id, Resending: again})
		c.fullyConnected(node, id, again)
	}
	return true
}

// disbelieve drops an event, and says so now and then.
func (c *Cluster) disbelieve(why, event, from string) {
	if c.dropped.due() {
		c.opts.Log.Warn("an event of the cluster "+why+", dropped", "event", event, "from", from, "dropped", c.dropped.n)
	}
}

// memberOf returns the member with an endpoint id.
func (c *Cluster) memberOf(id broker.EndpointID) (m Member, ok bool) {
	for _, m := range c.up {
		if m.ID == id {
			return m, true
		}
	}
	return m, false
}

func parseFullyConnected(payload []byte) (name, id string, again bool, err error) {
	e, err := wire.ParseEvent(payload)
	if err != nil {
		return "", "", false, err
	}
	var args [3]broker.Data
	if e.NArgs != len(args) {
		return "", "", false, fmt.Errorf("%d arguments, want %d", e.NArgs, len(args))
	}
	for i := range args {
		if args[i], err = e.Args.Data(); err != nil {
			return "", "", false, err
		}
	}
	n, ok1 := args[0].(broker.String)
	i, ok2 := args[1].(broker.String)
	r, ok3 := args[2].(broker.Boolean)
	if !ok1 || !ok2 || !ok3 {
		return "", "", false, fmt.Errorf("arguments of kinds that it does not have")
	}
	return string(n), string(i), bool(r), nil
}

func (c *Cluster) publish(topic, event string, args ...broker.Data) {
	payload := wire.AppendEventHeader(nil, event, len(args))
	for _, a := range args {
		payload = wire.AppendData(payload, a)
	}
	if err := c.backend.Publish(topic, payload); err != nil {
		c.opts.Log.Error("can't publish", "event", event, "topic", topic, "err", err)
	}
}
