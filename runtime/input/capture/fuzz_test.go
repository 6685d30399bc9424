package capture

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"moonpeer/runtime/input"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/input/inputtest"
	"moonpeer/runtime/input/rawfile"
)

// FuzzCapture reads anything as a capture: it ends, starts as many connections as it ends, and what it holds is bounded by
// what it was given.
func FuzzCapture(f *testing.F) {
	small, err := os.ReadFile("../../../policies/testdata/small.pcap")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small[:2000])
	n := newNg(binary.LittleEndian).iface(101).iface(1, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0)
	n.block(4, make([]byte, 32)).packet(0, 1, frame4(f)).packet(1, 2, small[40:200]).block(5, make([]byte, 64))
	n.block(3, append(n.words(uint32(len(frame4(f)))), frame4(f)...))
	f.Add(n.b)
	f.Add(newNg(binary.BigEndian).iface(113).packet(0, 1, frame4(f)).b)
	p := newPcap(binary.LittleEndian, true, 101)
	for _, piece := range append(pieces(f, false, 1, 100, 40), pieces(f, true, 1, 100, 40)...) {
		p.add(1, 1, piece)
	}
	f.Add(p.b)
	f.Add(zipped(f, p.b))
	f.Fuzz(func(t *testing.T, content []byte) {
		in, err := newCapFile(rawfile.From("x", bytes.NewReader(content)))
		if err != nil {
			return
		}
		s, err := New("x", in, Options{Flow: flow.Options{MaxFlows: 100}})
		if err != nil {
			t.Fatal(err)
		}
		r := &inputtest.Recorder{}
		st := inputtest.Drain(s, r, nil)
		if (st == input.Failed) != (s.Err() != nil) {
			t.Errorf("ended in %s with error %v", st, s.Err())
		}
		if starts, ends := r.Count("new_connection "), r.Count("connection_state_remove "); starts != ends {
			t.Errorf("%d connections started, %d ended", starts, ends)
		}
		if got := s.Stats(); got.Packets != got.NotIP+got.OtherIP+got.Fragments+got.Malformed+got.Flow.Packets || got.Flow.Peak > 100 {
			t.Errorf("%+v does not add up", got)
		}
	})
}

// FuzzDecode runs anything through the headers of each link type.
func FuzzDecode(f *testing.F) {
	links := []LinkType{linkNull, linkEthernet, linkPPP, linkRaw, linkSLL, linkSLL2, linkIPv4, linkIPv6}
	for i := range links {
		f.Add(byte(i), frame4(f))
		f.Add(byte(i), pieces(f, true, 1, 100, 40)[0])
	}
	var d decoder
	f.Fuzz(func(t *testing.T, link byte, data []byte) {
		v := d.decode(&Packet{Link: links[int(link)%len(links)], Data: data})
		if p := d.pkt; v == decoded && (p.Payload < 0 || p.IPLen < 8 || p.Payload > p.IPLen) {
			t.Errorf("payload of %d in a packet of %d", p.Payload, p.IPLen)
		}
		if v == malformed && d.err == nil {
			t.Error("malformed, but why?")
		}
	})
}
