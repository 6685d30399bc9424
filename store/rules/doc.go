// Package rules is what the operations of Broker's stores do to values. It works on serialised values, as net/wire
// writes them and commands carry them, with their tags; nothing is built from them in the usual case.
//
//	new, err := rules.Add(nil, old, value, init)   // increment, append, insert_into, push
//	new, err := rules.Subtract(nil, old, value)    // decrement, remove_from, pop
//	elem, err := rules.Index(nil, value, index)    // get_index_from_value
//	key, err := rules.CanonicalKey(nil, raw)       // what a table of entries is keyed by
//
// Everything is a function without state and may be used from anywhere at once. Each appends its result to dst, and
// allocates nothing if dst has room and the input is in canonical form. On error it returns dst as it was. dst must not
// share memory with the other arguments; nothing in the result refers to them.
//
// # Canonical form
//
// The same value can be written in several ways: lengths longer than necessary, sets in any order, true as any byte but
// 0, reals that Broker reads as another real. What net/wire writes is the canonical form. Input may have any form that
// net/wire reads; results are always canonical, and what can't be read is refused with
// broker.ErrDeserializationFailed, duplicates and trailing bytes included.
//
// Two keys are the same entry of a store if their bytes from CanonicalKey are the same. It also makes -0.0 to 0.0, which
// are equal but differ in bytes. Values keep their sign.
//
// # Add
//
// If the key is missing, a zero of the kind init comes first; what init is for a command of ours is said by InitFor.
//
//	old                             value must be    result
//	count, integer, real, timespan  the same kind    sum, integers modulo 2^64
//	timestamp                       timespan         sum
//	string                          string           both, one behind the other
//	set                             any              the element is in it, if it was not
//	table                           vector of 2      the key has the value
//	vector                          any              one element more
//
// # Subtract
//
// The same for numbers and times, with the difference. A set or table loses the element or key, if it is there; a
// vector its last element, if it has one, whatever value is. A string can't be subtracted from.
//
// # Index
//
//	value        index                           result
//	vector       count, or integer from 0 on     the element, else broker.ErrNoSuchKey
//	set          any                             boolean
//	table        any                             the value, else broker.ErrNoSuchKey
//	other kinds  ignored                         the value itself
//
// All other combinations are broker.ErrTypeClash. A vector of another size than 2 for a table is broker.ErrInvalidData,
// and so is what would make a value that nobody can read: deeper than wire.MaxDepth, longer than 32 bits, a NaN in an
// element of a set or a key of a table.
package rules
