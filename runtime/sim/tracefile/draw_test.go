package tracefile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// event is a message with an event in it.
func event(from, to, name, topic string, at time.Duration) *Message {
	h := wire.Header{Type: wire.TypeData, TTL: 16, Seq: 1, Topic: []byte(topic)}
	payload := wire.AppendCount(wire.AppendEventHeader(nil, name, 1), 7)
	return framed(from, to, step.LaneEvents, &h, payload, at)
}

func framed(from, to string, l step.Lane, h *wire.Header, payload []byte, at time.Duration) *Message {
	frame, err := wire.AppendFrame(nil, h, payload, wire.DefaultMaxFrame)
	if err != nil {
		panic(err)
	}
	return &Message{From: from, To: to, Lane: l, Sent: at - time.Millisecond, Again: at - time.Millisecond, At: at, Frame: frame, Size: len(frame)}
}

// shake is a message of a handshake.
func shake(from, to string, h wire.Handshake, at time.Duration) *Message {
	frame := wire.AppendHandshake(nil, h)
	return &Message{From: from, To: to, Lane: step.LaneControl, Sent: at, Again: at, At: at, Frame: frame, Size: len(frame)}
}

// course is something of everything.
func course() []Entry {
	id := broker.EndpointID{1}
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	again := event("manager", "worker-1", "EX::again", "bro/w", ms(12))
	again.Sent = ms(2)
	lost := event("worker-2", "manager", "EX::lost", "bro/m", ms(13))
	lost.Lost = true
	link := wire.Header{Type: wire.TypeLink, TTL: 16, Seq: 1, Origin: id}
	route := wire.Header{Type: wire.TypeRoutingUpdate, TTL: 16, Seq: 1, Origin: id}
	store := wire.Header{Type: wire.TypeStore, TTL: 16, Seq: 1, Topic: []byte("x/data/master")}
	es := []Entry{
		{What: World, Text: "seed 1"},
		{Node: "manager", What: Loaded, Text: "id 1"},
		{Node: "worker-1", What: Loaded, Text: "id 2"},
		{Node: "worker-2", What: Loaded, Text: "id 3"},
	}
	for _, m := range []*Message{
		shake("manager", "worker-1", wire.Probe{}, ms(1)),
		shake("worker-1", "manager", wire.VersionSelect{ID: id, Version: 1}, ms(1)),
		shake("worker-1", "manager", wire.DropConn{ID: id, Code: broker.PeerInvalid, Text: "go away"}, ms(1)),
		framed("manager", "worker-1", step.LaneControl, &link, []byte{2}, ms(2)),
		framed("manager", "worker-1", step.LaneControl, &route, wire.AppendFilter(nil, []string{"a/", "b/", "c/", "d/", "e/"}), ms(2)),
		event("worker-2", "manager", "EX::found", "bro/m", ms(3)),
		event("manager", "worker-1", "EX::found", "bro/w", ms(3)),
		framed("worker-1", "worker-2", step.LaneStores, &store, []byte("put"), ms(4)),
		again, lost,
	} {
		es = append(es, Entry{At: m.At, Message: m})
	}
	return append(es,
		Entry{At: ms(14), What: Partition, Text: "manager | worker-1"},
		Entry{At: ms(15), Node: "worker-1", What: Out, Text: "one\ttab\ntwo\x1b[31m\n"},
		Entry{At: ms(16), Node: "worker-2", What: Crashed},
		Entry{At: ms(17), Node: "worker-1", What: Err, Text: "error: no\n"},
		Entry{At: ms(18), Node: "worker-2", What: Loaded, Text: "id 4"},
		Entry{At: 90061 * time.Second, What: Heal})
}

