package store

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store/rules"
)

// The conformance cases of stores, S56 to S65. S63 is TestPutUnique and, in Broker's protocol, TestPutUniqueByChannel; S64
// is TestTwoMasters and TestMasterBesideBroker.

// The endpoints of the specification's examples.
var (
	endA = broker.EndpointID{0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x51, 0x11, 0x91, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11}
	endB = broker.EndpointID{0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x52, 0x22, 0x92, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22}
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestS56(t *testing.T) {
	put := wire.Command{Kind: wire.CmdPut, Key: text("foo"), Value: wire.AppendInteger(nil, 42), Publisher: wire.Entity{Endpoint: endB, Object: 9}}
	want := unhex(t, "00 0503666f6f 03000000000000002a 00 22222222222252229222222222222222 0000000000000009")
	if got := wire.AppendCommandBody(nil, &put); !bytes.Equal(got, want) {
		t.Fatalf("got  %x\nwant %x", got, want)
	}
}

// TestS57: the clone's first frame of the specification is answered by the master's, byte for byte.
func TestS57(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	a.id, b.id = endA, endB
	b.subs = []string{broker.CloneTopic("test")}
	w.broker(a, b)
	m, err := OpenMaster(MasterOptions{Common: Common{Name: "test", Env: w.env(), Bus: a, Object: 7}, Clock: func() int64 { return w.clock }})
	if err != nil {
		t.Fatal(err)
	}
	a.m = m
	w.want(do(m, wire.Command{Kind: wire.CmdPut, Key: text("foo"), Value: wire.AppendInteger(nil, 42)}), broker.NoError)
	var got []byte
	w.tap = func(_ *end, topic string, to broker.EndpointID, payload []byte) {
		got, err = wire.AppendBrokerFrame(got, &wire.Header{Type: wire.TypeCommand, TTL: 16, LastHop: endA, Receiver: to, Topic: []byte(topic)}, payload, wire.DefaultMaxFrame)
		if err != nil {
			t.Fatal(err)
		}
	}
	ask := unhex(t, `22222222222252229222222222222222000000000000000000000000000000000200100014746573742f3c243e2f646174612f6d6173746572`+
		`0000000000000000222222222222522292222222222222220000000000000009`+`000000000000000000000000000000000000000000000000`+`0b010000000000000000`)
	h, payload, err := wire.ParseBrokerFrame(ask)
	if err != nil {
		t.Fatal(err)
	}
	if !m.ReceiveCommand(h.Topic, payload) {
		t.Fatal("the master says that it was not for it")
	}
	want := unhex(t, `0000008a11111111111151119111111111111111222222222222522292222222222222220200100013746573742f3c243e2f646174612f636c6f6e65`+
		`0000000000000001111111111111511191111111111111110000000000000007`+`222222222222522292222222222222220000000000000009`+
		`0c00000000000000010005010503666f6f03000000000000002a`)
	if !bytes.Equal(got, want) {
		t.Fatalf("got  %x\nwant %x", got, want)
	}
}

// TestS58: two clones hear of the same changes in the same order, with the writer as their publisher; one of them speaks
// Broker's protocol.
func TestS58(t *testing.T) {
	w := newWorld(t)
	a, b, c := w.end(), w.end(), w.end()
	m := a.master("test", MasterOptions{})
	x, y := b.clone("test", CloneOptions{}), c.clone("test", CloneOptions{})
	w.broker(a, b)
	w.connect(a, c)
	w.pass(time.Second)
	logs := map[string]*events{"master": {}, "Broker's": {}, "ours": {}}
	m.SetWatcher(logs["master"])
	x.SetWatcher(logs["Broker's"])
	y.SetWatcher(logs["ours"])
	for i, s := range []*Clone{x, y} {
		do(s, put("k", string(rune('a'+i))))
		do(s, erase("k"))
		w.pass(time.Second)
	}
	var want [][]byte
	for i, s := range []*Clone{x, y} {
		value := text(string(rune('a' + i)))
		want = append(want,
			AppendEvent(nil, "test", &Change{Kind: Insert, Key: text("k"), New: value, Publisher: s.self}),
			AppendEvent(nil, "test", &Change{Kind: Erase, Key: text("k"), Publisher: s.self}))
	}
	for who, l := range logs {
		if !slices.EqualFunc(l.all, want, bytes.Equal) {
			t.Errorf("%s heard\n%x\nwant\n%x", who, l.all, want)
		}
	}
}

// events is a Watcher that keeps Broker's vectors.
type events struct{ all [][]byte }

func (e *events) Wants() bool       { return true }
func (e *events) Changed(c *Change) { e.all = append(e.all, AppendEvent(nil, "test", c)) }

func TestS59(t *testing.T) {
	w := newWorld(t)
	m := w.end().master("test", MasterOptions{})
	l := &log{}
	m.SetWatcher(l)
	w.want(do(m, increment("n", 2)), broker.NoError)
	w.want(do(m, wire.Command{Kind: wire.CmdSubtract, Key: text("n"), Value: count(1)}), broker.NoError)
	if v, err := m.Get(text("n")); err != nil || !bytes.Equal(v, count(1)) {
		t.Fatalf("got %x, %v; want count 1", v, err)
	}
	if want := []string{"insert n new 2", "update n old 2 new 1"}; !slices.Equal(l.lines, want) {
		t.Fatalf("changes %q, want %q", l.lines, want)
	}
}

func TestS60(t *testing.T) {
	w := newWorld(t)
	m := w.end().master("test", MasterOptions{})
	one, pair := wire.AppendInteger(nil, 1), append(append(wire.AppendVectorHeader(nil, 2), text("i")...), text("v")...)
	w.want(do(m, put("s", "a")), broker.NoError)
	for _, c := range []struct {
		key         string
		value, want []byte
		init        broker.Kind
	}{
		{"s", text("b"), text("ab"), broker.KindString},
		{"vector", one, append(wire.AppendVectorHeader(nil, 1), one...), broker.KindVector},
		{"set", one, append(wire.AppendSetHeader(nil, 1), one...), broker.KindSet},
		{"table", pair, append(append(wire.AppendTableHeader(nil, 1), text("i")...), text("v")...), broker.KindTable},
	} {
		w.want(do(m, wire.Command{Kind: wire.CmdAdd, Key: text(c.key), Value: c.value, Init: c.init}), broker.NoError)
		if got, err := m.Get(text(c.key)); err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: got %x, %v; want %x", c.key, got, err, c.want)
		}
	}
}

