package peering_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

func hello(id byte) wire.Handshake         { return wire.Hello{ID: idOf(id), Min: 1, Max: 1} }
func versionSelect(id byte) wire.Handshake { return wire.VersionSelect{ID: idOf(id), Version: 1} }

func dropConn(id byte, code broker.Code) wire.Handshake {
	return wire.DropConn{ID: idOf(id), Code: code, Text: "because"}
}

// reach has a connection come as far as the state says.
var reach = map[string]func(n *node, isBroker bool) *fakeLink{
	"await_hello": func(n *node, isBroker bool) *fakeLink { return n.accept(isBroker) },
	"await_hello_or_version_select": func(n *node, isBroker bool) *fakeLink {
		return n.dial(there, 0, isBroker)
	},
	"await_version_select": func(n *node, isBroker bool) *fakeLink {
		return n.accept(isBroker).then(hello(smaller))
	},
	"await_originator_syn": func(n *node, isBroker bool) *fakeLink {
		return n.accept(isBroker).then(hello(smaller), versionSelect(smaller))
	},
	"await_originator_ack": func(n *node, isBroker bool) *fakeLink {
		return n.accept(isBroker).then(hello(smaller), versionSelect(smaller), wire.OriginatorSyn{Filter: []string{"/f"}})
	},
	"await_responder_syn_ack": func(n *node, isBroker bool) *fakeLink {
		return n.accept(isBroker).then(hello(larger))
	},
	"paused": func(n *node, isBroker bool) *fakeLink {
		n.accept(isBroker).then(hello(larger))
		return n.accept(isBroker).then(hello(larger))
	},
	"await_link_hello": func(n *node, isBroker bool) *fakeLink {
		return n.accept(isBroker).then(hello(larger), wire.ResponderSynAck{})
	},
	"await_admitted": func(n *node, isBroker bool) *fakeLink {
		l := n.accept(isBroker).then(hello(larger), wire.ResponderSynAck{})
		l.says(peering.Hello{Asks: true, Name: "there", Link: 7})
		return l
	},
	"peered": func(n *node, isBroker bool) *fakeLink {
		l := n.accept(isBroker)
		l.peer(larger, "/f")
		return l
	},
	"leaving": func(n *node, isBroker bool) *fakeLink {
		l := n.accept(isBroker)
		l.peer(larger, "/f")
		n.table.Stop()
		n.settle()
		return l
	},
	"refused": func(n *node, isBroker bool) *fakeLink {
		l := n.accept(isBroker)
		l.feed(step.LaneControl, []byte{0, 0, 0, 1, 200})
		return l
	},
	"closing": func(n *node, isBroker bool) *fakeLink {
		l := n.accept(isBroker)
		n.table.Abort()
		return l
	},
}

// then is say, for chains.
func (l *fakeLink) then(m ...wire.Handshake) *fakeLink {
	l.say(m...)
	return l
}

// in makes a node with a connection in the given state, and forgets what was said on it.
func in(t testing.TB, state string, isBroker bool) (*node, *fakeLink) {
	t.Helper()
	n := byHand(t, config{})
	n.subscribe("/mine")
	l := reach[state](n, isBroker)
	if got := n.table.State(l); got != state {
		t.Fatalf("the connection is in state %q, want %q", got, state)
	}
	l.take()
	return n, l
}

// The handshake's states, the last of ours only.
var handshakeStates = []string{"await_hello", "await_hello_or_version_select", "paused", "await_version_select",
	"await_originator_syn", "await_responder_syn_ack", "await_originator_ack"}

// TestFirstMessages: S46, and §3.2.
func TestFirstMessages(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.accept(true)
	if s := l.take(); len(s) != 1 || !bytes.Equal(s[0].frame, []byte("\x00\x00\x00\x05\x07ZEEK")) {
		t.Errorf("an acceptor begins with %v", s)
	}
	if got := n.dial(there, 0, true).said(); got != "hello(55)" {
		t.Errorf("a dialler begins with %s", got)
	}
}

