package containerlib

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// loop returns a Lua function that runs body n times, rounded up to 1,024, with the containers known and m, a, one of
// the 1,024 addresses that are in both, and fresh, a list of as many that are not.
func loop(b *bare, body string) *lua.LFunction {
	b.t.Helper()
	addrs, fresh := b.d.L.NewTable(), b.d.L.NewTable()
	for i := range 1024 {
		addrs.Append(b.s.Address(broker.AddressFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})))
		fresh.Append(b.s.Address(broker.AddressFrom4([4]byte{11, 0, byte(i >> 8), byte(i)})))
	}
	make, err := b.d.VM.Load("bench.lua", `local addrs, fresh = ...
local known = set("addr", { create_expire = "1 day" })
local m = map("addr", "count", { write_expire = "1 day" })
local seen = map("addr", "set[addr]")
for _, a in ipairs(addrs) do known:add(a) m:set(a, 5000) end
return function(n) for _ = 1, n, 1024 do for i = 1, 1024 do local a = addrs[i] `+body+` end end end`)
	if err != nil {
		b.t.Fatal(err)
	}
	fn, err := b.d.VM.Call(make, 1, addrs, fresh)
	if err != nil {
		b.t.Fatal(err)
	}
	return fn[0].(*lua.LFunction)
}

func (b *bare) times(fn *lua.LFunction, n int) {
	if _, err := b.d.VM.Call(fn, 0, lua.LNumber(n)); err != nil {
		b.t.Fatal(err)
	}
}

var hotPaths = []struct {
	name, body string
	allocs     float64 // at most
}{
	{"nothing", ``, 0},
	{"has", `known:has(a)`, 0},
	{"has not", `known:has(fresh[i])`, 0},
	{"add again", `known:add(a)`, 0},
	{"add and remove", `local f = fresh[i] known:add(f) known:remove(f)`, 0},
	{"get", `m:get(a)`, 1},
	{"set", `m:set(a, 5)`, 0},
	{"incr", `m:incr(a)`, 1},
}

func BenchmarkLua(b *testing.B) {
	for _, p := range hotPaths {
		b.Run(p.name, func(b *testing.B) {
			v := open(b)
			fn := loop(v, p.body)
			v.d.VM.SetBudget(0)
			b.ReportAllocs()
			b.ResetTimer()
			v.times(fn, b.N)
		})
	}
	b.Run("ensure and add", func(b *testing.B) {
		v := open(b)
		fn := loop(v, `seen:ensure(a, function() return set("addr", { create_expire = "5 min" }) end):add(addrs[i * 7 % 1024 + 1])`)
		v.d.VM.SetBudget(0)
		b.ReportAllocs()
		b.ResetTimer()
		v.times(fn, b.N)
	})
}

// The methods that handlers call for each connection don't allocate, but for a number that is returned.
func TestAllocations(t *testing.T) {
	b := open(t)
	const rounds = 10240
	loops := 0.0 // what the loop costs itself
	for _, p := range hotPaths {
		fn := loop(b, p.body)
		b.times(fn, rounds)
		got := testing.AllocsPerRun(5, func() { b.times(fn, rounds) }) / rounds
		if p.body == "" {
			loops = got
		}
		if got -= loops; got > p.allocs+0.01 {
			t.Errorf("%s: %.3f allocations, want at most %g", p.name, got, p.allocs)
		}
	}
}

func heap() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// fill makes a set with create_expire of n addresses from Lua, a new address each time as they come from packets.
func fill(b *bare, n int, hook string) {
	b.t.Helper()
	i := uint32(0)
	next := b.d.VM.NewFunction("next", func(L *lua.LState) int {
		i++
		L.Push(b.s.Address(broker.AddressFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})))
		return 1
	})
	fn, err := b.d.VM.Load("bench.lua", `local next, n = ... local known = namespace "EX":set("known", "addr", { create_expire = "1 hr"`+hook+` })
for i = 1, n do known:add(next()) end`)
	if err != nil {
		b.t.Fatal(err)
	}
	b.d.VM.SetBudget(0)
	if _, err := b.d.VM.Call(fn, 0, next, lua.LNumber(n)); err != nil {
		b.t.Fatal(err)
	}
}

// BenchmarkMillion is a set of a million addresses with create_expire: bytes of heap for each, and how long the loop
// is kept when all end at once, without a hook and with one. The loop looks at its time every sixteen steps.
func BenchmarkMillion(b *testing.B) {
	b.Run("plain", func(b *testing.B) { benchmarkMillion(b, "") })
	b.Run("on_expire", func(b *testing.B) {
		benchmarkMillion(b, `, on_expire = function(a) if a == nil then return "1 hr" end end`)
	})
}

func benchmarkMillion(b *testing.B, hook string) {
	const n = 1_000_000
	for range b.N {
		v := open(b)
		before := heap()
		fill(v, n, hook)
		b.ReportMetric(float64(heap()-before)/n, "B/entry")
		v.now += 2 * int64(time.Hour)
		longest, total, start := time.Duration(0), time.Duration(0), time.Now()
		v.d.Tick(v.now, 1)
		for v.d.Queued() > 0 {
			v.d.Run(16, nil)
			took := time.Since(start)
			longest, total, start = max(longest, took), total+took, time.Now()
		}
		b.ReportMetric(float64(longest)/1e6, "ms/longest")
		b.ReportMetric(float64(total)/1e6, "ms/sweep")
		if left := v.lib.sweep.Len(); left != 0 {
			b.Fatalf("%d tables left", left)
		}
	}
}

// BenchmarkMillionFromLua is what one add and one lookup cost a script when a million addresses are there, visited
// in no order.
func BenchmarkMillionFromLua(b *testing.B) {
	const n = 1 << 20
	for range b.N {
		v := open(b)
		v.d.VM.SetBudget(0)
		addrs := v.d.L.CreateTable(n, 0)
		for i := range uint32(n) {
			x := i * 2654435761 % n
			addrs.Append(v.s.Address(broker.AddressFrom4([4]byte{10, byte(x >> 16), byte(x >> 8), byte(x)})))
		}
		make, err := v.d.VM.Load("bench.lua", `local addrs = ...
local known = set("addr", { create_expire = "1 hr" })
return function() for i = 1, #addrs do known:add(addrs[i]) end end,
	function() for i = 1, #addrs do known:has(addrs[i]) end end,
	function() for i = 1, #addrs do local a = addrs[i] end end`)
		if err != nil {
			b.Fatal(err)
		}
		fns, err := v.d.VM.Call(make, 3, addrs)
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		took := func(fn lua.LValue) time.Duration {
			start := time.Now()
			if _, err := v.d.VM.Call(fn, 0); err != nil {
				b.Fatal(err)
			}
			return time.Since(start)
		}
		add, has, loop := took(fns[0]), took(fns[1]), took(fns[2])
		b.ReportMetric(float64(add-loop)/n, "ns/add")
		b.ReportMetric(float64(has-loop)/n, "ns/has")
	}
}

// BenchmarkManySets is what a set per source costs.
func BenchmarkManySets(b *testing.B) {
	const n = 100_000
	for range b.N {
		v := open(b)
		v.d.VM.SetBudget(0)
		before := heap()
		v.run(fmt.Sprintf(`local seen = namespace "EX":map("seen", "count", "set[addr]")
for i = 1, %d do seen:ensure(i, function() return set("addr", { create_expire = "5 min" }) end):add(A) end`, n))
		b.ReportMetric(float64(heap()-before)/n, "B/set")
		runtime.KeepAlive(v)
	}
}