// TestS61: what a script's get_index does with what Get returns.
func TestS61(t *testing.T) {
	vector := append(append(wire.AppendVectorHeader(nil, 2), count(10)...), count(20)...)
	set := append(wire.AppendSetHeader(nil, 1), count(1)...)
	for _, c := range []struct {
		name         string
		value, index []byte
		want         []byte
		code         broker.Code
	}{
		{"in it", vector, count(1), count(20), broker.NoError},
		{"negative", vector, wire.AppendInteger(nil, -1), nil, broker.TypeClash},
		{"behind it", vector, count(5), nil, broker.NoSuchKey},
		{"a set", set, count(1), wire.AppendBoolean(nil, true), broker.NoError},
	} {
		w := newWorld(t)
		m := w.end().master("test", MasterOptions{})
		w.want(do(m, wire.Command{Kind: wire.CmdPut, Key: text("k"), Value: c.value}), broker.NoError)
		v, err := m.Get(text("k"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := rules.Index(nil, v, c.index)
		if broker.CodeOf(err) != c.code || !bytes.Equal(got, c.want) {
			t.Errorf("%s: got %x, %v; want %x, %v", c.name, got, err, c.want, c.code)
		}
	}
}

// TestS62: what expires goes everywhere, and the master is whose doing it is.
func TestS62(t *testing.T) {
	meet(t, func(t *testing.T, w *world, a, b *end, join func() func()) {
		m := a.master("test", MasterOptions{})
		c := b.clone("test", CloneOptions{})
		join()
		w.pass(time.Second)
		atMaster, atClone := &events{}, &events{}
		m.SetWatcher(atMaster)
		c.SetWatcher(atClone)
		p := put("k", "v")
		p.Expiry, p.HasExpiry = broker.Timespan(500*time.Millisecond), true
		do(c, p)
		w.pass(700 * time.Millisecond)
		for _, s := range []Store{m, c} {
			if _, err := s.Get(text("k")); broker.CodeOf(err) != broker.NoSuchKey {
				t.Errorf("after 700 ms Get says %v", err)
			}
		}
		want := [][]byte{
			AppendEvent(nil, "test", &Change{Kind: Insert, Key: text("k"), New: text("v"), Expiry: p.Expiry, HasExpiry: true, Publisher: c.self}),
			AppendEvent(nil, "test", &Change{Kind: Expire, Key: text("k"), Publisher: m.self}),
		}
		for _, l := range []*events{atMaster, atClone} {
			if !slices.EqualFunc(l.all, want, bytes.Equal) {
				t.Errorf("heard\n%x\nwant\n%x", l.all, want)
			}
		}
	})
}

// TestPutUniqueByChannel is case S63 in Broker's protocol.
func TestPutUniqueByChannel(t *testing.T) {
	w := newWorld(t)
	a := w.end()
	a.master("test", MasterOptions{})
	var answers []*answer
	for i := range 8 {
		e := w.end()
		c := e.clone("test", CloneOptions{})
		w.broker(a, e)
		w.pass(time.Second)
		answers = append(answers, do(c, unique("k", string(rune('a'+i)))))
	}
	w.pass(time.Second)
	won := 0
	for _, r := range answers {
		w.want(r, broker.NoError)
		if r.r.Inserted {
			won++
		}
	}
	if won != 1 {
		t.Fatalf("%d of 8 were told that they inserted the key", won)
	}
}

// TestS65: what expired while there was no master is gone after its first ticks.
func TestS65(t *testing.T) {
	w := newWorld(t)
	d := &disk{w: w, auto: true}
	m := w.end().stored("test", d, false)
	p := put("old", "v")
	p.Expiry, p.HasExpiry = broker.Timespan(time.Second), true
	for _, c := range []wire.Command{put("a", "1"), p, put("b", "2")} {
		w.want(do(m, c), broker.NoError)
	}
	w.run()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	w.ends = nil
	w.clock += int64(time.Hour)
	m = w.end().stored("test", d, false)
	w.pass(200 * time.Millisecond)
	if got := show(m); got != "a=1 b=2 " {
		t.Fatalf("after the restart it shows %q", got)
	}
}

// TestEventVectors: the fields of each event, as the specification has them.
func TestEventVectors(t *testing.T) {
	who := wire.Entity{Endpoint: endB, Object: 9}
	by := `"22222222-2222-5222-9222-222222222222", 9`
	for _, c := range []struct {
		change Change
		want   string
	}{
		{Change{Kind: Insert, Key: text("k"), New: count(1), Expiry: broker.Timespan(time.Second), HasExpiry: true, Publisher: who}, `"insert", "s", "k", 1, 1s, ` + by},
		{Change{Kind: Insert, Key: text("k"), New: count(1)}, `"insert", "s", "k", 1, nil, nil, nil`},
		{Change{Kind: Update, Key: text("k"), Old: count(1), New: count(2), Publisher: who}, `"update", "s", "k", 1, 2, nil, ` + by},
		{Change{Kind: Erase, Key: text("k"), Old: count(1), Publisher: who}, `"erase", "s", "k", ` + by},
		{Change{Kind: Expire, Key: text("k"), Old: count(1), Publisher: who}, `"expire", "s", "k", ` + by},
	} {
		d, err := wire.DecodeData(AppendEvent(nil, "s", &c.change))
		if err != nil {
			t.Fatal(err)
		}
		v := d.(broker.Vector)
		if got := describe(v); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func describe(v broker.Vector) string {
	var parts []string
	for _, d := range v {
		switch d := d.(type) {
		case broker.String:
			parts = append(parts, `"`+string(d)+`"`)
		case broker.Timespan:
			parts = append(parts, time.Duration(d).String())
		case broker.None:
			parts = append(parts, "nil")
		default:
			parts = append(parts, plain(wire.AppendData(nil, d)))
		}
	}
	return strings.Join(parts, ", ")
}