// TestRoles: §3.2 to §3.5, who says what, whoever has dialled.
func TestRoles(t *testing.T) {
	t.Parallel()
	const (
		originates = "version_select(55) originator_syn[/mine]"
		hi         = "hello(55)"
	)
	syn, synAck := wire.OriginatorSyn{Filter: []string{"/f"}}, wire.ResponderSynAck{Filter: []string{"/f"}}
	for _, c := range []struct {
		name      string
		dialled   bool
		them      byte
		says      []wire.Handshake
		answers   []string
		ourLink   string
		firstFrom string
	}{
		{"acceptor, originator", false, larger, []wire.Handshake{hello(larger), synAck},
			[]string{originates, "originator_ack"}, " link_hello", "probe"},
		{"dialler, originator", true, larger, []wire.Handshake{wire.Probe{}, hello(larger), synAck},
			[]string{"", originates, "originator_ack"}, " link_hello", hi},
		{"acceptor, responder", false, smaller,
			[]wire.Handshake{hello(smaller), wire.Probe{}, versionSelect(smaller), syn, wire.OriginatorAck{}},
			[]string{hi, "", "", "responder_syn_ack[/mine]", ""}, "link_hello", "probe"},
		{"dialler, responder", true, smaller,
			[]wire.Handshake{wire.Probe{}, versionSelect(smaller), syn, wire.OriginatorAck{}},
			[]string{"", "", "responder_syn_ack[/mine]", ""}, "link_hello", hi},
		{"dialler, responder, after hello", true, smaller,
			[]wire.Handshake{hello(smaller), versionSelect(smaller), syn, wire.OriginatorAck{}},
			[]string{hi, "", "responder_syn_ack[/mine]", ""}, "link_hello", hi},
		{"future versions", false, smaller, []wire.Handshake{wire.Hello{ID: idOf(smaller), Min: 1, Max: 99}}, // S51
			[]string{hi}, "", "probe"},
		{"old and new versions", false, smaller, []wire.Handshake{wire.Hello{ID: idOf(smaller), Min: 0, Max: 1}},
			[]string{hi}, "", "probe"},
	} {
		for _, isBroker := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s broker=%v", c.name, isBroker), func(t *testing.T) {
				n := byHand(t, config{})
				n.subscribe("/mine")
				var l *fakeLink
				if c.dialled {
					l = n.dial(there, 0, isBroker)
				} else {
					l = n.accept(isBroker)
				}
				if got := l.said(); got != c.firstFrom {
					t.Errorf("it begins with %q, want %q", got, c.firstFrom)
				}
				for i, m := range c.says {
					l.say(m)
					want := c.answers[i]
					if i == len(c.says)-1 && !isBroker {
						want += c.ourLink
					}
					if got := l.said(); got != want {
						t.Errorf("to %T it answers %q, want %q", m, got, want)
					}
				}
				if c.ourLink == "" {
					return
				}
				if !isBroker {
					if l.open || n.hub.Peer(idOf(c.them)) != nil {
						t.Error("lanes are read before the link hello")
					}
					l.control(c.them, wire.TypeLink, peering.AppendHello(nil, peering.Hello{}))
				}
				p := n.hub.Peer(idOf(c.them))
				if p == nil || !l.open || !slices.Equal(p.Filter(), broker.Filter{"/f"}) {
					t.Errorf("after the handshake the peer is %v, its lanes are read: %v", p, l.open)
				}
			})
		}
	}
}

// TestEveryMessageInEveryState: §3.5, what each message does. What is not listed closes without a word.
func TestEveryMessageInEveryState(t *testing.T) {
	t.Parallel()
	messages := map[string]wire.Handshake{
		"probe": wire.Probe{}, "hello": hello(larger), "small hello": hello(smaller), "equal hello": hello(me),
		"version_select": versionSelect(smaller), "own version_select": versionSelect(me),
		"syn": wire.OriginatorSyn{}, "syn_ack": wire.ResponderSynAck{}, "ack": wire.OriginatorAck{},
		"drop_conn": dropConn(larger, broker.Unspecified), "redundant": dropConn(larger, broker.RedundantConnection),
	}
	const originates = "version_select(55) originator_syn[/mine]"
	want := map[string]map[string]string{
		"await_hello": {"probe": "", "hello": originates, "small hello": "hello(55)"},
		"await_hello_or_version_select": {"probe": "", "hello": originates, "small hello": "hello(55)",
			"version_select": ""},
		"await_version_select":    {"probe": "", "version_select": ""},
		"await_originator_syn":    {"syn": "responder_syn_ack[/mine]"},
		"await_responder_syn_ack": {"syn_ack": "originator_ack"},
		"await_originator_ack":    {"ack": ""},
	}
	for _, state := range handshakeStates {
		for name, m := range messages {
			answer, listed := want[state][name]
			if !listed {
				answer = "closed"
			}
			n, l := in(t, state, true)
			l.say(m)
			if got := l.said(); got != answer {
				t.Errorf("%s in %s: %q, want %q", name, state, got, answer)
			}
			if !listed && n.table.State(l) != "" {
				t.Errorf("%s in %s: the connection is left in state %s", name, state, n.table.State(l))
			}
		}
	}
}

