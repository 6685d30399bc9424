package script

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm"
)

// profiled is a domain whose Lua decides how much time passes and what is allocated.
type profiled struct {
	*Domain
	p     *Profile
	now   int64
	bytes uint64
}

// newProfiled makes a domain and a profile of it. Scripts have work(ns), alloc(bytes), tick(n), and ask(i, …), which asks
// the i-th hook.
func newProfiled(t *testing.T, stacks bool, opts Options) *profiled {
	t.Helper()
	r := &profiled{}
	opts.Modules = []Module{opener(func(d *Domain) {
		r.Domain = d
		d.SetGlobal("work", d.VM.NewFunction("work", func(L *lua.LState) int { r.now += L.CheckInt64(1); return 0 }))
		d.SetGlobal("alloc", d.VM.NewFunction("alloc", func(L *lua.LState) int { r.bytes += uint64(L.CheckInt(1)); return 0 }))
		d.SetGlobal("tick", d.VM.NewFunction("tick", func(L *lua.LState) int { r.p.Tick(L.CheckInt(1)); return 0 }))
		d.SetGlobal("call", d.VM.NewFunction("call", func(L *lua.LState) int {
			d.Call(d.Script(), L.CheckString(1), L.CheckFunction(2), 0)
			return 0
		}))
		d.SetGlobal("on", d.VM.NewFunction("on", func(L *lua.LState) int {
			d.On(L.CheckString(1), L.CheckFunction(2), 0)
			return 0
		}))
	})}
	if _, err := New(opts); err != nil {
		t.Fatal(err)
	}
	if r.p == nil {
		r.p = NewProfile(ProfileOptions{
			Clock:  func() int64 { return r.now },
			Allocs: func() (uint64, uint64) { return r.bytes, r.bytes / 10 },
			Stacks: stacks,
		})
	}
	r.SetProfile(r.p)
	return r
}

type opener func(d *Domain)

func (o opener) Open(d *Domain) error { o(d); return nil }

// load runs src as the script p.lua.
func (r *profiled) load(t *testing.T, src string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.lua")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Load([]string{file}); err != nil {
		t.Fatal(err)
	}
}

func (r *profiled) raise(name string, times int) {
	for range times {
		r.Raise(r.Event(name), nil)
	}
	r.Run(times, nil)
}

// short shows costs: label, base name of the place, calls, errors, total, self, longest.
func short(costs []Cost) (lines []string) {
	for _, c := range costs {
		lines = append(lines, fmt.Sprintf("%s %s calls %d errors %d total %d self %d longest %d",
			c.Label, filepath.Base(c.Place), c.Calls, c.Errors, c.Total, c.Self, c.Longest))
	}
	return lines
}

