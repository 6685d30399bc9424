package peering_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// admitting is a config with a hook that notes claims and answers with *v.
func admitting(claims *[]peering.Claim, v *peering.Verdict) config {
	return config{peering: peering.Options{Admit: func(c peering.Claim) peering.Verdict {
		*claims = append(*claims, c)
		return *v
	}}}
}

// TestClaim: what the hook is told, once for each link, when the hello has come and before anything else happens.
func TestClaim(t *testing.T) {
	t.Parallel()
	for _, dialled := range []bool{false, true} {
		var claims []peering.Claim
		n := byHand(t, admitting(&claims, &peering.Verdict{}))
		l := newFakeLink(n, false, peering.Settings{}.Limits)
		up := peering.Up{Link: l, Granted: []string{"worker-1"}}
		want := peering.Claim{ID: idOf(larger), Name: "worker-1", Epoch: 12, Granted: up.Granted, Outbound: dialled}
		if dialled {
			n.table.Dial(there, 0, func() peering.Settings { return peering.Settings{} })
			want.Address = there
			n.answer(up)
		} else {
			want.Address = peering.Address{Transport: "quic", Host: "stranger", Port: 50000}
			up.At, up.Remote = 1, want.Address
			n.Put(up)
			n.settle()
		}
		l.say(hello(larger), wire.ResponderSynAck{})
		if l.take(); len(claims) > 0 {
			t.Errorf("asked before the hello: %+v", claims)
		}
		l.says(peering.Hello{Name: "worker-1", Epoch: 12, Link: 7})
		if len(claims) != 1 || fmt.Sprint(claims[0]) != fmt.Sprint(want) {
			t.Errorf("claims %+v, want %+v", claims, want)
		}
		i, ok := n.table.Peer(idOf(larger))
		if !ok || i.Name != "worker-1" || i.Epoch != 12 || !slices.Equal(i.Granted, up.Granted) || i.Outbound && !dialled {
			t.Errorf("the peer is %+v, %v", i, ok)
		}
		if _, ok := n.table.Peer(idOf(smaller)); ok {
			t.Error("somebody else is a peer, too")
		}

		// Who it is stays, whatever it says later.
		l.says(peering.Hello{Name: "manager", Epoch: 99, Forwards: true, Link: 7})
		if i, _ = n.table.Peer(idOf(larger)); i.Name != "worker-1" || i.Epoch != 12 || len(claims) != 1 {
			t.Errorf("a later hello makes it %+v, after %d claims", i, len(claims))
		}
		n.events = nil
		l.hangUp("")
		if s := n.table.Stats(); len(s) != 1 || s[0].Name != "worker-1" {
			t.Errorf("the account is %+v", s)
		}
	}
}

// TestBrokerClaim: a link without a hello is asked about, too.
func TestBrokerClaim(t *testing.T) {
	t.Parallel()
	var claims []peering.Claim
	v := peering.Verdict{Refuse: "no strangers"}
	n := byHand(t, admitting(&claims, &v))
	l := n.accept(true).then(hello(larger), wire.ResponderSynAck{})
	if len(claims) != 1 || !claims[0].Broker || claims[0].Name != "" || !l.closed || l.code != peering.CodeRefused {
		t.Errorf("claims %+v, closed %v with %d", claims, l.closed, l.code)
	}
	n.want()
	v.Refuse = ""
	n.accept(true).peer(larger)
	n.want(added(larger, "stranger")...)
}

