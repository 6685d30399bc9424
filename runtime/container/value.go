package container

// Value is what an entry holds: a scalar in Bits (a count, the bits of a float, nanoseconds, 0 or 1), everything
// else in Ref. What the bits mean is the caller's business. A value whose Ref is nil costs eight bytes.
type Value struct {
	Bits uint64
	Ref  any
}

// column holds the values of up to a segment's entries. The refs, which the garbage collector has to look through,
// exist only once a value with a Ref was stored.
type column struct {
	bits []uint64
	refs []any
}

func newColumn(n int) column { return column{bits: make([]uint64, n)} }

func (c *column) get(i int) Value {
	v := Value{Bits: c.bits[i]}
	if c.refs != nil {
		v.Ref = c.refs[i]
	}
	return v
}

func (c *column) set(i int, v Value) {
	c.bits[i] = v.Bits
	if c.refs == nil {
		if v.Ref == nil {
			return
		}
		c.refs = make([]any, len(c.bits))
	}
	c.refs[i] = v.Ref
}

// grow makes room for n values and keeps those that are there.
func (c *column) grow(n int) {
	c.bits = grown(c.bits, n)
	c.refs = grown(c.refs, n)
}

// grown copies s to a slice of length n; nil stays nil.
func grown[T any](s []T, n int) []T {
	if s == nil {
		return nil
	}
	r := make([]T, n)
	copy(r, s)
	return r
}
