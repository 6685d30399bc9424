package container

import (
	"crypto/sha256"
	"fmt"
)

const (
	// rateKeys is the MaxSize of a rate that was given none.
	rateKeys = 1 << 16
	// maxBuckets is how many buckets of a ring there are at most.
	maxBuckets = 16
	// maxRateKey is the longest key that is kept as it is. Nobody asks for the keys of a rate back.
	maxRateKey = 64
)

// RateOptions describe a Limit, Window or Distinct.
type RateOptions struct {
	// Interval is the length of the window in nanoseconds, above 0. What happened exactly that long ago is outside.
	Interval int64
	// MaxSize is the most keys that are kept; one too many drops the oldest. 0 means 65,536.
	MaxSize int
	// Sweeper forgets idle keys. nil: they are forgotten when asked about or dropped.
	Sweeper *Sweeper
}

// table makes the map from keys to what is known of each. Asking about a key keeps it.
func (o RateOptions) table(changed func(Change, []byte, Value, Value)) (*Table, error) {
	if o.Interval <= 0 {
		return nil, fmt.Errorf("container: rate interval %d ns: want more than 0", o.Interval)
	}
	if o.MaxSize == 0 {
		o.MaxSize = rateKeys
	}
	return NewTable(Options{
		Values: true, Expiry: OnRead, Interval: Fixed(o.Interval), MaxSize: o.MaxSize,
		OnChange: changed, Sweeper: o.Sweeper,
	})
}

// shortKey returns key, or something no longer that stands for it: its digest, in a length that no key kept as it
// is has.
func shortKey(key []byte) []byte {
	if len(key) <= maxRateKey {
		return key
	}
	digest := sha256.Sum256(key)
	return append(make([]byte, maxRateKey+1-len(digest), maxRateKey+1), digest[:]...)
}

// ring sums up what happened in the last interval, in at most maxBuckets buckets. A bucket begins with the first
// thing in it, takes what follows within the grain, and is forgotten as a whole when the last thing in it is an
// interval old. So a single thing and a burst are forgotten to the nanosecond, and what comes steadily up to a grain
// late, never early.
type ring struct {
	start   int64 // first thing in the newest bucket
	buckets []bucket
}

type bucket struct {
	last int64 // time of the last thing in it
	sum  float64
}

// sum forgets what is too old and adds up the rest.
func (r *ring) sum(now, interval int64) (sum float64) {
	old := 0
	for old < len(r.buckets) && now-r.buckets[old].last >= interval {
		old++
	}
	if old > 0 {
		r.buckets = r.buckets[:copy(r.buckets, r.buckets[old:])]
	}
	for _, b := range r.buckets {
		sum += b.sum
	}
	return sum
}

// add takes note of n, after sum was asked at the same time.
func (r *ring) add(now, grain int64, n float64) {
	k := len(r.buckets)
	if k > 0 && now-r.start <= grain {
		r.buckets[k-1].last = now
		r.buckets[k-1].sum += n
		return
	}
	r.start = now
	r.buckets = append(r.buckets, bucket{now, n})
}

// grainOf is a width of buckets of which sixteen are always enough for an interval. Buckets begin more than a grain
// apart, and the oldest that counts began at most an interval and a grain ago: of 14 g + r nanoseconds, r < 14, there
// are at most (15 g + r)/(g + 1) + 1 of them, which is 16 or less.
func grainOf(interval int64) int64 { return interval / (maxBuckets - 2) }

// ringOf returns the ring of a key, new if there is none, and the time.
func ringOf(t *Table, key []byte, now int64) (*ring, int64) {
	now = t.tick(now)
	key = shortKey(key)
	if v, ok := t.Get(key, now); ok {
		return v.Ref.(*ring), now
	}
	r := &ring{}
	t.Set(key, Value{Ref: r}, now)
	return r, now
}
