package container

import (
	"errors"
	"fmt"
	"math"
)

// Never is the time that does not come.
const Never = math.MaxInt64

// maxEntries is the MaxSize of a table that was given none. Entry numbers have 32 bits, and in the worst case only
// one in eight numbers is in use.
const maxEntries = 1 << 28

// maxKeyWidth is the widest key that is stored without its length.
const maxKeyWidth = 32

// Errors that tables and vectors return. Callers match them with errors.Is.
var (
	// ErrShape says that two tables don't hold the same kind of entries.
	ErrShape = errors.New("tables of different shape")
	// ErrOverflow says that a result has no place in the number's kind. The entry keeps its old value.
	ErrOverflow = errors.New("overflow")
	// ErrFull says that a vector has reached its bound.
	ErrFull = errors.New("vector is full")
)

// Expiry says what starts an entry's clock anew.
type Expiry uint8

// A new entry starts its clock under each of them but NoExpiry.
const (
	NoExpiry Expiry = iota // entries stay
	OnCreate               // nothing else; overwriting does not
	OnWrite                // assignment, also of a value or element that is there
	OnRead                 // assignment and each successful lookup or membership test; iterating does not
)

// Change is what happened to an entry.
type Change uint8

// What OnChange is told. Dropping the oldest entry for MaxSize is a Removed.
const (
	New Change = iota
	Changed
	Removed
	Expired
)

var changeNames = [...]string{"new", "changed", "removed", "expired"}

// String is the word that scripts see.
func (c Change) String() string {
	if int(c) < len(changeNames) {
		return changeNames[c]
	}
	return fmt.Sprintf("change(%d)", uint8(c))
}

// Interval is how long an entry lives, in nanoseconds. It is asked each time it matters, so that an option can be
// one. Negative means that nothing expires for now. Implementations must be comparable with == and cheap to ask;
// Nanoseconds must not touch the table.
type Interval interface {
	Nanoseconds() int64
}

// Fixed is an Interval that never changes.
type Fixed int64

// Nanoseconds is the interval itself.
func (f Fixed) Nanoseconds() int64 { return int64(f) }

// Options describe a table. The zero value is a set of keys of any length that grows to 268 million entries and
// forgets nothing.
type Options struct {
	// KeyWidth is the length of every key in bytes, at most 32: 16 for addresses, 8 for counts. 0 means that keys
	// differ in length.
	KeyWidth int
	// Values says that entries have values: a map. Without it the table is a set and holds none.
	Values bool
	// Expiry and Interval go together.
	Expiry   Expiry
	Interval Interval
	// MaxSize is the most entries there can be; an addition beyond it drops the oldest. 0 means 268 million.
	MaxSize int
	// OnExpire is called with an overdue entry, which is still there, and returns for how many nanoseconds from now
	// to keep it; 0 or less lets it go.
	OnExpire func(key []byte, v Value) (keep int64)
	// OnChange is called after each change: with the value now (New, Changed) and the value before (Changed,
	// Removed, Expired); the other is the zero Value.
	OnChange func(what Change, key []byte, old, now Value)
	// Sweeper steps the table's expiry along with that of others. nil: the owner calls Expire.
	Sweeper *Sweeper
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.KeyWidth < 0 || o.KeyWidth > maxKeyWidth:
		return o, fmt.Errorf("key width %d: want 0 to %d", o.KeyWidth, maxKeyWidth)
	case o.Expiry > OnRead:
		return o, fmt.Errorf("expiry %d: want NoExpiry, OnCreate, OnWrite or OnRead", o.Expiry)
	case (o.Expiry == NoExpiry) != (o.Interval == nil):
		return o, errors.New("expiry and interval: want both or neither")
	case o.MaxSize < 0 || o.MaxSize > maxEntries:
		return o, fmt.Errorf("max size %d: want 0 to %d", o.MaxSize, maxEntries)
	}
	if o.MaxSize == 0 {
		o.MaxSize = maxEntries
	}
	return o, nil
}
