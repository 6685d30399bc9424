package pebblebackend

import (
	"encoding/binary"
	"log/slog"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Raw is what Pebble itself does on a disk, as a yardstick for stores.
type Raw struct {
	Keys     int             // in all
	Took     time.Duration   // for all of them
	Batches  []time.Duration // how long each synced batch took, sorted
	PerBatch int
}

// MeasureRaw writes synced batches of so many keys of 12 bytes with values of 40 into a new Pebble in dir, one after the
// other, for about so long.
func MeasureRaw(dir string, perBatch int, d time.Duration) (r Raw, err error) {
	db, err := pebble.Open(dir, &pebble.Options{FS: vfs.Default, Logger: logger{slog.New(slog.DiscardHandler), newFence(vfs.Default, dir)}})
	if err != nil {
		return r, err
	}
	r.PerBatch = perBatch
	var key [12]byte
	var value [40]byte
	start := time.Now()
	for r.Took < d && err == nil {
		b, began := db.NewBatch(), time.Now()
		for range perBatch {
			r.Keys++
			binary.BigEndian.PutUint64(key[4:], uint64(r.Keys)*0x9E3779B97F4A7C15)
			if err = b.Set(key[:], value[:], nil); err != nil {
				break
			}
		}
		if err == nil {
			err = db.Apply(b, pebble.Sync)
		}
		r.Batches = append(r.Batches, time.Since(began))
		r.Took = time.Since(start)
	}
	slices.Sort(r.Batches)
	if e := db.Close(); err == nil {
		err = e
	}
	return r, err
}
