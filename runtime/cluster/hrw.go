package cluster

import "strconv"

// The choice by highest random weight, bit for bit as Zeek makes it (zeek/frameworks.md §3.7), so that all nodes of a
// mixed cluster agree on who is responsible for a key.

// Digest is FNV-1a with 32 bits, Zeek's hash of a key's bytes.
func Digest(key []byte) uint32 {
	d := uint32(2166136261)
	for _, b := range key {
		d = (d ^ uint32(b)) * 16777619
	}
	return d
}

// weight is how much a site wants a key: the site with the largest weight has it.
func weight(digest, site uint32) uint32 {
	const multiplier, increment, mask = 1103515245, 12345, 1<<31 - 1
	x := multiplier*site + increment
	x ^= digest & mask
	return (multiplier*x + increment) & mask
}

// siteOf returns the id of a pool's member, which no other one in taken has.
func siteOf(name string, taken map[uint32]bool) uint32 {
	for i := 0; ; i++ {
		id := Digest([]byte(name + "." + strconv.Itoa(i)))
		if !taken[id] {
			taken[id] = true
			return id
		}
	}
}
