package bindings

import (
	"moonpeer/bindings/storelib"
	"moonpeer/runtime/node"
	"moonpeer/store"
)

// stores are the node's stores as scripts see them: storelib.Stores.
type stores struct{ *node.Stores }

// Master implements storelib.Stores.
func (s stores) Master(name string, o storelib.MasterOptions) (store.Store, error) {
	return s.Stores.Master(name, node.MasterOptions{
		Backend: o.Backend, NoSync: o.Sync != nil && !*o.Sync, Expire: o.Expire, MaxBytes: o.MaxBytes, Quarantine: o.OnCorrupt == "quarantine",
	})
}

// Clone implements storelib.Stores.
func (s stores) Clone(name string, o storelib.CloneOptions) (store.Store, error) {
	return s.Stores.Clone(name, store.CloneOptions{Resync: o.Resync, Stale: o.Stale, MutationBuffer: o.MutationBuffer})
}
