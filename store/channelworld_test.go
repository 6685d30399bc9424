package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// pairs are the ways in which a master and a clone meet through Broker's protocol only.
var pairs = map[string]func(w *world, a, b *end) (cut func()){
	"broker": func(w *world, a, b *end) func() {
		w.broker(a, b)
		return func() { w.cut(a, b) }
	},
	"forwarder": func(w *world, a, b *end) func() {
		h := w.end()
		h.hop = true
		w.connect(a, h)
		w.connect(h, b)
		return func() {
			w.cut(a, h)
			w.cut(h, b)
		}
	},
}

// meet runs a test for each of the pairs.
func meet(t *testing.T, test func(t *testing.T, w *world, a, b *end, join func() (cut func()))) {
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, b := w.end(), w.end()
			test(t, w, a, b, func() func() { return pair(w, a, b) })
		})
	}
}

func TestChannelFollows(t *testing.T) {
	meet(t, func(t *testing.T, w *world, a, b *end, join func() func()) {
		m := a.master("test", MasterOptions{})
		do(m, put("foo", "bar"))
		c := b.clone("test", CloneOptions{})
		l := &log{}
		c.SetWatcher(l)
		join()
		w.pass(time.Second)
		r1, r2, r3 := do(c, put("k", "1")), do(c, increment("n", 2)), do(c, increment("n", 1))
		u1, u2 := do(c, unique("k", "x")), do(c, unique("u", "x"))
		do(c, erase("foo"))
		do(m, put("late", "v"))
		e := put("e", "v")
		e.Expiry, e.HasExpiry = broker.Timespan(300*time.Millisecond), true
		do(c, e)
		w.pass(time.Second)
		for _, r := range []*answer{r1, r2, r3, u1, u2} {
			w.want(r, broker.NoError)
		}
		if u1.r.Inserted || !u2.r.Inserted {
			t.Fatalf("put_unique says %v for a key that is there, %v for one that is not", u1.r.Inserted, u2.r.Inserted)
		}
		const want = "k=1 late=v n=3 u=x "
		if show(m) != want || show(c) != want {
			t.Fatalf("master %q, clone %q, want %q", show(m), show(c), want)
		}
		wantLog := []string{"insert foo new bar", "insert late new v", "insert k new 1", "insert n new 2", "update n old 2 new 3", "insert u new x",
			"erase foo old bar", "insert e new v", "expire e old v"}
		if !slices.Equal(l.lines, wantLog) {
			t.Fatalf("changes\n%q\nwant\n%q", l.lines, wantLog)
		}
		if c.Outstanding() != 0 || c.Info().State != "following" || m.Info().Clones != 1 {
			t.Fatalf("clone %+v\nmaster %+v", c.Info(), m.Info())
		}
	})
}

// TestChannelCut: a clone answers from its copy, keeps its writes, and has only the differences as changes afterwards.
func TestChannelCut(t *testing.T) {
	meet(t, func(t *testing.T, w *world, a, b *end, join func() func()) {
		m := a.master("test", MasterOptions{})
		for i := range 10 {
			do(m, put(fmt.Sprint("k", i), "v"))
		}
		c := b.clone("test", CloneOptions{})
		cut := join()
		w.pass(time.Second)
		l := &log{}
		c.SetWatcher(l)
		cut()
		if c.Info().State != "lost" {
			t.Fatalf("without a way to the master the clone is %s", c.Info().State)
		}
		do(m, put("k1", "other"))
		do(m, erase("k2"))
		w.pass(10 * time.Second)
		r := do(c, put("mine", "1"))
		if show(c) == "stale_data" || r.n != 0 {
			t.Fatal("a clone without a master does not answer from its copy, or has no patience")
		}
		join()
		w.pass(time.Second)
		w.want(r, broker.NoError)
		if show(c) != show(m) {
			t.Fatalf("master %q, clone %q", show(m), show(c))
		}
		want := []string{"update k1 old v new other", "erase k2 old v", "insert mine new 1"}
		if !slices.Equal(l.lines, want) {
			t.Fatalf("changes %q, want %q", l.lines, want)
		}
		w.pass(time.Second)
		if n := m.Info().Clones; n != 1 {
			t.Fatalf("the master has %d clones: the former self of this one is not forgotten", n)
		}
	})
}

