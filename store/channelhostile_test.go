package store

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// foe speaks Broker's protocol by hand.
type foe struct {
	*end
	self wire.Entity
	got  []wire.Command
}

// foe makes an endpoint that announces topics and is linked to e as a Broker is.
func (w *world) foe(e *end, topics ...string) *foe {
	f := &foe{end: w.end()}
	f.subs = topics
	f.self = wire.Entity{Endpoint: f.id, Object: 9}
	w.broker(e, f.end)
	w.tap = func(from *end, topic string, to broker.EndpointID, payload []byte) {
		if from == e && (to == f.id || to.IsZero()) {
			c, err := wire.ParseCommand(payload)
			if err != nil {
				w.t.Fatal(err)
			}
			f.got = append(f.got, c)
		}
	}
	return f
}

// say gives m a command of its own making.
func (f *foe) say(m Machine, topic string, c wire.Command) {
	if c.Sender.IsZero() {
		c.Sender = f.self
	}
	m.ReceiveCommand([]byte(topic), wire.AppendCommand(nil, &c))
}

// heard returns the commands of a kind, and forgets all.
func (f *foe) heard(kind wire.CommandKind) (out []wire.Command) {
	for _, c := range f.got {
		if c.Kind == kind {
			out = append(out, c)
		}
	}
	f.got = nil
	return out
}

// TestBrokerIsKept: a clone that was silent for long is still served if it is a peer that announces the topic, as a Broker
// that was dropped can't come back; others are dropped, and so is what is too old.
func TestBrokerIsKept(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	m := a.master("test", MasterOptions{Ring: 10_000})
	f := w.foe(a, broker.CloneTopic("test"))
	stranger := wire.Entity{Endpoint: broker.EndpointID{99}, Object: 1}
	for _, who := range []wire.Entity{f.self, stranger} {
		f.say(m, m.in, wire.Command{Sender: who, Kind: wire.CmdNack, Missing: []uint64{0}})
		f.say(m, m.in, wire.Command{Sender: who, Kind: wire.CmdCumulativeAck, Number: 1})
	}
	silent := wire.Entity{Endpoint: f.id, Object: 10} // it never acknowledges its snapshot
	f.say(m, m.in, wire.Command{Sender: silent, Kind: wire.CmdNack, Missing: []uint64{0}})
	do(m, put("k", "v"))
	if n := m.Info().Clones; n != 3 {
		t.Fatalf("%d clones, want 3", n)
	}
	w.pass(time.Minute)
	if n := m.Info().Clones; n != 1 {
		t.Fatalf("after a minute of silence %d clones, want the peer only", n)
	}
	f.heard(wire.CmdPut)
	f.say(m, m.in, wire.Command{Kind: wire.CmdNack, Receiver: m.self, Missing: []uint64{2}})
	if got := f.heard(wire.CmdPut); len(got) != 1 || got[0].Seq != 2 || got[0].Receiver != f.self {
		t.Fatalf("it is sent %+v again", got)
	}
	for range 1000 {
		do(m, put("k", "v"))
	}
	if _, n := m.channel.out.Buffered(); n > 10_000 {
		t.Fatalf("%d bytes are kept for it", n)
	}
	f.say(m, m.in, wire.Command{Kind: wire.CmdNack, Receiver: m.self, Missing: []uint64{3}})
	if got := f.heard(wire.CmdRetransmitFailed); len(got) != 1 || got[0].Number != 3 {
		t.Fatalf("for what is gone it hears %+v", got)
	}
	f.subs = nil // it has closed its clone
	w.pass(time.Minute)
	if n := m.Info().Clones; n != 0 || m.channel.next != math.MaxInt64 {
		t.Fatalf("%d clones, the next tick at %d: nobody is there any more", n, m.channel.next)
	}
}

