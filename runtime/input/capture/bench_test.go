package capture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/capturegen"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/input/rawfile"
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
	b.Run("pcap", func(b *testing.B) { replay(b, path, size/(conns*capturegen.ShortPackets), Options{}) })
	for _, n := range []int{4, 64} { // of 64, nearly all packets are skipped
		b.Run(fmt.Sprintf("shards=%d", n), func(b *testing.B) {
			replay(b, path, size/(conns*capturegen.ShortPackets), Options{Shards: n})
		})
	}
	path, size = asPcapng(b, path)
	b.Run("pcapng", func(b *testing.B) { replay(b, path, size/(conns*capturegen.ShortPackets), Options{}) })
}

func replay(b *testing.B, path string, bytes int64, o Options) {
	b.SetBytes(bytes)
	b.ReportAllocs()
	for left := b.N; left > 0; {
		s, err := Open(path, o)
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

// asPcapng writes a capture anew in the other format.
func asPcapng(tb testing.TB, path string) (string, int64) {
	tb.Helper()
	raw, err := rawfile.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer raw.Close()
	in, err := newCapFile(raw)
	if err != nil {
		tb.Fatal(err)
	}
	n := newNg(binary.LittleEndian).iface(1)
	for {
		p, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			tb.Fatal(err)
		}
		n.packet(0, uint64(p.Time)/1000, p.Data)
	}
	return write(tb, "short.pcapng", n.b), int64(len(n.b))
}

// A packet of a connection that is known costs no allocation, nor does a connection when others have ended.
func TestNoAllocations(t *testing.T) {
	path, _ := short(t, 5_000)
	o := Options{Flow: flow.Options{AttemptDelay: 100 * broker.Millisecond, CloseDelay: 100 * broker.Millisecond}}
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for s.Stats().Packets < 20_000 { // 200 ms: connections have come to their end since 109 ms
		s.Pull(256, input.Never, deaf{})
	}
	const items = 5_000
	if n := testing.AllocsPerRun(3, func() { s.Pull(items, input.Never, deaf{}) }); n > items/1000 {
		t.Errorf("%.0f allocations for %d items", n, items)
	}
}
