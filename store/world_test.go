package store

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store/journal"
)

// world is endpoints with one store each, in memory, on a clock that the test moves.
type world struct {
	t     *testing.T
	now   step.Time
	clock int64
	ends  []*end
	wires []*wireTo
	disks []*disk
	links uint64
	room  int // messages that a lane takes; 0: no bound
	rand  *rand.Rand
	loss  float64 // of commands
	tap   func(from *end, topic string, to broker.EndpointID, payload []byte)
}

// end is one endpoint. It implements Bus.
type end struct {
	w    *world
	id   broker.EndpointID
	subs []string
	m    Machine
	hop  bool // it passes on commands, of any topic
}

// wireTo is one direction of a link.
type wireTo struct {
	from, to *end
	link     uint64
	broker   bool // it carries only Broker's commands
	queue    []sent
}

type sent struct {
	topic   string
	payload []byte
	command bool
	to      broker.EndpointID
}

// filter is what an endpoint announces.
func (e *end) filter() broker.Filter {
	if e.hop {
		return broker.NewFilter("")
	}
	return broker.NewFilter(e.subs...)
}

const testClock = int64(1_700_000_000_000_000_000)

func newWorld(t *testing.T) *world {
	return &world{t: t, clock: testClock, rand: rand.New(rand.NewPCG(1, 2))}
}

func (w *world) env() step.Env {
	return step.Env{Now: func() step.Time { return w.now }, Rand: w.rand, Log: slog.New(slog.DiscardHandler)}
}

func (w *world) end() *end {
	e := &end{w: w}
	e.id[0], e.id[15] = byte(len(w.ends)+1), 0x77
	w.ends = append(w.ends, e)
	return e
}

func (e *end) common(name string) Common {
	e.w.links++
	return Common{Name: name, Env: e.w.env(), Bus: e, Object: e.w.links}
}

func (e *end) ID() broker.EndpointID { return e.id }
func (e *end) Subscribe(topic string) {
	e.subs = append(e.subs, topic)
	e.w.changed()
}

func (e *end) Unsubscribe(topic string) {
	e.subs = slices.DeleteFunc(e.subs, func(s string) bool { return s == topic })
	e.w.changed()
}

func (e *end) Peers() (out []Peer) {
	for _, x := range e.w.wires {
		if x.from == e {
			out = append(out, Peer{ID: x.to.id, Link: x.link, Filter: x.to.filter(), Broker: x.broker, Forwards: x.to.hop})
		}
	}
	return out
}

func (e *end) Send(to broker.EndpointID, topic string, payload []byte) step.Verdict {
	for _, x := range e.w.wires {
		if x.from == e && x.to.id == to && !x.broker {
			if e.w.room > 0 && len(x.queue) >= e.w.room {
				return step.Full
			}
			x.queue = append(x.queue, sent{topic: topic, payload: bytes.Clone(payload)})
			return step.Queued
		}
	}
	return step.Dropped
}

func (e *end) Command(topic string, to broker.EndpointID, payload []byte) error {
	if e.w.tap != nil {
		e.w.tap(e, topic, to, bytes.Clone(payload))
	}
	direct := slices.ContainsFunc(e.w.wires, func(x *wireTo) bool { return x.from == e && x.to.id == to })
	if !direct {
		to = broker.EndpointID{}
	}
	e.w.relay(e, nil, sent{topic: topic, payload: bytes.Clone(payload), command: true, to: to})
	return nil
}

// relay puts a command on the wires of those who want it, but for where it came from. Commands do not wait for room.
func (w *world) relay(e, from *end, s sent) {
	for _, x := range w.wires {
		if x.from != e || x.to == from || w.rand.Float64() < w.loss {
			continue
		}
		if x.to.id == s.to || s.to.IsZero() && x.to.filter().Match(s.topic) {
			x.queue = append(x.queue, s)
		}
	}
}

func (e *end) Writable(to broker.EndpointID) bool {
	for _, x := range e.w.wires {
		if x.from == e && x.to.id == to {
			return e.w.room == 0 || len(x.queue) < (e.w.room+1)/2
		}
	}
	return false
}

// changed marks that peers have to be told.
func (w *world) changed() {
	for _, e := range w.ends {
		if e.m != nil {
			e.m.PeersChanged()
		}
	}
}

