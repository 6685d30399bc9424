package sim

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// world is a World for tests.
type world struct {
	*World
	t     testing.TB
	trace bytes.Buffer
}

func newWorld(t testing.TB, opts Options) *world {
	t.Helper()
	w := &world{t: t}
	opts.Trace = &w.trace
	var err error
	if w.World, err = New(opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// probe is a node that publishes and notes what it gets instead of running scripts.
type probe struct {
	*Node
	party *endpoint.Local
	got   []string // payloads
	heard []string // events of peers, with their seconds
	onGot func(payload string)
	// retry is after how long what Options.Peer names is dialled again.
	retry    time.Duration
	settings peering.Settings
}

// Offer implements endpoint.Receiver.
func (p *probe) Offer(e *endpoint.Envelope) bool {
	p.got = append(p.got, string(e.Payload))
	if p.onGot != nil {
		p.onGot(string(e.Payload))
	}
	return true
}

// modules is the least that a node needs to have peers: it stands in for the bindings.
func (p *probe) modules(n *node.Node) []script.Module {
	p.party = n.Hub.Join("probe", p)
	p.party.Subscribe("t", endpoint.SubscribeOptions{})
	n.Holds = func() bool { return true }
	n.OnPeer = func(e peering.Event) {
		switch {
		case e.Error != nil:
			p.note("%s: %s", e.Error.Code, e.Why)
		case e.Status.Code == broker.PeerAdded || e.Status.Code == broker.PeerLost || e.Status.Code == broker.PeerRemoved:
			p.note("%s: %s", e.Status.Code, e.Why)
		}
	}
	n.OpenPeering = func(listen, peer []peering.Address) error {
		for _, a := range listen {
			if _, err := n.Peers.Listen(a, 0, p.settings); err != nil {
				return err
			}
		}
		for _, a := range peer {
			if err := n.Peers.Dial(a, p.retry, func() peering.Settings { return p.settings }); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

func (p *probe) note(format string, args ...any) {
	p.heard = append(p.heard, fmt.Sprintf("%.3f ", p.w.Now().Seconds())+fmt.Sprintf(format, args...))
}

// at is where a probe of that name listens.
func at(name string) peering.Address {
	return peering.Address{Transport: "quic", Host: name, Port: peering.DefaultPort}
}

// probe adds a node that listens at its name and dials the others.
func (w *world) probe(name string, peers ...string) *probe {
	w.t.Helper()
	p := &probe{retry: time.Second}
	opts := node.Options{Name: name, Modules: p.modules, Listen: []peering.Address{at(name)}}
	for _, other := range peers {
		opts.Peer = append(opts.Peer, at(other))
	}
	var err error
	if p.Node, err = w.Add(opts); err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) run() {
	w.t.Helper()
	if err := w.Run(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) advance(d time.Duration) {
	w.t.Helper()
	if err := w.Advance(d); err != nil {
		w.t.Fatal(err)
	}
}

// start starts the world and runs it until nothing is on its way.
func (w *world) start() {
	w.t.Helper()
	w.Start()
	w.run()
}

func (p *probe) publish(payload string) { p.party.Publish("t", []byte(payload)) }

// want compares what a probe got since the last call.
func (w *world) want(p *probe, got ...string) {
	w.t.Helper()
	if !slices.Equal(p.got, got) {
		w.t.Errorf("at %v %s got %q, want %q", w.Now(), p.Name(), p.got, got)
	}
	p.got = nil
}

// peers tells whether two probes are peers of each other, both ways.
func peers(a, b *probe) string {
	return fmt.Sprint(a.Hub.Peer(b.Hub.ID()) != nil, b.Hub.Peer(a.Hub.ID()) != nil)
}

// account checks that what a has offered to b has become something.
func (w *world) account(a *probe) {
	w.t.Helper()
	for _, s := range a.Peers.Stats() {
		l := s.Lanes[step.LaneEvents]
		if l.Offered != l.Dropped.Plus(l.Queued).Plus(l.InFlight).Plus(l.Received).Plus(l.Lost) {
			w.t.Errorf("%s to %s: %+v", a.Name(), s.Name, l)
		}
	}
}