func draw(t testing.TB, es []Entry, o Options) string {
	t.Helper()
	var b strings.Builder
	if err := Draw(&b, es, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDraw(t *testing.T) {
	describe := func(payload []byte) string {
		name, err := wire.EventName(payload)
		return fmt.Sprintf("%s(7) %v", name, err)
	}
	compare(t, draw(t, course(), Options{Width: 80, Describe: describe}), `
                manager  worker-1  worker-2
    0.003000       │◀────────┼─────────┤  EX::found(7) <nil> on bro/m
                   ├────────▶│         │  EX::found(7) <nil> on bro/w
    0.004000       │         ├────────▶│  store command of 3 bytes on x/data/ma…
    0.012000       ├────────▶│         │  (sent again after 9ms) EX::again(7) <…
    0.013000       │✗────────┼─────────┤  (lost) EX::lost(7) <nil> on bro/m
    0.014000       │═════════│═════════│  partition manager | worker-1
    0.015000       │         ●         │  worker-1 prints one tab
                   │         │         │  two\x1b[31m
    0.016000       │         │         ✗  worker-2 crashed
    0.017000       │         ●         ┊  worker-1 reports error: no
    0.018000       │         │         ○  worker-2 loaded again
90061.000000       │═════════│═════════│  heal
`)
}

func TestDrawAll(t *testing.T) {
	es := course()
	for i := range es {
		es[i].At = min(es[i].At, 2*time.Millisecond)
	}
	compare(t, draw(t, es[:9], Options{ASCII: true, All: true, Width: 72, Nodes: []string{"worker-2", "worker-1", "nobody"}}), `
           worker-2  worker-1   manager
0.000000       |=========|=========|  world seed 1
               |         |         o  manager loaded
               |         o         |  worker-1 loaded
               o         |         |  worker-2 loaded
0.001000       |         |<--------+  handshake: probe
               |         +-------->|  handshake: version select
               |         +-------->|  handshake: drop conn (peer_inva...
0.002000       |         |<--------+  link counters
               |         |<--------+  routing update: a/ b/ c/ d/ and...
`)
}

// TestDrawNarrow: names that have no room are put on two rows, then numbered; lifelines that have none are named.
func TestDrawNarrow(t *testing.T) {
	ring := func(names ...string) (es []Entry) {
		for i, name := range names {
			es = append(es, Entry{Message: event(name, names[(i+1)%len(names)], "E::e", "t", time.Second)})
			es[i].At = time.Second
		}
		return es
	}
	compare(t, draw(t, ring("logger-1", "manager", "proxy-1", "worker-1"), Options{Width: 60}), `
         logger-1       proxy-1
             │   manager   │  worker-1
1.000000     ├─────▶│      │      │  E::e(39 bytes) on t
             │      ├─────▶│      │  E::e(39 bytes) on t
             │      │      ├─────▶│  E::e(39 bytes) on t
             │◀─────┼──────┼──────┤  E::e(39 bytes) on t
`)
	compare(t, draw(t, ring("a-long-name-1", "a-long-name-2", "a\tlong name \xff"), Options{Width: 48}), `
1 = a-long-name-1
2 = a-long-name-2
3 = a long name \xff
            1    2    3
1.000000    ├───▶│    │  E::e(39 bytes) on t
            │    ├───▶│  E::e(39 bytes) on t
            │◀───┼────┤  E::e(39 bytes) on t
`)
	many := ring("1", "2", "3", "4", "5", "6", "7")
	compare(t, draw(t, many, Options{Width: 50}), `
3 lifelines have no room: 5, 6, 7
            1   2   3   4
1.000000    ├──▶│   │   │  E::e(39 bytes) on t
            │   ├──▶│   │  E::e(39 bytes) on t
            │   │   ├──▶│  E::e(39 bytes) on t
            │   │   │   │  4 > 5: E::e(39 bytes) …
            │   │   │   │  5 > 6: E::e(39 bytes) …
            │   │   │   │  6 > 7: E::e(39 bytes) …
            │   │   │   │  7 > 1: E::e(39 bytes) …
`)
}

// TestDrawMessages: what a world remembers is drawn as what is read.
func TestDrawMessages(t *testing.T) {
	ms := []Message{*event("a", "b", "E::e", "t", time.Second), *event("b", "a", "E::f", "t", time.Second)}
	ms[1].Frame = ms[1].Frame[:30]
	ms[0].Frame, ms[0].Size = []byte{1}, 1
	compare(t, draw(t, Messages(ms), Options{Describe: func([]byte) string { panic("a cut payload is described") }}), `
            a   b
1.000000    ├──▶│  a frame of 1 bytes that can't be read: invalid_message: unknown type of frame
            │◀──┤  a message of 39 bytes on t
`)
	if got := draw(t, nil, Options{}); got != "" {
		t.Errorf("of nothing it draws %q", got)
	}
}
