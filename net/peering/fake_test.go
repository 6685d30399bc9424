package peering_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/endpoint"
	"moonpeer/net/lane"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// fakeLink is a link whose other end is the test.
type fakeLink struct {
	*lane.Set
	n      *node
	id     step.LinkID
	broker bool
	open   bool
	closed bool
	code   uint64
	why    string
	taken  lane.Taken
}

func (l *fakeLink) Bind(id step.LinkID) { l.id = id }
func (l *fakeLink) Open()               { l.open = true }
func (l *fakeLink) Broker() bool        { return l.broker }

func (l *fakeLink) Close(code uint64, why string) {
	l.Set.Close()
	if !l.closed {
		l.closed, l.code, l.why = true, code, why
		l.n.Put(step.Closed{Link: l.id})
	}
}

// hangUp closes from the test's end. What is queued stays so until the node closes, too.
func (l *fakeLink) hangUp(why string) {
	l.closed = true
	l.n.Put(step.Closed{Link: l.id, Remote: true, Why: why})
	l.n.settle()
}

// feed hands over a batch of whole frames and has the node take its turns.
func (l *fakeLink) feed(ln step.Lane, frames ...[]byte) {
	b := step.NewBatch(nil)
	b.Reset(l.id, ln)
	for _, f := range frames {
		b.Off = append(b.Off, uint32(len(b.Buf)))
		b.Buf = append(b.Buf, f...)
	}
	l.n.Put(b)
	l.n.settle()
}

// say feeds handshake messages, one batch each.
func (l *fakeLink) say(messages ...wire.Handshake) {
	for _, m := range messages {
		l.feed(step.LaneControl, wire.AppendHandshake(nil, m))
	}
}

// control feeds a message of the link's own from the given endpoint.
func (l *fakeLink) control(from byte, typ uint8, payload []byte) {
	l.feed(step.LaneControl, l.frame(from, wire.Header{Type: typ}, "<$>", payload))
}

// frame is a whole frame in the link's format from the given endpoint.
func (l *fakeLink) frame(from byte, h wire.Header, topic string, payload []byte) []byte {
	h.TTL, h.Seq, h.LastHop, h.Topic = 16, max(h.Seq, 1), idOf(from), []byte(topic)
	write := wire.AppendFrame
	if l.broker {
		write = wire.AppendBrokerFrame
	}
	b, err := write(nil, &h, payload, wire.DefaultMaxFrame)
	if err != nil {
		l.n.t.Fatal(err)
	}
	return b
}

// sent is a frame that the node has sent.
type sent struct {
	lane  step.Lane
	frame []byte
}

// take returns what the node has sent since the last call, control first.
func (l *fakeLink) take() (out []sent) {
	for ln := range step.Lane(step.NumLanes) {
		for l.Set.Take(ln, lane.MaxTake, &l.taken) {
			all := slices.Concat(l.taken.Buffers()...)
			for len(all) > 0 {
				size, _ := wire.FrameLen(all, len(all))
				out = append(out, sent{ln, all[:size:size]})
				all = all[size:]
			}
			l.Set.Done(ln, &l.taken)
		}
	}
	return out
}

// said writes the handshake messages among what was sent, then "closed" if the link was.
func (l *fakeLink) said() string {
	var out []string
	for _, s := range l.take() {
		out = append(out, l.text(s))
	}
	if l.closed {
		out = append(out, "closed")
	}
	return strings.Join(out, " ")
}

// text writes a frame.
func (l *fakeLink) text(s sent) string {
	body := s.frame[wire.LengthSize:]
	m, err := wire.ParseHandshake(body)
	if h, payload, e := wire.ParseFrame(body); e == nil && err != nil {
		switch {
		case h.Type == wire.TypePing:
			return fmt.Sprintf("ping(%s)", payload)
		case h.Type == wire.TypeLink && payload[0] == peering.KindHello:
			return "link_hello"
		}
		return fmt.Sprintf("type(%d)", h.Type)
	}
	switch m := m.(type) {
	case wire.Probe:
		return "probe"
	case wire.Hello:
		return fmt.Sprintf("hello(%02x)", m.ID[0])
	case wire.VersionSelect:
		return fmt.Sprintf("version_select(%02x)", m.ID[0])
	case wire.DropConn:
		return fmt.Sprintf("drop_conn(%02x %d %s)", m.ID[0], m.Code, m.Text)
	case wire.OriginatorSyn:
		return fmt.Sprintf("originator_syn%s", m.Filter)
	case wire.ResponderSynAck:
		return fmt.Sprintf("responder_syn_ack%s", m.Filter)
	case wire.OriginatorAck:
		return "originator_ack"
	}
	return fmt.Sprintf("%x", s.frame)
}

