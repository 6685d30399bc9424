package bindings_test

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonpeer/bindings"
	"moonpeer/net/endpoint"
	"moonpeer/net/mempeer"
	"moonpeer/net/peering"
	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// run loads src as a policy of a node without input, turns it until nothing is left, and returns what it printed
// and reported. The clock moves only when advance says so.
type run struct {
	t      testing.TB
	n      *node.Node
	out    bytes.Buffer
	errs   bytes.Buffer
	now    step.Time
	loaded error
	evals  uint64 // texts at prompts
}

func start(t testing.TB, src string, change ...func(*node.Options)) *run {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.lua")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, now: 1}
	opts := node.Options{Scripts: []string{file}, Stdout: &r.out, Stderr: &r.errs, Modules: bindings.Modules}
	for _, c := range change {
		c(&opts)
	}
	const began = 1_700_000_000 * int64(1e9)
	r.n, r.loaded = node.New(opts, node.System{
		Now: func() step.Time { return r.now }, Wall: func() int64 { return began + int64(r.now) },
		Rand: rand.New(rand.NewPCG(1, 1)),
		Transport: func(inbox step.Inbox, log *slog.Logger) peering.Transport {
			return mempeer.New(mempeer.Options{}).Transport(mempeer.End{Inbox: inbox, Log: log})
		},
	})
	if r.loaded == nil {
		r.n.Start()
		r.turn()
	}
	return r
}

// turn turns the node until it wants to sleep.
func (r *run) turn() {
	r.t.Helper()
	for range 10000 {
		if r.n.Turn(r.now) > r.now {
			return
		}
	}
	r.t.Fatal("the node does not come to rest")
}

// output returns the lines printed so far and forgets them.
func (r *run) output() []string {
	s := strings.TrimSuffix(r.out.String(), "\n")
	r.out.Reset()
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// advance moves the clock second by second and turns the node each time.
func (r *run) advance(seconds int) {
	r.t.Helper()
	if r.loaded != nil {
		return
	}
	for range seconds {
		r.now += 1e9
		r.turn()
	}
}

// taker is a party of the hub that counts what it is offered.
type taker struct{ n int }

func (t *taker) Offer(*endpoint.Envelope) bool {
	t.n++
	return true
}

var endpointOptions endpoint.SubscribeOptions
