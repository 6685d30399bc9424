package peering_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

func randomHello(r *rand.Rand) peering.Hello {
	h := peering.Hello{Forwards: r.IntN(2) == 0, Asks: r.IntN(2) == 0, Name: strings.Repeat("n", r.IntN(255)), Epoch: r.Uint64(), Link: r.Uint64()}
	if r.IntN(2) == 0 {
		h.Former = r.Uint64() | 1
		for l := range h.Taken {
			h.Taken[l] = step.Count{Messages: r.Uint64(), Bytes: r.Uint64()}
		}
	}
	return h
}

func TestHelloRoundTrip(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		h := randomHello(r)
		b := peering.AppendHello(nil, h)
		if b[0] != peering.KindHello {
			t.Fatalf("the kind is %d", b[0])
		}
		if got, err := peering.ParseHello(b[1:]); err != nil || got != h {
			t.Fatalf("%+v became %+v, %v", h, got, err)
		}
	}
}

// TestHelloBytes fixes what is on the wire.
func TestHelloBytes(t *testing.T) {
	t.Parallel()
	h := peering.Hello{Forwards: true, Name: "w1", Epoch: 5, Link: 6, Former: 7}
	h.Taken[step.LaneEvents] = step.Count{Messages: 8, Bytes: 9}
	want := "\x01" + "\x01\x01\x01" + "\x02\x02w1" + "\x03\x08\x00\x00\x00\x00\x00\x00\x00\x05" +
		"\x04\x08\x00\x00\x00\x00\x00\x00\x00\x06" + "\x05\x08\x00\x00\x00\x00\x00\x00\x00\x07" +
		"\x06\x40" + strings.Repeat("\x00", 23) + "\x08" + strings.Repeat("\x00", 7) + "\x09" + strings.Repeat("\x00", 32)
	if got := peering.AppendHello(nil, h); string(got) != want {
		t.Errorf("%x\nwant\n%x", got, want)
	}
}

// TestHelloOfALaterVersion: unknown fields, longer fields and more lanes are skipped, and the order does not matter.
func TestHelloOfALaterVersion(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		h := randomHello(r)
		fields := splitHello(t, peering.AppendHello(nil, h)[1:])
		for i, f := range fields {
			if f[0] == 3 || f[0] == 6 {
				n, size := binary.Uvarint(f[1:])
				content := append(bytes.Clone(f[1+size:]), 1, 2, 3)
				fields[i] = append(wire.AppendVarbyte([]byte{f[0]}, uint32(n)+3), content...)
			}
		}
		for range r.IntN(4) {
			content := make([]byte, r.IntN(300))
			fields = append(fields, append(wire.AppendVarbyte([]byte{byte(7 + r.IntN(249))}, uint32(len(content))), content...))
		}
		r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		if got, err := peering.ParseHello(bytes.Join(fields, nil)); err != nil || got != h {
			t.Fatalf("%+v became %+v, %v", h, got, err)
		}
	}
	long := peering.AppendHello(nil, peering.Hello{Name: strings.Repeat("n", 1000)})
	if got, err := peering.ParseHello(long[1:]); err != nil || len(got.Name) != 255 {
		t.Errorf("of a long name %d bytes are taken, %v", len(got.Name), err)
	}
}

func splitHello(t *testing.T, b []byte) (fields [][]byte) {
	for len(b) > 0 {
		n, size := binary.Uvarint(b[1:])
		end := 1 + size + int(n)
		fields, b = append(fields, b[:end:end]), b[end:]
	}
	return fields
}

// TestHelloCutShort at every byte: an error, but between two fields, where it is a hello that says less.
func TestHelloCutShort(t *testing.T) {
	t.Parallel()
	h := peering.Hello{Name: "w1", Epoch: 5, Link: 6, Former: 7}
	whole := peering.AppendHello(nil, h)[1:]
	borders := map[int]bool{0: true}
	at := 0
	for _, f := range splitHello(t, whole) {
		at += len(f)
		borders[at] = true
	}
	for i := range whole {
		_, err := peering.ParseHello(whole[:i])
		if borders[i] != (err == nil) {
			t.Errorf("cut to %d of %d bytes: %v", i, len(whole), err)
		}
		if err != nil && broker.CodeOf(err) != broker.InvalidMessage {
			t.Errorf("cut to %d bytes: the code is %s", i, broker.CodeOf(err))
		}
	}
	for _, bad := range []string{"\x03\x07abcdefg", "\x04\x00", "\x06\x3f" + strings.Repeat("x", 63),
		"\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		if _, err := peering.ParseHello([]byte(bad)); err == nil {
			t.Errorf("%x is taken", bad)
		}
	}
}