func (w *world) connect(a, b *end) {
	w.links++
	w.wires = append(w.wires, &wireTo{from: a, to: b, link: w.links}, &wireTo{from: b, to: a, link: w.links})
	w.changed()
}

// broker connects two ends by a link that carries only Broker's commands.
func (w *world) broker(a, b *end) {
	w.links++
	w.wires = append(w.wires, &wireTo{from: a, to: b, link: w.links, broker: true}, &wireTo{from: b, to: a, link: w.links, broker: true})
	w.changed()
}

// cut ends a link: what is on the wire is lost.
func (w *world) cut(a, b *end) {
	w.wires = slices.DeleteFunc(w.wires, func(x *wireTo) bool { return x.from == a && x.to == b || x.from == b && x.to == a })
	w.changed()
}

// turn takes one message off each wire and ends a turn everywhere.
func (w *world) turn() (more bool) {
	for _, x := range slices.Clone(w.wires) {
		if len(x.queue) == 0 {
			continue
		}
		s := x.queue[0]
		x.queue = x.queue[1:]
		more = true
		switch {
		case s.command && x.to.hop && s.to.IsZero():
			w.relay(x.to, x.from, s)
		case x.to.m == nil || !slices.Contains(x.to.subs, s.topic):
		case s.command:
			x.to.m.ReceiveCommand([]byte(s.topic), s.payload)
		default:
			x.to.m.Receive(x.from.id, []byte(s.topic), s.payload)
		}
	}
	for _, e := range w.ends {
		if e.m == nil {
			continue
		}
		if e.m.Next() <= w.now {
			more = e.m.Step(w.now) || more
		}
		if e.m.NextTick() <= w.clock {
			more = e.m.Tick(w.clock) || more
		}
		more = e.m.Flush() || more
	}
	for _, d := range w.disks {
		if d.auto && len(d.tokens) > 0 {
			d.settle()
			more = true
		}
	}
	for _, x := range w.wires {
		more = more || len(x.queue) > 0
	}
	return more
}

// run goes on until nothing moves.
func (w *world) run() {
	w.t.Helper()
	for range 100_000 {
		if !w.turn() {
			return
		}
	}
	w.t.Fatal("the world does not come to rest")
}

// pass moves the clocks in steps of 100 ms.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	for ; d > 0; d -= 100 * time.Millisecond {
		w.now += step.Time(100 * time.Millisecond)
		w.clock += int64(100 * time.Millisecond)
		w.run()
	}
}

func (e *end) master(name string, opts MasterOptions) *Master {
	e.w.t.Helper()
	opts.Common = e.common(name)
	opts.Clock = func() int64 { return e.w.clock }
	m, err := OpenMaster(opts)
	if err != nil {
		e.w.t.Fatal(err)
	}
	e.m = m
	return m
}

func (e *end) clone(name string, opts CloneOptions) *Clone {
	e.w.t.Helper()
	opts.Common = e.common(name)
	c, err := OpenClone(opts)
	if err != nil {
		e.w.t.Fatal(err)
	}
	e.m = c
	return c
}

// answer is a Waiter that remembers.
type answer struct {
	r Result
	n int
}

func (a *answer) Done(r Result) { a.r, a.n = r, a.n+1 }

// do asks for a write.
func do(s Store, c wire.Command) *answer {
	a := &answer{}
	if r, done := s.Do(&c, a); done {
		a.Done(r)
	}
	return a
}

func text(s string) []byte  { return wire.AppendString(nil, s) }
func count(n uint64) []byte { return wire.AppendCount(nil, n) }
func put(k, v string) wire.Command {
	return wire.Command{Kind: wire.CmdPut, Key: text(k), Value: text(v)}
}

func erase(k string) wire.Command { return wire.Command{Kind: wire.CmdErase, Key: text(k)} }

func unique(k, v string) wire.Command {
	return wire.Command{Kind: wire.CmdPutUnique, Key: text(k), Value: text(v)}
}

func increment(k string, n uint64) wire.Command {
	return wire.Command{Kind: wire.CmdAdd, Key: text(k), Value: count(n), Init: broker.KindCount}
}

