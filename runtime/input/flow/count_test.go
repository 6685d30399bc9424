package flow

import (
	"testing"

	"moonpeer/net/broker"
)

func TestBytes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, words string
		orig, resp  int // -1: unset
	}{
		{"attempt", "o:S", -1, -1},
		{"attempt three times", "o:S =1 o:S =1 o:S", -1, -1},
		{"SYN-ACK alone", "r:SA", -1, -1},
		{"rejected", "o:S r:RA", 0, 0},
		{"handshake", "o:S r:SA o:A", 0, 0},
		{"both", "o:S r:SA o:A o:PA+100 r:PA+200 r:PA+50 o:A", 100, 250},
		{"retransmitted", "o:S r:SA o:A o:PA+100 =100 o:PA+100 r:A", 100, 0},
		{"overlapping", "o:S r:SA o:A o:PA+100 =40 o:PA+100 r:A", 160, 0},
		{"FIN is not payload", "o:S r:SA o:A o:PA+100 r:A o:FA r:FA o:A", 100, 0},
		{"FIN with payload", "o:S r:SA o:A o:FA+30 r:FA+5 o:A", 30, 5},
		{"RST with payload", "o:S r:SA o:A o:RA+30", 0, 0},
		{"SYN with payload", "o:S+20 r:SA o:A o:PA+10", 30, 0},
		{"from the middle", "o:PA+463 r:PA+350", 463, 350},
		{"keep-alive", "o:S r:SA o:A o:PA+10 r:A =1 o:A+1 r:A", 10, 0},
		{"new SYN in an attempt", "o:S =900 o:S r:SA o:A o:PA+10", 10, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newTalk(t, Options{}).say(tt.words).conn()
			check := func(who string, n uint64, ok bool, want int) {
				if !ok && want == -1 {
					return
				}
				if !ok || n != uint64(want) {
					t.Errorf("%s: %s sent %d, %t, want %d", tt.words, who, n, ok, want)
				}
			}
			n, ok := c.OrigBytes()
			check("originator", n, ok, tt.orig)
			n, ok = c.RespBytes()
			check("responder", n, ok, tt.resp)
		})
	}
}

// What was not captured shows in the acknowledgments and in later sequence numbers.
func TestBytesLost(t *testing.T) {
	t.Parallel()
	k := newTalk(t, Options{}).say("o:S r:SA o:A")
	k.ss += 5000
	k.say("o:A")
	k.cs += 700
	k.say("o:PA+10")
	c := k.conn()
	if n, _ := c.RespBytes(); n != 5000 {
		t.Errorf("responder: got %d, want 5000 as acknowledged", n)
	}
	if n, _ := c.OrigBytes(); n != 710 {
		t.Errorf("originator: got %d, want 710", n)
	}
}

func TestBytesBeyond4GB(t *testing.T) {
	t.Parallel()
	k := newTalk(t, Options{}).say("o:S r:SA o:A")
	const chunk, chunks = 1 << 30, 9
	for range chunks {
		k.cs += chunk - 10
		k.say("o:PA+10 r:A")
	}
	if n, _ := k.conn().OrigBytes(); n != chunk*chunks {
		t.Errorf("got %d, want %d", n, uint64(chunk*chunks))
	}
	k = newTalk(t, Options{}).say("o:S r:SA")
	k.cs += 3 << 30
	k.say("o:FA")
	if n, _ := k.conn().OrigBytes(); n != 3<<30 {
		t.Errorf("SYN and FIN only: got %d, want %d", n, 3<<30)
	}
}

func TestPacketsAndDuration(t *testing.T) {
	t.Parallel()
	k := newTalk(t, Options{}).say("o:S")
	if _, ok := k.conn().Duration(); ok {
		t.Error("one packet has a duration")
	}
	k.say("r:SA o:A o:PA+100 r:A o:FA r:FA")
	c := k.conn()
	end := c.Last
	k.say("o:A")
	if c.Last != end {
		t.Error("a packet after both FINs makes the connection longer")
	}
	if d, ok := c.Duration(); !ok || d != 6*broker.Millisecond {
		t.Errorf("got duration %d, want 6 ms", d)
	}
	if o, r := c.Orig, c.Resp; o.Packets != 5 || r.Packets != 3 || o.IPBytes != 5*40+100 || r.IPBytes != 3*40 {
		t.Errorf("got %d packets of %d bytes and %d of %d, want 5 of 300 and 3 of 120", o.Packets, o.IPBytes, r.Packets, r.IPBytes)
	}
}

func TestICMPPorts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		f         func(typ, code uint8) (uint16, uint16, bool)
		typ, code uint8
		dst       uint16
		oneWay    bool
	}{
		{"echo", ICMP4Ports, 8, 0, 0, false},
		{"echo reply", ICMP4Ports, 0, 0, 8, false},
		{"router advertisement", ICMP4Ports, 9, 0, 10, false},
		{"router solicitation", ICMP4Ports, 10, 0, 9, false},
		{"timestamp", ICMP4Ports, 13, 0, 14, false},
		{"timestamp reply", ICMP4Ports, 14, 0, 13, false},
		{"information reply", ICMP4Ports, 16, 0, 15, false},
		{"mask", ICMP4Ports, 17, 0, 18, false},
		{"unreachable port", ICMP4Ports, 3, 3, 3, true},
		{"time exceeded", ICMP4Ports, 11, 1, 1, true},
		{"echo", ICMP6Ports, 128, 0, 129, false},
		{"echo reply", ICMP6Ports, 129, 0, 128, false},
		{"listener query", ICMP6Ports, 130, 0, 131, false},
		{"router solicitation", ICMP6Ports, 133, 0, 134, false},
		{"neighbour advertisement", ICMP6Ports, 136, 0, 135, false},
		{"node information", ICMP6Ports, 140, 0, 139, false},
		{"agent discovery", ICMP6Ports, 144, 0, 145, false},
		{"listener done", ICMP6Ports, 132, 7, 7, true},
		{"packet too big", ICMP6Ports, 2, 0, 0, true},
	}
	for _, tt := range tests {
		src, dst, oneWay := tt.f(tt.typ, tt.code)
		if src != uint16(tt.typ) || dst != tt.dst || oneWay != tt.oneWay {
			t.Errorf("%s (%d/%d): got %d, %d, %t, want %d, %d, %t", tt.name, tt.typ, tt.code, src, dst, oneWay,
				tt.typ, tt.dst, tt.oneWay)
		}
	}
}