// TestEventsNameTheNode: added, lost and removed carry name and epoch, the others do not.
func TestEventsNameTheNode(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	var got []string
	n.table.OnEvent = func(e peering.Event) { got = append(got, fmt.Sprint(e.Status.Code, " ", e.Node, " ", e.Epoch)) }
	connect := func() *fakeLink {
		l := n.accept(false).then(hello(larger), wire.ResponderSynAck{})
		l.says(peering.Hello{Name: "w", Epoch: 3})
		return l
	}
	connect().hangUp("")
	connect()
	n.table.Stop()
	n.after(5 * time.Second)
	want := []string{"endpoint_discovered  0", "peer_added w 3", "peer_lost w 3", "endpoint_unreachable  0",
		"endpoint_discovered  0", "peer_added w 3", "peer_removed w 3", "endpoint_unreachable  0"}
	if !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

// TestRefused: the link is closed with code and reason, nothing is left of it, and the log says so once, until it has
// been quiet for a minute.
func TestRefused(t *testing.T) {
	t.Parallel()
	var claims []peering.Claim
	v := peering.Verdict{Refuse: "worker-1 is somebody else"}
	n := byHand(t, admitting(&claims, &v))
	try := func() {
		t.Helper()
		l := n.accept(false).then(hello(larger), wire.ResponderSynAck{})
		l.take()
		l.says(peering.Hello{Name: "worker-1", Link: 7})
		if said := l.said(); said != "closed" || l.code != peering.CodeRefused || l.why != v.Refuse || l.open {
			t.Fatalf("said %q, closed with %d %q, open %v", said, l.code, l.why, l.open)
		}
		n.wantLeft(0, 1, 1)
	}
	lines := func(want int, when string) {
		t.Helper()
		if got := n.logged("WARN a peer was refused node=worker-1"); got != want {
			t.Errorf("%s: %d lines, want %d: %q", when, got, want, n.logs)
		}
	}
	for range 100 {
		try()
		n.after(time.Second)
	}
	lines(1, "the same each second")
	v.Refuse = "worker-1 is somebody else again"
	try()
	lines(2, "another reason")
	n.after(time.Minute)
	try()
	lines(3, "after a minute")
	n.want()
	if n.table.Met() != 0 || len(n.table.Stats()) != 0 {
		t.Errorf("%d endpoints are remembered", n.table.Met())
	}

	// Reasons that are always new are bounded by the log's own limit, and so is what is remembered of them.
	n.logs = nil
	for i := range 500 {
		v.Refuse = fmt.Sprint("reason ", i)
		try()
	}
	if got := n.logged("WARN a peer was refused"); got > 51 {
		t.Errorf("%d lines for 500 reasons at one moment", got)
	}
}

// TestRefusedDialler: the dialler is told why, says so once, and goes on at its interval. It never has a peer.
func TestRefusedDialler(t *testing.T) {
	t.Parallel()
	for _, ids := range [][2]byte{{1, 2}, {2, 1}} {
		for _, both := range []bool{false, true} {
			var seen []peering.Claim
			v := peering.Verdict{Refuse: "worker-1 is taken by 10.0.0.7"}
			w := newWorld(t, mempeer.Options{Delay: func(*mempeer.Link, step.Lane, int) time.Duration { return 5 * time.Millisecond }})
			open := config{name: "a", id: ids[0]}
			if both {
				open.peering.Admit = func(peering.Claim) peering.Verdict { return peering.Verdict{} }
			}
			a := w.node(open)
			strict := admitting(&seen, &v)
			strict.name, strict.id = "b", ids[1]
			b := w.node(strict)
			b.listen(0, peering.Settings{})
			a.peerWith("b", time.Second, peering.Settings{})
			w.run(10500 * time.Millisecond)
			if len(a.dials) < 8 || len(a.dials) > 13 || len(seen) < len(a.dials)-1 || len(seen) > len(a.dials) {
				t.Errorf("ids %v: %d dials, %d claims in ten seconds", ids, len(a.dials), len(seen))
			}
			for _, e := range a.events {
				if e != "peer_unavailable @b:9999: "+unavailable {
					t.Errorf("ids %v: the dialler has event %q", ids, e)
				}
			}
			const line = "WARN peer can't be reached peer=quic://b:9999 why=the peer refused this node: worker-1 is taken by 10.0.0.7"
			if got := a.logged(line); got != 1 {
				t.Errorf("ids %v: the dialler's log says it %d times: %q", ids, got, a.logs)
			}
			b.want()
			v.Refuse = ""
			a.events = nil
			w.run(5 * time.Second)
			a.want(added(ids[1], "b:9999")...)
			b.want(added(ids[0], "a")...)
			a.link(b)
		}
	}
}

// TestDiallerRefuses: the end that has dialled may be the one that does not take the other. Its target tells of it, and the
// other end has no peer either.
func TestDiallerRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mempeer.Options{})
	var seen []peering.Claim
	strict := admitting(&seen, &peering.Verdict{Refuse: "that is no logger"})
	strict.name, strict.id = "a", 1
	a, b := w.node(strict), w.node(config{name: "b", id: 2})
	b.listen(0, peering.Settings{})
	a.peerWith("b", time.Second, peering.Settings{})
	w.run(3 * time.Second)
	if len(a.dials) < 2 || len(seen) != len(a.dials) || !seen[0].Outbound || a.logged("WARN a peer was refused") != 0 ||
		a.logged("WARN peer can't be reached peer=quic://b:9999 why=that is no logger") != 1 {
		t.Errorf("%d dials, claims %+v, log %q", len(a.dials), seen, a.logs)
	}
	b.want()
	if b.logged("DEBUG a connection was not taken up from=quic://a:") == 0 {
		t.Errorf("the listener's log: %q", b.logs)
	}
}

