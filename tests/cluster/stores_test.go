package cluster

import (
	"testing"
	"time"

	"moonpeer/bindings"
	"moonpeer/net/broker"
	"moonpeer/net/peering"
	"moonpeer/net/wire"
	"moonpeer/runtime/node"
	"moonpeer/runtime/sim"
	"moonpeer/store"
)

// outcome is a store.Waiter.
type outcome struct {
	store.Result
	n int
}

func (o *outcome) Done(r store.Result) { o.Result, o.n = r, o.n+1 }

func putString(s store.Store, k, v string) *outcome {
	o := &outcome{}
	if r, done := s.Do(&wire.Command{Kind: wire.CmdPut, Key: wire.AppendString(nil, k), Value: wire.AppendString(nil, v)}, o); done {
		o.Done(r)
	}
	return o
}

func has(s store.Store, k string) bool {
	_, err := s.Get(wire.AppendString(nil, k))
	return err == nil
}

func advance(t *testing.T, w *sim.World, d time.Duration) {
	t.Helper()
	if err := w.Advance(d); err != nil {
		t.Fatal(err)
	}
}

// TestStoresOverLinks: masters and clones find each other over the nodes' own links, also after a partition and after the
// master's process was killed.
func TestStoresOverLinks(t *testing.T) {
	w, err := sim.New(sim.Options{Seed: 3, Delay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.Add(node.Options{Name: "a", Modules: bindings.Modules, Listen: []peering.Address{{Transport: "quic", Port: peering.DefaultPort}}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.Add(node.Options{Name: "b", Modules: bindings.Modules, Peer: []peering.Address{a.Address()}})
	if err != nil {
		t.Fatal(err)
	}
	w.Start()
	advance(t, w, 2*time.Second)
	if _, err := a.Stores.Master("test", node.MasterOptions{Backend: "pebble"}); err != nil {
		t.Fatal(err)
	}
	c, err := b.Stores.Clone("test", store.CloneOptions{})
	if err != nil {
		t.Fatal(err)
	}
	advance(t, w, time.Second)
	o := putString(c, "k", "v")
	b.Wake()
	advance(t, w, time.Second)
	if o.n != 1 || o.Err != nil || !has(a.Stores.Find("test"), "k") || !has(c, "k") {
		t.Fatalf("%d answers, %v; clone %+v", o.n, o.Err, c.Info())
	}
	if err := w.Partition([]string{"a"}, []string{"b"}); err != nil {
		t.Fatal(err)
	}
	advance(t, w, 20*time.Second)
	late := putString(c, "late", "v")
	b.Wake()
	advance(t, w, time.Second)
	if late.n != 0 || c.Info().State != "lost" || !has(c, "k") {
		t.Fatalf("while parted: %d answers, clone %+v", late.n, c.Info())
	}
	w.Heal()
	advance(t, w, 5*time.Second)
	if late.n != 1 || late.Err != nil || !has(c, "late") {
		t.Fatalf("after the partition: %d answers, %v; clone %+v", late.n, late.Err, c.Info())
	}
	a.Crash()
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	advance(t, w, 30*time.Second)
	m, err := a.Stores.Master("test", node.MasterOptions{Backend: "pebble"})
	if err != nil {
		t.Fatal(err)
	}
	if !has(m, "k") || !has(m, "late") {
		t.Fatalf("what was acknowledged is not there after a crash: %+v", m.Info())
	}
	if _, err := m.Get(wire.AppendString(nil, "x")); broker.CodeOf(err) != broker.NoSuchKey {
		t.Fatal(err)
	}
}
