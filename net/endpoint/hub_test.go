package endpoint

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

func check(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestLocals(t *testing.T) {
	h := newHub(Options{})
	var a, b party
	la, lb := h.Join("a", &a), h.Join("b", &b)
	la.Subscribe("x", SubscribeOptions{})
	lb.Subscribe("", SubscribeOptions{Self: true})
	r, err := la.Publish("x", []byte("1"))
	if err != nil || r != (Result{Locals: 1}) {
		t.Errorf("%+v, %v", r, err)
	}
	lb.Publish("x", []byte("2"))
	check(t, "a gets what b publishes, not its own", a.take(), "x=2")
	check(t, "b gets its own too", b.take(), "x=1", "x=2")
	if b.last.Publisher != lb || b.last.From != nil || b.last.Origin != h.ID() || b.last.Seq != 2 {
		t.Errorf("envelope %+v", b.last)
	}
	la.Send(Message{Topic: "x", Payload: []byte("me"), Receiver: h.ID()})
	check(t, "addressed to this endpoint", b.take(), "x=me")
	check(t, "but never to its publisher", a.take())
	lb.Close()
	if la.Send(Message{Topic: "x", Payload: []byte("me"), Receiver: h.ID()}); h.Stats().Not[Unwanted] != 1 {
		t.Errorf("nobody is left: %v", h.Stats().Not)
	}
	if _, err := lb.Publish("x", []byte("3")); err == nil {
		t.Error("a closed party publishes")
	}
	if lb.Subscribe("y", SubscribeOptions{}) || lb.Forward("y") || lb.Unsubscribe("") {
		t.Error("a closed party subscribes")
	}
	la.Publish("x", []byte("4"))
	check(t, "closed", b.take())
}

func TestSubscribeReturns(t *testing.T) {
	h := newHub(Options{})
	var p party
	l := h.Join("p", &p)
	got := []bool{
		l.Subscribe("x", SubscribeOptions{}), l.Subscribe("x", SubscribeOptions{}), l.Subscribe("x", SubscribeOptions{Self: true}),
		l.Forward("x"), l.Forward("y"), l.Subscribe("y", SubscribeOptions{}), l.Unsubscribe("x"), l.Subscribe("x", SubscribeOptions{}),
	}
	if want := []bool{true, false, false, true, true, true, true, true}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	check(t, "subscriptions", l.Subscriptions(), "x", "y")
	check(t, "forwards", l.Forwards(), "y")
}

func TestForwardWins(t *testing.T) {
	h := newHub(Options{})
	var p party
	l := h.Join("p", &p)
	peer, _ := attach(t, h, 1, PeerOptions{})
	l.Subscribe("zeek/", SubscribeOptions{})
	l.Forward("zeek/relay")
	route(t, peer, 1, "zeek/relay/x", "1")
	route(t, peer, 2, "zeek/x", "2")
	check(t, "offers", p.take(), "zeek/relay/x=1 forwarded", "zeek/x=2")
}

func TestFilterAnnounced(t *testing.T) {
	h := newHub(Options{})
	var p, q party
	l, m := h.Join("p", &p), h.Join("q", &q)
	l.Subscribe("/foo/bar", SubscribeOptions{})
	_, f := attach(t, h, 1, PeerOptions{})
	h.Flush()
	check(t, "after attaching", f.updates(t), `["/foo/bar"]`)
	for _, step := range []struct {
		name string
		do   func()
		want []string
	}{
		{"one update per turn", func() { l.Subscribe("/zeek", SubscribeOptions{}); l.Subscribe("/foo/baz", SubscribeOptions{}) }, []string{`["/foo/bar" "/foo/baz" "/zeek"]`}},
		{"nothing new", func() { m.Subscribe("/zeek/x", SubscribeOptions{}) }, nil},
		{"a broader one", func() { m.Forward("/foo") }, []string{`["/foo" "/zeek"]`}},
		{"there and back in one turn", func() { l.Unsubscribe("/zeek"); l.Subscribe("/zeek", SubscribeOptions{}) }, nil},
		{"it shrinks", func() { m.Unsubscribe("/foo"); l.Unsubscribe("/foo/bar") }, []string{`["/foo/baz" "/zeek"]`}},
		{"what was covered comes back", func() { l.Unsubscribe("/zeek") }, []string{`["/foo/baz" "/zeek/x"]`}},
		{"local topics are not announced", func() { l.Subscribe("<$>/local/data/statuses", SubscribeOptions{}) }, nil},
		{"a party that leaves", func() { m.Close() }, []string{`["/foo/baz"]`}},
		{"everything", func() { l.Subscribe("", SubscribeOptions{}) }, []string{`[""]`}},
		{"nothing left", func() { l.Close() }, []string{`[]`}},
	} {
		step.do()
		h.Flush()
		check(t, step.name, f.updates(t), step.want...)
	}
}

// TestFilterTold: what the handshake said needs no update, and an old filter does.
func TestFilterTold(t *testing.T) {
	h := newHub(Options{})
	var p party
	l := h.Join("p", &p)
	l.Subscribe("a", SubscribeOptions{})
	_, f := attach(t, h, 1, PeerOptions{Told: h.Filter()})
	told := h.Filter()
	l.Subscribe("b", SubscribeOptions{})
	_, g := attach(t, h, 2, PeerOptions{Told: told})
	h.Flush()
	check(t, "the first", f.updates(t), `["a" "b"]`)
	check(t, "the second", g.updates(t), `["a" "b"]`)
	_, k := attach(t, h, 3, PeerOptions{Told: h.Filter()})
	h.Flush()
	check(t, "one that knows", k.updates(t))
}

func TestRoutingUpdate(t *testing.T) {
	h := newHub(Options{MaxFilter: 3})
	var p party
	l := h.Join("p", &p)
	peer, f := attach(t, h, 1, PeerOptions{}, "a")
	update := func(prefixes ...string) error {
		payload := string(wire.AppendFilter(nil, prefixes))
		return peer.Route(step.LaneControl, frame(t, wire.Header{Type: wire.TypeRoutingUpdate, Seq: 1}, "<$>", payload))
	}
	if err := update("b", "c", "b"); err != nil {
		t.Fatal(err)
	}
	for _, topic := range []string{"a", "b", "c"} {
		l.Publish(topic, []byte("m"))
	}
	check(t, "after the update", f.take(step.LaneEvents), "b=m", "c=m")
	if err := update("1", "2", "3", "4"); broker.CodeOf(err) != broker.InvalidMessage {
		t.Errorf("a filter above the limit: %v", err)
	}
	if err := update("1", "2", "3"); err != nil {
		t.Errorf("a filter at the limit: %v", err)
	}
	if err := update(strings.Repeat("x", maxUpdate)); broker.CodeOf(err) != broker.InvalidMessage {
		t.Errorf("an update above the limit: %v", err)
	}
	if err := update(); err != nil || len(peer.Filter()) != 0 || h.tree.Len() != 0 {
		t.Errorf("%v; %q and %d entries are left of an empty filter", err, peer.Filter(), h.tree.Len())
	}
}

func TestAttachRefuses(t *testing.T) {
	h := newHub(Options{MaxFilter: 1})
	p, _ := attach(t, h, 1, PeerOptions{})
	if _, err := h.Attach(id(1), &fakeLink{}, PeerOptions{}); broker.CodeOf(err) != broker.RedundantConnection {
		t.Errorf("twice: %v", err)
	}
	if _, err := h.Attach(h.ID(), &fakeLink{}, PeerOptions{}); broker.CodeOf(err) != broker.PeerInvalid {
		t.Errorf("itself: %v", err)
	}
	if _, err := h.Attach(id(2), &fakeLink{}, PeerOptions{Filter: broker.Filter{"a", "b"}}); err == nil || h.Peer(id(2)) != nil {
		t.Errorf("with a filter above the limit: %v", err)
	}
	p.Detach()
	p.Detach()
	if len(h.Peers()) != 0 {
		t.Error("a detached peer is still there")
	}
	attach(t, h, 1, PeerOptions{})
}

func TestRestrict(t *testing.T) {
	h := newHub(Options{Forwarding: true})
	var p party
	l := h.Join("p", &p)
	from, _ := attach(t, h, 1, PeerOptions{})
	_, f := attach(t, h, 2, PeerOptions{}, "")
	h.Restrict("ok/")
	l.Publish("ok/1", []byte("m"))
	l.Publish("secret", []byte("m"))
	if l.Wanted("secret") || !l.Wanted("ok/1") {
		t.Error("Wanted does not know of the restriction")
	}
	route(t, from, 1, "ok/2", "m")
	route(t, from, 2, "secret", "m")
	l.Send(Message{Topic: "store", Payload: []byte("m"), Type: wire.TypeCommand, Lane: step.LaneStores})
	l.Send(Message{Topic: "secret", Payload: []byte("m"), Receiver: id(2)})
	var all []string
	for _, s := range f.sent {
		all = append(all, s.topic)
	}
	check(t, "what left", all, "ok/1", "ok/2", "store")
	if n := h.Stats().Not[Restricted]; n != 3 {
		t.Errorf("%d counted as restricted, want 3", n)
	}
	h.Restrict()
	if l.Wanted("ok/1") {
		t.Error("an empty restriction lets something leave")
	}
	h.Unrestrict()
	if !l.Wanted("secret") {
		t.Error("still restricted")
	}
}

func TestPublishRefuses(t *testing.T) {
	h := newHub(Options{MaxFrame: 1000})
	l := h.Join("p", &party{})
	_, f := attach(t, h, 1, PeerOptions{}, "")
	for _, c := range []struct {
		name string
		m    Message
		want string // part of the error; "" if it is to go
	}{
		{"no topic", Message{Payload: []byte("x")}, "topic is empty"},
		{"no payload", Message{Topic: "t"}, "message is empty"},
		{"topic too long", Message{Topic: strings.Repeat("t", 1<<16), Payload: []byte("x")}, "65535"},
		{"control type", Message{Topic: "t", Payload: []byte("x"), Type: wire.TypePing}, "type 4"},
		{"at the limit", Message{Topic: "t", Payload: make([]byte, 1000-largestHeader-1)}, ""},
		{"above the limit", Message{Topic: "t", Payload: make([]byte, 1000-largestHeader)}, "at most 1000"},
		{"nobody of that id", Message{Topic: "t", Payload: []byte("x"), Receiver: id(9)}, "no_path_to_peer"},
	} {
		_, err := l.Send(c.m)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if n := len(f.sent); (n == 1) != (c.want == "") {
			t.Errorf("%s: %d messages were sent", c.name, n)
		}
		f.sent = nil
	}
}

func TestVerdicts(t *testing.T) {
	h := newHub(Options{Forwarding: true})
	l := h.Join("p", &party{})
	from, f := attach(t, h, 1, PeerOptions{}, "t")
	_, g := attach(t, h, 2, PeerOptions{}, "t")
	f.verdict = step.Full
	r, err := l.Publish("t", []byte("m"))
	if err != nil || r != (Result{Peers: 1, Full: 1}) {
		t.Errorf("%+v, %v", r, err)
	}
	g.verdict = step.Dropped
	if r, _ = l.Publish("t", []byte("m")); r != (Result{Dropped: 1, Full: 1}) {
		t.Errorf("%+v", r)
	}
	if h.Writable(step.LaneEvents) {
		t.Error("writable although no link is")
	}
	g.verdict = step.Full
	route(t, from, 1, "t", "m")
	if n := h.Stats().Not[FullLane]; n != 1 {
		t.Errorf("%d forwarded messages counted as lost in a full lane, want 1", n)
	}
	if h.Flush(); f.flushes != 1 {
		t.Errorf("%d flushes", f.flushes)
	}
	if h.Flush(); f.flushes != 1 {
		t.Error("a link that nothing was appended to is flushed")
	}
}

// TestControlLaneFull: the hub gives up a peer that takes no routing update.
func TestControlLaneFull(t *testing.T) {
	h := newHub(Options{})
	l := h.Join("p", &party{})
	p, f := attach(t, h, 1, PeerOptions{}, "")
	f.verdict = step.Full
	l.Subscribe("x", SubscribeOptions{})
	h.Flush()
	if f.closed == "" {
		t.Fatal("the link was not closed")
	}
	f.verdict = step.Queued
	if r, _ := l.Publish("t", []byte("m")); r.Peers != 0 {
		t.Error("a link that was closed is sent more")
	}
	b := step.NewBatch(nil)
	b.Reset(1, step.LaneEvents)
	b.Off = []uint32{0}
	b.Buf, _ = wire.AppendFrame(nil, &wire.Header{Type: wire.TypeData, TTL: 1, Seq: 1, Topic: []byte("x")}, []byte("m"), 100)
	if done, err := p.Receive(b, 10); !done || err != nil || h.Stats().Received != 1 {
		t.Errorf("what a closed link brought before its end: %v, %v, %d received", done, err, h.Stats().Received)
	}
}

// TestReentry has a party that answers from within Offer, ends its subscription and detaches the peer.
func TestReentry(t *testing.T) {
	h := newHub(Options{Forwarding: true})
	var a, b party
	la, lb := h.Join("a", &a), h.Join("b", &b)
	la.Subscribe("q", SubscribeOptions{})
	lb.Subscribe("", SubscribeOptions{})
	from, f := attach(t, h, 1, PeerOptions{}, "a")
	_, g := attach(t, h, 2, PeerOptions{}, "q")
	a.on = func(e *Envelope) {
		la.Publish("a/1", e.Payload)
		if e.From != nil {
			if string(e.Topic) != "q" || string(e.Payload) != "ask" {
				t.Errorf("the envelope has changed: %q=%q", e.Topic, e.Payload)
			}
			lb.Close()
			h.Peer(id(2)).Detach()
		}
	}
	route(t, from, 1, "q", "ask")
	check(t, "the answer", f.take(step.LaneEvents), "a/1=ask")
	check(t, "b has the answer, and not the question: it had left", b.take(), "a/1=ask")
	check(t, "a peer detached meanwhile", g.take(step.LaneEvents))
}

func TestTrace(t *testing.T) {
	var got []string
	h := newHub(Options{Forwarding: true})
	stop := h.Observe(func(e TraceEvent) { got = append(got, e.String()) })
	l := h.Join("p", &party{})
	l.Subscribe("t", SubscribeOptions{})
	from, _ := attach(t, h, 1, PeerOptions{})
	attach(t, h, 2, PeerOptions{}, "t")
	route(t, from, 5, "t", "m")
	route(t, from, 5, "t", "m")
	l.Publish("x", []byte("m"))
	what := func(kind, tail string) string {
		return fmt.Sprintf(`%s %s:5 "t" type 1 ttl 16 1 bytes %s`, kind, id(1), tail)
	}
	check(t, "trace", got,
		what("receive", "peer "+id(1).String()), what("deliver", "local p"), what("send", "peer "+id(2).String()),
		what("receive", "peer "+id(1).String()), what("drop", "duplicate"),
		fmt.Sprintf(`publish %s:1 "x" type 1 ttl 16 1 bytes local p`, h.ID()), fmt.Sprintf(`drop %s:1 "x" type 1 ttl 16 1 bytes unwanted`, h.ID()))
	got = nil
	stop()
	stop()
	l.Publish("x", []byte("m"))
	check(t, "after its end", got)
}

// TestObservers: several look at once, and one may leave while it looks.
func TestObservers(t *testing.T) {
	t.Parallel()
	h := newHub(Options{})
	l := h.Join("p", &party{})
	if l.Wanted("x") {
		t.Error("x is wanted although nobody looks")
	}
	var got []string
	var leave func()
	note := func(name string) func(TraceEvent) {
		return func(e TraceEvent) { got = append(got, name+" "+e.Kind.String()) }
	}
	stop := h.Observe(note("a"))
	leave = h.Observe(func(e TraceEvent) {
		note("b")(e)
		leave()
	})
	stopLast := h.Observe(note("c"))
	if !l.Wanted("x") {
		t.Error("x is not wanted although somebody looks")
	}
	l.Publish("x", []byte("m"))
	check(t, "what was seen", got, "a publish", "b publish", "c publish", "a drop", "c drop")
	got = nil
	stop()
	l.Publish("x", []byte("m"))
	check(t, "what the last one saw", got, "c publish", "c drop")
	stopLast()
	if l.Wanted("x") {
		t.Error("x is wanted although nobody looks any more")
	}
}

func TestRoomBeside(t *testing.T) {
	h := newHub(Options{})
	var p party
	l := h.Join("p", &p)
	l.Subscribe("here", SubscribeOptions{})
	if !h.Wants("here") || h.Wants("her") || h.Wants("here/") {
		t.Error("Wants is about exactly this prefix")
	}
	for _, tt := range []struct {
		prefix        string
		others, bytes int
		room          bool
	}{
		{"there", 0, 0, true},
		{"there", mostWanted - 2, 0, true}, // with the one that is here
		{"there", mostWanted - 1, 0, false},
		{"here", mostWanted, mostWantedBytes, true},
		{"there", 1, mostWantedBytes - 50, true},
		{"there", 1, mostWantedBytes, false},
	} {
		if err := h.RoomBeside(tt.prefix, tt.others, tt.bytes); (err == nil) != tt.room {
			t.Errorf("%s beside %d of %d bytes: %v", tt.prefix, tt.others, tt.bytes, err)
		}
	}
}
