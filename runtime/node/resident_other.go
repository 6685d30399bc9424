//go:build !linux

package node

// resident is not known here.
func resident() uint64 { return 0 }
