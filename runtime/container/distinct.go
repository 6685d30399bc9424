package container

import "fmt"

const (
	// distinctValues is the MaxValues of a Distinct that was given none.
	distinctValues = 4096
	// valuesPerKey bounds what all keys of a Distinct keep together: so many times MaxSize.
	valuesPerKey = 16
	// distinctStep is how many values are forgotten at a time.
	distinctStep = 1024
)

// Distinct counts per key how many different values were seen in the last interval, exactly, up to a bound per key.
// All keys together keep at most sixteen times MaxSize values; one too many drops the oldest key.
type Distinct struct {
	keys     *Table // to *Table, the set of values
	interval int64
	max      int // values per key
	maxTotal int
	total    int // values of all keys
}

// NewDistinct makes a counter that counts to maxValues for each key; 0 means 4,096.
func NewDistinct(maxValues int, o RateOptions) (*Distinct, error) {
	if maxValues < 0 || maxValues > maxEntries {
		return nil, fmt.Errorf("container: %d distinct values: want 0 to %d", maxValues, maxEntries)
	}
	if maxValues == 0 {
		maxValues = distinctValues
	}
	d := &Distinct{interval: o.Interval}
	t, err := o.table(d.changed)
	if err != nil {
		return nil, err
	}
	d.keys = t
	d.maxTotal = valuesPerKey * t.opts.MaxSize
	d.max = min(maxValues, d.maxTotal)
	return d, nil
}

// changed gives back the values of a key that goes.
func (d *Distinct) changed(what Change, _ []byte, old, _ Value) {
	if what == Removed || what == Expired {
		d.total -= old.Ref.(*Table).count
	}
}

// Add takes note of a value and returns how many different ones key has had. A key that has as many as can be kept
// is saturated: a new value is not taken, and the count says "at least".
func (d *Distinct) Add(key, value []byte, now int64) (n int, saturated bool) {
	now = d.keys.tick(now)
	s := d.values(shortKey(key), now)
	value = shortKey(value)
	before := s.count
	for s.Expire(now, distinctStep) {
	}
	if s.count < d.max || s.Has(value, now) {
		s.Add(value, now)
	} else {
		saturated = true
	}
	n = s.count
	d.total += n - before
	if d.total > d.maxTotal {
		d.keys.dropOldest()
	}
	return n, saturated
}

// values returns the set of a key's values, new if there is none.
func (d *Distinct) values(key []byte, now int64) *Table {
	if v, ok := d.keys.Get(key, now); ok {
		return v.Ref.(*Table)
	}
	// A value is overdue one nanosecond after its interval; a value exactly an interval old is outside.
	s := &Table{opts: Options{Expiry: OnWrite, Interval: Fixed(d.interval - 1), MaxSize: maxEntries}}
	d.keys.Set(key, Value{Ref: s}, now)
	return s
}

// Len counts the keys.
func (d *Distinct) Len(now int64) int { return d.keys.Len(now) }

// Dropped counts the keys that were forgotten early for MaxSize.
func (d *Distinct) Dropped() uint64 { return d.keys.Dropped() }

// Clear forgets everything.
func (d *Distinct) Clear() {
	d.keys.Clear()
	d.total = 0
}
