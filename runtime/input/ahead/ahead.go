// Package ahead reads an input that may make its reader wait, such as a pipe or a file that grows, in a goroutine of
// its own, so that the node's loop never waits. Between the two is a bounded queue; when it is full, the reader
// waits, and whoever writes the input with it.
package ahead

import (
	"errors"
	"io"
	"sync"
	"time"
)

// ErrWait is returned by Next when there is nothing right now.
var ErrWait = errors.New("nothing to read yet")

// Queue hands the items that a goroutine produces to the goroutine that calls Next and Close.
type Queue[T any] struct {
	items chan T // capacity is depth; the producer waits when it is full
	stop  chan struct{}
	ended chan struct{} // closed after err was written
	err   error
	once  sync.Once
}

// Start runs produce in a goroutine. produce hands items over with emit and returns why it stopped, io.EOF at the
// end of its input; it must return soon when emit returns false or stop is closed. wake is called from that
// goroutine whenever there is something new for Next, an item or the end; nil is no function.
func Start[T any](depth int, wake func(), produce func(emit func(T) bool, stop <-chan struct{}) error) *Queue[T] {
	q := &Queue[T]{items: make(chan T, depth), stop: make(chan struct{}), ended: make(chan struct{})}
	if wake == nil {
		wake = func() {}
	}
	emit := func(v T) bool {
		select {
		case q.items <- v:
			wake()
			return true
		case <-q.stop:
			return false
		}
	}
	go func() {
		q.err = produce(emit, q.stop)
		close(q.ended)
		wake()
	}()
	return q
}

// Next returns the next item, ErrWait, or, when all items have been taken, what produce returned. It never waits.
func (q *Queue[T]) Next() (T, error) {
	select {
	case v := <-q.items:
		return v, nil
	default:
	}
	var none T
	select {
	case <-q.ended:
	default:
		return none, ErrWait
	}
	select { // what came between the two looks
	case v := <-q.items:
		return v, nil
	default:
		return none, q.err
	}
}

// Close ends the goroutine and waits for it. interrupt must end a Read under way and reports whether it can; where
// it can't, which is a terminal or a pipe that the process inherited, Close does not wait: the goroutine ends with
// the next input, or with the process.
func (q *Queue[T]) Close(interrupt func() bool) {
	q.once.Do(func() {
		close(q.stop)
		if interrupt() {
			<-q.ended
		}
	})
}

// Interrupt ends a Read of r under way, by a deadline in the past or by closing it, and reports whether it could.
func Interrupt(r io.Reader) bool {
	if d, ok := r.(interface{ SetReadDeadline(time.Time) error }); ok {
		return d.SetReadDeadline(time.Unix(1, 0)) == nil
	}
	if c, ok := r.(io.Closer); ok {
		return c.Close() == nil
	}
	return false
}