// TestChannelMasterRestarts: a clone follows the next run of its master. What was not acknowledged is sent again, so it may
// be applied twice (DESIGN.md).
func TestChannelMasterRestarts(t *testing.T) {
	meet(t, func(t *testing.T, w *world, a, b *end, join func() func()) {
		d := &disk{w: w, auto: true}
		a.stored("test", d, true)
		c := b.clone("test", CloneOptions{})
		cut := join()
		w.pass(time.Second)
		lost := do(c, put("n", "1"))
		w.run() // it is applied and durable, and not acknowledged
		cut()
		a.subs, a.m = nil, nil
		w.pass(time.Second)
		if lost.n != 0 {
			t.Fatal("the test wants the acknowledgement to be lost")
		}
		a.id[1]++
		m := a.stored("test", d, true)
		join()
		w.pass(time.Second)
		w.want(lost, broker.NoError)
		if show(m) != "n=1 " || show(c) != "n=1 " {
			t.Fatalf("master %q, clone %q", show(m), show(c))
		}
	})
}

// TestChannelSilence: a master that is gone without a word is let go after 5 s, and found again when it speaks.
func TestChannelSilence(t *testing.T) {
	meet(t, func(t *testing.T, w *world, a, b *end, join func() func()) {
		m := a.master("test", MasterOptions{})
		c := b.clone("test", CloneOptions{})
		join()
		w.pass(time.Second)
		w.loss = 1
		do(m, put("k", "1"))
		w.pass(4 * time.Second)
		if c.Info().State != "following" {
			t.Fatalf("after 4 s of silence it is %s", c.Info().State)
		}
		w.pass(2 * time.Second)
		if c.Info().State != "lost" {
			t.Fatalf("after 6 s of silence it is %s", c.Info().State)
		}
		w.loss = 0
		w.pass(time.Second)
		if c.Info().State != "following" || show(c) != "k=1 " {
			t.Fatalf("it is %s and shows %q", c.Info().State, show(c))
		}
	})
}

// TestChannelLossy: what gets lost is repaired, in order.
func TestChannelLossy(t *testing.T) {
	meet(t, func(t *testing.T, w *world, a, b *end, join func() func()) {
		w.loss = 0.3
		m := a.master("test", MasterOptions{})
		c := b.clone("test", CloneOptions{})
		join()
		w.pass(3 * time.Second)
		var answers []*answer
		for i := range 300 {
			answers = append(answers, do(c, wire.Command{Kind: wire.CmdAdd, Key: text("list"), Value: count(uint64(i)), Init: broker.KindVector}))
			do(m, put(fmt.Sprint("k", i%10), fmt.Sprint(i)))
			w.pass(100 * time.Millisecond)
		}
		w.pass(5 * time.Second)
		for _, r := range answers {
			w.want(r, broker.NoError)
		}
		if show(c) != show(m) {
			t.Fatalf("master\n%s\nclone\n%s", show(m), show(c))
		}
		if c.Info().Snapshots > 1 {
			return // the session was given up: what was sent again may be there twice
		}
		list, err := m.Get(text("list"))
		var want []int
		for i := range 300 {
			want = append(want, i)
		}
		if err != nil || plain(list) != fmt.Sprint(want) {
			t.Fatalf("the writes came to %s, %v", plain(list), err)
		}
	})
}

// TestChannelSyncHoldsAll: with Sync no change, outcome, acknowledgement or snapshot leaves before it is durable.
func TestChannelSyncHoldsAll(t *testing.T) {
	meet(t, func(t *testing.T, w *world, a, b *end, join func() func()) {
		d := &disk{w: w}
		m := a.stored("test", d, true)
		do(m, put("before", "1"))
		c := b.clone("test", CloneOptions{})
		join()
		w.pass(time.Second)
		if show(c) != "stale_data" {
			t.Fatalf("a snapshot left before it was durable: %q", show(c))
		}
		d.settle()
		w.pass(time.Second)
		if show(c) != "before=1 " {
			t.Fatalf("the clone shows %q", show(c))
		}
		r, u := do(c, put("k", "1")), do(c, unique("k", "2"))
		mine := do(m, put("j", "2"))
		w.pass(4 * time.Second)
		if show(m) != "before=1 j=2 k=1 " || show(c) != "before=1 " || r.n+u.n+mine.n != 0 {
			t.Fatalf("before the disk has it: master %q, clone %q, answers %d %d %d", show(m), show(c), r.n, u.n, mine.n)
		}
		d.settle()
		w.pass(time.Second)
		w.want(r, broker.NoError)
		w.want(u, broker.NoError)
		if show(c) != show(m) || u.r.Inserted {
			t.Fatalf("afterwards: master %q, clone %q, inserted %v", show(m), show(c), u.r.Inserted)
		}
	})
}

