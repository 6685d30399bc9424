package containerlib

import (
	"testing"
)

// Reads never show an overdue entry; none of these sweeps.
func TestExpirySeenByReads(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"an entry lives its interval and not a moment longer", `local s = set("addr", { create_expire = "10 s" }) s:add(A)
			jump "10 s" print(s:has(A)) jump "1 ns" print(s:has(A))`, "true | false"},
		{"create: adding again changes nothing", `local s = set("addr", { create_expire = "10 s" }) s:add(A) jump "9 s" s:add(A) s:has(A) jump "2 s" print(s:has(A))`, "false"},
		{"create: overwriting changes nothing", `local m = map("addr", "count", { create_expire = "10 s" }) m:set(A, 1) jump "9 s" m:set(A, 2) m:incr(A) jump "2 s" print(m:get(A))`, "nil"},
		{"write: adding again begins anew", `local s = set("addr", { write_expire = "10 s" }) s:add(A) jump "9 s" s:add(A) jump "9 s" print(s:has(A)) jump "2 s" print(s:has(A))`, "true | false"},
		{"write: set and incr begin anew", `local m = map("addr", "count", { write_expire = "10 s" }) m:set(A, 1) jump "9 s" m:set(A, 2) jump "9 s" m:incr(A) jump "9 s" print(m:get(A)) jump "2 s" print(m:get(A))`, "3 | nil"},
		{"write: reading changes nothing", `local m = map("addr", "count", { write_expire = "10 s" }) m:set(A, 1) jump "9 s" m:get(A) m:has(A) jump "2 s" print(m:get(A))`, "nil"},
		{"read: has and get begin anew", `local m = map("addr", "count", { read_expire = "10 s" }) m:set(A, 1) jump "9 s" m:has(A) jump "9 s" m:get(A) jump "9 s" print(m:has(A)) jump "11 s" print(m:has(A))`, "true | false"},
		{"read: so does ensure", `local m = map("addr", "count", { read_expire = "10 s" }) m:set(A, 1) jump "9 s" m:ensure(A, print) jump "9 s" print(m:has(A))`, "true"},
		{"read: so does adding", `local s = set("addr", { read_expire = "10 s" }) s:add(A) jump "9 s" s:add(A) jump "9 s" print(s:has(A))`, "true"},
		{"read: looking for another does not", `local s = set("addr", { read_expire = "10 s" }) s:add(A) jump "9 s" s:has(B) jump "2 s" print(s:has(A))`, "false"},
		{"read: going over all does not", `local s = set("addr", { read_expire = "10 s" }) s:add(A) jump "9 s" for v in s:each() do print(v) end
			s:to_table() s:union {} print(s) jump "2 s" print(s:has(A))`, "10.0.0.1 | { | 10.0.0.1 | } | false"},
		{"length, each, to_table and print leave it out", `local s = set("addr", { create_expire = "10 s" }) s:add(A) jump "5 s" s:add(B) jump "6 s"
			print(#s:to_table()) for v in s:each() do print(v) end print(s) print(#s)`, "1 | 10.0.0.2 | { | 10.0.0.2 | } | 1"},
		{"add after the end is new", `local s = set("addr", { create_expire = "10 s" }) s:add(A) jump "11 s" print(s:add(A))`, "true"},
		{"incr after the end begins at 0", `local m = map("addr", "count", { create_expire = "10 s" }) m:incr(A) jump "11 s" print(m:incr(A))`, "1"},
		{"remove after the end finds nothing", `local m = map("addr", "count", { create_expire = "10 s" }) m:incr(A) jump "11 s" print(m:remove(A))`, "nil"},
		{"ensure after the end makes it again", `local m = map("addr", "count", { create_expire = "10 s" }) m:set(A, 1) jump "11 s" print(m:ensure(A, function() return 2 end))`, "2"},
		{"the interval as number and as value", `local s, u = set("addr", { create_expire = 1.5 }), set("addr", { create_expire = interval "1500 ms" })
			s:add(A) u:add(A) jump "1500 ms" print(#s, #u) jump "1 ns" print(#s, #u)`, "1\t1 | 0\t0"},
		{"interval 0 is the next moment", `local s = set("addr", { create_expire = 0 }) s:add(A) print(#s) jump "1 ns" print(#s)`, "1 | 0"},
		{"a negative interval is no end", `local s = set("addr", { create_expire = -1 }) s:add(A) jump "1000 days" print(#s)`, "1"},
	})
}

// An option object is looked at each time.
func TestExpiryByOption(t *testing.T) {
	t.Parallel()
	const begin = `local o = namespace "EX":option("keep", "interval", interval "10 s") local s = set("addr", { create_expire = o }) s:add(A) `
	prints(t, []behaviour{
		{"as it is", begin + `jump "10 s" print(#s) jump "1 ns" print(#s)`, "1 | 0"},
		{"longer later", begin + `o:set("20 s") jump "11 s" print(#s) jump "10 s" print(#s)`, "1 | 0"},
		{"shorter later", begin + `jump "6 s" print(#s) o:set("5 s") print(#s)`, "1 | 0"},
		{"off and on again", begin + `o:set(interval(-1)) jump "1 day" print(#s) o:set("1 hr") print(#s)`, "1 | 0"},
		{"unset is off", `local o = namespace "EX":option("keep", "interval?") local s = set("addr", { read_expire = o }) s:add(A) jump "1 day" print(#s)`, "1"},
	})
}

