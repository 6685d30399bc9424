package container

import (
	"fmt"
	"math"
)

// The numbers of a map whose values are counts (uint64), integers (int64) or reals (the bits of a float64) in
// Value.Bits. Adding to a key that is missing begins at 0. Each is an assignment: it starts the entry's clock anew
// under OnWrite and OnRead, and OnChange is called. An error changes nothing.

// IncrCount adds n to a count and returns the sum, or ErrOverflow.
func (t *Table) IncrCount(key []byte, n uint64, now int64) (uint64, error) {
	return t.update(key, now, func(old uint64) (uint64, error) {
		if old > math.MaxUint64-n {
			return 0, fmt.Errorf("count %d + %d: %w", old, n, ErrOverflow)
		}
		return old + n, nil
	})
}

// DecrCount subtracts n from a count and returns the difference, or ErrOverflow if it is below 0.
func (t *Table) DecrCount(key []byte, n uint64, now int64) (uint64, error) {
	return t.update(key, now, func(old uint64) (uint64, error) {
		if n > old {
			return 0, fmt.Errorf("count %d - %d: %w", old, n, ErrOverflow)
		}
		return old - n, nil
	})
}

// IncrInteger adds n, which may be negative, to an integer and returns the sum, or ErrOverflow.
func (t *Table) IncrInteger(key []byte, n int64, now int64) (int64, error) {
	sum, err := t.update(key, now, func(old uint64) (uint64, error) {
		a := int64(old)
		if n > 0 && a > math.MaxInt64-n || n < 0 && a < math.MinInt64-n {
			return 0, fmt.Errorf("integer %d + %d: %w", a, n, ErrOverflow)
		}
		return uint64(a + n), nil
	})
	return int64(sum), err
}

// IncrReal adds x to a real and returns the sum, which may be infinite.
func (t *Table) IncrReal(key []byte, x float64, now int64) (float64, error) {
	sum, err := t.update(key, now, func(old uint64) (uint64, error) {
		return math.Float64bits(math.Float64frombits(old) + x), nil
	})
	return math.Float64frombits(sum), err
}

func (t *Table) update(key []byte, now int64, f func(old uint64) (uint64, error)) (uint64, error) {
	if !t.opts.Values {
		return 0, fmt.Errorf("a set has no values: %w", ErrShape)
	}
	s, i, found := t.peek(key, now)
	old := uint64(0)
	if found {
		old = s.values.get(i).Bits
	}
	bits, err := f(old)
	if err != nil {
		return 0, err
	}
	if found {
		t.overwrite(s, i, Value{Bits: bits}, t.tick(now))
	} else {
		t.write(key, Value{Bits: bits}, 0, now)
	}
	return bits, nil
}
