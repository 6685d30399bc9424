package ahead

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func never() bool { return true }

func TestQueue(t *testing.T) {
	t.Parallel()
	wake := make(chan struct{}, 10)
	wanted := errors.New("that was it")
	q := Start(2, func() { wake <- struct{}{} }, func(emit func(int) bool, _ <-chan struct{}) error {
		for i := range 5 {
			if !emit(i) {
				t.Error("stopped early")
			}
		}
		return wanted
	})
	defer q.Close(never)
	for want := 0; want < 5; {
		<-wake
		for {
			got, err := q.Next()
			if err == ErrWait || err == wanted {
				break
			}
			if got != want || err != nil {
				t.Fatalf("got %d, %v, want %d", got, err, want)
			}
			want++
		}
	}
	for range 2 {
		for _, err := q.Next(); err != wanted; _, err = q.Next() {
			if err != ErrWait {
				t.Fatalf("got %v, want %v", err, wanted)
			}
			<-wake
		}
	}
}

func TestCloseWhileFull(t *testing.T) {
	t.Parallel()
	started := make(chan struct{})
	q := Start(1, nil, func(emit func(int) bool, _ <-chan struct{}) error {
		close(started)
		for emit(1) {
		}
		return io.EOF
	})
	<-started
	q.Close(never)
	q.Close(never)
	if _, err := q.Next(); err != nil {
		t.Errorf("got %v, want the item that was there", err)
	}
	if _, err := q.Next(); err != io.EOF {
		t.Errorf("got %v, want EOF", err)
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	pr, pw := io.Pipe()
	defer pw.Close()
	or, ow, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer or.Close()
	defer ow.Close()
	for name, r := range map[string]io.Reader{"in memory": pr, "of the system": or} {
		q := Start(1, nil, func(emit func(byte) bool, _ <-chan struct{}) error {
			var b [1]byte
			_, err := r.Read(b[:]) // nobody writes
			return err
		})
		q.Close(func() bool { return Interrupt(r) })
		if _, err := q.Next(); err == nil || err == ErrWait {
			t.Errorf("pipe %s: got %v, want the read to have failed", name, err)
		}
	}
	if Interrupt(strings.NewReader("")) {
		t.Error("what can't be closed can be interrupted")
	}
}
