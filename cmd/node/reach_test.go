package main

import (
	"bytes"
	"testing"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/control"
)

// TestFailuresAreShownAsLines: what a node answers in several lines is shown so, below its first one; what steers a terminal is not.
func TestFailuresAreShownAsLines(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	f := &failures{inv: &invocation{console: console.New(&bytes.Buffer{}, &stderr, func(string) string { return "" })}}
	f.failed(control.Answer{Node: "worker-1", Error: &control.Error{Message: "p.lua:2: no\nstack traceback:\n\tp.lua:2: in \x1b[2J\nerror: forged"}})
	want := "    worker-1   <error: p.lua:2: no\n               stack traceback:\n               p.lua:2: in \\x1b[2J\n               error: forged>\n"
	if got := stderr.String(); got != want || !f.any {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