// TestChannelDiskFails: what was not durable is sent again when the disk works, and the clones get what is on it.
func TestChannelDiskFails(t *testing.T) {
	meet(t, func(t *testing.T, w *world, a, b *end, join func() func()) {
		d := &disk{w: w}
		m := a.stored("test", d, true)
		c := b.clone("test", CloneOptions{})
		join()
		w.pass(time.Second)
		d.settle()
		w.pass(time.Second)
		do(m, put("good", "1"))
		w.run()
		d.settle()
		r, u := do(c, increment("n", 1)), do(c, unique("u", "x"))
		w.pass(time.Second)
		d.err = broker.ErrBackendFailure
		d.settle()
		do(c, increment("n", 1))
		w.pass(3 * time.Second)
		if r.n+u.n != 0 {
			t.Fatal("what is not on disk was acknowledged")
		}
		d.err, d.auto = nil, true
		w.pass(3 * time.Second)
		w.want(r, broker.NoError)
		w.want(u, broker.NoError)
		const want = "good=1 n=2 u=x "
		if !u.r.Inserted || show(m) != want || show(c) != want {
			t.Fatalf("master %q, clone %q, want %q; inserted %v", show(m), show(c), want, u.r.Inserted)
		}
	})
}

// TestOwnProtocolWins: where both are possible only our own is used, whichever comes first.
func TestOwnProtocolWins(t *testing.T) {
	for _, direct := range []bool{true, false} {
		w := newWorld(t)
		a, b, h := w.end(), w.end(), w.end()
		h.hop = true
		m := a.master("test", MasterOptions{})
		do(m, put("k", "v"))
		c := b.clone("test", CloneOptions{})
		if direct {
			w.connect(a, b)
		}
		w.connect(a, h)
		w.connect(h, b)
		w.pass(time.Second)
		if c.session.channel == direct {
			t.Fatalf("direct link %v: a session in Broker's protocol %v", direct, c.session.channel)
		}
		if !direct { // it comes later: it is for the next time
			w.connect(a, b)
			w.cut(h, b)
			w.connect(h, b)
			w.pass(time.Second)
		}
		r := do(c, put("k", "w"))
		w.pass(2 * time.Second)
		w.want(r, broker.NoError)
		if c.session.channel || show(c) != "k=w " || m.Info().Clones != 1 {
			t.Fatalf("clone %+v shows %q, master %+v", c.Info(), show(c), m.Info())
		}
		// The direct link goes, the other way stays.
		w.cut(a, b)
		w.pass(time.Second)
		l := &log{}
		c.SetWatcher(l)
		do(m, put("k", "x"))
		w.pass(time.Second)
		do(m, put("k", "y"))
		w.pass(time.Second)
		if !c.session.channel || show(c) != "k=y " || m.Info().Clones != 1 {
			t.Fatalf("clone %+v shows %q, master %+v", c.Info(), show(c), m.Info())
		}
		// It is there again, and what the clone had asked for comes late: what it has is not taken for older than it is.
		w.connect(a, b)
		c.look(b.Peers())
		w.pass(time.Second)
		do(m, put("k", "z"))
		w.pass(time.Second)
		want := []string{"update k old w new x", "update k old x new y", "update k old y new z"}
		if c.session.channel || c.channel.in != nil || m.Info().Clones != 1 || !slices.Equal(l.lines, want) {
			t.Fatalf("clone %+v heard %q, want %q; master %+v", c.Info(), l.lines, want, m.Info())
		}
	}
}

// TestLateResume: a resume that answers a question from before a session in Broker's protocol can't be taken.
func TestLateResume(t *testing.T) {
	w := newWorld(t)
	a, b, h := w.end(), w.end(), w.end()
	h.hop = true
	m := a.master("test", MasterOptions{})
	do(m, put("k", "v"))
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	resume := appendResume(nil, &opening{to: c.self.Object, term: c.term, seq: c.seq})
	w.cut(a, b)
	w.connect(a, h)
	w.connect(h, b)
	w.pass(time.Second)
	if !c.session.channel {
		t.Fatalf("the clone is %+v", c.Info())
	}
	w.connect(a, b)
	c.Receive(a.id, []byte(c.out), resume)
	if c.session.open || c.lost == step.Never {
		t.Fatal("a resume from before was taken, or the clone believes that it is followed by its former session")
	}
	do(m, put("k", "w"))
	w.pass(2 * time.Second)
	if show(c) != "k=w " {
		t.Fatalf("the clone shows %q", show(c))
	}
}

