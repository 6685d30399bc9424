package endpoint

import (
	"slices"
	"testing"

	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// TestRouteReasons: each way a message from a peer can end, with its count.
func TestRouteReasons(t *testing.T) {
	for _, c := range []struct {
		name   string
		header wire.Header
		topic  string
		data   string
		want   Reason // NumReasons: taken here
		passed bool   // to the second peer
	}{
		{name: "taken", topic: "local", want: NumReasons},
		{name: "forwarded", topic: "remote", want: NumReasons, passed: true},
		{name: "nobody", topic: "nobody", want: Unwanted},
		{name: "no handler", topic: "deaf", want: NoHandler},
		{name: "last hop", header: wire.Header{TTL: 1}, topic: "remote", want: Expired},
		{name: "own origin", header: wire.Header{Origin: id(100)}, topic: "local", want: OwnOrigin},
		{name: "reserved topic", topic: "<$>/local/data/statuses", want: Reserved},
		{name: "no topic", topic: "", want: Malformed},
		{name: "no payload", topic: "local", data: "-", want: Malformed},
		{name: "made at the peer it would go to", header: wire.Header{Origin: id(2)}, topic: "remote", want: Unwanted},
		{name: "for this endpoint", header: wire.Header{Receiver: id(100)}, topic: "local", want: NumReasons},
		{name: "for this endpoint, unwanted", header: wire.Header{Receiver: id(100)}, topic: "remote", want: Unwanted},
		{name: "for a peer", header: wire.Header{Receiver: id(2)}, topic: "whatever", want: NumReasons, passed: true},
		{name: "for a stranger", header: wire.Header{Receiver: id(7)}, topic: "local", want: Unreachable},
		{name: "back to the sender", header: wire.Header{Receiver: id(1)}, topic: "local", want: Unreachable},
		{name: "ping without a peering", header: wire.Header{Type: wire.TypePing}, topic: "<$>", want: Unhandled},
		{name: "our store command goes one hop", header: wire.Header{Type: wire.TypeStore}, topic: "remote", want: Unwanted},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(Options{Forwarding: true})
			var p party
			h.Join("p", &p).Subscribe("local", SubscribeOptions{})
			h.Join("deaf", &party{refuse: true}).Subscribe("deaf", SubscribeOptions{})
			from, back := attach(t, h, 1, PeerOptions{}, "remote", "local")
			_, to := attach(t, h, 2, PeerOptions{}, "remote", "<$>")
			c.header.Seq = 1
			data := "m"
			if c.data == "-" {
				data = ""
			}
			lane := step.LaneEvents
			if c.header.Type == wire.TypePing {
				lane = step.LaneControl
			}
			if err := from.Route(lane, frame(t, c.header, c.topic, data)); err != nil {
				t.Fatal(err)
			}
			var want [NumReasons]uint64
			if c.want < NumReasons {
				want[c.want] = 1
			}
			if got := h.Stats().Not; got != want {
				t.Errorf("counted %v, want %s", got, c.want)
			}
			if (len(p.got) == 1) != (c.want == NumReasons && !c.passed) {
				t.Errorf("the party got %q", p.got)
			}
			if (len(to.sent) == 1) != c.passed || len(back.sent) != 0 {
				t.Errorf("sent on %v, sent back %v", to.sent, back.sent)
			}
		})
	}
}

// TestForwardedHeader: origin, number and type stay, the TTL is one less, and the last hop is this node.
func TestForwardedHeader(t *testing.T) {
	h := newHub(Options{Forwarding: true})
	from, _ := attach(t, h, 1, PeerOptions{})
	_, to := attach(t, h, 2, PeerOptions{}, "")
	f := frame(t, wire.Header{Type: wire.TypeCommand, Seq: 9, TTL: 5, Origin: id(3)}, "s", "payload")
	if err := from.Route(step.LaneStores, f); err != nil {
		t.Fatal(err)
	}
	got := to.sent[0]
	if got.h.Origin != id(3) || got.h.Seq != 9 || got.h.TTL != 4 || got.h.LastHop != h.ID() || got.h.Type != wire.TypeCommand ||
		got.lane != step.LaneStores || got.topic != "s" || got.payload != "payload" {
		t.Errorf("forwarded %+v", got)
	}
}

