package flow

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// UID returns the connection's id: C and the base-62 text of 96 bits of a hash of the table's seed, the two ends and
// the start time. Which end is the originator makes no difference, so it survives a change of roles and two nodes
// with one seed that see a connection from different places agree. It is made at the first call.
func (c *Conn) UID() string {
	if c.uid != "" {
		return c.uid
	}
	var b [64]byte
	in := binary.BigEndian.AppendUint64(b[:0], c.uidSeed)
	in = append(append(in, c.key.a[:]...), c.key.b[:]...)
	in = binary.BigEndian.AppendUint16(in, c.key.pa)
	in = binary.BigEndian.AppendUint16(in, c.key.pb)
	in = append(in, byte(c.key.proto))
	in = binary.BigEndian.AppendUint64(in, uint64(c.Start))
	if c.again > 0 {
		in = binary.BigEndian.AppendUint32(in, c.again)
	}
	sum := sha256.Sum256(in)
	c.uid = string(appendBase62([]byte{'C'}, binary.BigEndian.Uint64(sum[:8])>>32, binary.BigEndian.Uint64(sum[4:12])))
	return c.uid
}

// appendBase62 appends the number hi·2^64+lo; hi must be below 2^32.
func appendBase62(dst []byte, hi, lo uint64) []byte {
	var digits [24]byte
	i := len(digits)
	for hi|lo != 0 || i == len(digits) {
		var rem uint64
		hi, rem = hi/62, hi%62
		lo, rem = bits.Div64(rem, lo, 62)
		i--
		digits[i] = base62[rem]
	}
	return append(dst, digits[i:]...)
}
