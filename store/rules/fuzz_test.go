package rules

import (
	"bytes"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// FuzzRules runs every function on any bytes. What can be decoded has to come out as the model says; what can't be is
// refused, and leaves nothing behind.
func FuzzRules(f *testing.F) {
	all := golden(f)
	for i, b := range all {
		f.Add(b, all[(i*7+1)%len(all)], uint8(i%15))
		f.Add(b, b, uint8(2))
		// Something to insert and to erase, and an index.
		f.Add([]byte("\x0c\x01\x05\x01a"), b, uint8(12))
		f.Add(b, []byte("\x0e\x02\x05\x01a\x01\x01"), uint8(13))
		f.Add(b, []byte("\x03\x00\x00\x00\x00\x00\x00\x00\x01"), uint8(14))
	}
	f.Fuzz(func(t *testing.T, old, value []byte, init uint8) {
		if old == nil {
			old = []byte{}
		}
		_, badOld := wire.DecodeData(old)
		_, badValue := wire.DecodeData(value)
		if badOld == nil && badValue == nil {
			checkAll(t, old, value, broker.Kind(init))
		}
		kind := broker.Kind(init)
		sum, errAdd := Add([]byte("x"), old, value, kind)
		fresh, errFresh := Add([]byte("x"), nil, value, kind)
		diff, errSub := Subtract([]byte("x"), old, value)
		part, errPart := Index([]byte("x"), old, value)
		refusals := []struct {
			got  []byte
			err  error
			want bool // to be refused
		}{
			{sum, errAdd, badOld != nil || badValue != nil},
			{fresh, errFresh, badValue != nil},
			{diff, errSub, badOld != nil || badValue != nil},
			{part, errPart, badOld != nil || badValue != nil},
		}
		for i, r := range refusals {
			if r.want && r.err == nil {
				t.Fatalf("function %d took %x and %x", i, old, value)
			}
			if r.err != nil && !bytes.Equal(r.got, []byte("x")) {
				t.Fatalf("function %d left %x after %v", i, r.got, r.err)
			}
			if r.err == nil && len(r.got) > 1+len(old)+len(value)+9 {
				t.Fatalf("function %d made %d bytes of %d and %d", i, len(r.got)-1, len(old), len(value))
			}
		}
	})
}
