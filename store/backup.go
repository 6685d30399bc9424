package store

import (
	"fmt"

	"moonpeer/net/broker"
)

// backups are the copies that a master's backend is writing.
type backups struct {
	last uint64 // the token given last
	open map[uint64]func(error)
}

// Backup writes a copy of what is on disk into the new folder path, which is opened like a store: all that was answered before
// is in it, also without Sync. It does not block; done is called when the copy is there, or at once when there can't be
// one, and must not call into the store.
func (m *Master) Backup(path string, done func(error)) {
	switch {
	case m.refused != nil:
		done(m.refused)
		return
	case m.opts.Backend == nil:
		done(m.fail(broker.BackendFailure, fmt.Sprintf("there is nothing on disk to copy (backend %s)", m.opts.BackendName)))
		return
	}
	if m.backups.open == nil {
		m.backups.open = map[uint64]func(error){}
	}
	m.backups.last++
	m.backups.open[m.backups.last] = done
	m.opts.Backend.Backup(m.backups.last, path)
}

// backedUp ends a Backup.
func (m *Master) backedUp(d BackupDone) {
	if done := m.backups.open[d.Token]; done != nil {
		delete(m.backups.open, d.Token)
		done(d.Err)
	}
}

// endBackups tells whoever waits for a copy that nobody will say what becomes of it.
func (m *Master) endBackups(why error) {
	for token := uint64(1); token <= m.backups.last; token++ {
		m.backedUp(BackupDone{Token: token, Err: why})
	}
}
