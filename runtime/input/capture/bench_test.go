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

// BenchmarkShortConnections reads a capture of connections of ten packets from disk, decodes it and tracks them. One
// operation is one packet.
func BenchmarkShortConnections(b *testing.B) {
	const conns = 100_000
	path := filepath.Join(b.TempDir(), "short.pcap")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := capturegen.Short(w, conns); err != nil {
		b.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	size, err := f.Seek(0, 1)
	if err != nil {
		b.Fatal(err)
	}
	f.Close()
	b.SetBytes(size / (conns * capturegen.ShortPackets))
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; {
		s, err := Open(path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			_, st := s.Pull(256, input.Never, deaf{})
			if st == input.Done {
				break
			}
			if st != input.More || done+int(s.Stats().Packets) >= b.N {
				break
			}
		}
		done += int(s.Stats().Packets)
		if done >= b.N && s.Stats().Flow.Connections == 0 {
			b.Fatal("no connections")
		}
		s.Close()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpackets/s")
}
