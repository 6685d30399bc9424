package capturegen

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

//go:generate go test -run TestSmall -update

var update = flag.Bool("update", false, "write policies/testdata/small.pcap anew")

// The file in the repository is what Small writes.
func TestSmall(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Small(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "..", "policies", "testdata", "small.pcap")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Error("small.pcap is not what its generator writes; to change it: go generate ./runtime/input/capturegen")
	}
	if n := packets(t, &b); n < 50 || n > 75 {
		t.Errorf("small.pcap has %d packets, which is not small or not enough", n)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	const conns = 500
	if err := Short(&b, conns); err != nil {
		t.Fatal(err)
	}
	if n := packets(t, &b); n != conns*ShortPackets {
		t.Errorf("got %d packets, want %d", n, conns*ShortPackets)
	}
}

// packets reads a capture, in which time must not go back, all layers must decode, and all checksums be right.
func packets(t *testing.T, b *bytes.Buffer) (n int) {
	t.Helper()
	r, err := pcapgo.NewReader(b)
	if err != nil {
		t.Fatal(err)
	}
	last := int64(0)
	for p := range gopacket.NewPacketSource(r, layers.LinkTypeEthernet).Packets() {
		n++
		if at := p.Metadata().Timestamp.UnixNano(); at < last {
			t.Fatalf("packet %d: time goes back by %d ns", n, last-at)
		} else {
			last = at
		}
		if e := p.ErrorLayer(); e != nil {
			t.Fatalf("packet %d: %v", n, e.Error())
		}
		if l, ok := p.TransportLayer().(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			if err := l.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
				t.Fatal(err)
			}
		}
		if err, bad := p.VerifyChecksums(); err != nil || len(bad) > 0 {
			t.Fatalf("packet %d: checksums: %v, %v", n, err, bad)
		}
	}
	return n
}

func TestErrors(t *testing.T) {
	t.Parallel()
	w, err := New(&bytes.Buffer{}, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	w.UDP("nonsense", "10.0.0.1:1", 1)
	if w.Err() == nil || w.Packets() != 0 {
		t.Errorf("got %v and %d packets, want an error and none", w.Err(), w.Packets())
	}
}