// TestBrokerPeer: what comes without an id gets one here, and what goes there is no type of ours.
func TestBrokerPeer(t *testing.T) {
	h := newHub(Options{Forwarding: true})
	var p party
	l := h.Join("p", &p)
	l.Subscribe("t", SubscribeOptions{})
	zeek, back := attach(t, h, 1, PeerOptions{Broker: true}, "t")
	_, ours := attach(t, h, 2, PeerOptions{Stores: true}, "t")
	_, older := attach(t, h, 3, PeerOptions{}, "t") // of ours, and knows nothing of stores
	hd := wire.Header{Type: wire.TypeData, TTL: 0xffff, LastHop: id(55), Topic: []byte("t")}
	b, _ := wire.AppendBrokerFrame(nil, &hd, []byte("m"), wire.DefaultMaxFrame)
	for range 2 { // the same twice is two messages: nobody can tell
		if err := zeek.Route(step.LaneEvents, b[wire.LengthSize:]); err != nil {
			t.Fatal(err)
		}
	}
	check(t, "party", p.take(), "t=m", "t=m")
	if p.last.Origin != h.ID() || p.last.Seq != 2 || p.last.LastHop != id(1) {
		t.Errorf("envelope %+v; the sender's own word for who it is does not count", p.last)
	}
	if len(ours.sent) != 2 || ours.sent[1].h.Origin != h.ID() || ours.sent[1].h.TTL != 254 || len(back.sent) != 0 {
		t.Errorf("sent on %+v, sent back %+v", ours.sent, back.sent)
	}
	if err := zeek.Route(step.LaneEvents, []byte("short")); err != nil || h.Stats().Not[Malformed] != 1 {
		t.Errorf("a bad frame from a Broker: %v", err)
	}
	ours.sent, older.sent = nil, nil
	r, _ := l.Send(Message{Topic: "t", Payload: []byte("s"), Type: wire.TypeStore, Lane: step.LaneStores})
	if r != (Result{Peers: 1}) || len(ours.sent) != 1 || len(back.sent)+len(older.sent) != 0 {
		t.Errorf("our store command: %+v, sent to Broker %v, to an older one of ours %v", r, back.sent, older.sent)
	}
	if _, err := l.Send(Message{Topic: "t", Payload: []byte("s"), Type: wire.TypeStore, Receiver: id(1)}); err == nil {
		t.Error("a store command of ours is addressed to a Broker")
	}
}

