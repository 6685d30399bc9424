package main

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// newSystem gives a node its clocks and its chance; below this package nobody reads a clock or draws a number that
// was not handed in. A replayed capture gets the same numbers each time, so that the same run prints the same.
func newSystem(replay bool) node.System {
	start := time.Now()
	var seed [16]byte
	if !replay {
		crand.Read(seed[:]) // never fails: the program is ended when the system has no randomness
	}
	return node.System{
		Now:   func() step.Time { return step.Time(time.Since(start)) },
		Wall:  func() int64 { return time.Now().UnixNano() },
		Watch: node.Watch,
		Rand:  rand.New(rand.NewPCG(binary.LittleEndian.Uint64(seed[:8]), binary.LittleEndian.Uint64(seed[8:]))),
	}
}
