package quicpeer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"moonpeer/net/step"
)

// inbox implements step.Inbox.
type inbox struct {
	mu     sync.Mutex
	inputs []step.Input
	closed bool
	wake   chan struct{}
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

func (b *inbox) Put(in step.Input) {
	b.mu.Lock()
	closed := b.closed
	if !closed {
		b.inputs = append(b.inputs, in)
	}
	b.mu.Unlock()
	if closed {
		release(in)
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take appends what has come.
func (b *inbox) take(into []step.Input) []step.Input {
	b.mu.Lock()
	defer b.mu.Unlock()
	into = append(into, b.inputs...)
	clear(b.inputs)
	b.inputs = b.inputs[:0]
	return into
}

// next waits for one input of the wanted kind, and throws others away.
func next[T step.Input](t testing.TB, b *inbox) (in T) {
	t.Helper()
	for timeout := time.After(patience); ; {
		b.mu.Lock()
		for len(b.inputs) > 0 {
			first := b.inputs[0]
			b.inputs = b.inputs[1:]
			if in, ok := first.(T); ok {
				b.mu.Unlock()
				return in
			}
			release(first)
		}
		b.mu.Unlock()
		select {
		case <-b.wake:
		case <-timeout:
			t.Fatalf("no %T within %v", in, patience)
		}
	}
}

func (b *inbox) close() {
	b.mu.Lock()
	b.closed = true
	inputs := b.inputs
	b.mu.Unlock()
	for _, in := range inputs {
		release(in)
	}
}

func release(in step.Input) {
	if b, ok := in.(*step.Batch); ok {
		b.Release()
	}
}

// logbook keeps what was logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// eventually asks again and again, for what nobody tells of.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(patience); !ok(); {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

// stream is what came under one topic.
type stream struct {
	n, last uint64
	bad     string // the first message that should not be
}

// payload is message n of a stream, with a content of its own.
func payload(n uint64, size int) []byte {
	b := make([]byte, max(size, 8))
	binary.BigEndian.PutUint64(b, n)
	for i := 8; i < len(b); i++ {
		b[i] = byte(n) + byte(i*7>>3)
	}
	return b
}

func (s *stream) take(b []byte) {
	s.n++
	if s.bad != "" {
		return
	}
	if len(b) < 8 {
		s.bad = fmt.Sprintf("a message %x", b)
		return
	}
	n := binary.BigEndian.Uint64(b)
	if n <= s.last || !bytes.Equal(b, payload(n, len(b))) {
		s.bad = fmt.Sprintf("message %d after %d, %d bytes", n, s.last, len(b))
	}
	s.last = n
}
