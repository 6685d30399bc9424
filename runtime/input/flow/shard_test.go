package flow

import (
	"fmt"
	"testing"

	"moonpeer/net/broker"
)

func packet(proto broker.Proto, src string, sport uint16, dst string, dport uint16) *Packet {
	return &Packet{Proto: proto, Src: addr(src), SrcPort: sport, Dst: addr(dst), DstPort: dport}
}

// TestShardVectors: nodes of two versions must agree. The numbers were computed by another program.
func TestShardVectors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		p    *Packet
		want [3]int // of 4, 7 and 1000
	}{
		{packet(broker.TCP, "10.0.0.1", 40000, "10.1.0.10", 80), [3]int{0, 0, 64}},
		{packet(broker.UDP, "10.0.0.1", 40000, "10.1.0.10", 80), [3]int{0, 3, 416}},
		{packet(broker.TCP, "2001:db8::1", 40000, "2001:db8::2", 443), [3]int{2, 2, 466}},
		{packet(broker.ICMP, "10.0.0.1", 8, "10.1.0.10", 0), [3]int{2, 0, 570}},
		{packet(broker.TCP, "127.0.0.1", 5, "127.0.0.1", 5), [3]int{0, 1, 892}},
	} {
		if got := [3]int{tt.p.Shard(4), tt.p.Shard(7), tt.p.Shard(1000)}; got != tt.want {
			t.Errorf("%+v: got %v, want %v", *tt.p, got, tt.want)
		}
	}
}

// TestShardBothWays: whatever the table takes for one connection falls into one shard.
func TestShardBothWays(t *testing.T) {
	t.Parallel()
	for i := range uint16(1000) {
		there := packet(broker.TCP, fmt.Sprintf("10.0.%d.%d", i/256, i%256), i, "10.1.0.10", 80)
		back := packet(broker.TCP, "10.1.0.10", 80, fmt.Sprintf("10.0.%d.%d", i/256, i%256), i)
		if a, b := there.Shard(7), back.Shard(7); a != b {
			t.Fatalf("client %d: there is %d, back is %d", i, a, b)
		}
	}
	for typ := range 256 {
		there := &Packet{Proto: broker.ICMP, Src: addr("10.0.0.1"), Dst: addr("10.0.0.2")}
		there.SrcPort, there.DstPort, there.OneWay = ICMP4Ports(uint8(typ), 0)
		if there.OneWay {
			continue
		}
		back := &Packet{Proto: broker.ICMP, Src: there.Dst, Dst: there.Src}
		back.SrcPort, back.DstPort, _ = ICMP4Ports(uint8(there.DstPort), 0)
		if a, b := there.Shard(16), back.Shard(16); a != b {
			t.Errorf("ICMP type %d: there is %d, back is %d", typ, a, b)
		}
	}
}

// TestShardSpread: shares are even where only one thing differs from connection to connection.
func TestShardSpread(t *testing.T) {
	t.Parallel()
	const conns = 20_000
	for name, nth := range map[string]func(i int) *Packet{
		"source ports": func(i int) *Packet { return packet(broker.TCP, "10.0.0.1", uint16(i), "10.1.0.10", 80) },
		"clients": func(i int) *Packet {
			p := packet(broker.UDP, "10.0.0.1", 53, "10.1.0.10", 53)
			p.Src[14], p.Src[15] = byte(i>>8), byte(i)
			return p
		},
		"a scan": func(i int) *Packet {
			p := packet(broker.TCP, "10.0.0.1", 40000, "10.2.0.0", uint16(20+i%10))
			p.Dst[14], p.Dst[15] = byte(i/10>>8), byte(i/10)
			return p
		},
		"networks": func(i int) *Packet {
			p := packet(broker.TCP, "2001:db8::1", 40000, "2001:db8::2", 443)
			p.Src[6], p.Src[7] = byte(i>>8), byte(i)
			return p
		},
		"pairs that only change sides": func(i int) *Packet {
			p := packet(broker.TCP, "10.0.0.0", 1000, "10.0.0.0", 1000)
			p.Src[15], p.Dst[15] = byte(i), byte(i>>8)
			p.SrcPort, p.DstPort = uint16(i>>8), uint16(i)
			return p
		},
	} {
		for _, n := range []int{2, 3, 4, 16} {
			count := make([]int, n)
			for i := range conns {
				count[nth(i).Shard(n)]++
			}
			for shard, got := range count { // five standard deviations are 350 of 10,000
				if want := conns / n; got < want*88/100 || got > want*112/100 {
					t.Errorf("%s, shard %d of %d: got %d of %d, want about %d", name, shard, n, got, conns, want)
				}
			}
		}
	}
}
