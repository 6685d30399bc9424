package luavm

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestTableLayout fails when gopher-lua's table no longer has the fields NeedsCompaction looks at.
func TestTableLayout(t *testing.T) {
	t.Parallel()
	if !tableLayout().ok {
		t.Fatal("gopher-lua's LTable has changed: tables are never found to need compaction")
	}
}

func global(t *testing.T, vm *VM, name string) *lua.LTable {
	t.Helper()
	tb, ok := vm.State().GetGlobal(name).(*lua.LTable)
	if !ok {
		t.Fatalf("global %s is no table", name)
	}
	return tb
}

func TestCompact(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	runIn(t, vm, `T = setmetatable({10, 20, 30, k = 1, [1.5] = 2, [true] = 3}, {__index = function() return "meta" end})
for i = 1, 1000 do T["k" .. i] = i if i > 3 then T["k" .. (i - 3)] = nil end end
U = T  order = function() local o = {} for k, v in pairs(T) do o[#o + 1] = tostring(k) .. "=" .. tostring(v) end return table.concat(o, " ") end`)
	tb := global(t, vm, "T")
	before := runIn(t, vm, `return order()`)
	if !NeedsCompaction(tb) {
		t.Error("a table with 6 live and 1000 dead keys needs no compaction")
	}
	Compact(vm.State(), tb)
	if NeedsCompaction(tb) {
		t.Error("a compacted table needs compaction")
	}
	if after := runIn(t, vm, `return order()`); after != before {
		t.Errorf("got  %s\nwant %s", after, before)
	}
	if got := runIn(t, vm, `return U == T, #T, T.none, T.k1000, T.k5`); got != "true 3 meta 1000 meta" {
		t.Errorf("got %s", got)
	}
}

func TestNeedsCompaction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, fill string
		want       bool
	}{
		{"empty", ``, false},
		{"small", `for i = 1, 50 do T["k" .. i] = 1 T["k" .. i] = nil end`, false},
		{"full", `for i = 1, 1000 do T["k" .. i] = 1 end`, false},
		{"half", `for i = 1, 1000 do T["k" .. i] = 1 if i % 2 == 0 then T["k" .. i] = nil end end`, false},
		{"dead strings", `for i = 1, 1000 do T["k" .. i] = 1 T["k" .. i] = nil end`, true},
		{"dead numbers", `for i = 1, 1000 do T[i + .5] = 1 T[i + .5] = nil end`, true},
		{"array", `for i = 1, 1000 do T[i] = 1 end`, false},
		{"emptied array", `for i = 1, 1000 do T[i] = 1 end for i = 1000, 1, -1 do T[i] = nil end`, true},
	} {
		vm := New(Options{})
		runIn(t, vm, "T = {} "+c.fill)
		if got := NeedsCompaction(global(t, vm, "T")); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

const churn = ` for i = 1, 1000 do t["k" .. i] = 1 t["k" .. i] = nil end `

func TestCompactTables(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	handler := loadFunction(t, vm, `local t = {}`+churn+`nested = {{{}}} t = nested[1][1]`+churn+` t = {} `+churn+` return function() return t end`)
	compacted := 0
	for range 1000 {
		compacted += vm.CompactTables(10, handler)
		if vm.compaction == nil {
			break
		}
	}
	if compacted != 2 {
		t.Errorf("got %d tables compacted, want 2: one among the globals, one that only the handler has", compacted)
	}
	if n := vm.CompactTables(1_000_000, handler); n != 0 {
		t.Errorf("a second round: got %d, want 0", n)
	}
}

func TestCompactTablesWaits(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	runIn(t, vm, `t = {}`+churn)
	inside := -1
	vm.State().SetGlobal("compact", vm.NewFunction("compact", func(*lua.LState) int {
		inside = vm.CompactTables(1_000_000)
		return 0
	}))
	runIn(t, vm, `compact()`)
	if inside != 0 {
		t.Errorf("during a call: got %d, want 0", inside)
	}
	runIn(t, vm, `co = coroutine.create(function() for k in pairs(t) do coroutine.yield() end end) coroutine.resume(co) coroutine.resume(co) t.x = 1
co = coroutine.create(function() for k in pairs(t) do coroutine.yield() end end) coroutine.resume(co)`)
	if n := vm.CompactTables(1_000_000); n != 0 {
		t.Errorf("with a coroutine in the middle of the table: got %d, want 0", n)
	}
	runIn(t, vm, `coroutine.resume(co)`)
	if n := vm.CompactTables(1_000_000); n != 1 {
		t.Errorf("after it has ended: got %d, want 1", n)
	}
}
