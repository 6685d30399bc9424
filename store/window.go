package store

import "moonpeer/net/step"

// window holds a clone's writes until their outcome is known, in order.
type window struct {
	next   uint64 // the number of the next write
	asked  uint64 // how many of them were put_unique
	writes []waiting
	head   int // the first of them that waits
	sent   int // how many from head on were sent on this link
	bytes  int
}

// waiting is one write without outcome.
type waiting struct {
	message []byte // as it is sent, but for what was answered: see stamp
	waiter  Waiter
	at      step.Time
	number  uint64
	tried   bool   // it was sent once: the master may have applied it
	request uint64 // put_unique: the number of the request
	ready   bool   // its outcome is result: it waits for those before it
	result  Result
}

// unsent are the errors of writes that can't wait any more.
type unsent struct {
	never error // it was not sent
	maybe error // it was
}

func (w *window) len() int { return len(w.writes) - w.head }

func (w *window) full() bool { return w.len() >= MaxWrites || w.bytes >= MaxWriteBytes }

// oldest is when the first write was made; there must be one.
func (w *window) oldest() step.Time { return w.writes[w.head].at }

// answered is the number of the last write with an outcome.
func (w *window) answered() uint64 {
	if w.len() == 0 {
		return w.next - 1
	}
	return w.writes[w.head].number - 1
}

// add takes a write.
func (w *window) add(x waiting) {
	if w.head > MaxWrites {
		n := copy(w.writes, w.writes[w.head:])
		clear(w.writes[n:])
		w.writes, w.head = w.writes[:n], 0
	}
	w.writes = append(w.writes, x)
	w.bytes += len(x.message)
	w.next++
}

// unsend has all writes sent again.
func (w *window) unsend() { w.sent = 0 }

// pop takes out the first write.
func (w *window) pop() waiting {
	x := w.writes[w.head]
	w.writes[w.head] = waiting{}
	w.head++
	w.sent = max(w.sent-1, 0)
	w.bytes -= len(x.message)
	if w.head == len(w.writes) {
		w.writes, w.head = w.writes[:0], 0
	}
	return x
}

// find returns the write of a number; nil: it does not wait any more.
func (w *window) find(number uint64) *waiting {
	if w.len() == 0 || number < w.writes[w.head].number || number >= w.next {
		return nil
	}
	return &w.writes[w.head+int(number-w.writes[w.head].number)]
}

// findRequest returns the put_unique of a number; nil: it does not wait any more.
func (w *window) findRequest(number uint64) *waiting {
	for i := w.head; i < len(w.writes) && number != 0; i++ {
		if w.writes[i].request == number {
			return &w.writes[i]
		}
	}
	return nil
}

// popReady ends the first writes that have their outcome.
func (w *window) popReady() {
	for w.len() > 0 && w.writes[w.head].ready {
		if x := w.pop(); x.waiter != nil {
			x.waiter.Done(x.result)
		}
	}
}

// endBefore ends the writes that were made before a moment.
func (w *window) endBefore(t step.Time, why unsent) {
	for w.len() > 0 && w.oldest() < t {
		x := w.pop()
		err := why.never
		if x.tried {
			err = why.maybe
		}
		if !x.ready {
			x.result = Result{Err: err}
		}
		if x.waiter != nil {
			x.waiter.Done(x.result)
		}
	}
}
