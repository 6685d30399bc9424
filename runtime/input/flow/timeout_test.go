package flow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/broker"
)

func TestTimeouts(t *testing.T) {
	t.Parallel()
	const open = "o:S r:SA o:A "
	tests := []struct {
		name, words string
		alive, gone int // seconds after the last packet at which it still lives, and does no more
	}{
		{"attempt", "o:S", 4, 5},
		{"attempt, unflipped SYN-ACK", "o:SA", 4, 5},
		{"attempt, acknowledged only", "o:S r:A", 4, 5},
		{"established", open, 299, 300},
		{"partial", "o:PA+10", 299, 300},
		{"both closed", open + "o:FA r:FA", 4, 5},
		{"both closed, acknowledged late", open + "o:FA r:FA >3 o:A", 1, 2},
		{"reset", open + "o:R", 4, 5},
		{"rejected", "o:S r:RA", 4, 5},
		{"attempt given up", "o:S o:F", 4, 5},
		{"FIN, then RST", open + "o:FA >4 o:R", 4, 5},
		{"half closed and silent", open + "o:FA", 8, 9},
		{"half closed, silent later", open + "o:FA >2 r:PA+10 >2 r:PA+10", 10, 11},
		{"half closed, a packet after the check", open + "o:FA >7 r:PA+10", 13, 14},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The clock ticks 1 ms with each packet, so deadlines lie up to a few ms before full seconds.
			k := newTalk(t, Options{}).say(tt.words)
			k.pass(tt.alive)
			if n := k.count(StateRemove); n != 0 {
				t.Fatalf("removed %d s after the last packet, want alive", tt.alive)
			}
			k.pass(tt.gone - tt.alive)
			if n := k.count(StateRemove); n != 1 {
				t.Fatalf("removed %d times %d s after the last packet, want once", n, tt.gone)
			}
			if len(k.tab.conns) != 0 || k.tab.first != nil || k.tab.last != nil {
				t.Error("something is left in the table")
			}
		})
	}
}

// An attempt's five seconds start at its first SYN.
func TestAttemptRepeated(t *testing.T) {
	t.Parallel()
	k := newTalk(t, Options{}).say("o:S >1 =1 o:S >2 =1 o:S >4 =1 o:S")
	if n := k.count(NewConnection); n != 2 {
		t.Fatalf("got %d connections, want the fourth SYN to start a second", n)
	}
	if c := k.ended[0]; c.Orig.Packets != 3 || c.State() != S0 {
		t.Errorf("first ended with %d packets in %s, want 3 in S0", c.Orig.Packets, c.State())
	}
	if n, ok := k.ended[0].OrigBytes(); ok {
		t.Errorf("an attempt has %d bytes, want unset", n)
	}
}

func TestInactivityCountsFromLastPacket(t *testing.T) {
	t.Parallel()
	k := newTalk(t, Options{}).say("o:S r:SA o:A >200 o:PA+1 >200 r:PA+1 >200 o:A")
	if n := k.count(StateRemove); n != 0 {
		t.Fatalf("removed %d times, want alive", n)
	}
	k.pass(300)
	if n := k.count(StateRemove); n != 1 {
		t.Fatalf("removed %d times, want once", n)
	}
	if d, ok := k.ended[0].Duration(); !ok || d < 600*broker.Second || d > 601*broker.Second {
		t.Errorf("got duration %s, want 600 s", broker.FormatInterval(d))
	}
}

func TestDatagramTimeouts(t *testing.T) {
	t.Parallel()
	for _, proto := range []broker.Proto{broker.UDP, broker.ICMP} {
		t.Run(proto.String(), func(t *testing.T) {
			t.Parallel()
			tab, err := New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			r := &recorder{}
			p := Packet{Time: 100 * second, Proto: proto, Src: addr("::1"), Dst: addr("::2"), SrcPort: 8, DstPort: 0}
			tab.Packet(&p, r)
			p.Time = 150 * second
			tab.Packet(&p, r)
			if due, ok := tab.Due(209 * second); ok {
				t.Errorf("due at %d, want nothing before 210 s", due)
			}
			if due, ok := tab.Expire(1000*second, r); !ok || due != 210*second {
				t.Errorf("got due at %d, %t, want 210 s", due, ok)
			}
			if _, ok := tab.Expire(1000*second, r); ok || r.count(StateRemove) != 1 {
				t.Errorf("got %q, want one removal", r.log)
			}
		})
	}
}

// Whatever the order of their start, connections end in the order of their time.
func TestExpiryOrder(t *testing.T) {
	t.Parallel()
	tab, err := New(Options{LikelyServerPorts: NewPortSet()})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	const n = 5000
	rnd := uint32(7)
	due := map[int]broker.Timestamp{}
	for i := range n {
		rnd = rnd*1664525 + 1013904223
		at := broker.Timestamp(i) * 3e6
		for {
			if _, ok := tab.Expire(at, r); !ok {
				break
			}
		}
		p := Packet{Time: at, Proto: broker.UDP, Src: addr("::1"), Dst: addr("::2"), SrcPort: uint16(i), DstPort: 60000}
		timeout := 60 * second
		if rnd>>31 == 0 {
			p.Proto, p.Flags, timeout = broker.TCP, SYN, 5*second
		}
		tab.Packet(&p, r)
		due[i] = at + timeout
	}
	var times []broker.Timestamp
	for {
		at, ok := tab.Expire(1<<62, r)
		if !ok {
			break
		}
		times = append(times, at)
	}
	if !slices.IsSorted(times) {
		t.Error("ended out of order")
	}
	if len(r.ended) != n {
		t.Fatalf("%d ended, want %d", len(r.ended), n)
	}
	last := broker.Timestamp(0)
	for _, c := range r.ended {
		if d := due[int(c.ID.OrigP.Number)]; d < last {
			t.Fatalf("port %d was due at %d, after one due at %d", c.ID.OrigP.Number, d, last)
		} else {
			last = d
		}
	}
}

func TestEndOfInput(t *testing.T) {
	t.Parallel()
	tab, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	for i := range 100 {
		p := Packet{Time: broker.Timestamp(i), Proto: broker.UDP, Src: addr("::1"), Dst: addr("::2"),
			SrcPort: uint16(i * 7919), DstPort: 53}
		tab.Packet(&p, r)
	}
	r.log = nil
	for tab.EndFirst(r) {
	}
	for i, l := range r.log {
		if want := fmt.Sprintf("connection_state_remove ::1:%d", uint16(i*7919)); l != want {
			t.Fatalf("removal %d: got %s, want %s", i, l, want)
		}
	}
	if s := tab.Stats(); len(r.log) != 100 || s.Live != 0 || s.Peak != 100 {
		t.Errorf("got %d removals, %+v", len(r.log), s)
	}
}

// A wild time stamp may end connections early; it must not make the table walk through all time in between.
func TestLeapInTime(t *testing.T) {
	t.Parallel()
	k := newTalk(t, Options{TCPTimeout: 300 * broker.Day}).say("o:S r:SA o:A")
	k.now = 1 << 61
	k.say("o:A")
	if got := strings.Join(k.log, "; "); strings.Count(got, "remove") != 1 || strings.Count(got, "new_connection") != 2 {
		t.Errorf("got %s", got)
	}
	k.now = 2000 * second // back again: the clock does not follow
	k.say("r:PA+3 o:A")
	if got := k.conn().Resp.Packets; got != 1 {
		t.Errorf("responder has %d packets, want 1", got)
	}
}
