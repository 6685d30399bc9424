// Package pebblebackend keeps a store in Pebble, one Pebble per store, so that a store that is damaged, removed or copied
// touches no other. It is a store.Backend: a journal that is written behind the table in memory and read when a store is
// opened. Nothing is ever looked up in it.
//
// # Types
//
// Open makes a Backend. Verify reads all of a folder and makes a Report of it, for the command "store verify". Options say the
// rest; a Cache is memory that several backends share.
//
// # Goroutines
//
// A Backend belongs to the loop. Commit and Backup return at once; Open, Load and Close take as long as the disk does.
// What a commit sets off goes through two goroutines of the Backend:
//
//	loop ── Commit ──▶ queue ──▶ committer ──▶ jobs ──▶ syncer ──▶ Inbox
//	                             one batch of           waits for the sync,
//	                             all that wait          DiskDone in order
//
// Commits of one batch and batches that are under way at once share a sync. Nothing runs while nothing is asked for; the
// one timer is for commits without sync, which are synced 100 ms later if none with sync has come.
//
// # What holds
//
//   - DiskDones come in the order of the commits. One with sync says that this commit, and each before it, is durable. One
//     without says that Pebble has it.
//   - A batch is applied wholly or not at all, so a commit is; after a crash there is a prefix of the commits, which has
//     all that were answered with sync.
//   - ops is read until the DiskDone comes, and not copied.
//   - After an error all commits fail until Load, which opens Pebble anew: a store whose disk has room again goes on
//     without a restart. Whether a commit that was answered with an error is there then, Load says; never in part.
//   - No error of a disk ends the process; see DESIGN.md for what that takes.
//   - Commit answers false above 4,096 commits or 16 MB that are not answered. DiskReady follows at half of it.
//
// # Errors
//
// All match broker.ErrBackendFailure and name the folder. Within, ErrDamaged says that what is in the folder is not what
// was written; ErrLocked that someone has it open; ErrNewer that a newer program has written it; ErrNoStore that nothing
// is there. Other errors are the file system's, such as syscall.ENOSPC or fs.ErrPermission, and are never taken for
// damage. With OnCorrupt "quarantine" a damaged folder, and no other, is renamed to <dir>.corrupt-<time> and an empty
// store takes its place; see Backend.Quarantined.
//
// # Layout
//
// Keys in Pebble begin with a byte that says what they are.
//
//	key           value
//	e + key       0, value; or 1, expiry (8 bytes, big endian, ns since 1970), value
//	w + id        the writer's state
//	m + schema    the version of this table, 4 bytes, big endian: 1
//	m + position  term and sequence number of the last commit, 8 bytes each, big endian
//
// # Example
//
//	b, err := pebblebackend.Open(pebblebackend.Options{Dir: dir, Port: port, Inbox: inbox})
//	...
//	err = b.Load(table)
//	b.Commit(1, journal.AppendPut(nil, key, value, 0), true) // DiskDone{port, 1, nil}
package pebblebackend
