package convert

import (
	"runtime"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

func TestEqualValuesAreTheSame(t *testing.T) {
	v := newVM(t)
	pairs := map[string][2]lua.LValue{
		"addr":     {v.parse(t, KindAddr, "10.0.0.1"), v.Address(broker.AddressFrom4([4]byte{10, 0, 0, 1}))},
		"subnet":   {v.parse(t, KindSubnet, "10.0.0.0/8"), v.parse(t, KindSubnet, "10.1.2.3/8")},
		"port":     {v.parse(t, KindPort, "80/tcp"), v.Port(broker.Port{Number: 80, Proto: broker.TCP})},
		"time":     {v.parse(t, KindTime, "1.5"), v.Time(1500000000)},
		"interval": {v.parse(t, KindInterval, "1.5 min"), v.Interval(90e9)},
		"enum":     {v.parse(t, KindEnum, "Notice::Scan"), v.enumOf("Notice::Scan")},
		"big":      {v.Count(1<<63 + 5), v.parse(t, KindCount, "9223372036854775813")},
		"int":      {v.IntOfKind(5), v.IntOfKind(5)},
		"real":     {v.RealOfKind(5), v.RealOfKind(5)},
	}
	a, b := pairs["addr"][0], pairs["port"][0]
	x, err := v.Tuple(a, b, lua.LNumber(5), lua.LNil)
	if err != nil {
		t.Fatal(err)
	}
	y, err := v.Tuple(pairs["addr"][1], pairs["port"][1], lua.LNumber(5.0), v.None())
	if err != nil {
		t.Fatal(err)
	}
	pairs["tuple"] = [2]lua.LValue{x, y}
	for name, p := range pairs {
		if p[0] != p[1] {
			t.Errorf("%s: two Lua values", name)
		}
	}
}

// TestForgets makes far more values than are kept. The table of those that were must follow the living.
func TestForgets(t *testing.T) {
	v := newVM(t)
	kept := v.Address(broker.AddressFrom4([4]byte{255, 0, 0, 1}))
	const n = 200_000
	most := 0
	for i := range n {
		v.Address(broker.AddressFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}))
		if i%(n/20) == 0 {
			runtime.GC()
			most = max(most, v.addrs.size())
		}
	}
	// Between two collections a twentieth comes; what is swept late is as much again, and shards differ.
	if limit := n / 20 * 4; most > limit {
		t.Errorf("up to %d entries, want at most %d", most, limit)
	}
	if v.Address(broker.AddressFrom4([4]byte{255, 0, 0, 1})) != kept {
		t.Error("a value that was kept is another now")
	}
	runtime.KeepAlive(kept)
}

// TestDies counts what is alive after a collection: what was used last, and no more than a batch for each.
func TestDies(t *testing.T) {
	v := newVM(t)
	for i := range 100_000 {
		v.Time(broker.Timestamp(i) * 1000)
	}
	runtime.GC()
	alive := 0
	for i := range v.times.shards {
		for _, p := range v.times.shards[i].m {
			if p.batch.Value() != nil {
				alive++
			}
		}
	}
	if limit := (recentLen + 1) * batchLen; alive > limit {
		t.Errorf("%d of 100000 values nobody has are alive, want at most %d", alive, limit)
	}
}

func TestAllocations(t *testing.T) {
	v := newVM(t)
	a := broker.AddressFrom4([4]byte{10, 0, 0, 1})
	b := broker.AddressFrom4([4]byte{10, 0, 0, 2})
	keep := []lua.LValue{v.Address(a), v.Address(b), v.Enum("Notice::Scan")}
	name := []byte("Notice::Scan")
	for _, c := range []struct {
		name string
		max  float64
		f    func()
	}{
		{"address again", 0, func() { v.Address(a); v.Address(b) }},
		{"enum again, from bytes", 0, func() { v.enumOf(borrow(name)) }},
		{"small count", 0, func() { v.Count(1000) }},
		{"count", 1, func() { v.Count(123456) }},
	} {
		if got := testing.AllocsPerRun(100, c.f); got > c.max {
			t.Errorf("%s: %v allocations, want at most %v", c.name, got, c.max)
		}
	}
	runtime.KeepAlive(keep)
}
