package flow

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"moonpeer/net/broker"
)

func TestReuse(t *testing.T) {
	t.Parallel()
	const open = "o:S r:SA o:A "
	tests := []struct {
		name, words string
		skip        uint32 // added to the client's sequence number before another o:S
		want        int    // connections
	}{
		{"after both closed", open + "o:FA r:FA o:A", 70000, 2},
		{"after a reset", open + "r:R", 70000, 2},
		{"after a rejection", "o:S r:RA", 70000, 2},
		{"after its own FIN", open + "o:FA", 70000, 2},
		{"long inactive", open + ">30", 70000, 2},
		{"in the middle", open + "o:PA+10", 70000, 1},
		{"another SYN in an attempt", "o:S", 70000, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := newTalk(t, Options{}).say(tt.words)
			k.cs += tt.skip
			k.say("o:S")
			if got := k.count(NewConnection); got != tt.want {
				t.Errorf("got %d connections, want %d: %q", got, tt.want, k.log)
			}
			if got := k.count(StateRemove); got != tt.want-1 {
				t.Errorf("got %d removals, want %d", got, tt.want-1)
			}
		})
	}
}

func TestNoReuseBySameNumber(t *testing.T) {
	t.Parallel()
	k := newTalk(t, Options{}).say("o:S r:RA =1 o:S r:RA =1 o:S r:RA")
	if got := k.count(NewConnection); got != 1 {
		t.Errorf("got %d connections, want 1: the SYN is repeated", got)
	}
}

func TestReuseGetsItsOwnID(t *testing.T) {
	t.Parallel()
	k := newTalk(t, Options{})
	seen := map[string]bool{}
	for range 3 {
		k.now = 1000 * second // all in the same instant
		k.say("o:S")
		seen[k.conn().UID()] = true
		k.now = 1000 * second
		k.say("r:RA")
		k.cs += 5000
	}
	if len(seen) != 3 {
		t.Errorf("got ids %v, want three", seen)
	}
}