// TestChannelUnsynced: a disk that fails takes changes back that clones have seen.
func TestChannelUnsynced(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w, auto: true}
	m := a.stored("test", d, false)
	c := b.clone("test", CloneOptions{})
	w.broker(a, b)
	w.pass(time.Second)
	do(m, put("good", "1"))
	w.pass(time.Second)
	d.err = broker.ErrBackendFailure
	do(m, put("bad", "1"))
	w.pass(100 * time.Millisecond)
	if show(c) != "bad=1 good=1 " {
		t.Fatalf("the clone shows %q", show(c))
	}
	d.err = nil
	w.pass(2 * time.Second)
	if show(m) != "good=1 " || show(c) != "good=1 " {
		t.Fatalf("master %q, clone %q", show(m), show(c))
	}
}

// TestChannelJoinsWhileTheDiskFails: nobody gets a snapshot of what is not on disk.
func TestChannelJoinsWhileTheDiskFails(t *testing.T) {
	w := newWorld(t)
	a, b, e := w.end(), w.end(), w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	w.run()
	d.settle()
	do(m, put("bad", "1"))
	w.run()
	c := b.clone("test", CloneOptions{})
	w.broker(a, b)
	w.pass(300 * time.Millisecond)
	if m.channel.joining == 0 {
		t.Fatal("nobody waits for a snapshot")
	}
	do(m, put("bad", "2"))
	d.err = broker.ErrBackendFailure
	d.settle()
	late := e.clone("test", CloneOptions{})
	w.broker(a, e)
	w.pass(time.Second)
	if show(c)+show(late) != "stale_datastale_data" || m.channel.joining != 0 {
		t.Fatalf("clones %q and %q, %d join", show(c), show(late), m.channel.joining)
	}
	d.err, d.auto = nil, true
	w.pass(2 * time.Second)
	if show(m)+show(c)+show(late) != "" {
		t.Fatalf("master %q, clones %q and %q", show(m), show(c), show(late))
	}
}

// TestChannelChangesBehindJoin: what changes while a snapshot waits for the disk comes behind it.
func TestChannelChangesBehindJoin(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	c := b.clone("test", CloneOptions{})
	w.broker(a, b)
	w.run() // it asks, and the term is not on disk yet
	for i := range 5 {
		do(m, put("k", fmt.Sprint(i)))
		w.run()
	}
	w.cut(a, b) // so that it does not ask again
	w.broker(a, b)
	c.channel.next = step.Never
	d.settle()
	w.run()
	l := m.channel
	if l.out.Len() == 0 || l.out.Seq() < 6 {
		t.Fatalf("%d clones, change %d", l.out.Len(), l.out.Seq())
	}
}

// TestChannelBudget: snapshots are bounded by bytes in each tick.
func TestChannelBudget(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	m := a.master("test", MasterOptions{})
	w.broker(a, func() *end { e := w.end(); e.clone("test", CloneOptions{}); return e }())
	w.pass(time.Second)
	m.channel.budget = 1
	var clones []*Clone
	for range 2 {
		b := w.end()
		clones = append(clones, b.clone("test", CloneOptions{}))
		w.broker(a, b)
	}
	w.run()
	if show(clones[0]) != "" || show(clones[1]) != "stale_data" {
		t.Fatalf("they show %q and %q, although one snapshot was enough", show(clones[0]), show(clones[1]))
	}
	w.pass(400 * time.Millisecond)
	if show(clones[1]) != "" {
		t.Fatalf("later the second one shows %q", show(clones[1]))
	}
}

