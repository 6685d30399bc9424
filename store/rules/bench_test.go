package rules

import (
	"encoding/binary"
	"fmt"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

func addressSet(n int) broker.Set {
	s := make(broker.Set, n)
	for i := range s {
		var a broker.Address
		binary.BigEndian.PutUint32(a[12:], uint32(2*i))
		s[i] = a
	}
	return s
}

func stringSet(n int) broker.Set {
	s := make(broker.Set, n)
	for i := range s {
		s[i] = broker.String(fmt.Sprintf("host-%06d", 2*i))
	}
	return s
}

func pairTable(n int) broker.Table {
	t := make(broker.Table, n)
	for i := range t {
		t[i] = broker.TableItem{Key: broker.Vector{broker.Count(2 * i), broker.String("tcp")}, Value: broker.Count(i)}
	}
	return t
}

func BenchmarkRules(b *testing.B) {
	var middle broker.Address
	binary.BigEndian.PutUint32(middle[12:], 1001)
	addresses, hosts, pairs := raw(addressSet(1000)), raw(stringSet(1000)), raw(pairTable(1000))
	counts := make(broker.Vector, 1000)
	for i := range counts {
		counts[i] = broker.Count(i)
	}
	vector := raw(counts)
	add := func(dst, old, value []byte) ([]byte, error) { return Add(dst, old, value, broker.KindNone) }
	benchmarks := []struct {
		name       string
		do         func(dst, old, value []byte) ([]byte, error)
		old, value []byte
	}{
		{"increment", add, raw(cnt(1)), raw(cnt(2))},
		{"append", add, raw(str("hello ")), raw(str("world"))},
		{"insert/1000 addresses", add, addresses, raw(middle)},
		{"has/1000 addresses", Index, addresses, raw(middle)},
		{"insert/1000 strings", add, hosts, raw(str("host-001001"))},
		{"assign/1000 pairs", add, pairs, raw(vec{vec{cnt(1001), str("tcp")}, cnt(1)})},
		{"push/1000 counts", add, vector, raw(cnt(1))},
		{"pop/1000 counts", Subtract, vector, raw(cnt(1))},
		{"key/string", func(dst, old, _ []byte) ([]byte, error) { return CanonicalKey(dst, old) }, raw(str("host-001001")), nil},
		{"key/vector", func(dst, old, _ []byte) ([]byte, error) { return CanonicalKey(dst, old) }, raw(vec{middle, broker.Port{Number: 80}}), nil},
		{"insert by Data/1000 addresses", byData, addresses, raw(middle)},
	}
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			dst := make([]byte, 0, 64<<10)
			for b.Loop() {
				if _, err := bb.do(dst, bb.old, bb.value); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// byData is what an insertion would be without this package.
func byData(dst, old, value []byte) ([]byte, error) {
	o, err := wire.DecodeData(old)
	if err != nil {
		return nil, err
	}
	v, err := wire.DecodeData(value)
	if err != nil {
		return nil, err
	}
	s, err := broker.NewSet(append(o.(broker.Set), v)...)
	return wire.AppendData(dst, s), err
}
