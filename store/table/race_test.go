//go:build race

package table

// raced says that the race detector is on: it makes memory larger and a million entries slow.
const raced = true
