package store

import (
	"fmt"

	"moonpeer/net/broker"
)

// backups are the copies that a master's backend is writing.
type backups struct {
	last    uint64 // the token given last
	open    map[uint64]func(error)
	waiting []laterBackup
}

// laterBackup waits for a group, so that all that was answered before is in it.
type laterBackup struct {
	token, group uint64
	path         string
}

// Backup writes a copy of what is on disk into the new folder path, which is opened like a store: all that was answered before
// is in it, also without Sync. It does not block; done is called when the copy is there, or at once when there can't be
// one, and must not call into the store.
func (m *Master) Backup(path string, done func(error)) {
	switch {
	case m.refused != nil:
		done(m.refused)
		return
	case m.failed != nil:
		done(m.failed)
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
	m.commit()
	b := laterBackup{m.backups.last, m.journal.token - 1, path}
	if m.journal.dirty {
		b.group++ // the disk does not take it yet
	} else if len(m.journal.sent) == 0 {
		m.opts.Backend.Backup(b.token, path)
		return
	}
	m.backups.waiting = append(m.backups.waiting, b)
}

// startBackups begins the copies that have waited for a group.
func (m *Master) startBackups(group uint64) {
	for len(m.backups.waiting) > 0 && m.backups.waiting[0].group <= group {
		b := m.backups.waiting[0]
		m.backups.waiting = m.backups.waiting[1:]
		m.opts.Backend.Backup(b.token, b.path)
	}
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
	m.backups.waiting = nil
	for token := uint64(1); token <= m.backups.last; token++ {
		m.backedUp(BackupDone{Token: token, Err: why})
	}
}
