package main

import (
	"context"
	"os"
	"sync"

	"moonpeer/runtime/node"
)

// asking is the text of a session that runs, as others than the session itself see it: signals.
type asking struct {
	mu     sync.Mutex
	link   promptLink
	id     uint64
	last   uint64             // texts so far
	cancel context.CancelFunc // of the one that runs; nil: none
	asked  bool               // its end was asked for
	gaveUp bool
	signal os.Signal // that has ended the session
}

// begin notes that the next text runs, and numbers it.
func (a *asking) begin(ctx context.Context, link promptLink, id uint64) (context.Context, node.PromptText) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.link, a.id, a.asked, a.gaveUp = link, id, false, false
	a.last++
	ctx, a.cancel = context.WithCancel(ctx)
	return ctx, node.PromptText{Prompt: id, Eval: a.last}
}

// end notes that it does not any more, and tells whether it was given up.
func (a *asking) end() (gaveUp bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cancel()
	a.cancel = nil
	return a.gaveUp
}

// interrupt has the node end the text that runs; the second time its answer is not waited for any more. False: none runs.
func (a *asking) interrupt() bool {
	a.mu.Lock()
	link, params := a.link, map[string]uint64{"prompt": a.id, "eval": a.last}
	running, again := a.cancel != nil, a.asked
	if running && again {
		a.gaveUp = true
		a.cancel()
	}
	a.asked = true
	a.mu.Unlock()
	if running && !again {
		ctx, cancel := context.WithTimeout(context.Background(), quickAnswer)
		defer cancel()
		link.Stream(ctx, "prompt.interrupt", params, nil, nil) // who gets no answer interrupts again
	}
	return running
}

// stop notes that a signal ends the session.
func (a *asking) stop(sig os.Signal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.signal = sig
}

// stopped returns the signal that has, nil for none.
func (a *asking) stopped() os.Signal {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.signal
}
