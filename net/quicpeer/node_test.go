package quicpeer

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/peering"
	"moonpeer/net/step"
)

func TestMain(m *testing.M) {
	os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true") // about sockets that flood wraps
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come. It is never spent when all is well.
const patience = 30 * time.Second

// node is the least of a node: a hub, a table of peers and a transport, turned by a goroutine of its own.
type node struct {
	t     testing.TB
	name  string
	hub   *endpoint.Hub
	table *peering.Table
	party *endpoint.Local
	tr    *Transport
	inbox *inbox
	log   *logbook

	calls      chan func()
	quit, done chan struct{}

	// The loop's own.
	start   time.Time
	skew    time.Duration // how far advance has moved the clock
	now     step.Time
	ports   map[step.PortID]func(step.Input) bool
	last    step.PortID
	late    []step.Input // what came while frozen
	frozen  bool
	feeds   []*feed
	waiting []*waiter

	ups     int      // connections that reached the table
	events  []string // names of statuses and errors
	streams map[string]*stream
}

// feed publishes messages of growing numbers while the lane takes them.
type feed struct {
	m        endpoint.Message
	next, to uint64
	size     int
	ready    func() bool
}

type waiter struct {
	ok   func() bool
	done chan struct{}
}

type nodeOptions struct {
	small   bool // its endpoint id is smaller than all others
	times   timeouts
	options Options // Inbox and Log are set here
	admit   func(peering.Claim) peering.Verdict
}

var ids = struct {
	sync.Mutex
	*rand.Rand
}{Rand: rand.New(rand.NewPCG(1, 2))}

func newID(small bool) broker.EndpointID {
	ids.Lock()
	defer ids.Unlock()
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], ids.Uint64()>>1)
	binary.BigEndian.PutUint64(id[8:], ids.Uint64())
	if small {
		id[0], id[1], id[2] = 0, 0, 0
	}
	return broker.NewEndpointID(id)
}