// TestLinkControl: what a peered link does with good and bad messages of its own.
func TestLinkControl(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, payload string
		ends          bool
	}{
		{"empty", "", true},
		{"unknown kind", "\x05what is this", false},
		{"kind 0", "\x00", false},
		{"hello", string(peering.AppendHello(nil, peering.Hello{Name: "x"})), false},
		{"hello cut short", "\x01\x02\x05abc", true},
		{"counters", "\x02" + strings.Repeat("\x00", 64), false},
		{"counters of more lanes", "\x02" + strings.Repeat("\x00", 80), false},
		{"counters cut short", "\x02" + strings.Repeat("\x00", 63), true},
		{"bye cut short", "\x03" + strings.Repeat("\x00", 31), true},
		{"bye", "\x03" + strings.Repeat("\xff", 32), false},
		{"done", "\x04", false},
	} {
		n := byHand(t, config{})
		l := n.accept(false)
		l.peer(larger)
		l.control(larger, wire.TypeLink, []byte(c.payload))
		if l.closed != c.ends {
			t.Errorf("%s: closed %v, %s", c.name, l.closed, l.why)
		}
		if c.ends && (l.code != uint64(broker.InvalidMessage) || n.logged("WARN the peer broke the protocol") != 1) {
			t.Errorf("%s: closed with code %d, log %q", c.name, l.code, n.logs)
		}
		if c.ends {
			n.want(append(added(larger, "stranger"), lost(larger, "stranger")...)...)
		}
	}
}

// TestFirstMessageIsTheHello: anything else ends the connection before anybody hears of a peer.
func TestFirstMessageIsTheHello(t *testing.T) {
	t.Parallel()
	for name, feed := range map[string]func(l *fakeLink){
		"ping":       func(l *fakeLink) { l.control(larger, wire.TypePing, []byte("x")) },
		"counters":   func(l *fakeLink) { l.control(larger, wire.TypeLink, []byte("\x02")) },
		"empty":      func(l *fakeLink) { l.control(larger, wire.TypeLink, nil) },
		"bad hello":  func(l *fakeLink) { l.control(larger, wire.TypeLink, []byte("\x01\x04")) },
		"handshake":  func(l *fakeLink) { l.say(wire.Probe{}) },
		"no frame":   func(l *fakeLink) { l.feed(step.LaneControl, []byte{0, 0, 0, 0}) },
		"other lane": func(l *fakeLink) { l.feed(step.LaneEvents, l.frame(larger, wire.Header{Type: 1}, "t", []byte("x"))) },
	} {
		n, l := in(t, "await_link_hello", false)
		if feed(l); !l.closed || l.open || n.table.State(l) != "" {
			t.Errorf("%s: closed %v, lanes read %v", name, l.closed, l.open)
		}
		n.want()
		n.wantLeft(0, 1, 1)
	}
	// Even sooner.
	for _, state := range handshakeStates {
		n, l := in(t, state, false)
		if l.feed(step.LaneEvents, wire.AppendHandshake(nil, hello(larger))); !l.closed {
			t.Errorf("%s: a message on the event lane passes", state)
		}
		n.events = nil
	}
}