// TestBothAsk: two ends that ask become peers when both have said yes, in every order in which things may arrive.
func TestBothAsk(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 5))
		w := newWorld(t, mempeer.Options{Delay: func(*mempeer.Link, step.Lane, int) time.Duration {
			return time.Duration(r.IntN(int(20 * time.Millisecond)))
		}})
		yes := peering.Options{Admit: func(peering.Claim) peering.Verdict { return peering.Verdict{} }}
		a, b := w.node(config{name: "a", id: 1, peering: yes}), w.node(config{name: "b", id: 2, peering: yes})
		for _, n := range w.nodes {
			n.subscribe("t")
			n.listen(0, peering.Settings{})
		}
		a.peerWith("b", time.Second, peering.Settings{})
		if seed%2 == 0 {
			b.peerWith("a", time.Second, peering.Settings{})
		}
		w.run(2 * time.Second)
		a.publish("t", "from a")
		b.publish("t", "from b")
		w.run(time.Minute)
		a.wantGot("t=from b")
		b.wantGot("t=from a")
		if len(a.events) != 2 || len(b.events) != 2 || len(a.dials)+len(b.dials) > 2 {
			t.Fatalf("seed %d: events %q and %q, dials %v and %v", seed, a.events, b.events, a.dials, b.dials)
		}
	}
}

// TestAskedAgain: while the other end makes up its mind somebody else may have become a peer.
func TestAskedAgain(t *testing.T) {
	t.Parallel()
	var claims []peering.Claim
	v := peering.Verdict{}
	n := byHand(t, admitting(&claims, &v))
	l := n.accept(false).then(hello(larger), wire.ResponderSynAck{})
	l.says(peering.Hello{Asks: true, Name: "w", Link: 7})
	if got := l.said(); !strings.HasSuffix(got, "link_hello type(9)") || n.table.State(l) != "await_admitted" {
		t.Fatalf("it says %q and is in %q", got, n.table.State(l))
	}
	v.Refuse = "w is there by now"
	l.control(larger, wire.TypeLink, []byte{peering.KindAdmitted})
	if !l.closed || l.why != v.Refuse || len(claims) != 2 {
		t.Errorf("closed %v with %q after %d claims", l.closed, l.why, len(claims))
	}
	n.want()
}

// TestNoAdmission: while the other end's yes is due nothing else may come.
func TestNoAdmission(t *testing.T) {
	t.Parallel()
	for _, kind := range []byte{peering.KindHello, peering.KindCounters, peering.KindDone} {
		n, l := in(t, "await_admitted", false)
		l.control(larger, wire.TypeLink, []byte{kind})
		if !l.closed || l.code != uint64(broker.InvalidMessage) {
			t.Errorf("kind %d passes, closed %v with code %d", kind, l.closed, l.code)
		}
		n.want()
	}
	n, l := in(t, "await_admitted", false)
	l.hangUp("")
	n.wantLeft(0, 1, 1)
	n.want()
}