// Entries made before the clock starts count from then.
func TestExpiryBeforeTheClockStarts(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.now = 0
	b.run(`local s = namespace "EX":set("known", "addr", { create_expire = "10 s", on_expire = function(v) print("end of", v) end }) s:add(A) print(#s)`)
	b.now = began
	b.settle()
	b.run(`local s = namespace "EX":set("known", "addr") print(#s) advance "10 s" print(#s) advance "1 s" print(#s)`)
	want := []string{"1", "1", "1", "end of\t10.0.0.1", "0"}
	if got := b.lines(); len(got) != len(want) || got[3] != want[3] || got[4] != want[4] {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	prints(t, []behaviour{
		{"hooks are called though nobody reads", `local s = set("addr", { create_expire = "10 s", on_expire = function(v) print(v) end })
			s:add(A) advance "9 s" s:add(B) advance "2 s" print "-" advance "9 s"`, "10.0.0.1 | - | 10.0.0.2"},
		{"the first to end is armed, whoever came first", `local slow = set("count", { create_expire = "1 hr", on_expire = function() print "slow" end })
			local fast = set("count", { create_expire = "1 s", on_expire = function() print "fast" end })
			slow:add(1) fast:add(1) advance "2 s" print "-" advance "1 hr"`, "fast | - | slow"},
		{"what a hook keeps is asked about again", `local n = 0 local s = set("count", { create_expire = "1 s", on_expire = function() n = n + 1 if n < 3 then return "10 s" end end })
			s:add(1) advance "5 s" print(n, #s) advance "10 s" print(n, #s) advance "10 s" print(n, #s)`, "1\t1 | 2\t1 | 3\t0"},
		{"reading puts the end off", `local s = set("count", { read_expire = "10 s", on_expire = function(v) print(v) end })
			s:add(1, 2) for _ = 1, 5 do advance "8 s" s:has(1) end print "-" advance "1 min"`, "2 | - | 1"},
		{"an option that becomes shorter is noticed", `local o = namespace "EX":option("keep", "interval", interval "1 day")
			local s = set("count", { create_expire = o, on_expire = function() print "end" end }) s:add(1) advance "1 min" print "-" o:set "30 s" advance "11 s"`, "- | end"},
		{"an option that is turned on is noticed", `local o = namespace "EX":option("keep", "interval", interval(-1))
			local s = set("count", { create_expire = o, on_expire = function() print "end" end }) s:add(1) advance "1 min" print "-" o:set "30 s" advance "11 s"`, "- | end"},
		{"a set that no script has any more ends, too", `do local s = set("count", { create_expire = "1 s", on_expire = function() print "end" end }) s:add(1) end collectgarbage() advance "2 s"`, "end"},
	})
}

// All of many entries end in one moment of the node's clock, in bounded steps with other work in between.
func TestSweepInSteps(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.run(`local s = namespace "EX":set("s", "count", { create_expire = "1 s" }) for i = 1, 20000 do s:add(i) end`)
	b.now += 2e9
	before, other := 20000, 0
	for b.d.Tick(b.now, 1); b.d.Queued() > 0; {
		b.d.Defer(func() { other++ })
		b.d.Run(2, nil)
		left := int(b.lib.Names.Lookup("EX::s").Go.(*Set).t.Options().Sweeper.Len()) // 1 until it is empty
		if left == 0 {
			before = 0
		}
	}
	if before != 0 || other < 10 {
		t.Errorf("%d left; other work was done %d times meanwhile, want 10 at least", before, other)
	}
	b.run(`print(#namespace "EX":set("s", "count"))`)
	if got := b.lines(); got[0] != "0" {
		t.Errorf("left %s", got[0])
	}
}

// An idle node does not tick: there is a timer only while something can expire.
func TestIdle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, src string
		timer     bool
	}{
		{"nothing there", ``, false},
		{"empty", `local s = set("count", { create_expire = "1 s" })`, false},
		{"without expiry", `local s = set "count" s:add(1)`, false},
		{"with expiry", `local s = set("count", { create_expire = "1 s" }) s:add(1)`, true},
		{"all gone", `local s = set("count", { create_expire = "1 s" }) s:add(1) advance "2 s"`, false},
		{"removed before the end", `local s = set("count", { create_expire = "1 s" }) s:add(1) s:remove(1) advance "2 s"`, false},
		{"cleared", `local s = set("count", { create_expire = "1 s" }) s:add(1) s:clear() advance "2 s"`, false},
		{"an end that does not come", `local s = set("count", { create_expire = -1 }) s:add(1) advance "1 hr"`, false},
		{"an option, empty", `local s = set("count", { create_expire = namespace "EX":option("o", "interval", interval(5)) }) advance "1 hr"`, false},
		{"an option that may change", `local s = set("count", { create_expire = namespace "EX":option("o", "interval", interval(-1)) }) s:add(1) advance "1 hr"`, true},
		{"an option, all gone", `local s = set("count", { create_expire = namespace "EX":option("o", "interval", interval(5)) }) s:add(1) advance "1 hr"`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.run(tt.src)
			b.settle()
			if _, ok := b.d.NextTimer(); ok != tt.timer {
				t.Errorf("a timer waits: %v, want %v", ok, tt.timer)
			}
		})
	}
}

// A steady stream of entries is not swept one by one.
func TestSweepGap(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.run(`local s = namespace "EX":set("s", "count", { create_expire = "1 s" }) for i = 1, 1000 do s:add(i) jump "1 ms" end`)
	sweeps := 0
	for {
		due, ok := b.d.NextTimer()
		if !ok {
			break
		}
		b.now = max(b.now, due)
		b.settle()
		sweeps++
	}
	if sweeps < 2 || sweeps > 12 {
		t.Errorf("%d sweeps for a second of entries, want about 10", sweeps)
	}
}
