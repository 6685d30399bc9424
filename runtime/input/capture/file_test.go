package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/input/inputtest"
)

// pcap writes a file by hand: in either byte order, with either resolution.
type pcap struct {
	order binary.AppendByteOrder
	nano  bool
	link  uint32
	snap  uint32
	b     []byte
}

func newPcap(order binary.AppendByteOrder, nano bool, link uint32) *pcap {
	p := &pcap{order: order, nano: nano, link: link, snap: 65535}
	magic := uint32(0xa1b2c3d4)
	if nano {
		magic = 0xa1b23c4d
	}
	p.u32(magic)
	p.b = order.AppendUint16(order.AppendUint16(p.b, 2), 4)
	p.u32(0, 0, p.snap, link)
	return p
}

func (p *pcap) u32(v ...uint32) {
	for _, n := range v {
		p.b = p.order.AppendUint32(p.b, n)
	}
}

func (p *pcap) add(sec, frac uint32, frame []byte) *pcap {
	p.u32(sec, frac, uint32(len(frame)), uint32(len(frame)))
	p.b = append(p.b, frame...)
	return p
}

// frame4 is a datagram in a raw IPv4 packet.
func frame4(t testing.TB) []byte { return join(t, ip4(layers.IPProtocolUDP), raw(udp(t)...)) }

func TestMagics(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]binary.AppendByteOrder{"little-endian": binary.LittleEndian, "big-endian": binary.BigEndian} {
		for _, nano := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, nanoseconds %t", name, nano), func(t *testing.T) {
				t.Parallel()
				f := newPcap(order, nano, 101).add(1300475167, 96535, frame4(t)).add(1300475168, 999999, frame4(t))
				want := broker.Timestamp(1300475167096535000)
				if nano {
					want = 1300475167000096535
				}
				r, st, _ := drain(t, write(t, "x", f.b), Options{})
				if st != input.Done || len(r.Ended) != 1 || r.Ended[0].Start != want {
					t.Errorf("ended in %s with %+v, want a start of %d", st, r.Ended, want)
				}
			})
		}
	}
}

// ng writes a pcapng file by hand.
type ng struct {
	order binary.AppendByteOrder
	b     []byte
}

func newNg(order binary.AppendByteOrder) *ng {
	n := &ng{order: order}
	return n.block(0x0a0d0d0a, n.words(0x1a2b3c4d, 0, 0xffffffff, 0xffffffff, 0)[:16], func(b []byte) {
		order.AppendUint16(b[:4], 1)
	})
}

func (n *ng) words(v ...uint32) (b []byte) {
	for _, w := range v {
		b = n.order.AppendUint32(b, w)
	}
	return b
}

func (n *ng) block(typ uint32, body []byte, fix ...func([]byte)) *ng {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	for _, f := range fix {
		f(body)
	}
	size := uint32(len(body) + 12)
	n.b = append(append(append(n.b, n.words(typ, size)...), body...), n.words(size)...)
	return n
}

func (n *ng) iface(link uint16, options ...byte) *ng {
	b := n.order.AppendUint16(nil, link)
	return n.block(1, append(append(b, 0, 0), append(n.words(0), options...)...))
}

func (n *ng) packet(iface uint32, ts uint64, frame []byte) *ng {
	size := uint32(len(frame))
	return n.block(6, append(n.words(iface, uint32(ts>>32), uint32(ts), size, size), frame...))
}

