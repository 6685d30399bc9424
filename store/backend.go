package store

import "moonpeer/net/step"

// Backend is where the entries of a master outlive it: a journal that is written behind the table in memory, and read
// when the store is opened. Its Commit takes what package journal has written. Only the loop calls it.
type Backend interface {
	step.Disk
	// Load reads all that is kept into l; it is called before the first Commit, and after a DiskDone with an error to
	// begin anew. It may take as long as reading takes. The error matches broker.ErrBackendFailure.
	Load(l Loader) error
	// Backup begins to write a copy that can be opened as a store, as of the last commit that was answered, into the new
	// folder path. It does not block; a BackupDone with the token follows.
	Backup(token uint64, path string)
	// Close waits for what is under way, syncs it and ends the backend. A second call does nothing.
	Close() error
}

// Loader takes what a Backend has kept. Slices are good during the call. An error ends the loading.
type Loader interface {
	// Entry takes one key with its value, both serialised, and when it expires: ns since 1970, 0 means never.
	Entry(key, value []byte, expiry int64) error
	// Writer takes what is known of one writer.
	Writer(id, state []byte) error
	// Position takes term and sequence number of the last commit; it is not called if there was none.
	Position(term, seq uint64) error
}

// BackupDone ends a Backup.
type BackupDone struct {
	At    step.PortID
	Token uint64
	Err   error
}

// Port is the port of the store.
func (d BackupDone) Port() step.PortID { return d.At }
