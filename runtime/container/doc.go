// Package container holds what the sets, maps, vectors, subnet maps and rates of scripts hold. It knows nothing of
// Lua: keys are bytes, values are a word or a reference, and what they mean is the caller's business.
//
// # Types
//
//	Table      a set, or with Options.Values a map: expiry, hooks, a bound, order of insertion
//	Vector     values numbered from 1
//	SubnetMap  networks to values, longest match
//	Limit      "5 per 1 min" for each key
//	Window     sums for each key over the last interval
//	Distinct   how many different values each key had in the last interval
//	Sweeper    steps the expiry of all tables and rates of a domain
//
// Everything belongs to one goroutine, the node's loop. Nothing here starts a goroutine, locks or reads a clock: calls
// are handed now, the node's clock in nanoseconds. Time does not run backwards for a table, and 0 means that the
// clock has not started: entries made before count from its start.
//
//	set, err := container.NewTable(container.Options{
//		KeyWidth: 16, Expiry: container.OnCreate, Interval: container.Fixed(86400e9), Sweeper: &sweeper,
//	})
//	if set.Add(addr[:], now) {
//		// new
//	}
//	for it := set.Iter(); it.Next(now); {
//		use(it.Key())
//	}
//
// # Keys
//
// A key is the canonical encoding of a value: equal values, equal bytes. Where all keys of a table are equally long
// (16 bytes for an address, 8 for a count) Options.KeyWidth says so and no length is stored; a key of another length
// is never found, and adding it is a bug of the caller that panics. Keys that an iterator or a hook shows lie in the
// table's memory. They are never overwritten, so they may be kept, but each keeps the segment it lies in.
//
// # Expiry
//
// An entry is overdue when its time is strictly longer ago than the interval. Its time is when it was made (OnCreate),
// when it was last assigned to (OnWrite), or last assigned to or found by Has or Get (OnRead); adding an element that a
// set has is an assignment. The interval is asked each time, so that it can be an option. While it is negative
// nothing expires.
//
// SetAged makes an entry whose time is earlier than now, for a copy that is to end with its original.
//
// An overdue entry is visible to nobody. It ends with the first who meets it, be it a sweep (Expire, Sweeper.Step), a
// lookup, an assignment, a removal, a count or a walk: there and then OnExpire is asked; if it wants to keep the entry,
// the entry is there as if it had never been overdue; if not, it is removed and OnChange told Expired. So each end is
// told exactly once, and what a script sees does not depend on when the sweep came by.
//
// # Hooks
//
// A hook may do anything to the table: change it, clear it, walk over it, swap its contents. No hook is called from
// inside itself. What follows for code inside a hook:
//
//   - Changes made inside OnChange are not told.
//   - Entries that are overdue but were not met before are gone for lookups and walks, and are left to whoever meets
//     them after the hook. An assignment or removal can't leave them: they end there, told to the hook that is not
//     running, if any.
//   - The entry that OnExpire is being asked about is still there, and if it is removed or replaced by a new one,
//     that stands, whatever OnExpire answers. A new value does not save it.
//   - A sweep does nothing, and Len counts everything.
//
// OnChange is called after the change: New, Changed (an assignment in a map, also of an equal value; adding what a set
// has is no change), Removed (Remove, or dropped for MaxSize), Expired. Clear and Swap tell nobody.
//
// # Bounds
//
// An addition beyond MaxSize removes the oldest entry by order of insertion, after the new one is in, and counts it in
// Dropped. An oldest entry that is overdue expires instead. A table that comes to have too many by Swap loses two per
// addition.
//
// # Walks
//
// An Iter visits, in order of insertion, what was there when it began: not what was added since, nor what was removed,
// even if it was added again. An assignment leaves an entry in its place. Walks may be nested, left unfinished, and
// outlive anything done to the table; a walk ends where Swap replaced what it walked over.
//
// # Memory
//
// A table is a list of segments, an index and a heap:
//
//	order  ── segment ── segment ── … ── tail           entries in order of insertion
//	             │ 512 slots, a column each:
//	             │ keys (width × 512, or bytes and their ends), times, values, one bit "live"
//	             │ refs of values only where there are any
//	index  ── directory ── page                         hash to entry number
//	             │ 1024 slots of hash (32 bits) and entry number (32 bits: segment, slot)
//	due    heap of segments by a lower bound of their entries' times
//
// Only references in values are pointers that the collector has to follow; it sees a few per 512 entries otherwise. An
// address in a set takes 33 bytes on average at a million entries, 41 with expiry, 49 with a count as its value. A set
// of one to eight entries has no index; an empty one takes 300 bytes, one with four addresses 770.
//
// No operation's work grows with the table, save for the directory (one word per thousand entries) when the index
// doubles: an addition splits at most one page, a removal repacks at most 512 entries and merges two pages, a sweep
// is stepped. Segments of which half was removed are repacked, and an emptied table gives back everything.
//
// # Rates
//
// A rate remembers things in up to sixteen buckets per key. A bucket begins with a thing, takes what follows within
// a fourteenth of the interval, and is forgotten when the last thing in it is an interval old. So single things and
// bursts count exactly as long as the interval, steady ones up to a fourteenth longer, none shorter. Keys and values
// longer than 64 bytes are kept as SHA-256.
package container