func TestProfile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, src string
		times     int
		want      []string
	}{
		{"handler", `on("e", function() work(10) end)
work(5)`, 3, []string{
			"handler e p.lua:1 calls 3 errors 0 total 30 self 30 longest 10",
			"load p.lua calls 1 errors 0 total 5 self 5 longest 5",
		}},
		{"two handlers", `on("e", function() work(1) end)
on("e", function() work(2) end)`, 1, []string{
			"handler e p.lua:2 calls 1 errors 0 total 2 self 2 longest 2",
			"handler e p.lua:1 calls 1 errors 0 total 1 self 1 longest 1",
			"load p.lua calls 1 errors 0 total 0 self 0 longest 0",
		}},
		{"nested", `on("e", function()
  work(10)
  call("hook h", function() work(7) call("hook i", function() work(1) end) end)
  work(10)
end)`, 2, []string{
			"handler e p.lua:1 calls 2 errors 0 total 56 self 40 longest 28",
			"hook h p.lua:3 calls 2 errors 0 total 16 self 14 longest 8",
			"hook i p.lua:3 calls 2 errors 0 total 2 self 2 longest 1",
			"load p.lua calls 1 errors 0 total 0 self 0 longest 0",
		}},
		{"recursion counts once", `local function h(n)
  work(1)
  if n > 0 then call("hook h", function() end) end
end
local f
local n = 3
function f() work(1) n = n - 1 if n > 0 then call("hook f", f) end end
on("e", function() h(0) call("hook f", f) end)`, 1, []string{
			"handler e p.lua:8 calls 1 errors 0 total 4 self 1 longest 4",
			"hook f p.lua:7 calls 3 errors 0 total 3 self 3 longest 3",
			"load p.lua calls 1 errors 0 total 0 self 0 longest 0",
		}},
		{"errors", `on("e", function() work(3) error "x" end)
on("e", function() call("hook h", function() work(1) error "y" end) end)`, 1, []string{
			"handler e p.lua:1 calls 1 errors 1 total 3 self 3 longest 3",
			"handler e p.lua:2 calls 1 errors 0 total 1 self 0 longest 1",
			"hook h p.lua:2 calls 1 errors 1 total 1 self 1 longest 1",
			"load p.lua calls 1 errors 0 total 0 self 0 longest 0",
		}},
		{"runaway", `on("e", function() work(1) while true do end end)`, 5, []string{
			"handler e p.lua:1 calls 3 errors 3 total 3 self 3 longest 1",
			"load p.lua calls 1 errors 0 total 0 self 0 longest 0",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newProfiled(t, false, Options{Instructions: 1000})
			r.load(t, c.src)
			r.raise("e", c.times)
			if got := short(r.p.Costs()); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestProfileInstructions: those of a handler are the VM's own count, with those of what is nested in it.
func TestProfileInstructions(t *testing.T) {
	t.Parallel()
	r := newProfiled(t, false, Options{Instructions: 5000})
	r.load(t, `on("e", function() for i = 1, 100 do end call("hook h", function() for i = 1, 50 do end end) end)
on("loop", function() while true do end end)`)
	r.raise("e", 1)
	spent := r.VM.Spent()
	r.raise("e", 1)
	costs := r.p.Costs()
	by := map[string]Cost{}
	for _, c := range costs {
		by[c.Label] = c
	}
	if got := by["handler e"].Instructions; got != 2*spent || spent < 150 {
		t.Errorf("handler: %d instructions, want twice %d", got, spent)
	}
	if got := by["hook h"].Instructions; got < 2*50 || got > 2*60 {
		t.Errorf("hook: %d instructions, want about 2 * 52", got)
	}
	r.handle(r.Event("e").Handlers()[0], make([]lua.LValue, luavm.MaxArgs+1)) // refused
	for _, c := range r.p.Costs() {
		if c.Label == "handler e" && (c.Calls != 3 || c.Errors != 1 || c.Instructions != 2*spent) {
			t.Errorf("a call that was refused counts: %+v", c)
		}
	}
	r.raise("loop", 1)
	for _, c := range r.p.Costs() {
		if c.Label == "handler loop" && c.Instructions != 5000 {
			t.Errorf("a handler that used up its budget of 5000 has %d instructions", c.Instructions)
		}
	}
}

// TestProfileAllocations: the first calls are measured, then a few by chance, from which the rest is estimated.
func TestProfileAllocations(t *testing.T) {
	t.Parallel()
	r := newProfiled(t, false, Options{})
	r.load(t, `on("few", function() alloc(100) end)
on("many", function() alloc(40) end)`)
	r.raise("few", 3)
	r.raise("many", 5000)
	for _, c := range r.p.Costs() {
		switch c.Label {
		case "handler few":
			if c.Measured != 3 || c.Bytes != 300 || c.Objects != 30 {
				t.Errorf("few: %+v, want all of 3 calls measured", c)
			}
		case "handler many":
			if c.Measured < 200 || c.Measured > 500 || c.Bytes < 199_000 || c.Bytes > 200_000 {
				t.Errorf("many: %+v, want some 320 of 5000 calls measured, and 200,000 bytes", c)
			}
		}
	}
}

// TestProfileOutermost: what calls took that were within none is the whole of Lua's time.
func TestProfileOutermost(t *testing.T) {
	t.Parallel()
	r := newProfiled(t, false, Options{})
	r.load(t, `on("e", function() work(10) call("hook h", function() work(7) end) end)`)
	r.raise("e", 2)
	got := map[string]int64{}
	for _, c := range r.p.Costs() {
		got[c.Label] = c.Outermost
	}
	if want := map[string]int64{"handler e": 34, "hook h": 0, "load": 0}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestProfileStacks: by label, function and line; what is seen again is counted.
func TestProfileStacks(t *testing.T) {
	t.Parallel()
	r := newProfiled(t, true, Options{})
	r.load(t, `local function busy(n)
  tick(n)
end
on("e", function()
  busy(2)
  call("hook h", function() busy(1) end)
end)`)
	r.raise("e", 3)
	got := stackTexts(r.p.Stacks())
	want := []string{
		"3 samples 6 ticks: tick <- busy:2 <- ?:5 <- handler e",
		"3 samples 3 ticks: tick <- busy:2 <- ?:6 <- call <- ?:6 <- handler e",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, f := range r.p.Stacks().Functions {
		if label := f.Name == "handler e"; label != (f.Place != "") || label && !strings.HasSuffix(f.Place, "p.lua:4") {
			t.Errorf("%s has the place %q", f.Name, f.Place)
		}
	}
	r.SetProfile(nil)
	r.raise("e", 1)
	if after := stackTexts(r.p.Stacks()); !slices.Equal(after, want) {
		t.Errorf("after the end: got %q", after)
	}
}

func stackTexts(s *StackProfile) (lines []string) {
	for _, st := range s.Stacks {
		var frames []string
		for i := 0; i < len(st.Frames); i += 2 {
			f := s.Functions[st.Frames[i]]
			name := f.Name
			if name == "" {
				name = "?"
			}
			if line := st.Frames[i+1]; line > 0 {
				name += fmt.Sprintf(":%d", line)
			}
			frames = append(frames, name)
		}
		lines = append(lines, fmt.Sprintf("%d samples %d ticks: %s", st.Seen, st.Ticks, strings.Join(frames, " <- ")))
	}
	return lines
}

// TestProfileIsBounded: functions are made, and stacks grow, as scripts like; what has no room is counted in one.
func TestProfileIsBounded(t *testing.T) {
	t.Parallel()
	r := newProfiled(t, true, Options{})
	r.load(t, `on("e", function()
  for i = 1, 6000 do
    local f = loadstring("return function() tick(1) end")
    call("timer", f())
  end
end)`)
	r.raise("e", 1)
	costs := r.p.Costs()
	i := slices.IndexFunc(costs, func(c Cost) bool { return c.Label == restLabel })
	if len(r.p.rows) != maxRows || i < 0 || costs[i].Calls != 6000+2-maxRows {
		t.Errorf("%d rows, row for the rest %d: want %d, and the rest in one", len(r.p.rows), i, maxRows)
	}
	s := r.p.Stacks()
	if len(s.Functions) > maxFunctions || len(s.Stacks) > maxStacks || s.Ticks != 6000 || s.Beyond < 900 {
		t.Errorf("%d functions, %d stacks, %d ticks of which %d beyond", len(s.Functions), len(s.Stacks), s.Ticks, s.Beyond)
	}
	r = newProfiled(t, true, Options{})
	r.load(t, `on("deep", function()
  local function deep(n) if n == 0 then tick(1) else deep(n - 1) end end
  deep(300)
end)
on("many", function()
  local function path(n, bits)
    if n == 0 then tick(1)
    elseif bits % 2 == 0 then path(n - 1, (bits - bits % 2) / 2)
    else
      path(n - 1, (bits - bits % 2) / 2)
    end
  end
  for i = 1, 8000 do path(13, i) end
end)`)
	r.raise("deep", 1)
	r.raise("many", 1)
	s = r.p.Stacks()
	if len(s.Stacks) != maxStacks || s.Ticks != 8001 || s.Beyond != 8001-maxStacks {
		t.Errorf("%d stacks, %d ticks of which %d beyond; want %d stacks", len(s.Stacks), s.Ticks, s.Beyond, maxStacks)
	}
	st := s.Stacks[0]
	if n := len(st.Frames) / 2; n != maxDepth+2 {
		t.Errorf("a stack of 300 has %d frames, want %d, one for the rest and its label", n, maxDepth)
	}
}

// TestProfileGoesOn: the domain that follows another counts into the same rows, also what its load costs.
func TestProfileGoesOn(t *testing.T) {
	t.Parallel()
	const src = `work(4) on("e", function() work(1) tick(1) end)`
	file := filepath.Join(t.TempDir(), "p.lua")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	old := newProfiled(t, true, Options{})
	if err := old.Load([]string{file}); err != nil {
		t.Fatal(err)
	}
	old.raise("e", 2)
	next := newProfiled(t, true, Options{Before: old.Domain})
	next.p, next.now = old.p, old.now
	next.SetProfile(next.p)
	old.p.opts.Clock = func() int64 { return next.now }
	if err := next.Load([]string{file}); err != nil {
		t.Fatal(err)
	}
	next.TakeOver()
	next.raise("e", 3)
	want := []string{"load p.lua calls 2 errors 0 total 8 self 8 longest 4", "handler e p.lua:1 calls 5 errors 0 total 5 self 5 longest 1"}
	if got := short(next.p.Costs()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := next.p.Stacks(); got.Ticks != 5 {
		t.Errorf("%d ticks, want 5", got.Ticks)
	}
}

// TestNoProfile: a dispatch without one allocates nothing.
func TestNoProfile(t *testing.T) {
	r := newProfiled(t, false, Options{})
	r.load(t, `on("e", function() end)`)
	for _, p := range []*Profile{nil, r.p} {
		r.SetProfile(p)
		h := r.Event("e").Handlers()[0]
		r.handle(h, nil)
		if n := testing.AllocsPerRun(100, func() { r.handle(h, nil) }); n != 0 {
			t.Errorf("profile %v: %v allocations", p != nil, n)
		}
	}
}

func BenchmarkHandle(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(fmt.Sprintf("profiled=%v", on), func(b *testing.B) {
			d, err := New(Options{})
			if err != nil {
				b.Fatal(err)
			}
			chunk, err := d.VM.Load("p.lua", "return function() local x = 1 end")
			if err != nil {
				b.Fatal(err)
			}
			fn, err := d.VM.CallValue(chunk, nil)
			if err != nil {
				b.Fatal(err)
			}
			h := d.On("e", fn.(*lua.LFunction), 0)
			if on {
				now := int64(0)
				d.SetProfile(NewProfile(ProfileOptions{Clock: func() int64 { now++; return now }}))
			}
			b.ReportAllocs()
			for b.Loop() {
				d.handle(h, nil)
			}
		})
	}
}