func TestPcapng(t *testing.T) {
	t.Parallel()
	eth := join(t, ether(layers.EthernetTypeIPv4), raw(frame4(t)...))
	for name, order := range map[string]binary.AppendByteOrder{"little-endian": binary.LittleEndian, "big-endian": binary.BigEndian} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNg(order)
			nanos := append(order.AppendUint16(order.AppendUint16(nil, 9), 1), 9, 0, 0, 0, 0, 0, 0, 0) // if_tsresol 9
			n.iface(101).iface(1, nanos...).iface(105)
			n.block(4, make([]byte, 32))                                                           // names
			n.packet(0, 1300475167096535, frame4(t))                                               // microseconds
			n.block(5, make([]byte, 64)).block(0xbad, nil)                                         // statistics, and something private
			n.packet(1, 1300475168000000001, eth)                                                  // nanoseconds, another link
			n.packet(2, 0, make([]byte, 50)).packet(2, 0, eth)                                     // a link that is not read
			n.block(3, append(n.words(uint32(len(frame4(t)))), frame4(t)...))                      // simple: no time
			n.b = append(n.b, newNg(order).iface(101).packet(0, 1300475170000000, frame4(t)).b...) // another section
			r, st, s := drain(t, write(t, "x.pcapng", n.b), Options{})
			if st != input.Done || len(r.Ended) != 1 {
				t.Fatalf("ended in %s, %v, with %d connections, %q", st, s.Err(), len(r.Ended), r.Warnings)
			}
			if c := r.Ended[0]; c.Orig.Packets != 4 || c.Start != 1300475167096535000 || c.Last != 1300475170000000000 {
				t.Errorf("got %d packets from %d to %d", c.Orig.Packets, c.Start, c.Last)
			}
			if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "packet 3 is skipped, as all of its kind: link type 105") {
				t.Errorf("got %q, want one warning about link type 105", r.Warnings)
			}
			if got := s.Stats(); got.Packets != 6 || got.NotIP != 2 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// A capture that was cut anywhere gives all that lies before the cut, and then says where it was.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	small, err := os.ReadFile("../../../policies/testdata/small.pcap")
	if err != nil {
		t.Fatal(err)
	}
	n := newNg(binary.LittleEndian).iface(101)
	for i := range uint64(5) {
		n.packet(0, i*1e6, frame4(t)).block(5, make([]byte, 12))
	}
	for name, whole := range map[string][]byte{"pcap": small[:1200], "pcapng": n.b} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "x", whole)
			done, failed, packets := 0, 0, uint64(0)
			for cut := len(whole) - 1; cut >= 0; cut-- {
				if err := os.Truncate(path, int64(cut)); err != nil {
					t.Fatal(err)
				}
				s, err := Open(path, Options{})
				if err != nil {
					checkError(t, err, path, "ends in its header", "is empty", "not a capture")
					continue
				}
				r := &inputtest.Recorder{}
				switch st := inputtest.Drain(s, r, nil); st {
				case input.Done:
					done++
				case input.Failed:
					failed++
					checkError(t, s.Err(), path, "ends in the middle of a packet")
				}
				if starts, ends := r.Count("new_connection "), r.Count("connection_state_remove "); starts != ends {
					t.Fatalf("cut at %d: %d connections started, %d ended", cut, starts, ends)
				}
				packets = max(packets, s.Stats().Packets)
				s.Close()
			}
			if done == 0 || failed == 0 || packets == 0 {
				t.Errorf("%d cuts between packets, %d within, %d packets: the test is broken", done, failed, packets)
			}
		})
	}
}

func checkError(t *testing.T, err error, file string, want ...string) {
	t.Helper()
	var at *input.Error
	if !errors.As(err, &at) || at.File != file {
		t.Fatalf("got %v, want an error that names %s", err, file)
	}
	for _, w := range want {
		if strings.Contains(err.Error(), w) {
			return
		}
	}
	t.Fatalf("got %v, want one of %q", err, want)
}

func TestCutOffset(t *testing.T) {
	t.Parallel()
	f := newPcap(binary.LittleEndian, false, 101).add(1, 0, frame4(t)).add(2, 0, frame4(t))
	first := 24 + 16 + len(frame4(t))
	for name, content := range map[string][]byte{"plain": f.b[:len(f.b)-1], "compressed": zipped(t, f.b[:len(f.b)-1])} {
		r, st, s := drain(t, write(t, "x", content), Options{})
		if st != input.Failed || len(r.Ended) != 1 {
			t.Errorf("%s: ended in %s with %d connections, want failed with 1", name, st, len(r.Ended))
			continue
		}
		var at *input.Error
		if !errors.As(s.Err(), &at) || at.Offset != int64(first) || !strings.Contains(s.Err().Error(), fmt.Sprintf("offset %d: ", first)) {
			t.Errorf("%s: got %v, want offset %d", name, s.Err(), first)
		}
		if strings.Contains(s.Err().Error(), "decompressed") != (name == "compressed") {
			t.Errorf("%s: got %v", name, s.Err())
		}
		if _, st := s.Pull(1, input.Never, r); st != input.Failed {
			t.Errorf("%s: another pull: got %s, want failed still", name, st)
		}
	}
	z := zipped(t, bytes.Repeat(f.b[24:], 1)) // no header
	if _, err := Open(write(t, "x", z), Options{}); err == nil {
		t.Error("a capture without header opens")
	}
}

