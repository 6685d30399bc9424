package main

import (
	crand "crypto/rand"
	"os"
	"path/filepath"

	"moonpeer/runtime/node"
)

// resetKey returns what a restarted node tells the peers of its former self with that their connections are gone
// (design decision 18). It is kept in the state directory, where there is one; without it peers wait for their
// timeout. A key that can't be read or kept is made afresh: nothing depends on it but how soon they notice.
func resetKey(opts node.Options) (key [32]byte) {
	if opts.StateDir == "" {
		crand.Read(key[:])
		return key
	}
	dir := opts.NodeDir()
	file := filepath.Join(dir, "quic.key")
	if b, err := os.ReadFile(file); err == nil && len(b) == len(key) {
		copy(key[:], b)
		return key
	}
	crand.Read(key[:])
	if err := os.MkdirAll(dir, 0o755); err == nil {
		os.WriteFile(file, key[:], 0o600)
	}
	return key
}
