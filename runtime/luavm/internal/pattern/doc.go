// Package pattern matches Lua 5.1 patterns.
//
// It backtracks as the reference implementation does, so that results are the same in every case; a pattern
// can take exponential time, hence the steps are counted and reported to a [Host], which can end the
// match. Nothing is allocated and nothing compiled. A pattern may contain zero bytes.
package pattern
