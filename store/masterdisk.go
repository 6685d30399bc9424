package store

import (
	"fmt"
	"math"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/store/journal"
)

// groups are what is on its way to the disk: what a turn has changed is one group, committed as a whole.
type groups struct {
	ops   []byte // of this turn
	dirty bool   // this turn has something to commit
	// behind: the backend has not taken a group, which grows until it does.
	behind bool
	token  uint64 // of this turn's group; from 1, never given twice
	sent   []group
	spare  [][]byte
}

// group is one commit that is not answered.
type group struct {
	token uint64
	seq   uint64 // of its last change
	ops   []byte
}

// maxSpare is how large a buffer is kept for the next group.
const maxSpare = 1 << 20

// maxGroup is how large a group may grow that the backend does not take, before writes are refused.
const maxGroup = 64 << 20

// expiriesPerTurn bounds how many keys expire in one turn.
const expiriesPerTurn = 1000

// effect is something that others may see when the disk has what came before it.
type effect struct {
	token  uint64 // the group that it waits for
	kind   effectKind
	waiter Waiter
	result Result
	bytes  int
	change *Change
	writer *writer
	upTo   uint64
	run    func()
}

type effectKind uint8

const (
	effectLocal  effectKind = iota // a write of this node has its outcome
	effectChange                   // the watcher is told
	effectWriter                   // a writer's writes have their outcome up to a number
	effectRun                      // something of Broker's protocol happens
)

// holds reports whether what happens is kept in until it is on disk.
func (m *Master) holds() bool { return m.opts.Sync && m.opts.Backend != nil }

// waits reports whether an outcome that is known now must wait: it may tell of something that is not on disk.
func (m *Master) waits() bool {
	return m.holds() && m.failed == nil && (m.journal.dirty || len(m.journal.sent) > 0)
}

// hold keeps an effect until the group of this turn is durable, or the last one if this turn has none.
func (m *Master) hold(e effect) {
	e.token = m.journal.token
	if !m.journal.dirty {
		e.token-- // of the last one, which is on its way: see waits
	}
	m.held = append(m.held, e)
}

// commit hands this turn's group to the backend.
func (m *Master) commit() {
	g := &m.journal
	if m.saveWriters(); !g.dirty || m.opts.Backend == nil || m.failed != nil {
		return
	}
	ops := journal.AppendPosition(g.ops, m.term, m.seq)
	if !m.opts.Backend.Commit(g.token, ops, m.opts.Sync) {
		g.ops, g.behind = ops, true
		return
	}
	g.behind = false
	g.sent = append(g.sent, group{g.token, m.seq, ops})
	g.token++
	g.dirty, g.ops = false, nil
	if n := len(g.spare); n > 0 {
		g.ops, g.spare = g.spare[n-1][:0], g.spare[:n-1]
	}
}

// Input takes what the backend has to say.
func (m *Master) Input(in step.Input) {
	switch in := in.(type) {
	case step.DiskDone:
		m.done(in)
	case step.DiskReady:
		m.commit()
	case BackupDone:
		m.backedUp(in)
	}
}

// done lets out what has waited for a group.
func (m *Master) done(d step.DiskDone) {
	g := &m.journal
	if len(g.sent) == 0 || g.sent[0].token != d.Token || m.failed != nil {
		return // of before the disk failed
	}
	if d.Err != nil {
		m.diskFailed(d.Err)
		return
	}
	m.entered = true
	first := g.sent[0]
	m.startBackups(first.token)
	copy(g.sent, g.sent[1:])
	g.sent = g.sent[:len(g.sent)-1]
	if cap(first.ops) <= maxSpare && len(g.spare) < 8 {
		g.spare = append(g.spare, first.ops)
	}
	if m.holds() {
		m.out1 = first.seq
		m.release(first.token)
	}
}

