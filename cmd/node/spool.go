package main

import (
	"context"
	"errors"
	"io"
	"sync"
)

// spool writes to an output that may be slow, in a goroutine of its own: the node's loop goes on meanwhile.
type spool struct {
	w    io.Writer
	room func() // called when a spool that was full is not any more

	mu     sync.Mutex
	buf    []byte
	behind bool // Full has answered true since room was last called
	err    error
	wake   chan struct{}
	done   chan struct{}
}

// maxSpooled is how much may wait. One more line than that is taken.
const maxSpooled = 1 << 20

func newSpool(w io.Writer, room func()) *spool {
	s := &spool{w: w, room: room, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go s.run()
	return s
}

// run writes what there is until the spool is closed or the output fails.
func (s *spool) run() {
	defer close(s.done)
	var out []byte
	for range s.wake {
		s.mu.Lock()
		out, s.buf = s.buf, out[:0]
		s.mu.Unlock()
		_, err := s.w.Write(out)
		s.mu.Lock()
		if s.err = err; err != nil {
			s.buf = nil
		}
		tell := s.behind
		s.behind = false
		s.mu.Unlock()
		if tell || err != nil {
			s.room()
		}
		if err != nil {
			return
		}
	}
}

// Write takes p. It does not wait. What comes after the output has failed is thrown away.
func (s *spool) Write(p []byte) {
	s.mu.Lock()
	if s.err == nil {
		s.buf = append(s.buf, p...)
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it has not looked yet
	}
}

// Full reports whether nothing more should be written for now.
func (s *spool) Full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind = len(s.buf) > maxSpooled && s.err == nil
	return s.behind
}

// Err is why the output has failed; nil if it has not.
func (s *spool) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close writes what waits, until ctx ends. Nothing may be given to it any more.
func (s *spool) Close(ctx context.Context) error {
	close(s.wake)
	select {
	case <-s.done:
		return s.Err()
	case <-ctx.Done(): // its goroutine ends with the process
		return errors.New("whoever reads has stopped reading: the last lines are not written")
	}
}
