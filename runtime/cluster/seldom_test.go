package cluster

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/broker"
)

func TestSeldom(t *testing.T) {
	t.Parallel()
	var s seldom
	var due []uint64
	for range 2000 {
		if s.due() {
			due = append(due, s.n)
		}
	}
	if !slices.Equal(due, []uint64{1, 10, 100, 1000}) {
		t.Errorf("got %v", due)
	}
}

// TestSeldomWritten: what others can have a node write, it writes now and then.
func TestSeldomWritten(t *testing.T) {
	t.Parallel()
	w := newNetwork(t, small())
	w.meet()
	manager, worker := w.node("manager"), w.node("worker-1")
	var written bytes.Buffer
	for _, n := range w.nodes {
		n.opts.Log = slog.New(slog.NewTextHandler(&written, nil))
	}
	gap := &setting{id: "a", value: text("1"), origin: worker.me.ID.String()}
	gap.version.Term = worker.up["manager"].Epoch
	manager.Config.size = maxOptionBytes
	for _, tt := range []struct {
		want string
		do   func()
	}{
		{"no room for another option", func() { manager.Config.take(&setting{id: "x", value: text("1")}, "worker-1") }},
		{"a change of an option that can't be true", func() { manager.Config.receive(worker.me, eventSetOption, []byte("nonsense")) }},
		{"from somebody who is no node", func() { worker.Receive([]byte(eventStarted), nil, broker.EndpointID{9}) }},
		{"can't publish", func() { worker.full = true; worker.Config.send("topic", gap) }},
		{"did not arrive here", func() { gap.version.Seq += 10; worker.Config.published(gap) }},
	} {
		written.Reset()
		for range 100 {
			tt.do()
		}
		if got := strings.Count(written.String(), tt.want); got != 3 {
			t.Errorf("%q was written %d times of 100, want 3", tt.want, got)
		}
	}
}
