package wire_test

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// allocated returns the bytes that f allocates. Tests that use it do not run
// beside others.
func allocated(f func()) uint64 {
	least := uint64(1 << 63)
	for range 3 { // the runtime allocates now and then, too
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// TestDecodeMemory bounds what an attacker gets for his bytes.
func TestDecodeMemory(t *testing.T) {
	const size = 1 << 20
	repeat := func(elem string) []byte {
		b := bin(t, elem)
		n := size / len(b)
		return append(wire.AppendVectorHeader(nil, n), bytes.Repeat(b, n)...)
	}
	// Each level says that all of the rest are its elements.
	liars := bytes.Repeat([]byte{byte(broker.KindVector), 0x80, 0x80, 0x3c}, wire.MaxDepth-1)
	liars = append(liars, make([]byte, size)...)
	tests := []struct {
		name  string
		in    []byte
		times float64 // of the input
	}{
		{"huge count", bin(t, "0e ffffffff0f"), 0},
		{"count of all that follows, on every level", liars, 0},
		{"nones", repeat("00"), 17},
		{"empty vectors", repeat("0e00"), 9},
		{"empty sets", repeat("0c00"), 9},
		{"empty strings", repeat("0500"), 9},
		{"vectors of one", repeat("0e0100"), 20},
		{"sets of one", repeat("0c0100"), 20},
		{"tables of one", repeat("0d010000"), 20},
		{"short strings", repeat("050161"), 17},
		{"booleans", repeat("0101"), 9},
		{"counts", repeat("020000000000000100"), 4},
		{"addresses", repeat("0620010db8000000000000000000000001"), 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := allocated(func() {
				d, err := wire.DecodeData(tt.in)
				runtime.KeepAlive(d)
				_ = err
			})
			// A kilobyte for the error and what the runtime does meanwhile.
			if limit := uint64(tt.times*float64(len(tt.in))) + 1024; got > limit {
				t.Errorf("%d bytes allocated for %d, want at most %d", got, len(tt.in), limit)
			}
		})
	}
}

// TestDuplicatesInTime would take minutes if elements were compared each with
// each.
func TestDuplicatesInTime(t *testing.T) {
	const n = 100_000
	values := rand.New(rand.NewPCG(1, 2)).Perm(n)
	set := wire.AppendSetHeader(nil, n)
	table := wire.AppendTableHeader(nil, n)
	for _, v := range values {
		set = wire.AppendCount(set, uint64(v))
		table = wire.AppendNone(wire.AppendCount(table, uint64(v)))
	}
	for name, b := range map[string][]byte{"set": set, "table": table} {
		start := time.Now()
		if _, err := wire.DecodeData(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s of %d elements took %v", name, n, took)
		}
	}
}

// TestFilterMemory is the same for filters, the first thing a stranger sends.
func TestFilterMemory(t *testing.T) {
	lie := append(wire.AppendVarbyte(nil, 1<<20), make([]byte, 1<<20-10)...)
	if got := allocated(func() { _, _ = wire.ParseFilter(lie) }); got > 1000 {
		t.Errorf("%d bytes for a count that lies", got)
	}
	empty := append(wire.AppendVarbyte(nil, 1<<20), make([]byte, 1<<20)...)
	if got := allocated(func() { _, _ = wire.ParseFilter(empty) }); got > 17<<20 {
		t.Errorf("%d bytes for a million empty prefixes", got)
	}
	nack := append(bin(t, "0b ffffffff0f"), make([]byte, 100)...)
	if got := allocated(func() { _, _ = wire.ParseCommandBody(nack) }); got > 1000 {
		t.Errorf("%d bytes for a nack that lies", got)
	}
}
