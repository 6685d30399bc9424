package lane

import (
	"encoding/binary"
	"sync"

	"moonpeer/net/step"
	"moonpeer/net/wire"
)

const (
	smallChunk = 4 << 10
	largeChunk = 64 << 10
)

// chunk is a run of whole frames. A large payload is not in buf but in refs, where it belongs behind the bytes
// up to at.
type chunk struct {
	buf   []byte
	start int // frames before it have been dropped
	refs  []ref
	waits step.Count // frames from start on, with their large payloads
}

type ref struct {
	at      int
	payload []byte
}

// Pool keeps chunks that are not in use, at most 20 MB of them, for all the links of a transport. The zero value is
// ready to use. Any goroutine may use it.
type Pool struct {
	mu    sync.Mutex
	small []*chunk
	large []*chunk
}

const (
	maxSmall = 1024
	maxLarge = 256
)

// get returns an empty chunk for at least size bytes, or of the largest kind if there is none for so many.
func (p *Pool) get(size int) *chunk {
	free := &p.small
	if size > smallChunk {
		free, size = &p.large, largeChunk
	} else {
		size = smallChunk
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(*free) - 1
	if last < 0 {
		return &chunk{buf: make([]byte, 0, size)}
	}
	c := (*free)[last]
	*free = (*free)[:last]
	return c
}

// put takes c back. One that has grown beyond its kind is left to the collector.
func (p *Pool) put(c *chunk) {
	clear(c.refs)
	c.buf, c.refs, c.start, c.waits = c.buf[:0], c.refs[:0], 0, step.Count{}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case cap(c.buf) == smallChunk && len(p.small) < maxSmall:
		p.small = append(p.small, c)
	case cap(c.buf) == largeChunk && len(p.large) < maxLarge:
		p.large = append(p.large, c)
	}
}

// room is how many bytes fit without a new buffer.
func (c *chunk) room() int { return cap(c.buf) - len(c.buf) }

// add makes buf, which is c.buf with one more frame of n bytes at its end, the content of c.
func (c *chunk) add(buf []byte, n int, payload []byte) {
	c.buf = buf
	if payload != nil {
		c.refs = append(c.refs, ref{len(buf), payload})
	}
	c.waits.Add(n)
}

// first returns the size of c's first frame: with its large payload, and what of it lies in buf.
func (c *chunk) first() (whole, inBuf int) {
	whole = wire.LengthSize + int(binary.BigEndian.Uint32(c.buf[c.start:]))
	if len(c.refs) > 0 && c.refs[0].at < c.start+whole {
		return whole, c.refs[0].at - c.start
	}
	return whole, whole
}

// drop removes c's first frame and returns its size.
func (c *chunk) drop() int {
	whole, inBuf := c.first()
	c.start += inBuf
	if inBuf < whole {
		c.refs[0].payload = nil
		c.refs = c.refs[1:]
	}
	c.waits = c.waits.Minus(step.Count{Messages: 1, Bytes: uint64(whole)})
	return whole
}

// takeFront moves frames from the front of c to the end of to, at most max bytes but at least one frame.
func (c *chunk) takeFront(to *chunk, max int) {
	for c.waits.Messages > 0 {
		whole, inBuf := c.first()
		if to.waits.Messages > 0 && int(to.waits.Bytes)+whole > max {
			return
		}
		var payload []byte
		if inBuf < whole {
			payload = c.refs[0].payload
		}
		to.add(append(to.buf, c.buf[c.start:c.start+inBuf]...), whole, payload)
		c.drop()
	}
}

// join appends all of from to c.
func (c *chunk) join(from *chunk) {
	shift := len(c.buf) - from.start
	c.buf = append(c.buf, from.buf[from.start:]...)
	for _, r := range from.refs {
		c.refs = append(c.refs, ref{r.at + shift, r.payload})
	}
	c.waits = c.waits.Plus(from.waits)
}

// buffers appends the pieces of c to dst in the order in which they are to be written.
func (c *chunk) buffers(dst [][]byte) [][]byte {
	at := c.start
	for _, r := range c.refs {
		dst = append(dst, c.buf[at:r.at], r.payload)
		at = r.at
	}
	if at < len(c.buf) {
		dst = append(dst, c.buf[at:])
	}
	return dst
}