// TestChannelWindow: a writer can't have more under way to the disk than our own may.
func TestChannelWindow(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	d := &disk{w: w}
	m := a.stored("test", d, true)
	w.run()
	d.settle()
	f := w.foe(a, broker.CloneTopic("test"))
	f.say(m, m.in, wire.Command{Kind: wire.CmdAttachWriter, Number: 1, Heartbeat: 5})
	for seq := range uint64(MaxWrites + 100) {
		f.say(m, m.in, wire.Command{Seq: seq + 2, Kind: wire.CmdPut, Key: count(seq), Value: count(seq), Publisher: f.self})
	}
	if n, _ := m.Len(); n != MaxWrites {
		t.Fatalf("%d writes were applied, at most %d may wait for the disk", n, MaxWrites)
	}
	// What it lacks is asked for when the disk has the rest: a nack acknowledges all before it.
	w.pass(time.Second)
	f.say(m, m.in, wire.Command{Kind: wire.CmdKeepalive, Number: MaxWrites + 101})
	w.pass(time.Second)
	if got := f.heard(wire.CmdNack); len(got) != 0 {
		t.Fatalf("before the writes are on disk the master asks for %v", got[0].Missing)
	}
	d.settle()
	w.pass(time.Second)
	if got := f.heard(wire.CmdNack); len(got) == 0 || len(got[0].Missing) != 100 || got[0].Missing[0] != MaxWrites+2 {
		t.Fatalf("afterwards it asks %d times", len(got))
	}
	f.say(m, m.in, wire.Command{Seq: MaxWrites + 2, Kind: wire.CmdPut, Key: count(1), Value: count(1), Publisher: f.self})
	if n := m.channel.writers[0].waiting.n; n != 1 {
		t.Fatalf("%d writes wait for the disk, want 1", n)
	}
	w.run()
	d.err = broker.ErrBackendFailure
	d.settle()
	if n := m.channel.writers[0].waiting.n; n != 0 {
		t.Fatalf("when the disk has failed %d writes wait for it", n)
	}
}

// TestMasterBesideBroker is conformance case S64 for a Broker as peer.
func TestMasterBesideBroker(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	b.subs = []string{broker.MasterTopic("test")}
	w.broker(a, b)
	if _, err := OpenMaster(MasterOptions{Common: a.common("test"), Clock: func() int64 { return w.clock }}); broker.CodeOf(err) != broker.MasterExists {
		t.Fatalf("beside a Broker's master: %v", err)
	}
}

// TestChannelTooLarge: a snapshot that is no message is refused, and the log says which store it is.
func TestChannelTooLarge(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	m := a.master("test", MasterOptions{})
	m.opts.MaxEntry = 1000
	for i := range 100 {
		do(m, put(fmt.Sprint("k", i), "0123456789"))
	}
	c := b.clone("test", CloneOptions{})
	w.broker(a, b)
	w.pass(time.Second)
	if show(c) != "stale_data" || m.Info().Snapshots != 0 {
		t.Fatalf("the clone shows %q after %d snapshots", show(c), m.Info().Snapshots)
	}
	do(m, wire.Command{Kind: wire.CmdClear})
	w.pass(time.Second)
	if show(c) != "" {
		t.Fatalf("the clone shows %q", show(c))
	}
}

// TestWriteBeforeBegin: a write that was on its way when the table was read from the disk again is not taken before those in
// front of it, which were forgotten.
func TestWriteBeforeBegin(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	d := &disk{w: w, auto: true}
	m := a.stored("test", d, true)
	c := b.clone("test", CloneOptions{})
	w.connect(a, b)
	w.run()
	d.err = broker.ErrBackendFailure
	do(m, put("k", "v"))
	w.run()
	write := func(number uint64) {
		x := increment("n", 1)
		x.Publisher = c.self
		m.Receive(b.id, []byte(m.in), wire.AppendCommandBody(appendU64s([]byte{byte(msgWrite)}, number, 0), &x))
	}
	write(1)
	d.err = nil
	m.recover(w.now)
	write(2)
	write(1)
	write(2)
	if v, err := m.Get(text("n")); err != nil || plain(v) != "2" {
		t.Fatalf("two increments make %s, %v", plain(v), err)
	}
}

// TestDoneElsewhere: what a Broker's master has acknowledged is not done again by one of ours that comes after it.
func TestDoneElsewhere(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	c := a.clone("test", CloneOptions{})
	f := w.foe(a, broker.MasterTopic("test"))
	w.run()
	me := c.channel.self
	f.say(c, c.out, wire.Command{Seq: 1, Receiver: me, Kind: wire.CmdAckClone, Number: 1, Heartbeat: 5})
	f.say(c, c.out, wire.Command{Receiver: me, Kind: wire.CmdCumulativeAck, Number: 1})
	w.run()
	u, p, later := do(c, unique("u", "x")), do(c, increment("n", 1)), do(c, increment("n", 1))
	w.run()
	f.say(c, c.out, wire.Command{Receiver: me, Kind: wire.CmdCumulativeAck, Number: 3})
	w.cut(a, f.end)
	m := b.master("test", MasterOptions{})
	w.connect(a, b)
	w.run()
	for _, x := range []*answer{u, p, later} {
		w.want(x, broker.NoError)
	}
	if show(m) != "n=1 u=x " || !u.r.Inserted {
		t.Fatalf("the master shows %q", show(m))
	}
}
