package main

import (
	crand "crypto/rand"
	"encoding/binary"
	"log/slog"
	"math/rand/v2"
	"time"

	"moonpeer/net/peering"
	"moonpeer/net/quicpeer"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// system is what a node of this program gets besides its options, and what has to be closed behind it.
type system struct {
	node.System
	transport *quicpeer.Transport
}

// newSystem gives a node its clocks, its chance and its transport; below this package nobody reads a clock or draws a
// number that was not handed in. A replayed capture gets the same numbers each time, so that the same run prints the
// same.
func newSystem(replay bool, opts node.Options) *system {
	start := time.Now()
	var seed [16]byte
	if !replay {
		crand.Read(seed[:]) // never fails: the program is ended when the system has no randomness
	}
	s := &system{System: node.System{
		Now:   func() step.Time { return step.Time(time.Since(start)) },
		Wall:  func() int64 { return time.Now().UnixNano() },
		Watch: node.Watch,
		Tick:  node.Tick,
		Rand:  newRand(seed),
	}}
	crand.Read(seed[:])
	s.IDs = newRand(seed)
	s.Backend = openStores(opts)
	s.Transport = func(inbox step.Inbox, log *slog.Logger) peering.Transport {
		s.transport = quicpeer.New(quicpeer.Options{Inbox: inbox, Log: log, ResetKey: func() [32]byte { return resetKey(opts) }})
		return s.transport
	}
	return s
}

func newRand(seed [16]byte) *rand.Rand {
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(seed[:8]), binary.LittleEndian.Uint64(seed[8:])))
}

// close ends every connection. The node's loop has ended.
func (s *system) close() {
	if s.transport != nil {
		s.transport.Close()
	}
}
