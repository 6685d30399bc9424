package store

import (
	"bytes"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// sweptPerTurn bounds how many entries that a snapshot did not hold are removed in one turn.
const sweptPerTurn = 1000

// Receive implements Machine.
func (c *Clone) Receive(from broker.EndpointID, topic, payload []byte) bool {
	if string(topic) != c.out || c.refused != nil || len(payload) == 0 {
		return false
	}
	f := fields{b: payload[1:]}
	kind := messageKind(payload[0])
	ok := true
	switch {
	case kind == msgResume:
		o := opening{to: f.u64(), term: f.u64(), seq: f.u64(), applied: f.u64()}
		if ok = f.end(); ok {
			c.resumed(from, &o)
		}
	case kind == msgBegin:
		o := opening{to: f.u64(), term: f.u64(), seq: f.u64(), applied: f.u64(), entries: f.u64()}
		if ok = f.end(); ok {
			c.begun(from, &o)
		}
	case !c.session.open || from != c.session.peer: // of a master that is not followed any more
	default:
		ok = c.follow(kind, &f)
	}
	if !ok {
		c.info.Malformed++
		c.opts.Env.Log.Debug("malformed message of a master", "store", c.opts.Name, "peer", from.String(), "kind", uint8(kind))
	}
	return true
}

// follow takes what the master sends once it is followed. It returns false for what is malformed.
func (c *Clone) follow(kind messageKind, f *fields) bool {
	switch kind {
	case msgChunk:
		return c.chunk(f.b)
	case msgEnd:
		f.u64()
		if !f.end() {
			return false
		}
		c.sweeping = true
	case msgChange:
		return c.change(f)
	case msgAnswer:
		return c.answered(f)
	case msgRefuse:
		code := broker.Code(f.u8())
		c.opts.Env.Log.Warn("the master of a store serves this clone no more", "store", c.opts.Name, "code", code.String(), "why", string(f.b))
		c.lose()
	default:
		return false
	}
	return true
}

// lowerTerm is after how many times Resync without a master one of an earlier run is followed: it may be a new one whose
// clock is behind.
const lowerTerm = 2

// mayMaster reports whether a peer announces a master.
func mayMaster(peers []Peer, id broker.EndpointID, topic string) bool {
	for i := range peers {
		if peers[i].ID == id {
			_, wanted := peers[i].announces(topic)
			return wanted
		}
	}
	return false
}

// takes reports whether a master may be followed: there is none, or none of ours, or it is the same one that begins anew, and
// it is not of an earlier run than the last one.
func (c *Clone) takes(from broker.EndpointID, o *opening) bool {
	if o.to != c.self.Object || !mayMaster(c.opts.Bus.Peers(), from, c.in) {
		return false // for the clone that was here before, or of a stranger
	}
	if term := o.term; term < c.term && (c.lost == step.Never || c.opts.Env.Now().Sub(c.lost) < lowerTerm*c.opts.Resync) {
		c.opts.Env.Log.Warn("a master of an earlier run is not followed", "store", c.opts.Name, "peer", from.String(), "term", term, "last", c.term)
		return false
	}
	return c.lost != step.Never || from == c.session.peer || c.session.channel
}

// resumed goes on behind the last change.
func (c *Clone) resumed(from broker.EndpointID, o *opening) {
	if !c.takes(from, o) {
		return
	}
	if o.term != c.term || o.seq != c.seq || !c.complete || c.partial || c.foreign {
		// Its answer comes late: the table is as of another master by now, or a snapshot was given up for it.
		if c.session.channel || c.session.open && c.partial && o.term == c.term {
			c.lose()
			c.look(c.opts.Bus.Peers())
		}
		return
	}
	c.info.Resumes++
	c.found(from, o)
	c.session.whole = true
}

// begun expects all entries.
func (c *Clone) begun(from broker.EndpointID, o *opening) {
	if !c.takes(from, o) {
		return
	}
	c.info.Snapshots++
	c.found(from, o)
	c.term, c.seq, c.sweeping, c.partial, c.foreign = o.term, o.seq, false, true, false
	c.table.Mark()
}

// found begins a session: writes that the master does not have go to it.
func (c *Clone) found(from broker.EndpointID, o *opening) {
	if c.channel != nil {
		c.channel.end() // our own protocol is better
	}
	c.session = session{peer: from, link: linkOf(c.opts.Bus.Peers(), from), open: true}
	c.lost, c.everFound = step.Never, true
	c.writes.sentUpTo(o.applied)
	c.opts.Changed()
}

// sentUpTo says which writes the master has.
func (w *window) sentUpTo(number uint64) {
	w.sent = 0
	for w.sent < w.len() && w.writes[w.head+w.sent].number <= number {
		w.sent++
	}
}

// chunk takes entries of a snapshot.
func (c *Clone) chunk(b []byte) bool {
	r := wire.NewReader(b)
	for r.Remaining() > 0 && c.refused == nil {
		at := r.Offset()
		if r.Skip() != nil {
			return false
		}
		mid := r.Offset()
		if r.Skip() != nil {
			return false
		}
		key, value := b[at:mid:mid], b[mid:r.Offset():r.Offset()]
		if old, _, had := c.table.Get(key); had && bytes.Equal(old, value) {
			c.table.Touch(key)
			continue
		}
		c.put(&wire.Command{Kind: wire.CmdPut, Key: key, Value: value})
	}
	return true
}

// sweep removes what was there before a snapshot and not in it.
func (c *Clone) sweep() (more bool) {
	done := c.table.Sweep(sweptPerTurn, func(key, value []byte) {
		c.changed(&Change{Kind: Erase, Key: key, Old: value, Publisher: c.source()})
	})
	if !done {
		return true
	}
	c.sweeping, c.partial, c.complete, c.session.whole = false, false, true, true
	return false
}

// change applies one change of the master's. A gap means that the link has lost something, which it never should: the
// clone begins anew.
func (c *Clone) change(f *fields) bool {
	seq := f.u64()
	if f.bad {
		return false
	}
	if seq <= c.seq {
		return true // it was asked twice, and begins again behind what it was told
	}
	if seq != c.seq+1 {
		c.opts.Env.Log.Error("a change is missing; attaching again", "store", c.opts.Name, "have", c.seq, "got", seq)
		c.partial, c.sweeping = true, false
		c.lose()
		c.look(c.opts.Bus.Peers())
		return false
	}
	cmd, err := wire.ParseCommandBody(f.b)
	if err != nil {
		return false
	}
	c.seq = seq
	switch cmd.Kind {
	case wire.CmdPut:
		c.put(&cmd)
	case wire.CmdErase:
		c.erase(&cmd, Erase)
	case wire.CmdExpire:
		c.erase(&cmd, Expire)
	case wire.CmdClear:
		c.clear(&cmd)
	default:
		return false
	}
	return true
}

func (c *Clone) put(cmd *wire.Command) {
	if !c.fits(cmd.Key, cmd.Value) {
		return
	}
	if c.watched() {
		old, _, had := c.table.Get(cmd.Key)
		kind := Insert
		if had {
			kind = Update
		}
		c.changed(&Change{Kind: kind, Key: cmd.Key, Old: old, New: cmd.Value, Expiry: cmd.Expiry, HasExpiry: cmd.HasExpiry, Publisher: cmd.Publisher})
	}
	c.table.Put(cmd.Key, cmd.Value, 0)
}

// fits reports whether there is room for an entry. A clone of which more is asked than a store may hold ends: its copy
// would never be whole.
func (c *Clone) fits(key, value []byte) bool {
	if !c.opts.overfull(c.table, key, value) && len(key)+len(value) <= maxEntryBytes {
		return true
	}
	c.opts.Env.Log.Error("a master has more than a store may hold; the clone ends", "store", c.opts.Name, "entries", c.table.Len(), "bytes", c.table.Size())
	_ = c.Close() // of a clone it can't fail
	return false
}

func (c *Clone) erase(cmd *wire.Command, kind ChangeKind) {
	if c.watched() {
		old, _, had := c.table.Get(cmd.Key)
		if had {
			c.changed(&Change{Kind: kind, Key: cmd.Key, Old: old, Publisher: cmd.Publisher})
		}
	}
	c.table.Delete(cmd.Key)
}

func (c *Clone) clear(cmd *wire.Command) {
	if c.watched() {
		each(c.table, func(k, v []byte) bool {
			c.changed(&Change{Kind: Erase, Key: k, Old: v, Publisher: cmd.Publisher})
			return true
		})
	}
	c.table.Clear()
}

func (c *Clone) watched() bool {
	if !c.asked {
		c.asked, c.watching = true, c.opts.Watcher != nil && c.opts.Watcher.Wants()
	}
	return c.watching
}

// changed tells the watcher.
func (c *Clone) changed(k *Change) {
	if c.watched() {
		c.opts.Watcher.Changed(k)
	}
}
