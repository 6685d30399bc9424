package flow

import (
	"testing"

	"moonpeer/net/broker"
)

func TestConnState(t *testing.T) {
	t.Parallel()
	const open = "o:S r:SA o:A "
	tests := []struct {
		name, words string
		want        State
		established int
	}{
		{"no answer", "o:S", S0, 0},
		{"no answer to three", "o:S =1 o:S =1 o:S", S0, 0},
		{"established", open, S1, 1},
		{"established, third packet missing", "o:S r:SA", S1, 1},
		{"established by a SYN without ACK", "o:S r:S", S1, 1},
		{"one established for all SYN-ACKs", "o:S r:SA =1 r:SA o:A", S1, 1},
		{"acknowledged before the answer", "o:S r:A r:SA o:A", S1, 1},
		{"SYN missed, SYN-ACK and ACK seen", "r:SA o:A", S1, 1},
		{"originator closed", open + "o:FA", S2, 1},
		{"responder closed", open + "r:FA", S3, 1},
		{"both closed", open + "o:FA r:FA o:A", SF, 1},
		{"reset after both closed", open + "o:FA r:FA o:R", SF, 1},
		{"FIN, then RST, then the other's FIN", open + "o:FA o:R r:FA", SF, 1},
		{"rejected", "o:S r:RA", REJ, 0},
		{"rejected after an unflipped SYN-ACK", "o:SA r:R", REJ, 0},
		{"both reset, no payload", open + "o:R r:R", REJ, 1},
		{"both reset, payload", open + "o:PA+10 o:R r:R", RSTR, 1},
		{"originator reset", open + "o:R", RSTO, 1},
		{"responder reset", open + "r:R", RSTR, 1},
		{"FIN, then RST of the same side", open + "o:FA o:R", RSTO, 1},
		{"SYN and RST, no answer", "o:S o:R", RSTOS0, 0},
		{"responder reset, SYN missed", "r:SA r:R", RSTRH, 0},
		{"responder reset, originator partial", "o:A r:R", RSTRH, 0},
		{"SYN and FIN, no answer", "o:S o:F", SH, 0},
		{"SYN-ACK and FIN, SYN missed", "r:SA r:FA", SHR, 0},
		{"from the middle", "o:PA+10 r:A", OTH, 0},
		{"SYN-ACK alone", "r:SA", OTH, 0},
		{"unflipped SYN-ACK alone", "o:SA", OTH, 0},
		{"reset in the middle", "o:A r:A o:R", OTH, 0},
		{"RST alone", "o:R", OTH, 0},
		{"SYN, RST, late acknowledgment", "o:S r:A o:R", OTH, 0},
		{"partial, SYN later", "o:A o:S", S0, 0},
		{"data after RST", open + "o:R o:PA+5", RSTO, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := newTalk(t, Options{}).say(tt.words)
			if got := k.conn().State(); got != tt.want {
				t.Errorf("%s: got %s, want %s (originator %s, responder %s)", tt.words, got, tt.want,
					k.conn().Orig.State, k.conn().Resp.State)
			}
			if got := k.count(Established); got != tt.established {
				t.Errorf("%s: connection_established raised %d times, want %d", tt.words, got, tt.established)
			}
		})
	}
}

func TestOtherProtocols(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		proto  broker.Proto
		sp, dp uint16
		from   string // o and r, one per packet
		want   State
	}{
		{"udp request and reply", broker.UDP, 40000, 53, "or", SF},
		{"udp request", broker.UDP, 40000, 53, "oo", S0},
		{"udp reply only", broker.UDP, 53, 40000, "o", SHR},
		{"icmp", broker.ICMP, 8, 0, "or", OTH},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tab, err := New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			for i, from := range tt.from {
				p := Packet{Time: broker.Timestamp(i), Proto: tt.proto, Src: addr("::1"), Dst: addr("::2"),
					SrcPort: tt.sp, DstPort: tt.dp, Payload: 10, IPLen: 58}
				if from == 'r' {
					p.Src, p.Dst, p.SrcPort, p.DstPort = p.Dst, p.Src, p.DstPort, p.SrcPort
				}
				tab.Packet(&p, &recorder{})
			}
			if got := tab.first.State(); got != tt.want || len(tab.conns) != 1 {
				t.Errorf("got %s in %d connections, want %s in one", got, len(tab.conns), tt.want)
			}
		})
	}
}
