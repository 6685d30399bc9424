package pebblebackend

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"moonpeer/net/step"
)

// Values of Options.OnCorrupt.
const (
	Fail       = "fail"       // a damaged folder is an error
	Quarantine = "quarantine" // it is renamed, and an empty store takes its place
)

// Options say what to open and how.
type Options struct {
	// Dir is the folder of this one store. It is created if it is missing.
	Dir string
	// FS is the file system; nil: the disk.
	FS vfs.FS
	// Port is the port of what is put into Inbox.
	Port step.PortID
	// Inbox gets DiskDone, DiskReady and store.BackupDone. Only a ReadOnly backend needs none.
	Inbox step.Inbox
	// OnCorrupt is Fail or Quarantine; "": Fail. Quarantine reads all of the store once more when it is opened, 0.3 s for
	// a million entries.
	OnCorrupt string
	// Now says when a folder was put into quarantine; Quarantine needs it.
	Now func() time.Time
	// ReadOnly opens without writing anything, also on a file system that cannot be written to. Nothing is then created.
	ReadOnly bool
	// Logger is told of damage and quarantine; nil: slog.Default.
	Logger *slog.Logger
	// Cache is shared by several backends; nil: a small one of its own. The table of the store is in memory, so that a
	// cache is of use only to compactions.
	Cache *Cache
	// MemTableSize is how many bytes are kept in memory, twice at most, before they become a sorted file. 0: 4 MB.
	MemTableSize int
	// SyncEvery is how long a commit without sync may stay unsynced. 0: 100 ms.
	SyncEvery time.Duration
	// MaxCommits and MaxBytes bound what is under way before Commit answers false. 0: 4,096 commits, 16 MB.
	MaxCommits int
	MaxBytes   int
}

// Cache is memory that several backends share.
type Cache struct{ cache *pebble.Cache }

// NewCache makes a cache of so many bytes. Close gives it back, after the backends that use it.
func NewCache(bytes int64) *Cache { return &Cache{pebble.NewCache(bytes)} }

// Close ends the cache.
func (c *Cache) Close() { c.cache.Unref() }

func (o Options) withDefaults() (Options, error) {
	if o.OnCorrupt == "" {
		o.OnCorrupt = Fail
	}
	switch {
	case o.Dir == "":
		return o, errors.New("a pebble backend needs a folder")
	case o.Inbox == nil && !o.ReadOnly:
		return o, errors.New("a pebble backend needs an inbox")
	case o.OnCorrupt != Fail && o.OnCorrupt != Quarantine:
		return o, fmt.Errorf("on_corrupt is %q, neither %q nor %q", o.OnCorrupt, Fail, Quarantine)
	case o.OnCorrupt == Quarantine && o.Now == nil && !o.ReadOnly:
		return o, errors.New("quarantine needs a clock")
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.SyncEvery <= 0 {
		o.SyncEvery = 100 * time.Millisecond
	}
	o.MemTableSize = orDefault(o.MemTableSize, 4<<20)
	o.MaxCommits = orDefault(o.MaxCommits, 4096)
	o.MaxBytes = orDefault(o.MaxBytes, 16<<20)
	return o, nil
}

func orDefault(v, otherwise int) int {
	if v <= 0 {
		return otherwise
	}
	return v
}

// formatVersion is written into a new store, and into an old one when it is opened. It is not FormatNewest: a new
// Pebble shall not make a folder unreadable for the program of last week.
const formatVersion = pebble.FormatValueSeparation

// pebble returns the options of Pebble.
func (o Options) pebble(f *fence) *pebble.Options {
	p := &pebble.Options{
		FS:                 f,
		ReadOnly:           o.ReadOnly,
		Logger:             logger{o.Logger, f},
		EventListener:      events(f),
		FormatMajorVersion: formatVersion,
		MemTableSize:       uint64(o.MemTableSize),
		CacheSize:          1 << 20,
		MaxOpenFiles:       200,
		// Writers wait only for a flush: nobody reads while there are many files, and a compaction that cannot be done
		// must not keep the committer from seeing why.
		L0StopWritesThreshold: 1000,
	}
	p.Experimental.CompactionScheduler = newScheduler()
	if o.Cache != nil {
		p.Cache = o.Cache.cache
	}
	for i := range p.Levels {
		p.Levels[i].BlockSize = 32 << 10 // entries are read in order, all of them
	}
	return p
}