// TestForeignWriter: what a writer of Broker's sends is put into our form, in its order; what is lost is asked for or skipped.
func TestForeignWriter(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	m := a.master("test", MasterOptions{})
	f := w.foe(a, broker.CloneTopic("test"))
	key := unhex(t, "05 8100 6b") // "k" with a length that is longer than necessary
	write := func(seq uint64, c wire.Command) {
		c.Seq, c.Publisher = seq, f.self
		f.say(m, m.in, c)
	}
	write(2, put("early", "x"))
	if show(m) != "" {
		t.Fatal("the write of somebody who has no channel was applied")
	}
	f.say(m, m.in, wire.Command{Kind: wire.CmdAttachWriter, Number: 1, Heartbeat: 5})
	f.say(m, m.in, wire.Command{Kind: wire.CmdAttachWriter, Number: 1, Heartbeat: 5})
	if got := f.heard(wire.CmdCumulativeAck); len(got) != 2 || got[0].Number != 1 || got[1].Number != 1 {
		t.Fatalf("attach_writer is answered with %+v", got)
	}
	write(3, wire.Command{Kind: wire.CmdErase, Key: text("k")})
	write(2, wire.Command{Kind: wire.CmdPut, Key: key, Value: wire.AppendBoolean(nil, true)})
	write(3, put("twice", "x"))
	write(4, wire.Command{Kind: wire.CmdPut, Key: []byte{0x0c, 2, 1, 1, 1, 1}, Value: text("duplicates in a set")})
	write(6, put("behind", "x"))
	if show(m) != "" {
		t.Fatalf("the master shows %q", show(m))
	}
	w.pass(500 * time.Millisecond)
	if got := f.heard(wire.CmdNack); len(got) == 0 || fmt.Sprint(got[0].Missing) != "[5]" || got[0].Receiver != f.self {
		t.Fatalf("a gap is asked for with %+v", got)
	}
	f.say(m, m.in, wire.Command{Kind: wire.CmdRetransmitFailed, Number: 5})
	if show(m) != "behind=x " {
		t.Fatalf("behind what is lost the master shows %q", show(m))
	}
	f.say(m, m.in, wire.Command{Kind: wire.CmdKeepalive, Number: 8})
	f.heard(wire.CmdNack)
	w.pass(500 * time.Millisecond)
	if got := f.heard(wire.CmdNack); len(got) == 0 || fmt.Sprint(got[0].Missing) != "[7 8]" {
		t.Fatalf("what the keepalive tells of is asked for with %+v", got)
	}
	// Another master's are not for this one.
	other := wire.Entity{Endpoint: a.id, Object: 12345}
	f.say(m, m.in, wire.Command{Seq: 7, Receiver: other, Kind: wire.CmdPut, Key: text("other"), Value: text("x"), Publisher: f.self})
	if show(m) != "behind=x " {
		t.Fatalf("the master shows %q", show(m))
	}
}

// TestForeignMaster: a clone takes what a Broker's master says in either form, and begins anew when that has forgotten it.
func TestForeignMaster(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	c := a.clone("test", CloneOptions{})
	f := w.foe(a, broker.MasterTopic("test"))
	asked := f.heard(wire.CmdNack)
	if w.pass(time.Second); len(asked) != 0 {
		t.Fatal("the test wants to see the first nack below")
	}
	asked = f.heard(wire.CmdNack)
	if len(asked) != 5 || asked[0].Receiver != (wire.Entity{}) || fmt.Sprint(asked[0].Missing) != "[0]" {
		t.Fatalf("in the next second a clone asks with %d nacks, the first one %+v; want 5", len(asked), asked[0])
	}
	me := asked[0].Sender
	disordered := append(append(wire.AppendSetHeader(nil, 2), count(2)...), count(1)...)
	entries := append(append(text("k"), text("v")...), append(disordered, count(1)...)...)
	f.say(c, c.out, wire.Command{Seq: 1, Receiver: me, Kind: wire.CmdAckClone, Number: 7, Heartbeat: 5, Snapshot: entries, SnapshotLen: 2})
	w.run()
	ordered := append(append(wire.AppendSetHeader(nil, 2), count(1)...), count(2)...)
	if _, err := c.Get(ordered); err != nil {
		t.Fatalf("a key in disorder is not found: %v; the clone is %+v", err, c.Info())
	}
	if got := f.heard(wire.CmdAttachWriter); len(got) != 1 || got[0].Number != 1 || got[0].Heartbeat != 5 || got[0].Receiver != f.self {
		t.Fatalf("it opens its channel with %+v", got)
	}
	action := func(seq uint64, to wire.Entity, cmd wire.Command) {
		cmd.Seq, cmd.Receiver = seq, to
		f.say(c, c.out, cmd)
	}
	action(8, wire.Entity{}, put("k", "all"))
	action(9, me, put("j", "one"))
	action(12, wire.Entity{}, put("k", "far"))
	other := wire.Entity{Endpoint: f.id, Object: 77}
	f.say(c, c.out, wire.Command{Seq: 10, Sender: other, Kind: wire.CmdClear})
	if v, _ := c.Get(text("k")); plain(v) != "all" {
		t.Fatalf("it shows %q", show(c))
	}
	w.pass(500 * time.Millisecond)
	if got := f.heard(wire.CmdNack); len(got) == 0 || fmt.Sprint(got[0].Missing) != "[10 11]" || got[0].Receiver != f.self {
		t.Fatalf("a gap is asked for with %+v", got)
	}
	// The master acknowledges the writer, and says that it is there, to all; but it sends nothing again.
	for range 80 {
		f.say(c, c.out, wire.Command{Kind: wire.CmdKeepalive, Number: 12})
		f.say(c, c.out, wire.Command{Receiver: me, Kind: wire.CmdCumulativeAck, Number: 1})
		w.pass(100 * time.Millisecond)
	}
	asked = f.heard(wire.CmdNack)
	if last := asked[len(asked)-1]; last.Sender == me || fmt.Sprint(last.Missing) != "[0]" {
		t.Fatalf("a clone that the master has forgotten asks with %+v", last)
	}
	me = asked[len(asked)-1].Sender
	changes := &events{}
	c.SetWatcher(changes)
	f.say(c, c.out, wire.Command{Seq: 1, Receiver: me, Kind: wire.CmdAckClone, Number: 20, Heartbeat: 5, Snapshot: entries[:6], SnapshotLen: 1})
	w.run()
	if show(c) != "k=v " {
		t.Fatalf("with the next snapshot it shows %q", show(c))
	}
	if n := len(changes.all); n != 3 || !bytes.Equal(changes.all[2][len(changes.all[2])-9:], count(f.self.Object)) {
		t.Fatalf("the next snapshot makes %d changes: %x; want 3, and the master as whose they are", n, changes.all)
	}
	// A change that is gone for good: it begins anew as well.
	f.say(c, c.out, wire.Command{Receiver: me, Kind: wire.CmdRetransmitFailed, Number: 21})
	if c.Info().State != "lost" || c.channel.self == me {
		t.Fatalf("without change 21 it is %+v", c.Info())
	}
	// And so does one whose writes are not acknowledged.
	me = c.channel.self
	f.say(c, c.out, wire.Command{Seq: 1, Receiver: me, Kind: wire.CmdAckClone, Number: 20, Heartbeat: 5, Snapshot: entries[:6], SnapshotLen: 1})
	f.got = nil
	for range 60 {
		f.say(c, c.out, wire.Command{Kind: wire.CmdKeepalive, Number: 20})
		w.pass(100 * time.Millisecond)
	}
	if got := f.heard(wire.CmdAttachWriter); len(got) != 10 || c.channel.self == me {
		t.Fatalf("attach_writer came %d times in 5 s, want 10, and then a new name", len(got))
	}
}

