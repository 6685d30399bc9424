package storelib

import (
	"math/rand/v2"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
	"moonpeer/store"
)

// lone is a network without peers: store.Bus.
type lone struct{}

func (lone) ID() broker.EndpointID                               { return broker.EndpointID{1} }
func (lone) Subscribe(string)                                    {}
func (lone) Unsubscribe(string)                                  {}
func (lone) Peers() []store.Peer                                 { return nil }
func (lone) Send(broker.EndpointID, string, []byte) step.Verdict { return step.Dropped }
func (lone) Command(string, broker.EndpointID, []byte) error     { return nil }
func (lone) Writable(broker.EndpointID) bool                     { return true }

// real opens a master in memory as store "s".
func (b *bare) real() *store.Master {
	b.t.Helper()
	m, err := store.OpenMaster(store.MasterOptions{
		Common: store.Common{Name: "s", Env: step.Env{Now: func() step.Time { return b.now }, Rand: rand.New(rand.NewPCG(1, 1))}, Bus: lone{}, Object: 1},
		Clock:  func() int64 { return began + int64(b.now) },
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.stores.all["s"] = m
	return m
}

const benchPolicy = `
local bound = namespace "EX":map("bound", "string", "count", { create_expire = "1 day" })
on("node_init", function()
  local s = store.find "s"
  local hosts, ports = {}, {}
  for i = 1, 100 do hosts[i] = addr("10.0.0." .. i) ports[i] = tuple(hosts[i], i) end
  for i = 1, 100 do s:put("key" .. i, i) s:put(hosts[i], "hello world") s:put(ports[i], interval(i)) end
  local names = {}
  for i = 1, 100 do names[i] = "key" .. i end
  on("loop", function(n) for i = 1, n do local k = names[i % 100 + 1] end end)
  on("get_count", function(n) for i = 1, n do local v = s:get(names[i % 100 + 1]) end end)
  on("get_string", function(n) for i = 1, n do local v = s:get(hosts[i % 100 + 1]) end end)
  on("get_tuple", function(n) for i = 1, n do local v = s:get(ports[i % 100 + 1]) end end)
  on("get_missing", function(n) for i = 1, n do local v = s:get(i) end end)
  on("exists", function(n) for i = 1, n do local v = s:exists(names[i % 100 + 1]) end end)
  on("put", function(n) for i = 1, n do s:put(names[i % 100 + 1], i) end end)
  on("put_string", function(n) for i = 1, n do s:put(hosts[i % 100 + 1], "hello world") end end)
  on("put_expire", function(n) local o = { expire = 300 } for i = 1, n do s:put(names[i % 100 + 1], i, o) end end)
  on("put_unique", function(n) for i = 1, n do s:put_unique(names[i % 100 + 1], i) end end)
  on("increment", function(n) for i = 1, n do s:increment(names[i % 100 + 1]) end end)
  on("done", function(n) local function f() end for i = 1, n do s:put(names[i % 100 + 1], i):done(f) end end)
  on("wait", function(n) async(function() for i = 1, n do s:put(names[i % 100 + 1], i):wait() end end) end)
  on("bind", function() store.bind(bound, { store = "s" }) end)
  on("bound", function(n) for i = 1, n do bound:incr(names[i % 100 + 1]) end end)
  on("bound_new", function(n) for i = 1, n do bound:set("new" .. i, i) end end)
  on("async", function(n) local function f() end for i = 1, n do async(f) end end)
  on("watch", function() s:on_change(function(what, k, v, old) end) end)
end)`

// bulk raises an event of the policy with the number of repetitions as its argument.
func (b *bare) bulk(name string, n int) {
	for n > 0 {
		k := min(n, 5_000)
		n -= k
		b.d.Raise(b.d.Event(name), []lua.LValue{lua.LNumber(k)})
		b.settle()
	}
}

func openReal(t testing.TB) *bare {
	b := &bare{t: t, stores: &fakes{all: map[string]store.Store{}}}
	b.real()
	b.load(benchPolicy, nil)
	b.d.Raise(b.d.Event("node_init"), nil)
	b.settle()
	if got := b.reported(); got != "" {
		t.Fatal(got)
	}
	return b
}

// BenchmarkStore is one operation from Lua on a master in memory; loop is what the figures contain of the loop around it.
func BenchmarkStore(b *testing.B) {
	for _, name := range []string{"loop", "get_count", "get_string", "get_tuple", "get_missing", "exists", "put", "put_string", "put_expire",
		"put_unique", "increment", "done", "wait", "async"} {
		b.Run(name, func(b *testing.B) {
			r := openReal(b)
			b.ReportAllocs()
			b.ResetTimer()
			r.bulk(name, b.N)
		})
	}
	for _, name := range []string{"bound", "bound_new"} {
		b.Run(name, func(b *testing.B) {
			r := openReal(b)
			r.bulk("bind", 1)
			b.ReportAllocs()
			b.ResetTimer()
			r.bulk(name, b.N)
		})
	}
	b.Run("put_watched", func(b *testing.B) {
		r := openReal(b)
		r.bulk("watch", 1)
		b.ReportAllocs()
		b.ResetTimer()
		r.bulk("put", b.N)
	})
}

// BenchmarkSlowStore is one write whose outcome comes later.
func BenchmarkSlowStore(b *testing.B) {
	for _, name := range []string{"put", "done", "wait"} {
		b.Run(name, func(b *testing.B) {
			r := &bare{t: b, stores: &fakes{all: map[string]store.Store{}}}
			later := &laterStore{Store: r.real()}
			r.stores.all["s"] = later
			r.load(benchPolicy, nil)
			r.d.Raise(r.d.Event("node_init"), nil)
			r.settle()
			later.answer()
			b.ReportAllocs()
			b.ResetTimer()
			for n := b.N; n > 0; n -= 1000 {
				r.d.Raise(r.d.Event(name), []lua.LValue{lua.LNumber(min(n, 1000))})
				for r.settle(); len(later.waiting) > 0; r.settle() {
					later.answer()
				}
			}
		})
	}
}

// laterStore is a store whose outcomes come when it is asked for them.
type laterStore struct {
	store.Store
	waiting []store.Waiter
}

func (s *laterStore) answer() {
	waiting := s.waiting
	s.waiting = nil
	for _, w := range waiting {
		w.Done(store.Result{})
	}
	s.waiting = waiting[:0]
}

func (s *laterStore) Do(c *wire.Command, w store.Waiter) (store.Result, bool) {
	s.waiting = append(s.waiting, w)
	return store.Result{}, false
}
