package channel

// keepCost is what an event costs beyond its payload, so that a flood of empty ones is bounded, too.
const keepCost = 64

// backlog keeps events with consecutive numbers. The zero value is empty.
type backlog struct {
	first    uint64 // the number of payloads[0]
	payloads [][]byte
	bytes    int // payloads and keepCost for each
}

// push appends the event seq, which follows the last one that was pushed.
func (b *backlog) push(seq uint64, payload []byte) {
	if len(b.payloads) == 0 {
		b.first = seq
	}
	b.payloads = append(b.payloads, payload)
	b.bytes += len(payload) + keepCost
}

func (b *backlog) get(seq uint64) (payload []byte, ok bool) {
	// A number below first wraps around to one that is far too large.
	if i := seq - b.first; i < uint64(len(b.payloads)) {
		return b.payloads[i], true
	}
	return nil, false
}

// dropThrough drops all events up to seq.
func (b *backlog) dropThrough(seq uint64) {
	for len(b.payloads) > 0 && b.first <= seq {
		b.drop()
	}
}

// bound drops the oldest events until the rest takes at most limit bytes, or is the last one alone.
func (b *backlog) bound(limit int) {
	for len(b.payloads) > 1 && b.bytes > limit {
		b.drop()
	}
}

func (b *backlog) drop() {
	b.bytes -= len(b.payloads[0]) + keepCost
	b.payloads[0] = nil // the array lives on, its payload should not
	b.payloads = b.payloads[1:]
	b.first++
}
