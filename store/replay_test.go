package store

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// The sessions in testdata are replayed against our master, to which the test is the clone, and against our clone, to which
// it is the master. What is recorded of the other side arrives when it did then, and what ours says is compared with what
// Broker said: whole frames, byte for byte.

// deviations are where what we say differs, on purpose. Each must be met with.
var deviations = map[string]string{
	"unicast keepalive": "a master sends its keepalives to each clone: Broker's clones ignore those that are addressed to nobody (spec/stores.md §5)",
	"one name":          "a clone asks with put_unique in its own name; in Broker that is another actor's of the same endpoint",
	"other ticks":       "ticks begin with the first clone, in Broker with the store, and what Broker sends waits for TCP: an action may come before our keepalive and after Broker's",
}

// heard is one recorded command, or one of ours.
type heard struct {
	at      step.Time
	ours    bool // from the side that is replayed
	kind    wire.CommandKind
	topic   string
	to      broker.EndpointID
	payload []byte
	met     bool
}

func (h *heard) periodic() bool {
	return h.kind == wire.CmdKeepalive || h.kind == wire.CmdCumulativeAck
}

func (h *heard) equal(o *heard) bool {
	return h.kind == o.kind && h.topic == o.topic && h.to == o.to && bytes.Equal(h.payload, o.payload)
}

func (h *heard) String() string {
	return fmt.Sprintf("%.3f s %s on %s to %s: %x", time.Duration(h.at).Seconds(), h.kind, h.topic, h.to, h.payload)
}

// recording reads a file of testdata; side is whom ours stands in for.
func recording(t *testing.T, name, side string) (all []*heard) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if line[0] == '#' {
			continue
		}
		var at float64
		var dir, kind, frame string
		if _, err := fmt.Sscan(line, &at, &dir, &kind, &frame); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		raw, err := hex.DecodeString(frame)
		if err != nil {
			t.Fatal(err)
		}
		h, payload, err := wire.ParseBrokerFrame(raw)
		if err != nil {
			t.Fatal(err)
		}
		c, err := wire.ParseCommand(payload)
		if err != nil || c.Kind.String() != kind {
			t.Fatalf("%s is parsed as %s: %v", kind, c.Kind, err)
		}
		all = append(all, &heard{at: step.Time(at * 1e9), ours: dir[:1] == side, kind: c.Kind, topic: string(h.Topic), to: h.Receiver, payload: bytes.Clone(payload)})
	}
	return all
}

// The objects of the recordings: the master, the clone, and who asks with put_unique at the clone's endpoint.
const masterObject, cloneObject, askObject = 11, 9, 10

// replay is one run of a recording.
type replay struct {
	*world
	here  *end
	there broker.EndpointID
	want  []*heard
	got   []*heard
	used  map[string]bool
}

func newReplay(t *testing.T, name, side string) (*replay, []*heard) {
	all := recording(t, name, side)
	r := &replay{world: newWorld(t), used: map[string]bool{}}
	r.here = r.end()
	other := r.end()
	for _, h := range all {
		c, _ := wire.ParseCommand(h.payload)
		if h.ours {
			r.here.id = c.Sender.Endpoint
			r.want = append(r.want, h)
		} else {
			other.id = c.Sender.Endpoint
		}
	}
	r.there = other.id
	r.broker(r.here, other)
	r.now = all[0].at - step.Time(time.Millisecond)
	r.tap = func(from *end, topic string, to broker.EndpointID, payload []byte) {
		c, _ := wire.ParseCommand(payload)
		r.got = append(r.got, &heard{at: r.now, kind: c.Kind, topic: topic, to: to, payload: payload})
	}
	return r, all
}

// rename makes who asks with put_unique the clone itself.
func (r *replay) rename(h *heard, clone broker.EndpointID) {
	from := appendEntity(nil, wire.Entity{Endpoint: clone, Object: askObject})
	if bytes.Contains(h.payload, from) {
		h.payload = bytes.ReplaceAll(h.payload, from, appendEntity(nil, wire.Entity{Endpoint: clone, Object: cloneObject}))
		r.used["one name"] = true
	}
}

// until lets time pass in steps of 1 ms.
func (r *replay) until(at step.Time) {
	for r.now < at {
		r.now += step.Time(time.Millisecond)
		r.clock += int64(time.Millisecond)
		r.run()
	}
}

// compare looks for what is said by one side only. All but acknowledgements and keepalives have to come in the same order;
// those within a heartbeat and a tick.
func (r *replay) compare() {
	r.t.Helper()
	i := 0
	for _, w := range r.want {
		if w.periodic() {
			continue
		}
		for i < len(r.got) && r.got[i].periodic() {
			i++
		}
		if i == len(r.got) {
			r.t.Fatalf("missing: %s", w)
		}
		if !w.equal(r.got[i]) || r.got[i].at < w.at-step.Time(100*time.Millisecond) || r.got[i].at > w.at+step.Time(100*time.Millisecond) {
			r.t.Fatalf("got  %s\nwant %s", r.got[i], w)
		}
		i++
	}
	for ; i < len(r.got); i++ {
		if !r.got[i].periodic() {
			r.t.Fatalf("too much: %s", r.got[i])
		}
	}
	r.within(r.want, r.got, "missing")
	r.within(r.got, r.want, "too much")
}

