package lane

import "moonpeer/net/step"

// Taken is what a writer holds between Take and Done. The zero value is ready to use, again and again.
type Taken struct {
	Count  step.Count // frames and their bytes
	chunks []*chunk
	bufs   [][]byte
}

// Buffers returns the frames taken, in pieces that are to be written one behind the other. They are good until
// Done, and must not be changed.
func (t *Taken) Buffers() [][]byte { return t.bufs }

// Take moves complete frames of lane l into t, in order, at most max bytes but at least one frame, and returns
// false if there is none. What is taken can't be dropped any more.
func (s *Set) Take(l step.Lane, max int, t *Taken) bool {
	q := &s.queues[l]
	q.mu.Lock()
	q.take(max, t)
	q.pending = q.pending.Minus(t.Count)
	tell := q.watched && t.Count.Messages > 0 && q.underHalf(q.pending)
	if tell {
		q.watched = false
	}
	// The loop reads these without the lock.
	q.takenMessages.Add(t.Count.Messages)
	q.takenBytes.Add(t.Count.Bytes)
	q.mu.Unlock()
	if tell {
		s.opts.Writable(l)
	}
	for _, c := range t.chunks {
		t.bufs = c.buffers(t.bufs)
	}
	return len(t.chunks) > 0
}

// take moves whole chunks while they fit, and otherwise a part of one.
func (q *queue) take(max int, t *Taken) {
	for len(q.waiting) > 0 {
		c := q.waiting[0]
		rest := max - int(t.Count.Bytes)
		if int(c.waits.Bytes) > rest {
			if whole, _ := c.first(); len(t.chunks) > 0 && whole > rest {
				return
			}
			if c.waits.Messages > 1 {
				part := q.pool.get(min(rest, largeChunk))
				c.takeFront(part, rest)
				t.add(part)
				return
			}
		}
		q.pop()
		t.add(c)
	}
}

func (t *Taken) add(c *chunk) {
	t.chunks = append(t.chunks, c)
	t.Count = t.Count.Plus(c.waits)
}

// Done counts what was taken as written and makes t empty. A writer calls it also if its stream failed half way:
// what the other end did not get is then lost in flight.
func (s *Set) Done(l step.Lane, t *Taken) {
	q := &s.queues[l]
	q.mu.Lock()
	q.written = q.written.Plus(t.Count)
	q.mu.Unlock()
	for i, c := range t.chunks {
		q.pool.put(c)
		t.chunks[i] = nil
	}
	clear(t.bufs)
	t.chunks, t.bufs, t.Count = t.chunks[:0], t.bufs[:0], step.Count{}
}