// newNode starts a node that takes what is published under "t". It ends with the test.
func newNode(t testing.TB, name string, o nodeOptions) *node {
	n := &node{t: t, name: name, inbox: newInbox(), log: new(logbook), calls: make(chan func()), quit: make(chan struct{}),
		done: make(chan struct{}), start: time.Now(), ports: map[step.PortID]func(step.Input) bool{},
		streams: map[string]*stream{}}
	log := slog.New(slog.NewTextHandler(n.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	env := step.Env{Now: func() step.Time { return n.now }, Rand: rand.New(rand.NewPCG(3, 4)), Log: log}
	o.options.Inbox, o.options.Log = n.inbox, log
	n.tr = New(o.options)
	if o.times != (timeouts{}) {
		n.tr.times = o.times
	}
	n.hub = endpoint.New(endpoint.Options{ID: newID(o.small), Env: env})
	n.table = peering.New(peering.Options{Hub: n.hub, Env: env, Transport: n.tr, Ports: n, Name: name, Epoch: 1, Admit: o.admit})
	n.table.OnEvent = n.event
	n.party = n.hub.Join("test", n)
	n.party.Subscribe("t", endpoint.SubscribeOptions{})
	go n.loop()
	t.Cleanup(n.end)
	return n
}

// end stops the loop and then the transport, as a killed node would not. Further calls do nothing.
func (n *node) end() {
	select {
	case <-n.done:
		return
	default:
	}
	close(n.quit)
	<-n.done
	n.inbox.close()
	n.tr.Close()
}

func (n *node) loop() {
	defer close(n.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var due <-chan time.Time
		if at := n.turn(); at != step.Never {
			timer.Reset(max(at.Sub(n.clock()), 0))
			due = timer.C
		}
		select {
		case f := <-n.calls:
			f()
		case <-n.inbox.wake:
		case <-due:
		case <-n.quit:
			return
		}
	}
}

func (n *node) clock() step.Time { return step.Time(time.Since(n.start) + n.skew) }

// turn does what is due and returns when to do so again.
func (n *node) turn() (next step.Time) {
	n.now = n.clock()
	n.late = n.inbox.take(n.late)
	next = step.Never
	if !n.frozen {
		n.table.Step(n.now)
		inputs := n.late
		n.late = nil
		for _, in := range inputs {
			n.input(in)
		}
		for _, f := range n.feeds {
			if n.feed(f) {
				next = n.now
			}
		}
		n.feeds = slices.DeleteFunc(n.feeds, func(f *feed) bool { return f.next > f.to })
		n.hub.Flush()
		n.table.Flush()
		next = min(next, n.table.Next())
	}
	n.waiting = slices.DeleteFunc(n.waiting, func(w *waiter) bool {
		ok := w.ok()
		if ok {
			close(w.done)
		}
		return ok
	})
	return next
}

func (n *node) input(in step.Input) {
	if _, ok := in.(peering.Up); ok {
		n.ups++
	}
	owner := n.ports[in.Port()]
	for owner != nil && !owner(in) {
	}
	if owner == nil {
		release(in)
	}
}

// feed publishes at most 512 messages and reports whether more could be.
func (n *node) feed(f *feed) (more bool) {
	for range 512 {
		if f.next > f.to {
			return false
		}
		if !f.ready() {
			return false
		}
		f.m.Payload = payload(f.next, f.size)
		r, err := n.party.Send(f.m)
		if err != nil {
			n.t.Errorf("%s: %v", n.name, err)
		}
		if r.Full > 0 {
			return false
		}
		f.next++
	}
	return true
}

// OpenPort implements peering.Ports.
func (n *node) OpenPort(owner func(step.Input) bool) step.PortID {
	n.last++
	n.ports[n.last] = owner
	return n.last
}

// DropPort implements peering.Ports.
func (n *node) DropPort(id step.PortID) { delete(n.ports, id) }

func (n *node) event(e peering.Event) {
	name := e.Status.Code.String()
	if e.Error != nil {
		name = e.Error.Code.String()
	}
	n.events = append(n.events, name)
}

// Offer implements endpoint.Receiver: it looks at number and content of each message.
func (n *node) Offer(e *endpoint.Envelope) bool {
	s := n.streams[string(e.Topic)]
	if s == nil {
		s = new(stream)
		n.streams[string(e.Topic)] = s
	}
	s.take(e.Payload)
	return true
}

// do has f done by the loop and waits for it.
func (n *node) do(f func()) {
	n.t.Helper()
	finished := make(chan struct{})
	select {
	case n.calls <- func() { f(); close(finished) }:
		<-finished
	case <-n.done:
		n.t.Fatalf("%s has ended", n.name)
	case <-time.After(patience):
		n.t.Fatalf("%s: the loop hangs", n.name)
	}
}

// await waits until ok, which is asked by the loop after each of its turns.
func (n *node) await(what string, ok func() bool) {
	n.t.Helper()
	w := &waiter{ok: ok, done: make(chan struct{})}
	n.do(func() { n.waiting = append(n.waiting, w) })
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-w.done:
	case <-timer.C:
		var state string
		n.do(func() { state = fmt.Sprintf("events %q, stats %+v, streams %v", n.events, n.table.Stats(), n.streams) })
		n.t.Fatalf("%s: after %v still no %s: %s\n%s", n.name, patience, what, state, n.log)
	}
}

// advance moves the node's clock, but not QUIC's.
func (n *node) advance(d time.Duration) { n.t.Helper(); n.do(func() { n.skew += d }) }

func (n *node) freeze(on bool) { n.t.Helper(); n.do(func() { n.frozen = on }) }

// listen opens a listener on loopback.
func (n *node) listen(s peering.Settings) peering.Address {
	n.t.Helper()
	a := peering.Address{Transport: "quic", Host: "127.0.0.1"}
	var err error
	n.do(func() { a.Port, err = n.table.Listen(a, 0, s) })
	if err != nil {
		n.t.Fatal(err)
	}
	return a
}

func (n *node) dial(a peering.Address, retry time.Duration, s peering.Settings) {
	n.t.Helper()
	var err error
	n.do(func() { err = n.table.Dial(a, retry, func() peering.Settings { return s }) })
	if err != nil {
		n.t.Fatal(err)
	}
}

// join peers n with another node, which listens.
func (n *node) join(to *node, s peering.Settings) {
	n.t.Helper()
	n.dial(to.listen(s), 0, s)
	n.awaitPeer(to)
	to.awaitPeer(n)
}

func (n *node) awaitPeer(other *node) {
	n.t.Helper()
	n.await("peer "+other.name, func() bool { return n.hub.Peer(other.hub.ID()) != nil })
}

func (n *node) awaitEvent(name string) {
	n.t.Helper()
	n.await(name, func() bool { return slices.Contains(n.events, name) })
}

// send publishes messages of the given size with the numbers from to to.
func (n *node) send(m endpoint.Message, from, to uint64, size int) {
	n.t.Helper()
	n.sendWhile(m, from, to, size, func() bool { return n.hub.Writable(m.Lane) })
}

// sendWhile is like send, but asks something else than whether the lane of every link is writable.
func (n *node) sendWhile(m endpoint.Message, from, to uint64, size int, ready func() bool) {
	n.t.Helper()
	n.do(func() { n.feeds = append(n.feeds, &feed{m: m, next: from, to: to, size: size, ready: ready}) })
}

// awaitStream waits for the message with the given number; all before it must have come.
func (n *node) awaitStream(topic string, last uint64) {
	n.t.Helper()
	n.await(fmt.Sprintf("message %d of %s", last, topic), func() bool {
		s := n.streams[topic]
		return s != nil && (s.last >= last || s.bad != "")
	})
	n.do(func() {
		if s := n.streams[topic]; s.bad != "" || s.n != last || s.last != last {
			n.t.Errorf("%s: %s: got %d messages, the last %d, want %d; %s", n.name, topic, s.n, s.last, last, s.bad)
		}
	})
}

// lane returns the account of a lane to a peer.
func (n *node) lane(to *node, l step.Lane) (s peering.LaneStats) {
	n.t.Helper()
	n.do(func() { s = n.laneStats(to, l) })
	return s
}

// laneStats is lane for the loop.
func (n *node) laneStats(to *node, l step.Lane) peering.LaneStats {
	for _, s := range n.table.Stats() {
		if s.ID == to.hub.ID() {
			return s.Lanes[l]
		}
	}
	return peering.LaneStats{}
}

// awaitAccount waits until the other end has told that it took all that was not dropped, and checks the account.
func (n *node) awaitAccount(to *node, l step.Lane) peering.LaneStats {
	n.t.Helper()
	var s peering.LaneStats
	n.await("settled account of "+l.String(), func() bool {
		s = n.laneStats(to, l)
		return s.Offered.Messages > 0 && s.Offered == s.Received.Plus(s.Dropped)
	})
	if s.Queued != (step.Count{}) || s.InFlight != (step.Count{}) || s.Lost != (step.Count{}) {
		n.t.Errorf("%s to %s: %s: %+v", n.name, to.name, l, s)
	}
	return s
}

// wantNothing checks that no connection has reached the node's table.
func (n *node) wantNothing() {
	n.t.Helper()
	n.do(func() {
		if n.ups != 0 || len(n.events) != 0 {
			n.t.Errorf("%s: %d connections, events %q", n.name, n.ups, n.events)
		}
	})
}

// wantLog checks that each of texts was logged.
func (n *node) wantLog(texts ...string) {
	n.t.Helper()
	log := n.log.String()
	for _, text := range texts {
		if !strings.Contains(log, text) {
			n.t.Errorf("%s: no %q in the log:\n%s", n.name, text, log)
		}
	}
}