// release lets out all effects up to a group's.
func (m *Master) release(token uint64) {
	for m.heldAt < len(m.held) && m.held[m.heldAt].token <= token {
		e := m.held[m.heldAt]
		m.held[m.heldAt] = effect{}
		m.heldAt++
		m.perform(&e)
	}
	if m.heldAt == len(m.held) {
		m.held, m.heldAt = m.held[:0], 0
		if cap(m.held) > MaxWrites*2 {
			m.held = nil
		}
	}
}

func (m *Master) perform(e *effect) {
	switch e.kind {
	case effectLocal:
		m.local.n--
		m.local.bytes -= e.bytes
		if e.waiter != nil {
			e.waiter.Done(e.result)
		}
	case effectChange:
		if m.opts.Watcher != nil {
			m.opts.Watcher.Changed(e.change)
		}
	case effectWriter:
		e.writer.durable = e.upTo
		m.touch(e.writer)
	case effectRun:
		e.run()
	}
}

// endHeld ends all writes of this node that wait, with an error. What else waits is forgotten.
func (m *Master) endHeld(why error) {
	held := m.held[m.heldAt:]
	m.held, m.heldAt = nil, 0
	for i := range held {
		if e := &held[i]; e.kind == effectLocal {
			e.result = Result{Err: why}
			m.perform(e)
		}
	}
}

// diskFailed makes the store read-only until the backend can be read again. Nothing that was not durable counts.
func (m *Master) diskFailed(err error) {
	m.failed = &broker.Error{Code: broker.BackendFailure, Context: fmt.Sprintf("store %q is read-only", m.opts.Name), Err: err}
	m.opts.Env.Log.Error("the disk of a store fails; it is read-only, and tried again every second", "store", m.opts.Name, "error", err)
	m.endHeld(m.failed)
	m.endBackups(m.failed)
	for _, w := range m.writers { // in any order: nothing is said here
		w.fail(m.failed)
	}
	for _, f := range m.followers {
		m.touch(f.writer)
	}
	if m.channel != nil {
		m.channel.failed()
	}
	m.retry = m.opts.Env.Now().Add(retryDisk)
	m.opts.Changed()
}

// recover reads the backend again, whose entries then are the truth: memory may be ahead of it. Clones start anew.
func (m *Master) recover(now step.Time) {
	m.retry = now.Add(retryDisk)
	seq := m.seq
	if err := m.load(); err != nil {
		m.failed = &broker.Error{Code: broker.BackendFailure, Context: fmt.Sprintf("store %q is read-only", m.opts.Name), Err: err}
		return
	}
	m.seq = max(m.seq, seq) // numbers are not given twice
	m.out1 = m.seq
	m.failed, m.retry = nil, step.Never
	m.opts.Env.Log.Info("the disk of a store works again", "store", m.opts.Name, "entries", m.table.Len())
	for _, f := range m.followers {
		f.restart(m)
		m.touch(f.writer) // what it was not told of may be on disk
	}
	if m.channel != nil {
		m.channel.recovered()
	}
}

// Step implements step.Machine: a disk that has failed is looked at again, and Broker's channels tick.
func (m *Master) Step(now step.Time) (more bool) {
	if m.channel != nil && now >= m.channel.next {
		m.channel.tick(now)
	}
	if m.failed != nil && m.refused == nil && now >= m.retry {
		m.recover(now)
	}
	return false
}

// Next implements step.Machine.
func (m *Master) Next() step.Time {
	if m.refused != nil {
		return step.Never
	}
	if m.channel != nil {
		return min(m.retry, m.channel.next)
	}
	return m.retry
}

// Tick implements Machine.
func (m *Master) Tick(clock int64) (more bool) {
	if m.refused != nil || m.failed != nil || m.table.NextExpiry() > clock {
		return false
	}
	return !m.expire(clock, expiriesPerTurn)
}

// NextTick implements Machine.
func (m *Master) NextTick() int64 {
	if m.refused != nil || m.failed != nil {
		return math.MaxInt64
	}
	return m.table.NextExpiry()
}
