package flow

import (
	"testing"

	"moonpeer/net/broker"
)

func TestOriginator(t *testing.T) {
	t.Parallel()
	none := NewPortSet()
	tests := []struct {
		name     string
		proto    broker.Proto
		src, dst uint16
		flags    Flags
		ports    *PortSet
		flipped  bool
	}{
		{"SYN to a server", broker.TCP, 40000, 80, SYN, nil, false},
		{"SYN from a server's port", broker.TCP, 80, 40000, SYN, nil, false},
		{"SYN-ACK from a server", broker.TCP, 80, 40000, SYN | ACK, nil, true},
		{"SYN-ACK from a server, bare mode", broker.TCP, 80, 40000, SYN | ACK, none, false},
		{"SYN-ACK from an unlikely port", broker.TCP, 40000, 40001, SYN | ACK, nil, false},
		{"data from a server", broker.TCP, 443, 40000, ACK, nil, true},
		{"data to a server", broker.TCP, 40000, 443, ACK, nil, false},
		{"data, both likely, lower first", broker.TCP, 80, 443, ACK, nil, true},
		{"data, both likely, higher first", broker.TCP, 443, 80, ACK, nil, false},
		{"SYN-ACK, both likely", broker.TCP, 80, 443, SYN | ACK, nil, false},
		{"udp to a server", broker.UDP, 40000, 53, 0, nil, false},
		{"udp from a server", broker.UDP, 53, 40000, 0, nil, true},
		{"udp, both likely", broker.UDP, 53, 123, 0, nil, false},
		{"udp, likely for tcp only", broker.UDP, 8080, 40000, 0, nil, false},
		{"udp from a tunnel's port", broker.UDP, 4789, 40000, 0, nil, true},
		{"udp from a server, own list", broker.UDP, 9000, 40000, 0, NewPortSet(broker.Port{Number: 9000, Proto: broker.UDP}), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tab, err := New(Options{LikelyServerPorts: tt.ports})
			if err != nil {
				t.Fatal(err)
			}
			p := Packet{Proto: tt.proto, Src: addr("10.0.0.1"), Dst: addr("10.0.0.2"), SrcPort: tt.src, DstPort: tt.dst,
				Flags: tt.flags, Ack: 1, Payload: 3, IPLen: 60}
			tab.Packet(&p, &recorder{})
			c := tab.first
			want := ID{p.Src, p.Dst, broker.Port{Number: tt.src, Proto: tt.proto}, broker.Port{Number: tt.dst, Proto: tt.proto}}
			sender := &c.Orig
			if tt.flipped {
				want = ID{want.RespH, want.OrigH, want.RespP, want.OrigP}
				sender = &c.Resp
			}
			if c.ID != want {
				t.Errorf("got %+v, want %+v", c.ID, want)
			}
			if sender.Packets != 1 || sender.IPBytes != 60 {
				t.Errorf("the sender has %d packets of %d bytes, want 1 of 60", sender.Packets, sender.IPBytes)
			}
		})
	}
}

func TestNoFlipToBroadcast(t *testing.T) {
	t.Parallel()
	for _, p := range []Packet{
		{Proto: broker.UDP, Src: addr("10.0.0.2"), Dst: broadcast, SrcPort: 67, DstPort: 68},
		{Proto: broker.UDP, Src: broadcast, Dst: addr("10.0.0.2"), SrcPort: 67, DstPort: 68},
	} {
		tab, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		tab.Packet(&p, &recorder{})
		if c := tab.first; c.ID.OrigH != p.Src {
			t.Errorf("got originator %s, want %s", c.ID.OrigH, p.Src)
		}
	}
}

// The capture shows the SYN after its SYN-ACK, between ports of which none is a likely server's.
func TestReversal(t *testing.T) {
	t.Parallel()
	k := newTalk(t, Options{})
	k.sp = 4321
	k.cs++ // the SYN-ACK acknowledges a SYN not seen yet
	k.say("r:SA")
	if c := k.conn(); c.ID.OrigH != k.sv || c.Orig.State != TCPSynAckSent {
		t.Fatalf("originator is %s in %s, want %s in syn_ack_sent", c.ID.OrigH, c.Orig.State, k.sv)
	}
	k.say("=1 o:S o:A o:PA+7 r:A")
	c := k.conn()
	if c.ID.OrigH != k.cl || c.State() != S1 || k.count(Established) != 1 {
		t.Errorf("originator %s, %s, established %d times, want %s, S1, 1", c.ID.OrigH, c.State(), k.count(Established), k.cl)
	}
	if o, r := c.Orig.Packets, c.Resp.Packets; o != 3 || r != 2 {
		t.Errorf("got %d and %d packets, want 3 and 2", o, r)
	}
	if n, ok := c.OrigBytes(); n != 7 || !ok {
		t.Errorf("got %d bytes, %t, want 7", n, ok)
	}

	k = newTalk(t, Options{})
	k.sp = 4321
	k.say("r:SA")
	k.cs += 9999
	k.say("o:S")
	if k.count(StateRemove) != 1 || k.conn().ID.OrigH != k.cl {
		t.Errorf("a SYN with another number must start another connection: %q", k.log)
	}
}