// TestBadMessages: §2.2 in every state, also on our links: drop_conn, and closed once it had time to be read.
func TestBadMessages(t *testing.T) {
	t.Parallel()
	raw := func(m wire.Handshake) []byte { return wire.AppendHandshake(nil, m) }
	edit := func(b []byte, at int, with ...byte) []byte {
		return append(b[:at], append(with, b[at+len(with):]...)...)
	}
	cut := func(b []byte, size int) []byte {
		b = b[:wire.LengthSize+size]
		b[3] = byte(size)
		return b
	}
	bad := map[string][]byte{}
	what := map[string]string{}
	add := func(name string, frame []byte, answer string) { bad[name], what[name] = frame, answer }
	for name, m := range map[string]wire.Handshake{"probe": wire.Probe{}, "hello": hello(larger),
		"version_select": versionSelect(smaller), "drop_conn": dropConn(larger, 2)} {
		add("magic of "+name, edit(raw(m), 5, 'z'), "38 wrong magic number")
		for size := 1; size < len(raw(m))-wire.LengthSize; size++ {
			add(fmt.Sprintf("%s cut to %d bytes", name, size), cut(raw(m), size), "20 failed to parse "+name)
		}
	}
	for name, m := range map[string]wire.Handshake{"originator_syn": wire.OriginatorSyn{Filter: []string{"/f"}},
		"responder_syn_ack": wire.ResponderSynAck{Filter: []string{"/f"}}} {
		for size := 1; size < len(raw(m))-wire.LengthSize; size++ {
			add(fmt.Sprintf("%s cut to %d bytes", name, size), cut(raw(m), size), "20 failed to parse "+name)
		}
	}
	add("future hello", raw(wire.Hello{ID: idOf(larger), Min: 200, Max: 201}), "2 unsupported versions offered") // S50
	add("past hello", raw(wire.Hello{ID: idOf(larger)}), "2 unsupported versions offered")
	add("future version_select", raw(wire.VersionSelect{ID: idOf(larger), Version: 2}), "2 unsupported version selected")
	for typ := range 256 {
		if byte(typ) < wire.TypeHello || byte(typ) > wire.TypeOriginatorAck {
			add(fmt.Sprintf("type %d", typ), []byte{0, 0, 0, 3, byte(typ), 1, 2}, "20 invalid message type tag")
		}
	}
	add("empty frame", []byte{0, 0, 0, 0}, "20 empty message")
	for _, code := range []broker.Code{41, 42, 255} {
		add(fmt.Sprintf("drop_conn %d", code), raw(dropConn(larger, code)), "1 because")
	}
	for _, state := range handshakeStates {
		for name, frame := range bad {
			n, l := in(t, state, name[0]&1 == 0)
			l.feed(step.LaneControl, frame)
			if got, want := l.said(), "drop_conn(55 "+what[name]+")"; got != want {
				t.Errorf("%s in %s: %q, want %q", name, state, got, want)
			}
			if n.after(999 * time.Millisecond); l.closed {
				t.Errorf("%s in %s: closed before drop_conn could be read", name, state)
			}
			if n.after(time.Millisecond); !l.closed || n.table.State(l) != "" {
				t.Errorf("%s in %s: closed %v, state %q", name, state, l.closed, n.table.State(l))
			}
		}
	}
}

