package node

import (
	"errors"
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/store"
)

// EachExpiring calls fn for every entry until it returns false, with the time at which it expires, ns since 1970; 0: never, or it is not
// known, as at a clone.
func (x *openStore) EachExpiring(fn func(key, value []byte, expiry int64) bool) error {
	if m, ok := x.Machine.(*store.Master); ok {
		return m.EachExpiring(fn)
	}
	return x.Each(func(key, value []byte) bool { return fn(key, value, 0) })
}

// Backup copies what a master has on disk into a new folder; see store.Master. A clone has nothing there.
func (x *openStore) Backup(path string, done func(error)) {
	if m, ok := x.Machine.(*store.Master); ok {
		m.Backup(path, done)
		return
	}
	done(&broker.Error{Code: broker.BackendFailure, Context: fmt.Sprintf("store %q", x.Name()), Err: errors.New("a clone has nothing on disk: its master can be backed up")})
}
