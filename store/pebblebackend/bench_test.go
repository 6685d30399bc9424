package pebblebackend

import (
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"moonpeer/net/step"
	"moonpeer/store/journal"
)

// counting is an inbox whose owner waits for DiskDones, as many as it wants. It appends under a lock, as a node's does.
type counting struct {
	mu     sync.Mutex
	inputs []step.Input
	wake   chan struct{}
}

func newCounting() *counting { return &counting{wake: make(chan struct{}, 1)} }

func (c *counting) Put(in step.Input) {
	c.mu.Lock()
	c.inputs = append(c.inputs, in)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// take returns how many have come since the last call, at least one.
func (c *counting) take(b *testing.B) (n int) {
	for n == 0 {
		<-c.wake
		c.mu.Lock()
		n = len(c.inputs)
		for _, in := range c.inputs {
			if d, ok := in.(step.DiskDone); ok && d.Err != nil {
				b.Error(d.Err)
			}
		}
		c.inputs = c.inputs[:0]
		c.mu.Unlock()
	}
	return n
}

func put1(ops []byte, k uint64) []byte {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], k*0x9E3779B97F4A7C15)
	return journal.AppendPut(ops[:0], key[:], value64, 0)
}

var value64 = make([]byte, 64)

func benchOpen(b *testing.B, dir string, inbox step.Inbox) *Backend {
	s, err := Open(Options{Dir: dir, Inbox: inbox, Logger: quiet})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkCommit has so many commits of one operation in flight, each with sync; raw is one synced Pebble commit after
// the other, one is one of ours after the other.
func BenchmarkCommit(b *testing.B) {
	b.Run("raw pebble, one at a time", func(b *testing.B) {
		db, err := pebble.Open(b.TempDir(), &pebble.Options{Logger: logger{quiet, newFence(nil, "")}, FormatMajorVersion: formatVersion})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		var key [8]byte
		k := uint64(0)
		for b.Loop() {
			k++
			binary.BigEndian.PutUint64(key[:], k*0x9E3779B97F4A7C15)
			if err := db.Set(key[:], value64, pebble.Sync); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, flight := range []int{1, 16, 1000} {
		b.Run(fmt.Sprintf("in flight=%d", flight), func(b *testing.B) {
			inbox := newCounting()
			s := benchOpen(b, b.TempDir(), inbox)
			bufs := make([][]byte, flight)
			under := 0
			b.ReportAllocs()
			for k := uint64(0); b.Loop(); k++ {
				if under == flight {
					under -= inbox.take(b)
				}
				i := k % uint64(flight) // answers come in order, so this buffer is free
				bufs[i] = put1(bufs[i], k)
				if !s.Commit(k, bufs[i], true) {
					b.Fatal("no room")
				}
				under++
			}
			for under > 0 {
				under -= inbox.take(b)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}

// BenchmarkGroups commits groups of 200 without sync as fast as there is room.
func BenchmarkGroups(b *testing.B) {
	for _, sync := range []bool{false, true} {
		b.Run(fmt.Sprintf("sync=%v", sync), func(b *testing.B) {
			const per, flight = 200, 64
			inbox := newCounting()
			s := benchOpen(b, b.TempDir(), inbox)
			bufs := make([][]byte, flight)
			under := 0
			for k := uint64(0); b.Loop(); k++ {
				if under == flight {
					under -= inbox.take(b)
				}
				i := k % flight
				bufs[i] = bufs[i][:0]
				for j := range uint64(per) {
					var key [8]byte
					binary.BigEndian.PutUint64(key[:], (k*per+j)*0x9E3779B97F4A7C15)
					bufs[i] = journal.AppendPut(bufs[i], key[:], value64, 0)
				}
				if !s.Commit(k, bufs[i], sync) {
					b.Fatal("no room")
				}
				under++
			}
			for under > 0 {
				under -= inbox.take(b)
			}
			b.ReportMetric(per*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// BenchmarkLoad reads a million small entries.
func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir() + "/one"
	inbox := newCounting()
	s := benchOpen(b, dir, inbox)
	const n, per = 1_000_000, 1000
	for k := uint64(0); k < n/per; k++ {
		var ops []byte
		for j := range uint64(per) {
			var key [12]byte
			binary.BigEndian.PutUint64(key[:], (k*per+j)*0x9E3779B97F4A7C15)
			ops = journal.AppendPut(ops, key[:], value64[:32], 0)
		}
		if !s.Commit(k, ops, true) {
			b.Fatal("no room")
		}
		inbox.take(b)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			s := benchOpen(b, dir, inbox)
			_ = s.Close()
		}
	})
	b.Run("load", func(b *testing.B) {
		s := benchOpen(b, dir, inbox)
		for b.Loop() {
			if err := s.Load(nothing{}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
	})
}

// BenchmarkPut is what passing on one DiskDone costs: boxing it, a lock, an append.
func BenchmarkPut(b *testing.B) {
	inbox := newCounting()
	b.ReportAllocs()
	for k := uint64(0); b.Loop(); k++ {
		inbox.Put(step.DiskDone{At: 3, Token: k})
		if k%1000 == 999 {
			inbox.take(b)
		}
	}
}
