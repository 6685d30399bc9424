// Package table is the memory of a store: keys and values, both bytes, with expiry. Masters and clones hold their
// entries in a Table; what is on disk is its journal.
//
//	tb := table.New()
//	tb.Put(key, value, now+ttl)
//	value, expiry, ok := tb.Get(key)
//	if now >= tb.NextExpiry() {
//		n, done := tb.Expire(now, 1000, func(key, value []byte) { … })
//	}
//
// # Types
//
//	Table  the entries
//	Walk   visits them while they change
//	Tour   walks until it has missed nothing
//
// A Table and its Walks belong to one goroutine. Nothing here locks, waits, starts a goroutine or reads a clock.
//
// # Ownership of bytes
//
// Put copies what it is given, which may be the table's own memory. What Get returns is the table's memory, good until
// the next change: a later Put of the key may write over it. A key or value that Sweep or Expire hands to its function
// has been removed by then; nobody writes to those bytes again, so they may be kept, but they keep up to 256 KB from
// being collected. Nobody but the table may write to any of them.
//
// Functions that are handed in may change the table in any way.
//
// # Order
//
// Walks go in the order in which entries were put. An entry whose value is replaced keeps its place if the new value
// needs no other room, rounded up to eight bytes, and expires if the old one did and not if not; else it is a new one
// at the end. What order things happen in never depends on the hash, whose seed is random.
//
// # Walks
//
// A walk visits every entry that is there from its beginning to its end and is not put in between. What is put in
// between may be visited, again or for the first time, or not. A walk ends: it visits nothing in arenas that begin
// after it did. Any number may be open; one that is not wanted any longer is dropped, without further ado.
//
// A Tour is for who is not told of changes besides: it walks again through what was put meanwhile, until nothing was, or it
// gives up since more is put than it visits.
//
// # Generations
//
// Mark, then Put or Touch what is to stay, then Sweep until it is done: this makes the table what a snapshot says,
// while other changes go on. A Mark before the sweep is done begins anew.
//
// # Expiry
//
// An entry with an expiry of e is overdue when now ≥ e. It stays there, for Get and all others, until Expire removes
// it. Expire(now) is exact: when it says done nothing with e ≤ now is left. The clock may be set back or ahead;
// nothing expires before its time by the clock as it is then. Calling Expire once before a table is filled lets it
// know roughly when now is, which saves looking at each entry once more later.
//
// # Memory
//
//	index   directory ── page                  key to place
//	            │ 1023 slots of tag (29 bits of the key's hash) and place (arena 20 bits, offset 15)
//	arenas  order ── arena ── arena ── … ── tail
//	            │ up to 256 KB: entries one behind the other, see entry
//	            │ an entry of more than 32 KB has an arena of its own
//	wheel   bucket ── node ── node ── …        entries that expire, in a list per bucket
//	            │ place, next, previous: 16 bytes
//
// None of it holds pointers per entry. An entry takes its key and value, 8 bytes, 20 if it expires, rounded up to
// eight; about 17 in the index; 16 in the wheel if it expires. Of an arena that is full at least half is in use, or it
// is about to be compacted. An empty table gives back all but about 100 KB, Clear everything.
//
// No operation's work grows with the table, save for one word per arena or page in a list of them: a Put splits at most
// one page or so, pending compaction is done one arena at a time and never more than earlier changes have earned, and
// Sweep and Expire look at 4,096 entries beyond those that they may remove.
//
// # Limits
//
// A key has up to 256 MB, a value up to 4 GB. There is room for at least 300 million entries, and for a million
// arenas: 256 GB of small entries, or a million large ones. Beyond that Put panics; a store's max_bytes must be
// well below.
package table