// TestCounters: what was taken is told once a second, while it changes, and not for control messages alone.
func TestCounters(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	l := n.accept(false)
	l.peer(larger)
	l.control(larger, wire.TypePing, []byte("x"))
	n.after(1500 * time.Millisecond)
	if got := l.take(); len(got) != 1 { // the pong
		t.Errorf("control messages alone have it say %v", got)
	}
	var bytes uint64
	for seq := range uint64(3) {
		f := l.frame(larger, wire.Header{Type: wire.TypeData, Seq: seq + 1}, "t", []byte("m"))
		bytes += uint64(len(f))
		l.feed(step.LaneEvents, f)
	}
	n.after(400 * time.Millisecond)
	if got := l.take(); len(got) != 0 {
		t.Errorf("at once it says %v", got)
	}
	n.after(601 * time.Millisecond)
	var reports []peering.LaneCounts
	for _, s := range l.take() {
		h, payload, err := wire.ParseFrame(s.frame[wire.LengthSize:])
		if err == nil && h.Type == wire.TypeLink && payload[0] == peering.KindCounters {
			c, err := peering.ParseCounts(payload[1:])
			if err != nil {
				t.Fatal(err)
			}
			reports = append(reports, c)
		}
	}
	if len(reports) != 1 || reports[0][step.LaneEvents] != (step.Count{Messages: 3, Bytes: bytes}) {
		t.Errorf("after a second it says %+v, want 3 messages of %d bytes", reports, bytes)
	}
	if n.after(900 * time.Millisecond); len(l.take()) != 0 {
		t.Error("it says so again")
	}
}

// TestForwardingChanged: the peers are told, and take it in.
func TestForwardingChanged(t *testing.T) {
	t.Parallel()
	n := byHand(t, config{})
	n.subscribe("t")
	former := n.accept(false)
	former.peer(larger)
	former.control(larger, wire.TypePing, []byte("x"))
	former.hangUp("")
	l, isBroker := n.accept(false), n.accept(true)
	l.peer(larger)
	isBroker.peer(smaller)
	n.hub.SetForwarding(true)
	n.table.ForwardingChanged()
	n.settle()
	got := l.take()
	if len(got) != 1 || len(isBroker.take()) != 0 || isBroker.Counters(step.LaneControl).Dropped.Messages != 0 {
		t.Fatalf("it says %v", got)
	}
	_, payload, _ := wire.ParseFrame(got[0].frame[wire.LengthSize:])
	if h, err := peering.ParseHello(payload[1:]); err != nil || !h.Forwards || h.Former != 0 || h.Name != "here" {
		t.Errorf("it says %+v, %v", h, err)
	}

	n.hub.SetForwarding(false)
	twice := l.frame(larger, wire.Header{Type: wire.TypeData, Seq: 1}, "t", []byte("m"))
	l.feed(step.LaneEvents, twice, twice)
	n.wantGot("t=m", "t=m")
	l.control(larger, wire.TypeLink, peering.AppendHello(nil, peering.Hello{Forwards: true}))
	l.feed(step.LaneEvents, twice, twice)
	n.wantGot("t=m") // copies may come about from now on

	n = byHand(t, config{})
	n.subscribe("t")
	l, _ = n.again()
	l.says(peering.Hello{Forwards: true})
	l.feed(step.LaneEvents, twice, twice)
	n.wantGot("t=m")
}

// FuzzLinkControl has hellos and counters read and written again, and a peered link take them: nothing panics, what was
// read is what is written, and the account adds up.
func FuzzLinkControl(f *testing.F) {
	h := peering.Hello{Forwards: true, Name: "w1", Epoch: 5, Link: 6, Former: 7}
	f.Add(peering.AppendHello(nil, h))
	f.Add(peering.AppendCounts([]byte{peering.KindCounters}, peering.LaneCounts{1: {Messages: 1, Bytes: 40}}))
	f.Add(append([]byte{peering.KindBye}, make([]byte, 32)...))
	f.Add([]byte{peering.KindDone})
	f.Add([]byte{9, 1, 2})
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) > 0 {
			if h, err := peering.ParseHello(payload[1:]); err == nil {
				if h.Former == 0 {
					h.Taken = peering.LaneCounts{} // not written then
				}
				if again, err := peering.ParseHello(peering.AppendHello(nil, h)[1:]); err != nil || again != h {
					t.Fatalf("%+v became %+v, %v", h, again, err)
				}
			}
			if c, err := peering.ParseCounts(payload[1:]); err == nil && !bytes.HasPrefix(payload[1:], peering.AppendCounts(nil, c)) {
				t.Fatalf("%+v of %x", c, payload)
			}
		}
		n := byHand(t, config{})
		l := n.accept(false)
		l.peer(larger, "t")
		n.publish("t", "written")
		n.settle()
		l.take()
		n.publish("t", "queued")
		l.control(larger, wire.TypeLink, payload)
		n.balance("with the link")
		n.after(2 * time.Second)
		l.hangUp("")
		n.balance("without")
		n.wantLeft(0, 1, 1)
	})
}
