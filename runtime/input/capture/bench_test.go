package capture

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/capturegen"
	"moonpeer/runtime/input/flow"
)

// deaf is a sink that does nothing.
type deaf struct{}

func (deaf) ConnEvent(flow.EventKind, *flow.Conn)            {}
func (deaf) Record(string, *input.RecordType, broker.Vector) {}
func (deaf) Event(string, []any, int)                        {}
func (deaf) Warn(error)                                      {}
func (deaf) Enough() bool                                    { return false }

// short writes a capture of n short connections and returns its path and size.
func short(tb testing.TB, n int) (path string, size int64) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "short.pcap")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := capturegen.Short(w, n); err != nil {
		tb.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	st, err := f.Stat()
	if err != nil {
		tb.Fatal(err)
	}
	return path, st.Size()
}

// BenchmarkShortConnections reads a capture of connections of ten packets from disk, decodes it and tracks them, with
// 50,000 connections known most of the time. One operation is one packet.
func BenchmarkShortConnections(b *testing.B) {
	const conns = 100_000
	path, size := short(b, conns)
	b.SetBytes(size / (conns * capturegen.ShortPackets))
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; {
		s, err := Open(path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		st := input.More
		for st == input.More && s.Stats().Packets < uint64(left) {
			_, st = s.Pull(256, input.Never, deaf{})
		}
		left -= int(s.Stats().Packets)
		s.Close()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpackets/s")
}

// A packet of a connection that is known costs no allocation, nor does a connection when others have ended.
func TestNoAllocations(t *testing.T) {
	path, _ := short(t, 60_000)
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for s.Stats().Packets < 560_000 { // 5.6 s: connections come to their end since 5.01 s
		s.Pull(256, input.Never, deaf{})
	}
	const packets = 10_000
	if n := testing.AllocsPerRun(3, func() { s.Pull(packets, input.Never, deaf{}) }); n > packets/1000 {
		t.Errorf("%.0f allocations for %d packets", n, packets)
	}
}
