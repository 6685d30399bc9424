package cluster

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"moonpeer/net/broker"
	"moonpeer/net/endpoint"
	"moonpeer/net/wire"
	"moonpeer/runtime/node"
	"moonpeer/store"
)

// listener keeps the payloads that it is offered.
type listener struct{ got [][]byte }

func (l *listener) Offer(e *endpoint.Envelope) bool {
	l.got = append(l.got, bytes.Clone(e.Payload))
	return true
}

// TestStoresOverForwarder: a clone follows a master that only a node in between links it to, by Broker's protocol. Who
// subscribes to a store's events in its node hears of them.
func TestStoresOverForwarder(t *testing.T) {
	c := newCluster(t, 11)
	a := c.add("a", "")
	b := c.add("b", `broker.forward "test/" broker.options.forward_messages = true`)
	d := c.add("c", "")
	c.join(a, b)
	c.join(b, d)
	c.start()
	m, err := a.Stores.Master("test", node.MasterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if o := putString(m, "before", "v"); o.n != 1 || o.Err != nil {
		t.Fatalf("%d answers, %v", o.n, o.Err)
	}
	x, err := d.Stores.Clone("test", store.CloneOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a.Wake()
	d.Wake()
	c.advance(time.Second)
	if !has(x, "before") {
		t.Fatalf("the clone has no snapshot: %+v", x.Info())
	}
	hears := map[*member]*listener{a: {}, d: {}}
	for n, l := range hears {
		n.Hub.Join("test", l).Subscribe(broker.StoreEventTopic("test"), endpoint.SubscribeOptions{})
	}
	o := putString(x, "k", "v")
	d.Wake()
	c.advance(time.Second)
	if o.n != 1 || o.Err != nil || !has(m, "k") || !has(x, "k") {
		t.Fatalf("%d answers, %v; clone %+v", o.n, o.Err, x.Info())
	}
	k, v := wire.AppendString(nil, "k"), wire.AppendString(nil, "v")
	want := store.AppendEvent(nil, "test", &store.Change{Kind: store.Insert, Key: k, New: v, Publisher: wire.Entity{Endpoint: d.Hub.ID(), Object: 1}})
	for n, l := range hears {
		if len(l.got) != 1 || !bytes.Equal(l.got[0], want) {
			t.Errorf("%s heard %x, want %x", n.Name(), l.got, want)
		}
	}
	if a.Hub.Peer(d.Hub.ID()) != nil {
		t.Fatal("the test wants no direct link")
	}
	// The way is gone for a while.
	if err := c.Partition([]string{"b"}, []string{"a", "c"}); err != nil {
		t.Fatal(err)
	}
	c.advance(30 * time.Second)
	late := putString(x, "late", "v")
	d.Wake()
	c.advance(time.Second)
	if late.n != 0 || x.Info().State != "lost" || !has(x, "k") {
		t.Fatalf("while parted: %d answers, clone %+v", late.n, x.Info())
	}
	c.Heal()
	c.advance(20 * time.Second)
	if late.n != 1 || late.Err != nil || !has(m, "late") || !has(x, "late") {
		t.Fatalf("after the partition: %d answers, %v; clone %+v", late.n, late.Err, x.Info())
	}
	if n := m.Info().Clones; n != 1 {
		t.Errorf("the master has %d clones, want one", n)
	}
}

// TestStoreWatchers: the watcher of a store and those who subscribe to its events do not take each other's place.
func TestStoreWatchers(t *testing.T) {
	c := newCluster(t, 12)
	a := c.add("a", `
on("node_init", function()
  store.master("test"):on_change(function(kind, key) print(kind, key) end)
end)`)
	c.start()
	l := &listener{}
	party := a.Hub.Join("test", l)
	m := a.Stores.Find("test")
	for i, k := range []string{"alone", "both", "alone again"} {
		if i == 1 {
			party.Subscribe(broker.StoreEventTopic("test"), endpoint.SubscribeOptions{})
		} else {
			party.Unsubscribe(broker.StoreEventTopic("test"))
		}
		putString(m, k, "v")
		a.Wake()
		c.run()
	}
	if got := a.lines(); !slices.Equal(got, []string{"insert\talone", "insert\tboth", "insert\talone again"}) || len(l.got) != 1 {
		t.Errorf("the script heard %q, who subscribes %d events", got, len(l.got))
	}
}
