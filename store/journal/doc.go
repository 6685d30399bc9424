// Package journal is the encoding of what one commit of a store changes: a group of operations behind each other in one
// slice, which the loop appends to and a backend reads. It says nothing of how a backend keeps them.
//
// A group is applied wholly or not at all, and in order: a Put after a Clear survives it. Keys, values, ids and states are
// bytes that mean nothing here; each may be empty.
//
// # Format
//
// An operation is a byte that says which, and its fields; a length is an unsigned varint of the least possible size.
//
//	byte  operation  fields
//	1     Put        length, key, length, value
//	2     Put        the same, then the expiry: 8 bytes, little endian, not 0
//	3     Erase      length, key
//	4     Clear      all entries; writers and the position stay
//	5     Writer     length, id, length, state
//	6     Forget     length, id
//	7     Position   term and sequence number, 8 bytes each, little endian
//
// Groups live between the loop and the backend of one process, so the format has no version. Every group has exactly one
// encoding.
//
//	b = journal.AppendPut(b[:0], key, value, 0)
//	b = journal.AppendPosition(b, term, seq)
//	for rest := b; len(rest) > 0; {
//		var op journal.Op
//		if op, rest, err = journal.Next(rest); err != nil {
//			return err
//		}
//	}
package journal
