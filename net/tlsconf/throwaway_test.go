package tlsconf

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"time"
)

var someTime = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func someClock() time.Time { return someTime }

func TestThrowawayFollowsTheSource(t *testing.T) {
	t.Parallel()
	with := func(seed byte) []byte {
		c, err := Load(Options{}, someClock, rand.NewChaCha8([32]byte{seed}))
		if err != nil {
			t.Fatal(err)
		}
		return c.pair.Certificate[0]
	}
	if !bytes.Equal(with(1), with(1)) {
		t.Error("one seed makes two certificates")
	}
	if bytes.Equal(with(1), with(2)) {
		t.Error("two seeds make one certificate")
	}
}

func TestBadSource(t *testing.T) {
	t.Parallel()
	empty := errors.New("empty")
	if c, err := Load(Options{}, someClock, iotest.ErrReader(empty)); c != nil || !errors.Is(err, empty) {
		t.Errorf("got %v, %v", c, err)
	}
	if _, err := Load(Options{}, someClock, zeros{}); err == nil {
		t.Error("zeros make a key")
	}
	if _, err := Load(Options{}, someClock, io.LimitReader(rand.NewChaCha8([32]byte{}), 31)); err == nil {
		t.Error("31 bytes make a key")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