// TestAcknowledgedIsNotDecided: a put_unique has its outcome with its result, not with the acknowledgement. What comes behind
// it is not sent again.
func TestAcknowledgedIsNotDecided(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	c := a.clone("test", CloneOptions{MutationBuffer: 2 * time.Second})
	f := w.foe(a, broker.MasterTopic("test"))
	attach := func() wire.Entity {
		me := c.channel.self
		f.say(c, c.out, wire.Command{Seq: 1, Receiver: me, Kind: wire.CmdAckClone, Number: 1, Heartbeat: 5})
		f.say(c, c.out, wire.Command{Receiver: me, Kind: wire.CmdCumulativeAck, Number: 1})
		w.run()
		return me
	}
	w.run()
	me := attach()
	first, u, p, later := do(c, put("a", "1")), do(c, unique("k", "v")), do(c, put("b", "2")), do(c, put("c", "3"))
	w.run()
	f.say(c, c.out, wire.Command{Receiver: me, Kind: wire.CmdCumulativeAck, Number: 4})
	if first.n != 1 || u.n+p.n+later.n != 0 {
		t.Fatalf("outcomes %d %d %d %d; want one, as the second write has none", first.n, u.n, p.n, later.n)
	}
	f.say(c, c.out, wire.Command{Receiver: me, Kind: wire.CmdRetransmitFailed, Number: 2})
	f.got = nil
	me = attach()
	if got := f.heard(wire.CmdPut); len(got) != 1 || !bytes.Equal(got[0].Key, text("c")) || got[0].Seq != 3 {
		t.Fatalf("these are sent again: %+v", got)
	}
	action := wire.Command{Seq: 2, Kind: wire.CmdPutUniqueResult, Inserted: true, Who: c.self, RequestID: 1, Publisher: f.self}
	f.say(c, c.out, action)
	f.say(c, c.out, wire.Command{Receiver: me, Kind: wire.CmdCumulativeAck, Number: 3})
	for _, x := range []*answer{u, p, later} {
		w.want(x, broker.NoError)
	}
	if !u.r.Inserted || c.Outstanding() != 0 {
		t.Fatalf("inserted %v, %d outstanding", u.r.Inserted, c.Outstanding())
	}
	u, p, later = do(c, unique("k", "v")), do(c, put("b", "2")), do(c, put("c", "3"))
	w.run()
	f.say(c, c.out, wire.Command{Receiver: me, Kind: wire.CmdCumulativeAck, Number: 5})
	w.cut(a, f.end)
	w.pass(3 * time.Second) // nobody waits for the master any more
	w.want(u, broker.RequestTimeout)
	w.want(p, broker.NoError)
	w.want(later, broker.RequestTimeout)
}

