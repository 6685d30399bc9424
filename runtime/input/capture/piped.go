package capture

import (
	"io"

	"moonpeer/runtime/input/ahead"
	"moonpeer/runtime/input/rawfile"
)

const (
	// batchBytes of packets wait for the loop at most, and as many again in each of depth batches.
	batchBytes = 256 << 10
	depth      = 4
)

// batch is some packets read ahead. Their data lies behind each other in buf.
type batch struct {
	buf     []byte
	packets []Packet
	ends    []int
}

// piped reads a capture that comes through a pipe, in a goroutine of its own.
type piped struct {
	raw   *rawfile.File
	queue *ahead.Queue[batch]
	now   batch
	i     int
}

func newPiped(raw *rawfile.File, wake func()) *piped {
	p := &piped{raw: raw}
	p.queue = ahead.Start(depth, wake, func(emit func(batch) bool, _ <-chan struct{}) error {
		b := &batcher{emit: emit}
		source := rawfile.From(raw.Name, flushing{raw, b})
		f, err := newCapFile(source)
		if err != nil {
			return err
		}
		for {
			pkt, err := f.Next()
			switch {
			case err == errAgain:
				continue
			case err != nil:
				b.flush()
				return err
			}
			if b.add(pkt); b.closed {
				return io.EOF
			}
		}
	})
	return p
}

// batcher collects packets until there are enough or the pipe is empty.
type batcher struct {
	batch
	emit   func(batch) bool
	closed bool
}

func (b *batcher) add(p Packet) {
	b.buf = append(b.buf, p.Data...)
	p.Data = nil
	b.packets, b.ends = append(b.packets, p), append(b.ends, len(b.buf))
	if len(b.buf) >= batchBytes {
		b.flush()
	}
}

func (b *batcher) flush() {
	if len(b.packets) > 0 && !b.emit(b.batch) {
		b.closed = true
	}
	b.batch = batch{}
}

// flushing hands over what was read before it waits for more.
type flushing struct {
	in io.Reader
	b  *batcher
}

func (f flushing) Read(p []byte) (int, error) {
	f.b.flush()
	if f.b.closed {
		return 0, io.EOF
	}
	return f.in.Read(p)
}

// Next implements [Packets].
func (p *piped) Next() (Packet, error) {
	for p.i == len(p.now.packets) {
		b, err := p.queue.Next()
		if err != nil {
			return Packet{}, err
		}
		p.now, p.i = b, 0
	}
	pkt, start := p.now.packets[p.i], 0
	if p.i > 0 {
		start = p.now.ends[p.i-1]
	}
	pkt.Data = p.now.buf[start:p.now.ends[p.i]]
	p.i++
	return pkt, nil
}

// Progress implements [Packets].
func (p *piped) Progress() (done, total int64) { return p.raw.Progress() }

// Close implements [Packets].
func (p *piped) Close() error {
	p.queue.Close(func() bool { return ahead.Interrupt(p.raw.Raw()) })
	return p.raw.Close()
}
