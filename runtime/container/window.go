package container

import (
	"fmt"
	"math"
)

// Window sums numbers per key over the last interval. Numbers that come steadily are counted up to a fourteenth of
// the interval longer, single ones and bursts to the nanosecond. Sums are floats: exact for integers up to 2^53.
type Window struct {
	keys     *Table
	interval int64
	grain    int64
}

// NewWindow makes a window.
func NewWindow(o RateOptions) (*Window, error) {
	t, err := o.table(nil)
	if err != nil {
		return nil, err
	}
	return &Window{keys: t, interval: o.Interval, grain: grainOf(o.Interval)}, nil
}

// Add adds n, which may be negative but must be finite, and returns the key's sum.
func (w *Window) Add(key []byte, n float64, now int64) (sum float64, err error) {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("window: %v can't be summed up", n)
	}
	r, now := ringOf(w.keys, key, now)
	sum = r.sum(now, w.interval) + n
	r.add(now, w.grain, n)
	return sum, nil
}

// Sum returns the key's sum. It keeps the key as Add does.
func (w *Window) Sum(key []byte, now int64) float64 {
	now = w.keys.tick(now)
	v, ok := w.keys.Get(shortKey(key), now)
	if !ok {
		return 0
	}
	return v.Ref.(*ring).sum(now, w.interval)
}

// Len counts the keys.
func (w *Window) Len(now int64) int { return w.keys.Len(now) }

// Dropped counts the keys that were forgotten early for MaxSize.
func (w *Window) Dropped() uint64 { return w.keys.Dropped() }

// Clear forgets everything.
func (w *Window) Clear() { w.keys.Clear() }