func TestBrokenCaptures(t *testing.T) {
	t.Parallel()
	le := binary.LittleEndian
	ok := func() *ng { return newNg(le).iface(101).packet(0, 1, frame4(t)) }
	huge := newPcap(le, false, 101).add(1, 0, frame4(t))
	huge.u32(2, 0, 0xfffffff0, 0xfffffff0)
	longer := newPcap(le, false, 101).add(1, 0, frame4(t))
	longer.u32(2, 0, 100, 50)
	longer.b = append(longer.b, make([]byte, 100)...)
	snap := newPcap(le, false, 101)
	le.PutUint32(snap.b[16:], 0xffffffff)
	snap.u32(2, 0, 0xfffffff0, 0xfffffff0)
	many := ok()
	for range 5000 {
		many.iface(1)
	}
	lying := ok()
	lying.block(6, append(lying.words(0, 0, 2, 1000, 1000), make([]byte, 100)...)).packet(0, 3, make([]byte, 2000))
	wordless := ok()
	wordless.b = append(wordless.b, wordless.words(6, 8, 8)...)
	odd := ok()
	odd.b = append(odd.b, odd.words(6, 35, 0, 0, 0, 0, 0, 0, 0, 0)...)
	big := ok()
	big.b = append(big.b, big.words(6, 1<<30, 0, 0, 0, 0, 0, 0, 0, 0)...)
	options := ok()
	options.block(6, append(options.words(0, 0, 2, 4, 4, 0, 0xffff0001), make([]byte, 40)...)).packet(0, 3, frame4(t))
	tests := []struct {
		name    string
		content []byte
		want    string
	}{
		{"packet longer than anything", huge.b, "capture length exceeds snap length"},
		{"snap length longer than anything", snap.b, "capture length exceeds snap length"},
		{"captured more than there was", longer.b, "capture length exceeds original packet length"},
		{"interfaces without end", many.b, "more than 4096 interfaces"},
		{"packet longer than its block", lying.b, "length does not fit"},
		{"options longer than their block", options.b, "length does not fit"},
		{"block shorter than its head", wordless.b, "length does not fit"},
		{"odd block", odd.b, "length does not fit"},
		{"big block", big.b, "a block of 1073741824 bytes"},
		{"unknown interface", ok().packet(7, 1, frame4(t)).b, "Interface id 7 not present"},
		{"packet before interface", newNg(le).packet(0, 1, frame4(t)).b, "Interface id 0 not present"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "x", tt.content)
			r, st, s := drain(t, path, Options{})
			if st != input.Failed {
				t.Fatalf("ended in %s, %v", st, s.Err())
			}
			checkError(t, s.Err(), path, tt.want)
			if r.Count("new_connection ") != r.Count("connection_state_remove ") {
				t.Errorf("got %q", r.Calls)
			}
		})
	}
}

func TestNoCaptures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		content []byte
		want    string
	}{
		{"nothing", nil, "the capture is empty"},
		{"two bytes", []byte("ab"), "not a capture: starts with 61 62"},
		{"text", []byte("hello, world, this is no capture"), "not a capture: starts with 68 65 6c 6c, want pcap or pcapng"},
		{"a log", []byte("#separator \\x09\n"), "it looks like a Zeek log"},
		{"header only in part", newPcap(binary.LittleEndian, false, 1).b[:20], "ends in its header"},
		{"version 3", append([]byte{0xd4, 0xc3, 0xb2, 0xa1, 3, 0, 4, 0}, make([]byte, 16)...), "Unknown major version 3"},
		{"802.11", newPcap(binary.LittleEndian, false, 105).b, "link type 105"},
		{"compressed twice", zipped(t, zipped(t, newPcap(binary.LittleEndian, false, 1).b)), "not a capture: starts with 1f 8b"},
		{"section of another order", append([]byte{0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 1, 2, 3, 4}, make([]byte, 16)...), "Wrong byte order"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "x", tt.content)
			_, err := Open(path, Options{})
			if err == nil {
				t.Fatal("opens")
			}
			checkError(t, err, path, tt.want)
		})
	}
	if _, err := Open("no/such.pcap", Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := Open("../../../policies/testdata/small.pcap", Options{Flow: flow.Options{MaxFlows: -1}}); err == nil {
		t.Error("bad options are taken")
	}
}

// Blocks of no use are skipped in pieces, so that a capture full of them does not stop the loop.
func TestSkippingIsBounded(t *testing.T) {
	t.Parallel()
	n := newNg(binary.LittleEndian).iface(101)
	for range 3 {
		n.block(0xbad, make([]byte, 12<<20))
	}
	n.packet(0, 1, frame4(t))
	s, err := Open(write(t, "x", n.b), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &inputtest.Recorder{}
	pulls := 0
	for st := input.More; st == input.More; pulls++ {
		_, st = s.Pull(1, input.Never, r)
	}
	if len(r.Ended) != 1 || pulls < 3 {
		t.Errorf("got %d connections in %d pulls of one item, want one in more than 2", len(r.Ended), pulls)
	}
}
