package container

import "fmt"

// Table is a set, or a map if it has values: keys are bytes, entries are in order of insertion, may expire and may
// be bounded in number. It belongs to one goroutine. Its methods are handed the node's clock; a time before one
// that the table has seen counts as that one, and 0 as "the clock has not started".
type Table struct {
	opts  Options
	now   int64 // latest time seen
	start int64 // when the clock started, 0 before; entries of time 0 count from here

	count   int
	nextSeq uint64 // of the next entry; never reset, so that iterators know what is newer than they are
	dropped uint64
	moved   uint64 // entries that repacking has copied, for the tests that bound an operation's work

	order []*segment // with entries, oldest first; only the last may be without
	tail  *segment   // takes the next entry; nil in an empty table
	segs  []*segment // by id
	free  []uint32   // ids of nil ones
	due   dueHeap[*segment]
	idx   *index // nil while the tail is the only segment and has firstSlots at most

	layout uint64 // changes when an entry's place does
	era    uint32 // changes with Swap

	expiring uint64 // sequence number + 1 of the entry that OnExpire is asked about
	inExpire bool   // OnExpire is running
	inChange bool   // OnChange is running

	member membership // in opts.Sweeper
}

// NewTable makes an empty table.
func NewTable(o Options) (*Table, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("container: %w", err)
	}
	return &Table{opts: o}, nil
}

// Options are what the table was made with, defaults filled in.
func (t *Table) Options() Options { return t.opts }

// Len counts the entries. It lets overdue ones go first, as every read does, but no more than a few hundred; while
// more than that are overdue at once (the sweep is at work) some of them are counted.
func (t *Table) Len(now int64) int {
	t.Expire(now, lenBudget)
	return t.count
}

// Dropped counts the entries that MaxSize has cost.
func (t *Table) Dropped() uint64 { return t.dropped }

// Has reports whether key is in the table. Under OnRead it starts the entry's clock anew.
func (t *Table) Has(key []byte, now int64) bool {
	_, _, ok := t.read(key, now)
	return ok
}

// Get returns the value of key. Under OnRead it starts the entry's clock anew.
func (t *Table) Get(key []byte, now int64) (Value, bool) {
	s, i, ok := t.read(key, now)
	if !ok || !t.opts.Values {
		return Value{}, ok
	}
	return s.values.get(i), true
}

func (t *Table) read(key []byte, now int64) (*segment, int, bool) {
	s, i, ok := t.peek(key, now)
	if ok && t.opts.Expiry == OnRead {
		s.at[i] = t.now
	}
	return s, i, ok
}

// peek finds an entry that is not overdue, without starting its clock anew.
func (t *Table) peek(key []byte, now int64) (*segment, int, bool) {
	ref, _ := t.find(key)
	if ref == 0 {
		return nil, 0, false
	}
	s, i := t.entry(ref)
	if s.at == nil {
		return s, i, true
	}
	t.tick(now)
	if limit := t.limit(); t.effective(s.due) < limit && t.effective(s.at[i]) < limit {
		return t.settle(s, i)
	}
	return s, i, true
}

// Add puts key into a set and reports whether it is new. That it was there is no change, but starts the entry's
// clock anew under OnWrite and OnRead. In a map, it is Set with the zero Value.
func (t *Table) Add(key []byte, now int64) (added bool) {
	_, found := t.write(key, Value{}, 0, now)
	return !found
}

// Set gives key a value and returns the one it had. In a set the value is ignored.
func (t *Table) Set(key []byte, v Value, now int64) (old Value, found bool) {
	return t.write(key, v, 0, now)
}

// SetAged is Set for what another table has had for so long: a new entry's time is that much earlier, so that both
// end together. One that is there keeps its time as it would under Set.
func (t *Table) SetAged(key []byte, v Value, age, now int64) (old Value, found bool) {
	return t.write(key, v, max(age, 0), now)
}

// Age returns how long ago key's entry was made, written or read, whichever its expiry counts from; false if there is
// none. It is no read. Without expiry every age is 0.
func (t *Table) Age(key []byte, now int64) (age int64, ok bool) {
	s, i, ok := t.peek(key, now)
	if !ok || s.at == nil {
		return 0, ok
	}
	return t.now - t.effective(s.at[i]), true
}

