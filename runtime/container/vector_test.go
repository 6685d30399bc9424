package container

import (
	"errors"
	"math/rand/v2"
	"testing"
)

func mustVector(t *testing.T, max int) *Vector {
	t.Helper()
	v, err := NewVector(max)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVectorModel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(*firstSeed, 4))
	v, want := mustVector(t, 3000), []Value(nil)
	grow := true
	for i := range 100000 {
		x := Value{Bits: uint64(i)}
		if i%10 == 0 {
			x.Ref = i
		}
		at := r.IntN(len(want)+3) - 1
		inside := at >= 1 && at <= len(want)
		switch op := r.IntN(10); {
		case op < 2 || op < 6 && grow:
			err := v.Push(x)
			if full := len(want) == 3000; full != errors.Is(err, ErrFull) {
				t.Fatalf("push on %d: %v", len(want), err)
			}
			if err == nil {
				want = append(want, x)
			}
		case op < 6:
			x, ok := v.Pop()
			if ok != (len(want) > 0) || ok && x != want[len(want)-1] {
				t.Fatalf("pop on %d: %v, %v", len(want), x, ok)
			}
			if ok {
				want = want[:len(want)-1]
			}
		case op < 8:
			x, err := v.Get(at)
			if inside != (err == nil) || inside && x != want[at-1] {
				t.Fatalf("get %d of %d: %v, %v", at, len(want), x, err)
			}
		default:
			if err := v.Set(at, x); inside != (err == nil) {
				t.Fatalf("set %d of %d: %v", at, len(want), err)
			}
			if inside {
				want[at-1] = x
			}
		}
		if v.Len() != len(want) {
			t.Fatalf("got %d values, want %d", v.Len(), len(want))
		}
		if n := len(want); n>>slotBits < len(v.blocks) {
			if b := v.blocks[n>>slotBits]; n&(segSlots-1) < len(b.refs) && b.refs[n&(segSlots-1)] != nil {
				t.Fatalf("popped value %d is kept alive", n+1)
			}
		}
		if r.IntN(4000) == 0 {
			grow = !grow
		}
	}
	n := 0
	for it := v.Iter(); it.Next(); n++ {
		if it.Index() != n+1 || it.Value() != want[n] {
			t.Fatalf("value %d is %v at %d, want %v", n+1, it.Value(), it.Index(), want[n])
		}
	}
	if n != len(want) {
		t.Errorf("walked over %d values of %d", n, len(want))
	}
}

func TestVectorErrors(t *testing.T) {
	t.Parallel()
	v := mustVector(t, 0)
	_, err := v.Get(1)
	if want := "index 1: the vector is empty"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	v.Push(Value{})
	v.Push(Value{})
	err = v.Set(3, Value{})
	var ie *IndexError
	if want := "index 3: the vector goes from 1 to 2"; !errors.As(err, &ie) || err.Error() != want || ie.Index != 3 || ie.Len != 2 {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, max := range []int{-1, maxVector + 1} {
		if _, err := NewVector(max); err == nil {
			t.Errorf("a bound of %d is accepted", max)
		}
	}
}

func TestVectorWalkWhileItChanges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(v *Vector)
		want int // of 1000
	}{
		{"nothing", func(*Vector) {}, 1000},
		{"push", func(v *Vector) { v.Push(Value{}) }, 1000},
		{"pop", func(v *Vector) { v.Pop() }, 500},
		{"clear", func(v *Vector) { v.Clear() }, 1},
	}
	for _, tt := range tests {
		v, n := mustVector(t, 0), 0
		for range 1000 {
			v.Push(Value{})
		}
		it := v.Iter()
		for it.Next() {
			n++
			tt.do(v)
		}
		if n != tt.want || it.Next() {
			t.Errorf("%s: came to %d values, want %d", tt.name, n, tt.want)
		}
	}
}

func TestVectorSwap(t *testing.T) {
	t.Parallel()
	a, b := mustVector(t, 0), mustVector(t, 1)
	a.Push(Value{Bits: 1})
	a.Push(Value{Bits: 2})
	a.Swap(b)
	if x, err := b.Get(2); a.Len() != 0 || b.Len() != 2 || err != nil || x.Bits != 2 {
		t.Errorf("got %d and %d values, %v, %v", a.Len(), b.Len(), x, err)
	}
	if err := b.Push(Value{}); !errors.Is(err, ErrFull) {
		t.Errorf("push beyond the bound: %v", err)
	}
}
