package testlib

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// usualSeeds is how many seeds an explore tries that says nothing.
const usualSeeds = 100

// exploreError is what a seed has found.
type exploreError struct {
	seed, tried uint64
	err         error
}

func (e *exploreError) Error() string { return e.found() + e.err.Error() }

// found says which seed it was.
func (e *exploreError) found() string {
	if e.tried == 0 {
		return fmt.Sprintf("with seed %d, the first: ", e.seed)
	}
	return fmt.Sprintf("with seed %d, the %d before pass: ", e.seed, e.tried)
}

func (e *exploreError) Unwrap() error { return e.err }

// explore is sim.explore{ seeds = n, run = fn }: it calls fn(seed) with one seed after the other, from that of the test on.
// In each call messages take other times and nodes take turns in another order, where the test does not say it. It ends
// with the first seed that fails, which is the smallest; that of the command line is tried first.
func (l *Lib) explore(L *lua.LState) int {
	a := l.attempt(L, "sim.explore")
	if a.exploring {
		L.RaiseError("sim.explore: it can't be called within itself")
	}
	o := readOptions(L, "sim.explore", L.CheckTable(1))
	seeds, fn := o.count("seeds", usualSeeds), o.function("run")
	o.done()
	if fn == nil || seeds == 0 {
		L.RaiseError("sim.explore: write sim.explore { seeds = 100, run = function(seed) … end }")
	}
	first, keep := a.seed, len(a.networks)
	a.exploring, a.before = true, keep
	defer func() { a.exploring, a.seed = false, first }()
	for i := range uint64(seeds) {
		a.seed = first + i
		a.reseed()
		_, err := l.d.VM.Call(fn, 0, lua.LNumber(a.seed))
		if err == nil {
			err = unread(a.networks[keep:])
		}
		var pending *pendingError
		if errors.As(err, &pending) {
			l.raise(L, pending)
		}
		if err != nil {
			l.raise(L, &exploreError{a.seed, i, err})
		}
		a.drop(keep)
	}
	return 0
}

// seed is sim.seed(): what the test is run with, or this call of an explore.
func (l *Lib) seed(L *lua.LState) int {
	L.Push(lua.LNumber(l.attempt(L, "sim.seed").seed))
	return 1
}
