package container

import "fmt"

// Limit allows a number of things per key in an interval: "5 per 1 min" is at most five in any minute, wherever it
// begins. (A token bucket would allow nine, five at once and one every twelve seconds.) Up to sixteen per interval
// it is exact; above that, what was allowed counts up to a fourteenth of the interval longer, so it never allows too
// many. What is refused does not count.
type Limit struct {
	keys     *Table
	n        float64
	interval int64
	grain    int64
}

// NewLimit makes a limit of n things per interval, 1 to 2^53.
func NewLimit(n int64, o RateOptions) (*Limit, error) {
	if n < 1 || n > 1<<53 {
		return nil, fmt.Errorf("container: limit of %d: want 1 to 2^53", n)
	}
	t, err := o.table(nil)
	if err != nil {
		return nil, err
	}
	l := &Limit{keys: t, n: float64(n), interval: o.Interval}
	if n > maxBuckets {
		l.grain = grainOf(o.Interval)
	}
	return l, nil
}

// Allow reports whether one more is within the limit, and if so counts it.
func (l *Limit) Allow(key []byte, now int64) bool {
	r, now := ringOf(l.keys, key, now)
	if r.sum(now, l.interval)+1 > l.n {
		return false
	}
	r.add(now, l.grain, 1)
	return true
}

// Len counts the keys.
func (l *Limit) Len(now int64) int { return l.keys.Len(now) }

// Dropped counts the keys that were forgotten early for MaxSize.
func (l *Limit) Dropped() uint64 { return l.keys.Dropped() }

// Clear forgets everything.
func (l *Limit) Clear() { l.keys.Clear() }
