package capture

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/capturegen"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/input/inputtest"
	"moonpeer/runtime/input/rawfile"
)

// clocked notes each event with the time at which it comes.
type clocked struct {
	inputtest.Recorder
	s   *Source
	log []string
}

func (c *clocked) ConnEvent(kind flow.EventKind, conn *flow.Conn) {
	at, _ := c.s.Clock()
	c.log = append(c.log, fmt.Sprintf("%d %s %s %v %d %d %v", at, kind, conn.UID(), conn.ID, conn.Orig.Packets, conn.Resp.Packets, conn.Last))
	c.Recorder.ConnEvent(kind, conn)
}

// run takes packets to their end, as one shard of several.
func run(t *testing.T, in Packets, o Options) *clocked {
	t.Helper()
	s, err := New("test", in, o)
	if err != nil {
		t.Fatal(err)
	}
	r := &clocked{s: s}
	if st := inputtest.Drain(s, r, nil); st != input.Done {
		t.Fatalf("shard %d of %d ended in %s, %v", o.Shard, o.Shards, st, s.Err())
	}
	return r
}

// traffic is a capture with all that decides about shards: connections of all kinds, in both families, that end by
// themselves, by timeouts and by a successor with the same ends; pieces; and what is no connection at all.
func traffic(t *testing.T) []Packet {
	t.Helper()
	var out bytes.Buffer
	w, err := capturegen.New(&out, time.Unix(1_700_000_000, 0))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 7))
	for i := range 300 {
		client, port := fmt.Sprintf("10.0.%d.%d", r.IntN(4), r.IntN(50)), 40000+r.IntN(20)
		switch i % 6 {
		case 0, 1:
			c := w.TCP(fmt.Sprintf("%s:%d", client, port), "10.1.0.10:80")
			c.Open()
			c.Send(100)
			c.Answer(1000)
			if i%4 > 0 {
				c.Close()
				c.Open() // its successor
			}
		case 2:
			c := w.TCP(fmt.Sprintf("[2001:db8::%x]:%d", i, port), "[2001:db8:1::10]:443")
			c.Open()
			c.Abort()
		case 3:
			w.Lookup(fmt.Sprintf("%s:%d", client, port), "10.1.0.53:53", "www.example.org", "10.1.0.10")
		case 4:
			w.Ping(client, "10.1.0.10", 2)
		case 5:
			w.TCP(fmt.Sprintf("10.0.0.99:%d", 45000+i), "10.1.0.10:22").SYN()
			w.Wait(time.Duration(r.IntN(4000)) * time.Millisecond)
		}
	}
	if w.Err() != nil {
		t.Fatal(w.Err())
	}
	return mix(t, readAll(t, &out))
}

// mix puts pieces and what is no connection among the packets.
func mix(t *testing.T, packets []Packet) (mixed []Packet) {
	unreachable := join(t, ip4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 1)})
	gre := join(t, ip4(layers.IPProtocolGRE), raw(make([]byte, 30)...))
	odd := append([][]byte{unreachable, gre, {0x45, 1, 2}, {0}}, pieces(t, false, 1, 3000, 1480)...)
	odd = append(odd, pieces(t, true, 2, 3000, 1480)...)
	odd = append(odd, pieces(t, false, 3, 3000, 1480)[1:]...) // the first one is missing
	for i, p := range packets {
		mixed = append(mixed, p)
		if i%20 == 0 && i/20 < len(odd) {
			mixed = append(mixed, Packet{Data: odd[i/20], Time: p.Time, Timed: true, Link: linkRaw, Offset: -1})
		}
	}
	return mixed
}

func readAll(t *testing.T, in io.Reader) (packets []Packet) {
	t.Helper()
	f, err := newCapFile(rawfile.From("generated", in))
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := f.Next()
		if err == io.EOF {
			return packets
		}
		if err != nil {
			t.Fatal(err)
		}
		p.Data = bytes.Clone(p.Data)
		packets = append(packets, p)
	}
}

// TestShards: together, the shards raise what one node raises that reads everything, each event on one shard, at the same
// time and with the same content.
func TestShards(t *testing.T) {
	t.Parallel()
	packets := traffic(t)
	whole := run(t, &list{packets: packets}, Options{})
	all := whole.s.Stats()
	if all.Flow.Reused == 0 || all.NotIP == 0 || all.OtherIP == 0 || all.Malformed == 0 || all.Fragments < 4 || all.Foreign > 0 {
		t.Fatalf("the traffic lacks something: %+v", all)
	}
	for _, n := range []int{1, 2, 4, 7} {
		var logs []string
		var sum Stats
		for shard := range n {
			r := run(t, &list{packets: packets}, Options{Shard: shard, Shards: n})
			st := r.s.Stats()
			if st.Packets != all.Packets || st.Flow.Packets == 0 {
				t.Errorf("shard %d of %d: got %+v of %+v", shard, n, st, all)
			}
			if !isPart(r.log, whole.log) {
				t.Errorf("shard %d of %d: events are others, or in another order, than one node's", shard, n)
			}
			if shard > 0 && (len(r.Warnings) > 0 || st.NotIP+st.OtherIP+st.Malformed+st.Fragments > 0) {
				t.Errorf("shard %d of %d looks at what is no connection: %+v, %q", shard, n, st, r.Warnings)
			}
			logs = append(logs, r.log...)
			sum.NotIP, sum.OtherIP, sum.Malformed = sum.NotIP+st.NotIP, sum.OtherIP+st.OtherIP, sum.Malformed+st.Malformed
			sum.Fragments, sum.Foreign = sum.Fragments+st.Fragments, sum.Foreign+st.Foreign
			sum.Flow.Packets, sum.Flow.Connections = sum.Flow.Packets+st.Flow.Packets, sum.Flow.Connections+st.Flow.Connections
		}
		slices.Sort(logs)
		if want := slices.Sorted(slices.Values(whole.log)); !slices.Equal(logs, want) {
			t.Errorf("%d shards: got %d events, want the %d of one node", n, len(logs), len(want))
		}
		if sum.Foreign != all.Packets*uint64(n-1) || sum.Flow.Packets != all.Flow.Packets || sum.Flow.Connections != all.Flow.Connections ||
			sum.NotIP != all.NotIP || sum.OtherIP != all.OtherIP || sum.Malformed != all.Malformed || sum.Fragments != all.Fragments {
			t.Errorf("%d shards: got %+v, want the sum to be %+v", n, sum, all)
		}
	}
}

// isPart tells whether all of part are in whole, in the same order.
func isPart(part, whole []string) bool {
	for _, w := range whole {
		if len(part) > 0 && part[0] == w {
			part = part[1:]
		}
	}
	return len(part) == 0
}

// TestShardClock: a shard that has no packet of a capture still follows its time.
func TestShardClock(t *testing.T) {
	t.Parallel()
	in := []Packet{seconds(10, frame4(t)), seconds(20, frame4(t))}
	for shard := range 2 {
		r := run(t, &list{packets: in}, Options{Shard: shard, Shards: 2})
		if at, ok := r.s.Clock(); !ok || at != 20*broker.Timestamp(broker.Second) {
			t.Errorf("shard %d: the clock is at %d", shard, at)
		}
	}
}

func TestNoSuchShard(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Shard: 4, Shards: 4}, {Shard: -1, Shards: 4}, {Shard: 1}, {Shards: -1}} {
		if _, err := New("test", &list{}, o); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("shard %d of %d", o.Shard, o.Shards)) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}
