package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
)

// A reader that comes late gets all that was written before the spool was closed.
func TestSpoolWaitsForItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		s := newSpool(w, func() {})
		for range 1000 {
			s.Write([]byte("line\n"))
		}

		closed := make(chan error, 1)
		go func() { closed <- s.Close(t.Context()) }()
		synctest.Wait()
		if len(closed) != 0 {
			t.Fatal("closed before anyone has read")
		}

		got := make(chan string)
		go func() {
			all, _ := io.ReadAll(r)
			got <- string(all)
		}()
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		w.Close()
		if lines := strings.Count(<-got, "line\n"); lines != 1000 {
			t.Errorf("the reader got %d of 1000 lines", lines)
		}
	})
}

// A reader that never comes is said, and does not keep the command.
func TestSpoolGivesUpItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		defer r.Close() // ends the goroutine that writes
		s := newSpool(w, func() {})
		s.Write([]byte("line\n"))

		ctx, cancel := context.WithTimeout(t.Context(), lastWords)
		defer cancel()
		if err := s.Close(ctx); err == nil || !strings.Contains(err.Error(), "not written") {
			t.Errorf("got the error %v", err)
		}
	})
}

// What comes after the output has failed is not kept.
func TestSpoolForgetsWhatNobodyTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		full := errors.New("no room")
		r.CloseWithError(full)
		s := newSpool(w, func() {})
		for range 3 {
			s.Write(make([]byte, maxSpooled))
			synctest.Wait()
		}
		if s.Full() || len(s.buf) > 0 {
			t.Errorf("%d bytes are kept", len(s.buf))
		}
		if err := s.Close(t.Context()); !errors.Is(err, full) {
			t.Errorf("got the error %v", err)
		}
	})
}
