package node

import (
	"bytes"
	"strings"
	"testing"

	"moonpeer/net/endpoint"
	"moonpeer/net/wire"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/script"
)

// TestHostileNames: names and topics from outside are cut in each warning, and begin no line.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	long := "a\nerror: " + strings.Repeat("x", 1<<20)
	var said bytes.Buffer
	d, err := script.New(script.Options{Reports: script.NewReports(&said)})
	if err != nil {
		t.Fatal(err)
	}
	s := scripts{&Node{Domain: d, Cluster: &cluster.Cluster{}}}
	e := &endpoint.Envelope{From: &endpoint.Peer{}}
	e.Topic = []byte(long)
	d.Event(long).Own = true
	s.message(e, []byte("no message"))
	s.event(e, []byte("no event"))
	s.event(e, wire.AppendEventHeader(nil, long, 0))
	s.unhandled(e, nil, []byte(long))
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	if len(lines) != 4 {
		t.Errorf("%d lines, want 4", len(lines))
	}
	for _, l := range lines {
		if !strings.HasPrefix(l, "warning: ") || len(l) > 500 {
			t.Errorf("%d bytes: %.200q", len(l), l)
		}
	}
	for name := range s.n.unknown {
		if len(name) > 150 {
			t.Errorf("%d bytes of an unknown name are kept", len(name))
		}
	}
}
