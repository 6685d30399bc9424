package quicpeer

import (
	"bytes"
	"io"
	"runtime"
	"testing"

	"moonpeer/net/lane"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// pump sends events of one size over a pair of links, both bound, and takes them at the other end.
type pump struct {
	tb      testing.TB
	e       *ends
	seq     uint64
	got     uint64
	payload []byte
	frame   int
}

func newPump(tb testing.TB, size int) *pump {
	p := &pump{tb: tb, e: newEnds(tb, peering.Settings{}), payload: payload(1, size)}
	p.frame = wire.FrameSize(&header, size)
	p.e.bind()
	return p
}

// send appends n events, 64 per turn, no more than the lane takes, and returns when all have arrived.
func (p *pump) send(n int) {
	h := header
	want := p.got + uint64(n)
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.take(want)
	}()
	for left := n; left > 0; {
		for range min(left, 64) {
			p.seq++
			h.Seq = p.seq
			if v := p.e.from.Append(step.LaneEvents, &h, p.payload); v != step.Queued {
				p.tb.Errorf("event %d: %v", p.seq, v)
			}
			left--
		}
		p.e.from.Flush()
		for !p.e.from.Writable(step.LaneEvents) {
			next[step.Writable](p.tb, p.e.inFrom)
		}
	}
	<-done
}

// take counts events until there are so many.
func (p *pump) take(want uint64) {
	for p.got < want {
		b := next[*step.Batch](p.tb, p.e.in)
		if b.Lane == step.LaneEvents {
			p.got += uint64(b.Len())
		}
		b.Release()
	}
}

func BenchmarkLink(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"100", 100}, {"1000", 1000}, {"10000", 10_000}} {
		b.Run(size.name, func(b *testing.B) {
			p := newPump(b, size.n)
			p.send(10_000)
			b.SetBytes(int64(p.frame))
			b.ReportAllocs()
			b.ResetTimer()
			p.send(b.N)
		})
	}
}

// TestAllocations: in the long run a message costs no allocation here. In QUIC it does: four for a packet.
func TestAllocations(t *testing.T) {
	p := newPump(t, 100)
	p.send(100_000)
	const n = 200_000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p.send(n)
	runtime.ReadMemStats(&after)
	per := float64(after.Mallocs-before.Mallocs) / n
	t.Logf("QUIC included: %.4f objects and %.1f bytes per message", per, float64(after.TotalAlloc-before.TotalAlloc)/n)
	if per > 1 {
		t.Errorf("QUIC included, %.4f objects are allocated per message", per)
	}

	l := p.e.from
	w := &writer{l: &link{Set: lane.New(lane.Options{Wake: func(step.Lane) {}})}, lane: step.LaneEvents}
	h := header
	const turn = 1000
	writing := testing.AllocsPerRun(100, func() {
		for range turn {
			w.l.Append(step.LaneEvents, &h, p.payload)
		}
		w.l.Flush()
		for w.l.Take(w.lane, w.piece(), &w.taken) {
			if err := w.write(io.Discard); err != nil {
				t.Fatal(err)
			}
			w.l.Done(w.lane, &w.taken)
		}
	})
	data, err := wire.AppendFrame(nil, &h, p.payload, wire.DefaultMaxFrame)
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(l, step.LaneEvents, &pieces{data: bytes.Repeat(data, turn*200), sizes: []int{1200, 40_000, 100_000}})
	reading := testing.AllocsPerRun(100, func() {
		for got := 0; got < turn; {
			b := <-r.slots
			b.Reset(1, step.LaneEvents)
			if err := r.fill(b); err != nil {
				t.Fatal(err)
			}
			got += b.Len()
			b.Release()
		}
	})
	if writing > 0.05*turn || reading > 0.05*turn {
		t.Errorf("for %d messages: %v objects to write, %v to read", turn, writing, reading)
	}
}
