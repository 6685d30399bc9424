package flow

import (
	"encoding/binary"

	"moonpeer/net/broker"
)

// Shard returns which of n shares a packet's connection falls into, from 0. Both directions fall into the same one, and
// so does all that package capture puts together from pieces. It depends on protocol, addresses and ports only, as the
// table has them: for ICMP type and counterpart stand for ports.
//
// The function is fixed, so that nodes of different builds and machines agree: with mix being the finalizer of SplitMix64,
//
//	end(a, p) = mix(a[0:8] ^ mix(a[8:16] + p·0x9e3779b97f4a7c15))    big-endian, modulo 2^64
//	shard     = mix(end(src, sport) + end(dst, dport) + proto) mod n   proto: tcp 1, udp 2, icmp 3
//
// It has no secret: whoever chooses addresses and ports can choose a share. Seeds would have to be told to all nodes, and
// whoever sends traffic to keep one node busy needs no hash to do it: a single connection does.
func (p *Packet) Shard(n int) int {
	h := mix(end(&p.Src, p.SrcPort) + end(&p.Dst, p.DstPort) + uint64(p.Proto))
	return int(h % uint64(n))
}

func end(a *broker.Address, port uint16) uint64 {
	low := binary.BigEndian.Uint64(a[8:]) + uint64(port)*0x9e3779b97f4a7c15
	return mix(binary.BigEndian.Uint64(a[:8]) ^ mix(low))
}

// mix makes each bit of the result depend on each of x.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
