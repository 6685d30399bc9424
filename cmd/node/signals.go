package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// stoppable returns a context that the first SIGINT or SIGTERM ends, for an orderly stop; a second one ends the
// process at once. release gives the signals back and must be called.
func stoppable(parent context.Context) (ctx context.Context, release func()) {
	signals := make(chan os.Signal, 2) // the one that stops and the one that insists
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(parent)
	released, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		heed(signals, released, cancel, os.Exit)
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(released)
		<-gone
		cancel()
	}
}

// heed acts on signals until it is released.
func heed(signals <-chan os.Signal, released <-chan struct{}, stop func(), exit func(int)) {
	act := stop
	for {
		select {
		case <-signals:
			act()
			act = func() { exit(exitInterrupted) }
		case <-released:
			return
		}
	}
}
