package journal

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

// sample has each operation, with empty and long fields.
func sample() (b []byte, want []Op) {
	long := bytes.Repeat([]byte("x"), 300)
	b = AppendPut(b, []byte("k"), []byte("v"), 0)
	b = AppendPut(b, nil, long, -5)
	b = AppendErase(b, long)
	b = AppendClear(b)
	b = AppendWriter(b, []byte("id"), nil)
	b = AppendForget(b, []byte("id"))
	b = AppendPosition(b, 1<<63, 7)
	return b, []Op{
		{Kind: Put, Key: []byte("k"), Value: []byte("v")},
		{Kind: Put, Key: []byte{}, Value: long, Expiry: -5},
		{Kind: Erase, Key: long},
		{Kind: Clear},
		{Kind: Writer, Key: []byte("id"), Value: []byte{}},
		{Kind: Forget, Key: []byte("id")},
		{Kind: Position, Term: 1 << 63, Seq: 7},
	}
}

func TestRoundTrip(t *testing.T) {
	b, want := sample()
	if err := Check(b); err != nil {
		t.Fatal(err)
	}
	var got []Op
	for rest := b; len(rest) > 0; {
		op, r, err := Next(rest)
		if err != nil {
			t.Fatal(err)
		}
		got, rest = append(got, op), r
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestMalformed(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"unknown operation", []byte{8}},
		{"operation zero", []byte{0}},
		{"no length", []byte{tagErase}},
		{"length beyond the end", []byte{tagErase, 2, 'a'}},
		{"huge length", []byte{tagErase, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 'a'}},
		{"endless length", bytes.Repeat([]byte{tagErase, 255}, 20)},
		{"length in too many bytes", []byte{tagErase, 0x81, 0, 'a'}},
		{"half an expiry", append(AppendPut(nil, nil, nil, 0), tagPutExpiring, 0, 0, 1, 2)},
		{"expiry zero", append([]byte{tagPutExpiring, 0, 0}, make([]byte, 8)...)},
		{"half a position", append([]byte{tagPosition}, make([]byte, 15)...)},
	} {
		if err := Check(c.b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want %v", c.name, err, ErrMalformed)
		}
	}
	b, _ := sample()
	whole := map[int]bool{0: true}
	for rest := b; len(rest) > 0; {
		_, rest, _ = Next(rest)
		whole[len(b)-len(rest)] = true
	}
	for n := range b {
		if err := Check(b[:n]); (err == nil) != whole[n] {
			t.Errorf("%d of %d bytes: %v", n, len(b), err)
		}
	}
	if _, _, err := Next(nil); !errors.Is(err, ErrMalformed) {
		t.Errorf("nothing: got %v, want %v", err, ErrMalformed)
	}
}

func TestNoAllocation(t *testing.T) {
	b, _ := sample()
	key, value := []byte("key"), []byte("value")
	if n := testing.AllocsPerRun(100, func() {
		if err := Check(b); err != nil {
			t.Fatal(err)
		}
		b = AppendPosition(AppendPut(b[:0], key, value, 9), 1, 2)
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func FuzzNext(f *testing.F) {
	b, _ := sample()
	f.Add(b)
	f.Add([]byte{tagErase, 0x81, 0, 'a'})
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		for rest := b; len(rest) > 0; {
			op, r, err := Next(rest)
			if err != nil {
				return
			}
			rest = r
			switch op.Kind {
			case Put:
				again = AppendPut(again, op.Key, op.Value, op.Expiry)
			case Erase:
				again = AppendErase(again, op.Key)
			case Clear:
				again = AppendClear(again)
			case Writer:
				again = AppendWriter(again, op.Key, op.Value)
			case Forget:
				again = AppendForget(again, op.Key)
			case Position:
				again = AppendPosition(again, op.Term, op.Seq)
			}
		}
		if !bytes.Equal(again, b) {
			t.Fatalf("%x was read and written as %x", b, again)
		}
	})
}

func BenchmarkGroup(b *testing.B) {
	key, value := make([]byte, 24), make([]byte, 64)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = buf[:0]
		for range 100 {
			buf = AppendPut(buf, key, value, 0)
		}
		if err := Check(buf); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/entry")
}
