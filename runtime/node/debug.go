package node

import (
	"fmt"
	"strings"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
)

// Stream is a kind of lines in the debug log. Its value is its place in DebugStreams.
type Stream uint8

// The streams.
const (
	DebugBroker Stream = iota
	DebugCluster
	DebugEvents
	DebugMessages
)

// DebugStreams are the streams that Options.Debug and SetDebug can name, with what each shows.
var DebugStreams = [...]struct{ Name, Shows string }{
	DebugBroker:   {"broker", "each event published, also when nobody gets it, and each one from a peer when its handlers are called"},
	DebugCluster:  {"cluster", "what this node makes of the others of its cluster: who comes, goes, is refused, and why"},
	DebugEvents:   {"events", "each event when its handlers are called, raised here or elsewhere, as scripts see its arguments"},
	DebugMessages: {"messages", "each message on its way through the hub: published, received, offered to scripts, sent, dropped and why"},
}

// String returns the stream's name.
func (s Stream) String() string { return DebugStreams[s].Name }

// Debugging tells whether a stream is on. Who has something to say asks before it makes the arguments of Debugf.
func (n *Node) Debugging(s Stream) bool { return n.debug.on&(1<<s) != 0 }

// Debugf writes a line of a stream if that is on. What others sent may be among the arguments: the line is cut and has no
// control characters.
func (n *Node) Debugf(s Stream, format string, args ...any) {
	if n.Debugging(s) {
		n.debug.printf(s, n.clock.Now(), format, args...)
	}
}

// SetDebug switches streams on and off, now, by changes such as "+broker", "-events"; a name without a sign is one to switch on, and
// one text may hold several with commas between them. The log begins when the first stream goes on, in the state directory if
// there is one, else on Stderr, and is let go of with the last. It returns the names of the streams that are on then. After an
// error about a name, or a log that can't be opened, nothing has changed.
func (n *Node) SetDebug(changes ...string) (now []string, err error) {
	on, err := changed(n.debug.on, changes)
	if err != nil {
		return n.debug.names(), err
	}
	if on != 0 {
		if err := n.debug.open(&n.opts); err != nil {
			return n.debug.names(), err
		}
	}
	n.debug.on = on
	n.watchDebugged()
	if on == 0 {
		err = n.debug.close()
	}
	return n.debug.names(), err
}

// changed applies changes to a set of streams.
func changed(on uint8, changes []string) (uint8, error) {
	for _, text := range changes {
		for change := range strings.SplitSeq(text, ",") {
			change = strings.TrimSpace(change)
			name, off := strings.CutPrefix(change, "-")
			if !off {
				name = strings.TrimPrefix(change, "+")
			}
			s, err := streamNamed(name)
			if err != nil {
				return 0, err
			}
			if off {
				on &^= 1 << s
			} else {
				on |= 1 << s
			}
		}
	}
	return on, nil
}

// CheckDebug tells what is wrong with the names of streams, as Options.Debug has them.
func CheckDebug(names []string) error {
	_, err := changed(0, names)
	return err
}

func streamNamed(name string) (Stream, error) {
	var names []string
	for i, s := range DebugStreams {
		if s.Name == name {
			return Stream(i), nil
		}
		names = append(names, s.Name)
	}
	return 0, fmt.Errorf("%s is no debug stream%s; there are:\n%s", script.Name(name), script.DidYouMean(name, names), describeStreams())
}

func describeStreams() string {
	var b strings.Builder
	for _, s := range DebugStreams {
		fmt.Fprintf(&b, "  %-8s %s\n", s.Name, s.Shows)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// watchDebugged has hub and domain show what the streams that are on are about, and nothing while none is. A node whose domain
// is another one calls it again.
func (n *Node) watchDebugged() {
	looks := n.Debugging(DebugBroker) || n.Debugging(DebugMessages)
	switch {
	case looks && n.debug.stop == nil:
		n.debug.stop = n.Hub.Observe(n.seeMessage)
	case !looks && n.debug.stop != nil:
		n.debug.stop()
		n.debug.stop = nil
	}
	n.Domain.SetTrace(nil)
	if n.Debugging(DebugBroker) || n.Debugging(DebugEvents) {
		n.Domain.SetTrace(n.seeEvent)
	}
}

// seeEvent writes about an event whose handlers are about to be called.
func (n *Node) seeEvent(o *script.Origin) {
	if o.Remote && n.Debugging(DebugBroker) {
		n.Debugf(DebugBroker, "Process event: %s", eventText(o.Payload))
	}
	if n.Debugging(DebugEvents) {
		n.Debugf(DebugEvents, "Process event: %s", n.Domain.Describe())
	}
}

// seeMessage writes about a message's step through the hub.
func (n *Node) seeMessage(e endpoint.TraceEvent) {
	if n.Debugging(DebugMessages) {
		n.Debugf(DebugMessages, "%s", e)
	}
	if e.Kind != endpoint.TracePublish || e.Envelope.Type != wire.TypeData || !n.Debugging(DebugBroker) {
		return
	}
	topic, payload := script.Clip(e.Envelope.Topic), e.Envelope.Payload
	switch kind, _, _ := wire.ParseZeekHeader(payload); kind {
	case wire.ZeekEvent:
		n.Debugf(DebugBroker, "Publishing event: %s -> %s", eventText(payload), topic)
	case wire.ZeekIdentifierUpdate:
		if name, _, err := wire.ParseIdentifier(payload); err == nil {
			n.Debugf(DebugBroker, "Publishing identifier: %s -> %s", script.Clip(name), topic)
		}
	}
}

// eventText shows an event that is published or came from a peer, its arguments in Broker's text form, which is the same on
// both ends.
func eventText(payload []byte) string {
	ev, err := wire.ParseEvent(payload)
	if err != nil {
		return "?"
	}
	return script.EventText(ev.Name, ev.NArgs, func(yield func(string) bool) {
		for range ev.NArgs {
			text, ok := valueText(&ev.Args)
			if !yield(text) || !ok {
				return
			}
		}
	})
}

// maxShown is how many bytes of an argument are made a value of to be shown.
const maxShown = 4 << 10

// valueText shows the next value of r.
func valueText(r *wire.Reader) (text string, ok bool) {
	end := *r
	if err := end.Skip(); err != nil {
		return "?", false
	}
	if size := end.Offset() - r.Offset(); size > maxShown {
		kind, _ := r.Kind()
		*r = end
		return fmt.Sprintf("%s of %d bytes", kind, size), true
	}
	v, err := r.Data()
	if err != nil { // a set with an element twice
		return "?", false
	}
	return broker.Text(v), true
}