// TestRefusedIsDeaf: after drop_conn nothing that comes matters.
func TestRefusedIsDeaf(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"refused", "closing"} {
		n := byHand(t, config{})
		l := reach[state](n, false)
		l.take()
		l.feed(step.LaneControl, wire.AppendHandshake(nil, hello(larger)), []byte{0, 0, 0, 1, 99})
		l.feed(step.LaneEvents, []byte{0, 0, 0, 1, 99})
		if got := l.said(); state == "refused" && got != "" {
			t.Errorf("%s: %q", state, got)
		}
		l.hangUp("")
		n.wantLeft(0, 1, 1)
		n.want()
	}
}

// TestBytesBehindTheHandshake: what follows in the same batch is not lost (§3.5, "done").
func TestBytesBehindTheHandshake(t *testing.T) {
	t.Parallel()
	for _, isBroker := range []bool{true, false} {
		n := byHand(t, config{})
		n.subscribe("/mine")
		l := n.accept(isBroker).then(hello(smaller), versionSelect(smaller), wire.OriginatorSyn{Filter: []string{"/f"}})
		l.take()
		data := l.frame(smaller, wire.Header{Type: wire.TypeData}, "/mine/x", []byte("m"))
		ping := l.frame(smaller, wire.Header{Type: wire.TypePing}, "<$>", []byte("foo"))
		frames := [][]byte{wire.AppendHandshake(nil, wire.OriginatorAck{})}
		if !isBroker {
			frames = append(frames, l.frame(smaller, wire.Header{Type: wire.TypeLink}, "<$>", peering.AppendHello(nil, peering.Hello{})))
		}
		if isBroker {
			frames = append(frames, data)
		}
		l.feed(step.LaneControl, append(frames, ping)...)
		if !isBroker {
			l.feed(step.LaneEvents, data)
		}
		n.wantGot("/mine/x=m")
		n.want(added(smaller, "stranger")...)
		if got := l.take(); !slices.ContainsFunc(got, func(s sent) bool { return bytes.HasSuffix(s.frame, []byte("foo")) }) {
			t.Errorf("broker=%v: the ping was not answered: %v", isBroker, got)
		}
	}
}

// TestFilterOfTheMoment: what is subscribed to during the handshake follows as a routing update (§3.5).
func TestFilterOfTheMoment(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.accept(true).then(hello(larger))
	n.subscribe("/late")
	l.take()
	l.say(wire.ResponderSynAck{})
	frames := l.take()
	if len(frames) != 2 {
		t.Fatalf("%d frames, want the ack and an update", len(frames))
	}
	h, payload, err := wire.ParseBrokerFrame(frames[1].frame[wire.LengthSize:])
	if err != nil || h.Type != wire.TypeRoutingUpdate || h.Receiver != idOf(larger) || h.LastHop != idOf(me) {
		t.Fatalf("%+v, %v", h, err)
	}
	if f, _ := wire.ParseFilter(payload); !slices.Equal(f, []string{"/late"}) {
		t.Errorf("the update says %q", f)
	}
}

// TestStalledHandshake: whoever stops half way is gone after ten seconds, and nothing is left of it.
func TestStalledHandshake(t *testing.T) {
	t.Parallel()
	for _, state := range append(handshakeStates, "await_link_hello", "await_admitted") {
		n, l := in(t, state, false)
		n.after(9999 * time.Millisecond)
		if l.closed {
			t.Errorf("%s: closed too early", state)
		}
		n.after(time.Millisecond)
		if got := l.said(); got != "closed" && state != "paused" {
			t.Errorf("%s: %q", state, got)
		}
		if n.after(time.Second); !l.closed {
			t.Errorf("%s: the connection is still there", state)
		}
		n.wantLeft(0, 1, 1) // the listener's
		if got := n.table.Stats(); len(got) != 0 {
			t.Errorf("%s: there are accounts: %+v", state, got)
		}
		if state == "await_hello_or_version_select" {
			n.want("peer_unavailable @there:9999: " + unavailable)
		} else {
			n.want()
		}
		if again := n.accept(false); n.table.State(again) != "await_hello" {
			t.Errorf("%s: the next connection is in state %q", state, n.table.State(again))
		} else if again.peer(larger); len(n.table.Peers()) != 1 {
			t.Errorf("%s: the next handshake came to nothing", state)
		}
	}
}
