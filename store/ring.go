package store

import "slices"

// ringChunk is how many bytes of changes lie behind each other in one piece of a ring.
const ringChunk = 256 << 10

// ring keeps the last changes, each as the message that tells a clone of it, by sequence number. It has room for limit
// bytes, and more while they are not released. The zero value with a limit is ready to use.
type ring struct {
	limit  int
	bytes  int
	chunks []ringPiece // in order, without gaps
}

type ringPiece struct {
	first uint64   // sequence number of the first message
	ends  []uint32 // where each message ends in buf
	buf   []byte
}

func (p *ringPiece) last() uint64 { return p.first + uint64(len(p.ends)) - 1 }

func (p *ringPiece) message(seq uint64) []byte {
	i := seq - p.first
	start := uint32(0)
	if i > 0 {
		start = p.ends[i-1]
	}
	return p.buf[start:p.ends[i]:p.ends[i]]
}

// begin returns where the message of change seq is to be appended to; finish must follow.
func (r *ring) begin(seq uint64) []byte {
	if n := len(r.chunks); n == 0 || len(r.chunks[n-1].buf) >= ringChunk {
		r.chunks = append(r.chunks, ringPiece{first: seq, buf: make([]byte, 0, ringChunk+ringChunk/8)})
	}
	return r.chunks[len(r.chunks)-1].buf
}

// finish takes what begin returned with the message appended. What is older than the limit goes, unless it is later
// than released.
func (r *ring) finish(buf []byte, released uint64) {
	p := &r.chunks[len(r.chunks)-1]
	r.bytes += len(buf) - len(p.buf)
	p.buf, p.ends = buf, append(p.ends, uint32(len(buf)))
	for len(r.chunks) > 1 && r.bytes > r.limit && r.chunks[0].last() <= released {
		r.bytes -= len(r.chunks[0].buf)
		r.chunks = slices.Delete(r.chunks, 0, 1)
	}
}

// piece returns the piece that holds message seq; nil if there is none.
func (r *ring) piece(seq uint64) *ringPiece {
	for i := len(r.chunks) - 1; i >= 0; i-- {
		if p := &r.chunks[i]; p.first <= seq {
			if seq > p.last() {
				return nil
			}
			return p
		}
	}
	return nil
}
