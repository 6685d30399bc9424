package capture

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"moonpeer/net/broker"
)

// pieces cuts a datagram of n bytes into IP packets of at most size bytes of payload.
func pieces(t testing.TB, v6 bool, id uint32, n, size int) (out [][]byte) {
	t.Helper()
	whole := join(t, &layers.UDP{SrcPort: 40000, DstPort: 9999}, raw(make([]byte, n)...))
	for at := 0; at < len(whole); at += size {
		part := whole[at:min(at+size, len(whole))]
		more := at+size < len(whole)
		if v6 {
			out = append(out, join(t, ip6(layers.IPProtocolIPv6Fragment), &layers.IPv6Fragment{NextHeader: layers.IPProtocolUDP,
				FragmentOffset: uint16(at / 8), MoreFragments: more, Identification: id}, gopacket.Payload(part)))
			continue
		}
		ip := ip4(layers.IPProtocolUDP)
		ip.Id, ip.FragOffset = uint16(id), uint16(at/8)
		if more {
			ip.Flags = layers.IPv4MoreFragments
		}
		out = append(out, join(t, ip, gopacket.Payload(part)))
	}
	return out
}

func TestFragments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		v6     bool
		header int
		want   string
	}{{"IPv4", false, 20, conn4}, {"IPv6", true, 40, conn6}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all := pieces(t, tt.v6, 1, 3000, 1480)
			for how, frames := range map[string][][]byte{
				"in order":          all,
				"reversed":          reversed(all),
				"one of them twice": {all[0], all[1], all[1], all[2]},
			} {
				r, st := feed(t, linkRaw, frames...)
				if len(r.Ended) != 1 || r.Ended[0].Orig.Packets != 1 || r.Ended[0].Orig.IPBytes != uint64(tt.header+8+3000) {
					t.Errorf("%s: got %+v", how, r.Ended)
					continue
				}
				if n, _ := r.Ended[0].OrigBytes(); n != 3000 {
					t.Errorf("%s: got payload %d, want 3000", how, n)
				}
				if st.Fragments != uint64(len(frames)-1) || st.Malformed > 0 {
					t.Errorf("%s: got %+v, want %d pieces that completed nothing", how, st, len(frames)-1)
				}
			}
			r, st := feed(t, linkRaw, all[0], all[2])
			if len(r.Ended) != 0 || st.Fragments != 2 {
				t.Errorf("a piece is missing: got %q, %+v", r.Calls, st)
			}
			// Of pieces captured in part, the first has the ports; nothing else can be had.
			r, st = feed(t, linkRaw, all[0][:100], all[1][:100])
			if len(r.Ended) != 1 || r.Ended[0].Orig.IPBytes != uint64(len(all[0])) || st.Fragments != 1 {
				t.Errorf("captured in part: got %q, %+v", r.Calls, st)
			}
		})
	}
}

// fragmentAgeTime is fragmentAge as packets have it.
const fragmentAgeTime = broker.Timestamp(fragmentAge)

func reversed(frames [][]byte) [][]byte {
	out := slices.Clone(frames)
	slices.Reverse(out)
	return out
}

// The buffer of a packet is used again for the next one, so pieces must have been copied.
func TestFragmentsAreCopied(t *testing.T) {
	t.Parallel()
	var d decoder
	buf := make([]byte, 2000)
	for _, v6 := range []bool{false, true} {
		var v verdict
		for _, f := range pieces(t, v6, 7, 2000, 1000) {
			v = d.decode(&Packet{Data: buf[:copy(buf, f)], Link: linkRaw})
		}
		if v != decoded || d.pkt.SrcPort != 40000 || d.pkt.DstPort != 9999 || d.pkt.Payload != 2000 {
			t.Errorf("IPv6 %t: got %d, %+v", v6, v, d.pkt)
		}
	}
}

func TestFragmentsAreBounded(t *testing.T) {
	t.Parallel()
	var d decoder
	for _, v6 := range []bool{false, true} {
		first := pieces(t, v6, 0, 1400, 1000)[0]
		for id := range uint16(25000) {
			if v6 {
				binary.BigEndian.PutUint16(first[46:], id)
			} else {
				binary.BigEndian.PutUint16(first[4:], id)
			}
			d.decode(&Packet{Data: first, Link: linkRaw})
			if d.frags.held > fragmentBytes+2000 {
				t.Fatalf("%d bytes are held", d.frags.held)
			}
		}
	}
	if d.frags.overflow != 2 {
		t.Errorf("all was dropped %d times, want 2", d.frags.overflow)
	}
}

func TestFragmentsGrowOld(t *testing.T) {
	t.Parallel()
	for _, v6 := range []bool{false, true} {
		var d decoder
		p := pieces(t, v6, 9, 1400, 1000)
		d.decode(&Packet{Data: p[0], Link: linkRaw})
		d.pkt.Time = 2 * fragmentAgeTime
		if v := d.decode(&Packet{Data: p[1], Link: linkRaw}); v != fragment {
			t.Errorf("IPv6 %t: a piece a minute later got %d, want that it waits", v6, v)
		}
	}
	// With others coming all the time, old ones of IPv4 still go.
	var d decoder
	old := pieces(t, false, 9, 1400, 1000)
	d.decode(&Packet{Data: old[0], Link: linkRaw})
	for i := range uint32(10) {
		d.pkt.Time += fragmentAgeTime / 2
		d.decode(&Packet{Data: pieces(t, false, 100+i, 1400, 1000)[0], Link: linkRaw})
	}
	if v := d.decode(&Packet{Data: old[1], Link: linkRaw}); v != fragment {
		t.Errorf("got %d, want that the first piece has gone", v)
	}
}
