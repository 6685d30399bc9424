package node

// EachExpiring calls fn for every entry until it returns false, with the time at which it expires, ns since 1970; 0: never, or it is not
// known, as at a clone.
func (x *openStore) EachExpiring(fn func(key, value []byte, expiry int64) bool) error {
	if m, ok := x.Machine.(interface {
		EachExpiring(fn func(key, value []byte, expiry int64) bool) error
	}); ok {
		return m.EachExpiring(fn)
	}
	return x.Each(func(key, value []byte) bool { return fn(key, value, 0) })
}
