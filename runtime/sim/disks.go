package sim

import (
	"maps"
	"slices"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/node"
	"moonpeer/store"
	"moonpeer/store/membackend"
)

// syncEvery is how long what is committed without sync may stay unsynced, as with the real backend.
const syncEvery = 100 * time.Millisecond

// disks are what a node's stores are kept on, over all of its runs.
type disks struct {
	byName map[string]*membackend.Disk
	dirty  step.Time // since when something is not synced; Never: nothing is
}

// open opens the disk of one store.
func (d *disks) open(p node.StorePlace) (store.Backend, error) {
	if d.byName[p.Name] == nil {
		d.byName[p.Name] = membackend.NewDisk()
	}
	return membackend.Open(d.byName[p.Name], membackend.Options{Port: p.Port, Inbox: p.Inbox})
}

// pass syncs what has waited long enough at now.
func (d *disks) pass(now step.Time) {
	if d.dirty == step.Never || now.Sub(d.dirty) < syncEvery {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(d.byName)) {
		d.byName[name].Sync()
	}
	d.dirty = step.Never
}

// note looks whether something is to be synced later.
func (d *disks) note(now step.Time) {
	if d.dirty != step.Never {
		return
	}
	for _, disk := range d.byName { // the order does not matter
		if disk.Dirty() {
			d.dirty = now
			return
		}
	}
}

// crash loses what is not synced at now.
func (d *disks) crash(now step.Time) {
	d.pass(now)
	for _, name := range slices.Sorted(maps.Keys(d.byName)) {
		d.byName[name].Crash()
	}
	d.dirty = step.Never
}

// Disk is what a store of the node's is kept on, so that a test can have it fail; nil: the store was never opened.
func (n *Node) Disk(store string) *membackend.Disk { return n.disks.byName[store] }
