package flow

import (
	"encoding/binary"

	"moonpeer/net/broker"
)

// key finds a connection by its two ends, whichever comes first. It has no padding, so it hashes as plain memory.
type key struct {
	a, b   [16]byte
	pa, pb uint16
	proto  broker.Proto
	oneWay bool
}

// makeKey puts the smaller end first, unless the packet belongs to a connection of one direction.
func makeKey(p *Packet) key {
	k := key{a: p.Src, b: p.Dst, pa: p.SrcPort, pb: p.DstPort, proto: p.Proto, oneWay: p.OneWay}
	if !p.OneWay && after(&k) {
		k.a, k.b, k.pa, k.pb = k.b, k.a, k.pb, k.pa
	}
	return k
}

// after tells whether end a sorts behind end b.
func after(k *key) bool {
	ah, bh := binary.BigEndian.Uint64(k.a[:8]), binary.BigEndian.Uint64(k.b[:8])
	if ah != bh {
		return ah > bh
	}
	al, bl := binary.BigEndian.Uint64(k.a[8:]), binary.BigEndian.Uint64(k.b[8:])
	if al != bl {
		return al > bl
	}
	return k.pa > k.pb
}
