package wirejson_test

import (
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wirejson"
)

// ping is the event that Broker's own figures are for.
func ping() broker.Data {
	return broker.Vector{broker.Count(1), broker.Count(1), broker.Vector{broker.String("ping"),
		broker.Vector{broker.String("hello world"), broker.Count(7), broker.AddressFrom4([4]byte{192, 168, 1, 2})}}}
}

func TestEncodeWithoutAllocation(t *testing.T) {
	d := ping()
	buf := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { buf = wirejson.AppendMessage(buf[:0], "/zeek/events", d) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	d := ping()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = wirejson.AppendMessage(buf[:0], "/zeek/events", d)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkDecode(b *testing.B) {
	doc := wirejson.AppendMessage(nil, "/zeek/events", ping())
	b.ReportAllocs()
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := wirejson.DecodeMessage(doc); err != nil {
			b.Fatal(err)
		}
	}
}