func (w *world) want(a *answer, code broker.Code) {
	w.t.Helper()
	if a.n != 1 || broker.CodeOf(a.r.Err) != code {
		w.t.Fatalf("got %d answers, the last one %v; want one, %v", a.n, a.r.Err, code)
	}
}

// show writes all entries in order.
func show(s Store) string {
	all := map[string]string{}
	err := s.Each(func(k, v []byte) bool {
		all[plain(k)] = plain(v)
		return true
	})
	if err != nil {
		return broker.CodeOf(err).String()
	}
	var b bytes.Buffer
	for _, k := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s=%s ", k, all[k])
	}
	return b.String()
}

func plain(b []byte) string {
	d, err := wire.DecodeData(b)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(d)
}

// log is a Watcher that writes down what it hears.
type log struct{ lines []string }

func (l *log) Wants() bool { return true }
func (l *log) Changed(c *Change) {
	s := c.Kind.String() + " " + plain(c.Key)
	if c.Old != nil {
		s += " old " + plain(c.Old)
	}
	if c.New != nil {
		s += " new " + plain(c.New)
	}
	l.lines = append(l.lines, s)
}

// disk is a Backend that keeps commits in a slice. It implements Backend.
type disk struct {
	w       *world
	m       *Master // whom it answers
	durable [][]byte
	tokens  []uint64
	waiting [][]byte
	auto    bool  // what is committed in a turn is durable at its end
	err     error // of commits and loads
	closed  bool
	shut    bool // it takes no commits
}

func (d *disk) Commit(token uint64, ops []byte, sync bool) bool {
	if d.shut {
		return false
	}
	d.tokens, d.waiting = append(d.tokens, token), append(d.waiting, ops)
	return true
}

// settle makes all that waits durable and says so.
func (d *disk) settle() {
	tokens, waiting := d.tokens, d.waiting
	d.tokens, d.waiting = nil, nil
	for i, t := range tokens {
		if d.err == nil {
			d.durable = append(d.durable, bytes.Clone(waiting[i]))
		}
		d.m.Input(step.DiskDone{Token: t, Err: d.err})
	}
}

func (d *disk) Load(l Loader) error {
	if d.err != nil {
		return d.err
	}
	type entry struct {
		value  []byte
		expiry int64
	}
	entries, writers := map[string]entry{}, map[string][]byte{}
	var term, seq uint64
	for _, ops := range d.durable {
		for len(ops) > 0 {
			op, rest, err := journal.Next(ops)
			if err != nil {
				return err
			}
			ops = rest
			switch op.Kind {
			case journal.Put:
				entries[string(op.Key)] = entry{bytes.Clone(op.Value), op.Expiry}
			case journal.Erase:
				delete(entries, string(op.Key))
			case journal.Clear:
				clear(entries)
			case journal.Writer:
				writers[string(op.Key)] = bytes.Clone(op.Value)
			case journal.Forget:
				delete(writers, string(op.Key))
			case journal.Position:
				term, seq = op.Term, op.Seq
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(entries)) {
		if err := l.Entry([]byte(k), entries[k].value, entries[k].expiry); err != nil {
			return err
		}
	}
	for _, k := range slices.Sorted(maps.Keys(writers)) {
		if err := l.Writer([]byte(k), writers[k]); err != nil {
			return err
		}
	}
	if term > 0 {
		return l.Position(term, seq)
	}
	return nil
}

func (d *disk) Backup(uint64, string) {}
func (d *disk) Close() error {
	d.closed = true
	return nil
}

// stored makes a master that keeps its entries on d.
func (e *end) stored(name string, d *disk, sync bool) *Master {
	e.w.t.Helper()
	d.closed, d.tokens, d.waiting = false, nil, nil
	m := e.master(name, MasterOptions{Backend: d, BackendName: "test", Sync: sync})
	d.m = m
	if !slices.Contains(e.w.disks, d) {
		e.w.disks = append(e.w.disks, d)
	}
	return m
}

// hand gives a master the first message that is on its way from an end, in the middle of a turn.
func (w *world) hand(from *end, m *Master) {
	for _, x := range w.wires {
		if x.from == from && len(x.queue) > 0 {
			m.Receive(from.id, []byte(x.queue[0].topic), x.queue[0].payload)
			x.queue = x.queue[1:]
		}
	}
}