func TestUID(t *testing.T) {
	t.Parallel()
	p := Packet{Time: 1300475167096535000, Proto: broker.UDP, Src: addr("141.142.220.118"), Dst: addr("141.142.2.2"),
		SrcPort: 43927, DstPort: 53}
	uid := func(seed uint64, change func(*Packet)) string {
		tab, err := New(Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		p := p
		change(&p)
		tab.Packet(&p, &recorder{})
		return tab.first.UID()
	}
	plain := uid(0, func(*Packet) {})
	if want := "CIRM4r31Qer3XxNsQ"; plain != want {
		t.Errorf("got %s, want %s, for ever", plain, want)
	}
	if !regexp.MustCompile(`^C[0-9A-Za-z]{10,17}$`).MatchString(plain) {
		t.Errorf("%s is not C and base 62", plain)
	}
	if got := uid(0, func(p *Packet) { p.Src, p.Dst, p.SrcPort, p.DstPort = p.Dst, p.Src, p.DstPort, p.SrcPort }); got != plain {
		t.Errorf("seen from the other side: got %s, want %s", got, plain)
	}
	others := map[string]string{
		"seed":     uid(1, func(*Packet) {}),
		"port":     uid(0, func(p *Packet) { p.SrcPort++ }),
		"address":  uid(0, func(p *Packet) { p.Src[15]++ }),
		"time":     uid(0, func(p *Packet) { p.Time++ }),
		"protocol": uid(0, func(p *Packet) { p.Proto = broker.TCP }),
	}
	for what, got := range others {
		if got == plain {
			t.Errorf("another %s gives the same id", what)
		}
	}
}

func TestOneWayICMP(t *testing.T) {
	t.Parallel()
	tab, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, b := addr("10.0.0.1"), addr("10.0.0.2")
	for _, p := range []Packet{
		{Proto: broker.ICMP, Src: a, Dst: b, SrcPort: 3, DstPort: 3, OneWay: true},
		{Proto: broker.ICMP, Src: b, Dst: a, SrcPort: 3, DstPort: 3, OneWay: true},
		{Proto: broker.ICMP, Src: a, Dst: b, SrcPort: 8, DstPort: 0},
		{Proto: broker.ICMP, Src: b, Dst: a, SrcPort: 0, DstPort: 8},
	} {
		tab.Packet(&p, &recorder{})
	}
	if got := tab.Stats().Connections; got != 3 {
		t.Errorf("got %d connections, want 3: two messages of one way, one request with its reply", got)
	}
}

// At the limit connections end that are about to end anyhow; one in use stays.
func TestEviction(t *testing.T) {
	t.Parallel()
	tab, err := New(Options{MaxFlows: 10})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	busy := Packet{Time: second, Proto: broker.UDP, Src: addr("::1"), Dst: addr("::2"), SrcPort: 1, DstPort: 60000}
	tab.Packet(&busy, r)
	for i := range 1000 {
		at := second + broker.Timestamp(i)*1e6
		p := Packet{Time: at, Proto: broker.TCP, Flags: SYN, Src: addr("::3"), Dst: addr("::4"), SrcPort: uint16(i), DstPort: 80}
		tab.Packet(&p, r)
		busy.Time = at
		tab.Packet(&busy, r)
	}
	if s := tab.Stats(); s.Live != 10 || s.Peak != 10 || s.Evicted != 991 || s.Connections != 1001 {
		t.Errorf("got %+v", s)
	}
	for _, c := range r.ended {
		if c.Proto == broker.UDP {
			t.Fatal("the busy one was ended")
		}
	}
	if r.ended[0].ID.OrigP.Number != 0 {
		t.Errorf("first ended was that of port %d, want the oldest", r.ended[0].ID.OrigP.Number)
	}
}

// keeper retains every other connection.
type keeper struct {
	n    int
	kept map[*Conn]string
}

func (k *keeper) ConnEvent(kind EventKind, c *Conn) {
	if kind != NewConnection {
		return
	}
	if k.n++; k.n%2 == 0 {
		c.Retain()
		k.kept[c] = fmt.Sprint(c.ID, c.Start)
	}
}

func TestRetain(t *testing.T) {
	t.Parallel()
	tab, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	k := &keeper{kept: map[*Conn]string{}}
	for i := range 1000 {
		p := Packet{Time: broker.Timestamp(i), Proto: broker.UDP, Src: addr("::1"), Dst: addr("::2"), SrcPort: uint16(i), DstPort: 60000}
		tab.Packet(&p, k)
		if i%3 == 0 {
			tab.EndFirst(k)
		}
	}
	for tab.EndFirst(k) {
	}
	for c, was := range k.kept {
		if got := fmt.Sprint(c.ID, c.Start); got != was || !c.Removed {
			t.Fatalf("a retained connection changed: got %s, removed %t, want %s", got, c.Removed, was)
		}
	}
	if len(k.kept) != 500 {
		t.Errorf("retained %d, want 500", len(k.kept))
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{MaxFlows: -1}, {UDPTimeout: -1}, {TCPTimeout: 1000 * broker.Day}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
	tab, err := New(Options{UDPTimeout: 1, TCPTimeout: 366 * broker.Day})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	tab.Packet(&Packet{Time: 5, Proto: broker.UDP}, r)
	tab.Packet(&Packet{Time: 5, Proto: broker.TCP, Flags: ACK}, r)
	if due, ok := tab.Expire(6, r); !ok || due != 6 {
		t.Errorf("got due at %d, %t, want 6", due, ok)
	}
	year := broker.Timestamp(366 * broker.Day)
	if due, ok := tab.Due(year); ok {
		t.Errorf("got due at %d, want a year and 5 ns", due)
	}
	if due, ok := tab.Due(year + 5); !ok || due != year+5 {
		t.Errorf("got due at %d, %t, want a year and 5 ns", due, ok)
	}
}

// The same packets give the same events in the same order.
func TestSamePacketsSameEvents(t *testing.T) {
	t.Parallel()
	run := func() string {
		tab, err := New(Options{MaxFlows: 50})
		if err != nil {
			t.Fatal(err)
		}
		r := &recorder{}
		rnd := uint32(1)
		for i := range 20000 {
			rnd = rnd*1664525 + 1013904223
			at := broker.Timestamp(i) * 50e6
			for {
				if _, ok := tab.Expire(at, r); !ok {
					break
				}
			}
			p := Packet{Time: at, Proto: broker.TCP, Flags: Flags(rnd >> 27), Seq: rnd, Ack: rnd >> 3, Src: addr("::1"),
				Dst: addr("::2"), SrcPort: uint16(rnd >> 8 % 64), DstPort: 80, Payload: int(rnd >> 24), IPLen: 300}
			if rnd>>26&1 == 0 {
				p.Src, p.Dst, p.SrcPort, p.DstPort = p.Dst, p.Src, p.DstPort, p.SrcPort
			}
			tab.Packet(&p, r)
		}
		for tab.EndFirst(r) {
		}
		if s := tab.Stats(); int(s.Connections) != r.count(StateRemove) || int(s.Connections) != r.count(NewConnection) {
			t.Errorf("%+v does not fit %d starts and %d ends", s, r.count(NewConnection), r.count(StateRemove))
		}
		return strings.Join(r.log, "\n")
	}
	if first, second := run(), run(); first != second {
		t.Error("two runs differ")
	}
}