// TestChannelHostile: whatever arrives, nothing panics, all is bounded, and an honest clone is served.
func TestChannelHostile(t *testing.T) {
	rounds := 2000
	if testing.Short() {
		rounds = 1000
	}
	for seed := range uint64(2) {
		r := rand.New(rand.NewPCG(seed, 3))
		w := newWorld(t)
		a, b, e := w.end(), w.end(), w.end()
		m := a.stored("test", &disk{w: w, auto: true}, seed%2 == 0)
		c, honest := b.clone("test", CloneOptions{}), e.clone("test", CloneOptions{})
		w.broker(a, e)
		w.foe(b, broker.MasterTopic("test"))
		w.pass(time.Second)
		numbers := []uint64{0, 1, 2, 3, 4, 5, 100, 1 << 40, math.MaxUint64 - 1, math.MaxUint64}
		number := func() uint64 { return numbers[r.IntN(len(numbers))] }
		for range rounds {
			who := wire.Entity{Endpoint: broker.EndpointID{200, byte(r.IntN(3))}, Object: r.Uint64N(3 + 10_000*uint64(r.IntN(2)))}
			x := wire.Command{Seq: number(), Sender: who, Kind: wire.CommandKind(r.IntN(14)), Number: number(), Heartbeat: uint16(r.IntN(3) * r.IntN(1<<16)),
				Key: text("hostile"), Value: count(1), Init: broker.Kind(r.IntN(15)), RequestID: number(), Publisher: who, Missing: []uint64{number(), number()}[:r.IntN(3)]}
			if r.IntN(2) == 0 {
				x.Receiver = []wire.Entity{m.self, c.self, c.channel.self}[r.IntN(3)]
			}
			if c.channel.master != (wire.Entity{}) && r.IntN(2) == 0 {
				x.Sender = c.channel.master
			}
			if x.Kind == wire.CmdAckClone {
				x.Snapshot, x.SnapshotLen = append(text("hostile"), count(2)...), 1
			}
			payload := wire.AppendCommand(nil, &x)
			if r.IntN(4) == 0 {
				payload[r.IntN(len(payload))] ^= byte(1 << r.IntN(8))
				payload = payload[:len(payload)-r.IntN(3)*r.IntN(len(payload)/2)]
			}
			m.ReceiveCommand([]byte(m.in), payload)
			c.ReceiveCommand([]byte(c.out), payload)
			if r.IntN(50) == 0 {
				w.pass(100 * time.Millisecond)
			}
		}
		if n := len(m.channel.writers); n > channelWriters {
			t.Fatalf("%d writers", n)
		}
		if m.channel.early > earlyBytes || m.channel.early < 0 {
			t.Fatalf("%d bytes wait", m.channel.early)
		}
		do(honest, put("k", "v"))
		w.pass(70 * time.Second)
		if v, err := honest.Get(text("k")); err != nil || plain(v) != "v" || show(honest) != show(m) {
			t.Fatalf("the honest clone shows %q, the master %q", show(honest), show(m))
		}
	}
}

// TestEarlyIsBounded: what many writers have waiting is bounded for all together.
func TestEarlyIsBounded(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	m := a.master("test", MasterOptions{})
	f := w.foe(a)
	big := text(string(bytes.Repeat([]byte{'x'}, 1<<20)))
	for object := range uint64(40) {
		who := wire.Entity{Endpoint: f.id, Object: object + 1}
		f.say(m, m.in, wire.Command{Sender: who, Kind: wire.CmdAttachWriter, Number: 1})
		for seq := range uint64(4) {
			f.say(m, m.in, wire.Command{Sender: who, Seq: seq + 10, Kind: wire.CmdPut, Key: text("k"), Value: big})
		}
	}
	if m.channel.early > earlyBytes {
		t.Fatalf("%d bytes wait, at most %d may", m.channel.early, earlyBytes)
	}
	w.pass(time.Minute)
	if m.channel.early != 0 || len(m.channel.writers) != 0 {
		t.Fatalf("when all writers are gone %d bytes of %d writers wait", m.channel.early, len(m.channel.writers))
	}
}