// within looks for the periodic messages of a in b.
func (r *replay) within(a, b []*heard, what string) {
	r.t.Helper()
	const window = step.Time(610 * time.Millisecond)
	last := b[len(b)-1].at
	for _, x := range a {
		if !x.periodic() || x.at > last {
			continue
		}
		for _, y := range b {
			x.met = x.met || y.at >= x.at-window && y.at <= x.at+window && x.equal(y)
		}
		if !x.met && x.kind == wire.CmdKeepalive && what == "missing" && r.actsAt(x.at) {
			x.met, r.used["other ticks"] = true, true
		}
		if !x.met {
			r.t.Errorf("%s: %s", what, x)
		}
	}
}

// actsAt reports whether ours did something within a tick of then.
func (r *replay) actsAt(at step.Time) bool {
	return slices.ContainsFunc(r.got, func(h *heard) bool {
		return h.kind.IsAction() && h.at >= at && h.at <= at+step.Time(channelTick)
	})
}

// deviates checks that all these deviations were met with.
func (r *replay) deviates(names ...string) {
	r.t.Helper()
	for _, name := range names {
		if deviations[name] == "" || !r.used[name] {
			r.t.Errorf("the deviation %q is not met with", name)
		}
	}
	if len(r.used) != len(names) {
		r.t.Errorf("deviations %v, want %q", r.used, names)
	}
}

func recordings(t *testing.T, test func(t *testing.T, name string)) {
	for _, name := range []string{"connector-smaller.txt", "connector-larger.txt"} {
		t.Run(name, func(t *testing.T) { test(t, name) })
	}
}

// TestReplayMaster: our master says to a Broker's clone what a Broker's master says.
func TestReplayMaster(t *testing.T) {
	recordings(t, func(t *testing.T, name string) {
		r, all := newReplay(t, name, "A")
		for _, h := range r.want {
			if h.kind == wire.CmdKeepalive { // deviation: unicast
				who := wire.Entity{Endpoint: r.there, Object: cloneObject}
				copy(h.payload[8+entityBytes:], appendEntity(nil, who))
				h.to = r.there
				r.used["unicast keepalive"] = true
			}
		}
		common := Common{Name: "foo", Env: r.env(), Bus: r.here, Object: masterObject}
		m, err := OpenMaster(MasterOptions{Common: common, Clock: func() int64 { return r.clock }})
		if err != nil {
			t.Fatal(err)
		}
		r.here.m = m
		w := r.world
		w.want(do(m, wire.Command{Kind: wire.CmdPut, Key: text("k1"), Value: count(1)}), broker.NoError)
		for _, h := range all {
			r.until(h.at)
			c, _ := wire.ParseCommand(h.payload)
			switch {
			case !h.ours:
				m.ReceiveCommand([]byte(h.topic), h.payload)
			case c.Kind == wire.CmdPut && c.Publisher == m.self:
				w.want(do(m, wire.Command{Kind: wire.CmdPut, Key: c.Key, Value: c.Value}), broker.NoError)
			}
		}
		r.compare()
		r.deviates("unicast keepalive", "other ticks")
	})
}

// TestReplayClone: our clone says to a Broker's master what a Broker's clone says.
func TestReplayClone(t *testing.T) {
	recordings(t, func(t *testing.T, name string) {
		r, all := newReplay(t, name, "B")
		for _, h := range all {
			r.rename(h, r.here.id)
		}
		for _, e := range r.ends {
			if e != r.here {
				e.subs = []string{broker.MasterTopic("foo")}
			}
		}
		r.until(all[0].at)
		c, err := OpenClone(CloneOptions{Common: Common{Name: "foo", Env: r.env(), Bus: r.here, Object: cloneObject}})
		if err != nil {
			t.Fatal(err)
		}
		r.here.m = c
		var asked []*answer
		for _, h := range all {
			r.until(h.at)
			cmd, _ := wire.ParseCommand(h.payload)
			switch {
			case !h.ours:
				c.ReceiveCommand([]byte(h.topic), h.payload)
			case h.kind.IsAction():
				asked = append(asked, do(c, wire.Command{Kind: cmd.Kind, Key: cmd.Key, Value: cmd.Value, Expiry: cmd.Expiry, HasExpiry: cmd.HasExpiry, Init: cmd.Init}))
				r.run()
			}
		}
		r.compare()
		r.deviates("one name", "other ticks")
		inserted := 0
		for _, a := range asked {
			r.world.want(a, broker.NoError)
			if a.r.Inserted {
				inserted++
			}
		}
		if inserted != 1 {
			t.Errorf("%d put_unique have inserted their key, want the first one", inserted)
		}
		if show(c) != "" {
			t.Errorf("after the clear the clone shows %q", show(c))
		}
	})
}
