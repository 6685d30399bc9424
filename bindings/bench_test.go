package bindings_test

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/runtime/script"
)

const benchPolicy = `
local E = namespace "E"
local found = E:event("found", "note: string, n: count, src: addr")
local nobody = E:event("nobody", "note: string, n: count, src: addr")
local seen = 0
found:on(function(note, n, src) seen = n end)
local a = addr "10.0.0.1"
E:event("raise", "n: count"):on(function(n) for i = 1, n do found:raise("hello world", i, a) end end)
E:event("drop", "n: count"):on(function(n) for i = 1, n do nobody:raise("hello world", i, a) end end)
E:event("publish", "n: count"):on(function(n)
  local publish = broker.publish
  for i = 1, n do publish("bench/topic", found, "hello world", i, a) end
end)
E:event("loop", "n: count"):on(function(n) for i = 1, n do end end)
`

// bulk raises an event of the policy with the number of repetitions as its argument, in steps that stay within
// the queue's bound.
func (r *run) bulk(name string, n int) {
	for n > 0 {
		k := min(n, 10_000)
		n -= k
		r.n.Domain.Raise(r.n.Domain.Event(name), []lua.LValue{lua.LNumber(k)})
		for r.n.Domain.Queued() > 0 {
			r.n.Domain.Run(1<<20, nil)
		}
	}
}

// BenchmarkLocalEvent is one event with three arguments raised and handled in Lua.
func BenchmarkLocalEvent(b *testing.B) {
	r := start(b, benchPolicy)
	b.ReportAllocs()
	b.ResetTimer()
	r.bulk("E::raise", b.N)
}

// BenchmarkRaiseUnhandled is one event raised in Lua that no one handles.
func BenchmarkRaiseUnhandled(b *testing.B) {
	r := start(b, benchPolicy)
	b.ReportAllocs()
	b.ResetTimer()
	r.bulk("E::drop", b.N)
}

// BenchmarkPublish is one publish from Lua to the bytes of a message that another party in the node takes.
func BenchmarkPublish(b *testing.B) {
	r := start(b, benchPolicy)
	taken := &taker{}
	r.n.Hub.Join("bench", taken).Subscribe("bench/", endpointOptions)
	b.ReportAllocs()
	b.ResetTimer()
	r.bulk("E::publish", b.N)
	b.StopTimer()
	if taken.n != b.N {
		b.Fatalf("%d of %d messages arrived", taken.n, b.N)
	}
}

func message(name string, i int) []byte {
	p := wire.AppendEventHeaderMeta(nil, name, 3)
	p = wire.AppendString(p, "hello world")
	p = wire.AppendCount(p, uint64(i))
	return wire.AppendEventTime(wire.AppendAddress(p, broker.AddressFrom4([4]byte{10, 0, 0, 1})), 1_700_000_000e9)
}

// BenchmarkDispatch is one message of another node: looked up, queued, decoded, handled by a trivial handler.
func BenchmarkDispatch(b *testing.B) {
	r := start(b, benchPolicy)
	benchReceive(b, r, message("E::found", 1000))
	if n := r.n.Domain.Counters.Dispatched; n < uint64(b.N) {
		b.Fatalf("%d dispatched", n)
	}
}

// BenchmarkDispatchUnhandled is one message of another node whose event no one handles here.
func BenchmarkDispatchUnhandled(b *testing.B) {
	benchReceive(b, start(b, benchPolicy), message("E::nobody", 1000))
}

func benchReceive(b *testing.B, r *run, payload []byte) {
	d := r.n.Domain
	b.ReportAllocs()
	for b.Loop() {
		name, err := wire.EventName(payload)
		if err != nil {
			b.Fatal(err)
		}
		ev := d.LookupBytes(name)
		if ev == nil || !ev.Wanted() {
			ev.Dropped++
			continue
		}
		d.Receive(ev, script.Origin{Remote: true, Topic: []byte("t"), Payload: payload})
		d.Run(1, nil)
	}
}

// BenchmarkLuaLoop is one step of an empty loop in Lua: what the figures above contain of it.
func BenchmarkLuaLoop(b *testing.B) {
	r := start(b, benchPolicy)
	b.ResetTimer()
	r.bulk("E::loop", b.N)
}

// TestHotPathAllocations asserts what the benchmarks report.
func TestHotPathAllocations(t *testing.T) {
	r := start(t, benchPolicy)
	taken := &taker{}
	r.n.Hub.Join("bench", taken).Subscribe("bench/", endpointOptions)
	const n = 1000
	for _, tt := range []struct {
		event string
		max   float64 // per event; the loop's number is one
	}{{"E::raise", 2}, {"E::publish", 2}} {
		if got := testing.AllocsPerRun(20, func() { r.bulk(tt.event, n) }) / n; got > tt.max {
			t.Errorf("%s: %.2f allocations each, want at most %v", tt.event, got, tt.max)
		}
	}
	payload := message("E::found", 1000)
	d := r.n.Domain
	ev := d.Lookup("E::found")
	if got := testing.AllocsPerRun(1000, func() {
		d.Receive(ev, script.Origin{Remote: true, Topic: []byte("t"), Payload: payload})
		d.Run(1, nil)
	}); got > 4 {
		t.Errorf("decode and dispatch: %v allocations, want at most 4", got)
	}
	if err := r.errs.String(); err != "" {
		t.Errorf("reported: %s", err)
	}
}