func TestControl(t *testing.T) {
	h := newHub(Options{})
	var got []uint8
	p, _ := attach(t, h, 1, PeerOptions{Control: func(h *wire.Header, payload []byte) error {
		got = append(got, h.Type)
		return nil
	}})
	for _, typ := range []uint8{wire.TypePing, wire.TypePong, wire.TypeLink} {
		if err := p.Route(step.LaneControl, frame(t, wire.Header{Type: typ, Seq: 1}, "<$>", "x")); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(got, []uint8{wire.TypePing, wire.TypePong, wire.TypeLink}) {
		t.Errorf("the peering got %v", got)
	}
}

// TestReceiveInParts: a batch is routed over several turns, and ends at a broken frame.
func TestReceiveInParts(t *testing.T) {
	h := newHub(Options{})
	var p party
	h.Join("p", &p).Subscribe("", SubscribeOptions{})
	peer, _ := attach(t, h, 1, PeerOptions{})
	batch := func(n int) *step.Batch {
		b := step.NewBatch(nil)
		b.Reset(1, step.LaneEvents)
		for i := range n {
			b.Off = append(b.Off, uint32(len(b.Buf)))
			hd := wire.Header{Type: wire.TypeData, TTL: 1, Seq: uint64(i + 1), Topic: []byte("t")}
			b.Buf, _ = wire.AppendFrame(b.Buf, &hd, []byte{byte('a' + i)}, wire.DefaultMaxFrame)
		}
		return b
	}
	b := batch(5)
	for turn, want := range [][]string{{"t=a", "t=b"}, {"t=c", "t=d"}, {"t=e"}} {
		done, err := peer.Receive(b, 2)
		if err != nil || done != (turn == 2) {
			t.Errorf("turn %d: %v, %v", turn, done, err)
		}
		check(t, "offered", p.take(), want...)
	}
	b = batch(3)
	b.Buf[b.Off[1]+wire.LengthSize] = 0xff
	if done, err := peer.Receive(b, 100); !done || err == nil {
		t.Errorf("with a broken frame: %v, %v", done, err)
	}
	check(t, "before it", p.take(), "t=a")
}

// TestCopiesAreWatched: the memory of ids is there exactly while somebody forwards.
func TestCopiesAreWatched(t *testing.T) {
	h := newHub(Options{})
	var p party
	h.Join("p", &p).Subscribe("", SubscribeOptions{})
	peer, _ := attach(t, h, 1, PeerOptions{})
	twice := func(seq uint64) int {
		route(t, peer, seq, "t", "m")
		route(t, peer, seq, "t", "m")
		return len(p.take())
	}
	for _, c := range []struct {
		name string
		do   func()
		want int
	}{
		{"nobody forwards", func() {}, 2},
		{"this node does", func() { h.SetForwarding(true) }, 1},
		{"not any more", func() { h.SetForwarding(false) }, 2},
		{"the peer does", func() { peer.SetForwards(true) }, 1},
		{"not any more", func() { peer.SetForwards(false) }, 2},
		{"another peer does", func() { attach(t, h, 2, PeerOptions{Forwards: true}) }, 1},
		{"it leaves", func() { h.Peer(id(2)).Detach() }, 2},
	} {
		c.do()
		if got := twice(h.Stats().Received + 1); got != c.want {
			t.Errorf("%s: two copies come out as %d, want %d", c.name, got, c.want)
		}
	}
}

// FuzzRoute: no frame of a peer panics, and whatever the first one does, the next good one arrives.
func FuzzRoute(f *testing.F) {
	f.Add([]byte("\x01\x10\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01tm"), false)
	f.Add([]byte("\x03\x10\x00\x03\x00\x00\x00\x00\x00\x00\x00\x01<$>\x02\x01a\x01b"), false)
	f.Add(make([]byte, 40), true)
	f.Fuzz(func(t *testing.T, data []byte, isBroker bool) {
		h := newHub(Options{Forwarding: true, MaxFilter: 8})
		var p party
		h.Join("p", &p).Subscribe("", SubscribeOptions{})
		peer, _ := attach(t, h, 1, PeerOptions{Broker: isBroker}, "")
		attach(t, h, 2, PeerOptions{}, "")
		good, _ := attach(t, h, 3, PeerOptions{})
		err := peer.Route(step.LaneEvents, data)
		if err != nil {
			peer.Detach()
		}
		p.take()
		route(t, good, 1<<60, "t", "good")
		check(t, "afterwards", p.take(), "t=good")
	})
}

// TestLaneOfAMessage: what others publish does not get into control lanes, and what belongs there comes on no other.
func TestLaneOfAMessage(t *testing.T) {
	for typ, lanes := range map[uint8][]step.Lane{
		wire.TypeData:    {step.LaneControl},
		wire.TypeCommand: {step.LaneControl},
		wire.TypeStore:   {step.LaneControl},
		wire.TypePing:    {step.LaneEvents, step.LaneLogs},
		wire.TypeLink:    {step.LaneEvents, step.LaneStores},
	} {
		for _, l := range lanes {
			h := newHub(Options{Forwarding: true})
			from, _ := attach(t, h, 1, PeerOptions{})
			_, to := attach(t, h, 2, PeerOptions{}, "t")
			if err := from.Route(l, frame(t, wire.Header{Type: typ, Seq: 1}, "t", "m")); err == nil || len(to.sent) > 0 {
				t.Errorf("type %d on the %s lane: %v, and %d were passed on", typ, l, err, len(to.sent))
			}
		}
	}
}