// fakeTransport lets the test say what comes of dials, and where connections come from.
type fakeTransport struct {
	listening bool
	refuses   error // what comes of Listen
}

func (f *fakeTransport) Listen(step.PortID, peering.Address, peering.Settings) (peering.Listener, error) {
	if f.refuses != nil {
		return nil, f.refuses
	}
	f.listening = true
	return f, nil
}
func (f *fakeTransport) Dial(step.PortID, peering.Address, peering.Settings) {}

func (f *fakeTransport) WatchesSilence() bool { return false }
func (f *fakeTransport) Port() int            { return 9999 }
func (f *fakeTransport) Close()               { f.listening = false }

// The node of tests by hand is 55; peers are smaller or larger.
const (
	me      = 0x55
	smaller = 0x11
	larger  = 0x99
)

var (
	here  = peering.Address{Transport: "quic", Host: "here", Port: 9999}
	there = peering.Address{Transport: "quic", Host: "there", Port: 9999}
	other = peering.Address{Transport: "quic", Host: "other", Port: 9999}
)

// byHand is a node that listens, and whose connections are the test's. The listener has port 1.
func byHand(t testing.TB, c config) *node {
	t.Helper()
	c.name, c.id = "here", max(c.id, me)
	n := newNode(t, new(step.Time), c, func(*node) peering.Transport { return new(fakeTransport) })
	if _, err := n.table.Listen(here, 0, c.links); err != nil {
		t.Fatal(err)
	}
	return n
}

func newFakeLink(n *node, isBroker bool, limits [step.NumLanes]lane.Limits) *fakeLink {
	l := &fakeLink{n: n, broker: isBroker}
	l.Set = lane.New(lane.Options{Broker: isBroker, Limits: limits, Wake: func(step.Lane) {}})
	return l
}

// accept has the node accept a connection.
func (n *node) accept(isBroker bool) *fakeLink {
	l := newFakeLink(n, isBroker, [step.NumLanes]lane.Limits{})
	n.Put(peering.Up{At: 1, Link: l, Remote: peering.Address{Transport: "quic", Host: "stranger", Port: 50000}})
	n.settle()
	return l
}

// dial has the node dial an address, and answers with a connection.
func (n *node) dial(a peering.Address, retry time.Duration, isBroker bool) *fakeLink {
	n.t.Helper()
	if err := n.table.Dial(a, retry, func() peering.Settings { return peering.Settings{} }); err != nil {
		n.t.Fatal(err)
	}
	return n.connected(isBroker)
}

// connected answers the last dial with a connection.
func (n *node) connected(isBroker bool) *fakeLink {
	l := newFakeLink(n, isBroker, [step.NumLanes]lane.Limits{})
	n.answer(peering.Up{Link: l})
	return l
}

// answer ends the last dial.
func (n *node) answer(up peering.Up) {
	last := n.dials[len(n.dials)-1]
	up.At, up.Remote = last.port, peering.Address{Transport: "quic", Host: "10.0.0.1", Port: last.addr.Port}
	n.Put(up)
	n.settle()
}

// settle takes turns until there is nothing to do at this time.
func (n *node) settle() {
	n.turn()
	for range 1000 {
		if !n.due() {
			return
		}
		n.turn()
	}
	n.t.Fatal("the node does not come to rest")
}

// after lets time pass.
func (n *node) after(d time.Duration) {
	at := n.clock.Add(d)
	for n.settle(); n.table.Next() <= at; n.settle() {
		*n.clock = max(*n.clock, n.table.Next())
	}
	*n.clock = at
	n.settle()
}

// peer shakes hands with a link whose other end has the given id, and forgets what was said.
func (l *fakeLink) peer(them byte, filter ...string) {
	l.n.t.Helper()
	if them < byte(l.n.hub.ID()[0]) {
		l.say(wire.Hello{ID: idOf(them), Min: 1, Max: 1}, wire.VersionSelect{ID: idOf(them), Version: 1},
			wire.OriginatorSyn{Filter: filter}, wire.OriginatorAck{})
	} else {
		l.say(wire.Hello{ID: idOf(them), Min: 1, Max: 1}, wire.ResponderSynAck{Filter: filter})
	}
	if !l.broker {
		l.control(them, wire.TypeLink, peering.AppendHello(nil, peering.Hello{Name: "there", Link: 7}))
	}
	l.take()
	if s := l.n.table.State(l); s != "peered" {
		l.n.t.Fatalf("the handshake has led to %q: %s", s, l.why)
	}
}

var _ endpoint.Link = (*fakeLink)(nil)