func (t *Table) write(key []byte, v Value, age, now int64) (old Value, found bool) {
	now = t.tick(now)
	if !t.opts.Values {
		v = Value{}
	}
	ref, hash := t.find(key)
	if ref != 0 {
		s, i := t.entry(ref)
		ok := true
		if s.at != nil && t.overdue(s.at[i]) {
			s, i, ok = t.replaceable(s, i)
		}
		if ok {
			return t.overwrite(s, i, v, now), true
		}
		if ref, hash = t.find(key); ref != 0 { // a hook has put it there anew
			s, i = t.entry(ref)
			return t.overwrite(s, i, v, now), true
		}
	}
	at := now
	if age > 0 && now > 0 {
		at = max(now-age, 1) // 0 would be "before the clock started"
	}
	s, i := t.push(key, hash, v, at)
	s.mixed = s.mixed || at != now
	if t.opts.OnChange != nil {
		t.changed(New, s.key(i), Value{}, v)
	}
	// One addition makes one too many; the second is for a table that came with too many (Swap).
	for n := 0; n < 2 && t.count > t.opts.MaxSize; n++ {
		t.dropOldest()
	}
	return Value{}, false
}

// overwrite gives a live entry its new value and returns the old one.
func (t *Table) overwrite(s *segment, i int, v Value, now int64) (old Value) {
	if t.opts.Expiry == OnWrite || t.opts.Expiry == OnRead {
		s.at[i] = now
	}
	if !t.opts.Values {
		return Value{}
	}
	old = s.values.get(i)
	s.values.set(i, v)
	if t.opts.OnChange != nil {
		t.changed(Changed, s.key(i), old, v)
	}
	return old
}

// Remove takes key out and returns its value.
func (t *Table) Remove(key []byte, now int64) (old Value, found bool) {
	t.tick(now)
	ref, hash := t.find(key)
	if ref == 0 {
		return Value{}, false
	}
	s, i := t.entry(ref)
	if s.at != nil && t.overdue(s.at[i]) {
		var ok bool
		if s, i, ok = t.replaceable(s, i); !ok {
			return Value{}, false
		}
	}
	return t.drop(s, i, hash, Removed), true
}

// End takes key out as if its time had come, without asking OnExpire: a copy ends with its original.
func (t *Table) End(key []byte, now int64) (found bool) {
	t.tick(now)
	ref, hash := t.find(key)
	if ref == 0 {
		return false
	}
	s, i := t.entry(ref)
	t.drop(s, i, hash, Expired)
	return true
}

// dropOldest makes room for an addition.
func (t *Table) dropOldest() {
	s := t.order[0]
	i := s.oldest()
	if s.at != nil && t.overdue(s.at[i]) {
		var ok bool
		if s, i, ok = t.replaceable(s, i); !ok {
			return // it had to go anyway
		}
	}
	t.dropped++
	t.drop(s, i, t.hash(s.key(i)), Removed)
}

// drop removes a live entry, tells the hook and returns the value.
func (t *Table) drop(s *segment, i int, hash uint32, why Change) (old Value) {
	if t.opts.Values {
		old = s.values.get(i)
	}
	key := s.key(i)
	t.take(s, i, hash)
	t.tidy(s)
	if t.opts.OnChange != nil {
		t.changed(why, key, old, Value{})
	}
	return old
}

// Clear removes everything at once. OnChange is not called; as in Zeek, and because a call for each of a million
// entries is no longer one step.
func (t *Table) Clear() { t.reset() }

// find returns the number of key's entry, or 0, and the hash if there is an index.
func (t *Table) find(key []byte) (ref, hash uint32) {
	x := t.idx
	if x == nil {
		return t.scan(key), 0
	}
	hash = x.hash(key)
	p := x.dir[x.number(hash)]
	mask := uint32(len(p.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := p.slots[i]
		if slot == 0 {
			return 0, hash
		}
		if uint32(slot>>32) == hash {
			if s := t.segs[uint32(slot)>>slotBits]; s.keyIs(int(slot&(segSlots-1)), key) {
				return uint32(slot), hash
			}
		}
	}
}

// scan is find without index.
func (t *Table) scan(key []byte) uint32 {
	if s := t.tail; s != nil {
		for i := range int(s.n) {
			if s.isLive(i) && s.keyIs(i, key) {
				return s.ref(i)
			}
		}
	}
	return 0
}

func (t *Table) entry(ref uint32) (*segment, int) {
	return t.segs[ref>>slotBits], int(ref & (segSlots - 1))
}

// hash returns what take wants to know of a key.
func (t *Table) hash(key []byte) uint32 {
	if t.idx == nil {
		return 0
	}
	return t.idx.hash(key)
}
