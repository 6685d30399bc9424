package luavm

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// covered programs say behind --> how often each line is executed, and how many parts it has and lacks if there are
// several: "4", "4 of 3", "4 of 3 lacks 1". Lines without are none that can be hit. What they print is compared with a
// run without counters.
var coveredPrograms = []struct{ name, src string }{
	{"assignments and calls", `
local a, b = 1, 2 --> 1
a, b = b, a --> 1
-- a comment
x = a --> 1
print(a, --> 1
  b,
  x)
local t = { --> 1
  k = 1,
  [a] = b,
}
t.k, t[2] = t[2], --> 1
  t.k
;print(t.k) --> 1
`},
	{"functions", `
local function f(n) --> 1
  return n + 1 --> 3
end
function g(...) --> 1
  local x = ... --> 2
  return f(x) --> 2
end
local t = {} --> 1
function t.never() --> 1
  print("never") --> 0
end
function t:method() --> 1
  return self --> 2
end
local h = function() --> 1
end
print(f(1), g(2), g(3), h(), t:method():method() == t) --> 1
`},
	{"one line", `
local one = function() return 1 end --> 1 of 2
local two = function() return 2 end --> 1 of 2 lacks 1
if one() then print(one()) end --> 1 of 2
if not one() then print(one()) end --> 1 of 2 lacks 1
local n = 0 n = n + 1 print(n) --> 1 of 3
for i = 1, 3 do n = n + i end --> 1 of 2
while n < 0 do n = n + 1 end --> 1 of 2 lacks 1
repeat n = n - 1 until n < 0 --> 1 of 3
do local z = 1 end --> 1
local t = { f = function() return { g = function() return 2 end } end } --> 1 of 3 lacks 1
print(type(t.f())) --> 1
`},
	{"nested functions", `
local function outer(n) --> 1
  local function inner(m) --> 2
    if m > 1 then --> 4
      return function() --> 2
        return m --> 1
      end
    end
  end
  inner(1) --> 2
  return inner(n) --> 2
end
print(outer(2)(), type(outer(3))) --> 1
table.sort({3, 1, 2}, function(a, --> 1
  b)
  return a < b end) --> 3
`},
	{"if chains", `
local function kind(n) --> 1
  if n < 0 then --> 5
    return "negative" --> 1
  elseif n == 0 then --> 4
    return "zero" --> 1
  elseif n == 1 or --> 3
    n == 2
  then
    return "few" --> 2
  elseif n > 100 then return "many" --> 1 of 2 lacks 1
  else
    n = n --> 1
  end
  if n then else end --> 1
  return "some" --> 1
end
print(kind(-1), kind(0), kind(1), kind(2), kind(3)) --> 1
`},
	{"else if", `
for i = 1, 3 do --> 1
  if i == 1 then --> 3
    print(1) --> 1
  else if i == 2 then --> 2
      print(2) --> 1
    else
      print(3) --> 1
    end
  end
end
`},
	{"loops", `
local n = 0 --> 1
while n < 3 do --> 1
  n = n + 1 --> 3
end
for i = 10, 1, -4 do --> 1
  n = n + i --> 3
end
for k, v in ipairs { 7, 8 } do --> 1
  n = n + v --> 2
end
for k, v in --> 1
  next, {}
do
  n = n + v --> 0
end
while true do --> 1
  n = n - 1 --> 27
  if n < 10 then --> 27
    break --> 1
  end
end
for _ = 1, 0 do end --> 1
print(n) --> 1
`},
	{"repeat", `
local n = 0 --> 1
repeat --> 1
  local done = n == 2 --> 3
  n = n + 1 --> 3
until done --> 3
repeat until true --> 1 of 2
repeat --> 1
  n = n + 1 --> 1
  if n then break end --> 1 of 2
until n > 100 --> 0
repeat --> 1
  local z = n --> 1
  break --> 1
until z
local function f() --> 1
  repeat --> 1
    return n --> 1
  until false
end
print(f()) --> 1
repeat --> 1
until (function() --> 2
  n = n + 1 --> 2
  return n > 5 end)() --> 2
`},
	{"goto", `
local i = 0 --> 1
::top::
i = i + 1 --> 4
if i < 4 then --> 4
  goto top --> 3
end
for j = 1, 3 do --> 1
  if j == 2 then --> 3
    goto continue --> 1
  end
  i = i + j --> 2
  ::continue::
end
repeat --> 1
  i = i + 1 --> 2
  if i == 9 then goto cont end --> 2 of 2
  i = i + 10 --> 1
  ::cont::
until i > 9 --> 2
do
  goto out --> 1
end
print("never") --> 0
::out:: print(i) --> 1
`},
	{"do", `
do
  print(1) --> 1
end
do do print(2) end end --> 1
do end
`},
	{"errors", `
local function fail(n) --> 1
  local x = 1 --> 2
  error("no", n) --> 2
  x = 2 --> 0
end
print(pcall(fail, 1)) --> 1
print(pcall(fail)) --> 1
print(pcall(function() --> 1
  local t --> 1
  return t.x.y --> 1
end))
`},
	{"coroutines", `
local co = coroutine.wrap(function(a) --> 1
  local b = coroutine.yield(a) --> 1
  b = coroutine.yield(b) --> 1
  return b --> 0
end)
print(co(1), co(2)) --> 1
`},
	{"tail calls", `
local function loop(n, ...) --> 1
  if n == 0 then return ... end --> 10002 of 2
  return loop(n - 1, ...) --> 10000
end
print(loop(10000, "a", nil, "b")) --> 1
print(select("#", loop(0, nil, nil))) --> 1
`},
	{"rewritten statements", `
local a, b = true, nil --> 1
a = b and a --> 1
b = (print(a)) --> 1
local f = function() return f end --> 1 of 2
local s = "x" .. f() == nil and "y" or "z" -- f() is nil --> 1
`},
	{"closures that break leaves", `
local fs = {} --> 1
for i = 1, 3 do --> 1
  do
    local j = i --> 2
    fs[i] = function() j = j + 1 return j end --> 2 of 3
    if i == 2 then --> 2
      break --> 1
    end
  end
end
print(fs[1](), fs[1](), fs[2]()) --> 1
`},
	{"returns in parentheses", `
local function two() return 1, 2 end --> 1 of 2
local function one() --> 1
  return (two()) --> 1
end
print(one()) --> 1
return --> 1
`},
	{"large tables", `
local t = { --> 1
  ` + strings.Repeat("1, ", 60) + `
  k = function() --
    return 5 --> 1
  end,
}
print(t.k(), #t) --> 1
`},
}

// describe writes a line's counts as coveredPrograms have them.
func (l CoveredLine) describe() string {
	s := fmt.Sprint(l.Count)
	if l.Parts > 1 {
		s += fmt.Sprintf(" of %d", l.Parts)
	}
	if l.Parts > 1 && l.Missed > 0 {
		s += fmt.Sprintf(" lacks %d", l.Missed)
	}
	return s
}

func described(f CoveredFile) map[int]string {
	lines := map[int]string{}
	for _, l := range f.Lines {
		lines[l.Line] = l.describe()
	}
	return lines
}

func checkCounts(t *testing.T, f CoveredFile) {
	t.Helper()
	expected := regexp.MustCompile(`--> (.+)$`)
	got := described(f)
	for i, text := range strings.Split(f.Text, "\n") {
		want := ""
		if m := expected.FindStringSubmatch(text); m != nil {
			want = m[1]
		}
		if got[i+1] != want {
			t.Errorf("line %d: got %q, want %q: %s", i+1, got[i+1], want, text)
		}
	}
}

func onlyFile(t *testing.T, c *Coverage) CoveredFile {
	t.Helper()
	files := c.Files()
	if len(files) != 1 {
		t.Fatalf("got %d files, want 1", len(files))
	}
	return files[0]
}

func TestCoverageCounts(t *testing.T) {
	t.Parallel()
	for _, p := range coveredPrograms {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			runOurs(t, Options{}, p.src) // prints the same
			c := NewCoverage(nil)
			runOnce(Options{Coverage: c}, p.src)
			checkCounts(t, onlyFile(t, c))
		})
	}
}

// TestCoverageOfLargeFunctions has functions with more constants and counters than an instruction can name.
func TestCoverageOfLargeFunctions(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"many statements":    "local n = 0 --> 1\n" + strings.Repeat("n = n + 1 --> 1\n", 1000) + "print(n) --> 1\n",
		"many constants":     "local t = {} --> 1\n" + numbered("t.k%d = %[1]d --> 1\n", 600) + "print(t.k7, t.k599) --> 1\n",
		"no constants":       "local a, b --> 1\n" + strings.Repeat("a = not b --> 1\n", 1000),
		"many in a function": "local function f() --> 1\n" + numbered("x%d = 'v%[1]d' --> 2\n", 300) + "end\nf() f() print(x299) --> 1 of 3\n",
		"many locals":        numbered("local v%d = %[1]d --> 1\n", 190) + "print(v0, v189) --> 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runOurs(t, Options{Budget: 100_000}, src)
			c := NewCoverage(nil)
			runOnce(Options{Coverage: c}, src)
			checkCounts(t, onlyFile(t, c))
		})
	}
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestCoverageWithoutRoom has what can be compiled only without counters. It runs all the same.
func TestCoverageWithoutRoom(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"registers":    numbered("local v%d\n", 200) + "goto out ::out::",
		"instructions": strings.Repeat("x()\n", 45_000),
	} {
		c := NewCoverage(nil)
		fn, err := New(Options{Coverage: c}).Load("big.lua", src)
		if err != nil || fn == nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f := onlyFile(t, c); !f.TooLarge || len(f.Lines) > 0 || !f.Loaded {
			t.Errorf("%s: got too large %v, loaded %v and %d lines", name, f.TooLarge, f.Loaded, len(f.Lines))
		}
	}
}

func TestCoverageOfFunctions(t *testing.T) {
	t.Parallel()
	src := `
local function a() end
local b = function() return 1 end
function c.d.e() return 1 end
function c.d:f() do a() end end
c.g = function() ::top:: if a() then goto top end end
local t = { h = function() end, [1] = function() end, ["i j"] = function() a() end }
call(function() end)
a() a() b() c.d.e() c.d:f() c.g() t.h() t[1]() t["i j"]()
`
	c := NewCoverage(nil)
	vm := New(Options{Coverage: c})
	if err := runChunk(vm, "f.lua", "c = {d = {}} call = function(f) f() f() end "+src); err != nil {
		t.Fatal(err)
	}
	want := []CoveredFunction{
		{"call", 1, 1}, {"a", 2, 5}, {"b", 3, 1}, {"c.d.e", 4, 1}, {"c.d:f", 5, 1}, {"c.g", 6, 1},
		{"h", 7, 1}, {"", 7, 1}, {"i j", 7, 1}, {"", 8, 2},
	}
	if got := onlyFile(t, c).Functions; !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestCoverageAcrossVMs has VMs on goroutines of their own, of which half are closed, load and instantiate the same files.
func TestCoverageAcrossVMs(t *testing.T) {
	t.Parallel()
	const vms = 8
	src := "local function f(n)\n  if n > 3 then\n    return 1\n  end\nend\nfor i = 1, 5 do f(i) end\n"
	shared, err := Compile("a.lua", src)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCoverage(func(file string) (string, bool) { return path.Clean(file), file != "other.lua" })
	var all sync.WaitGroup
	for i := range vms {
		all.Go(func() {
			vm := New(Options{Coverage: c})
			chunk := vm.Instantiate(shared)
			again, err := vm.Load("a.lua", src)
			err = errors.Join(err, vm.CallHandler(chunk, nil), vm.CallHandler(again, nil), runChunk(vm, "./b.lua", src), runChunk(vm, "b.lua", src), runChunk(vm, "other.lua", src))
			if err != nil {
				t.Error(err)
			}
			if i%2 == 0 {
				vm.Close()
			}
		})
	}
	all.Wait()
	files := c.Files()
	if len(files) != 2 || files[0].Name != "a.lua" || files[1].Name != "b.lua" {
		t.Fatalf("got %d files", len(files))
	}
	want := []string{"map[1:16 2:80 3:32 6:16 of 2]", "map[1:16 2:80 3:32 6:16 of 2]"}
	for i, f := range files {
		if got := fmt.Sprint(described(f)); got != want[i] {
			t.Errorf("%s: got %s, want %s", f.Name, got, want[i])
		}
	}
}

// TestCoverageKeepsNames has a text that is counted under one name and loaded under another.
func TestCoverageKeepsNames(t *testing.T) {
	t.Parallel()
	c := NewCoverage(func(file string) (string, bool) { return path.Base(file), true })
	vm := New(Options{Coverage: c})
	for _, name := range []string{"a/p.lua", "b/p.lua", "a/p.lua"} {
		err := runChunk(vm, name, "local t\nlocal function f() t.x = 1 end\nf()\n")
		if want := name + ":2: attempt to index upvalue 't' (a nil value)"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if f := onlyFile(t, c); f.Name != "p.lua" || described(f)[3] != "3" {
		t.Errorf("got %s %v", f.Name, described(f))
	}
}

// TestCoverageFreesVMs drops VMs that nobody closes: their counts stay, they do not.
func TestCoverageFreesVMs(t *testing.T) {
	t.Parallel()
	c := NewCoverage(nil)
	const vms = 20
	for range vms {
		if err := runChunk(New(Options{Coverage: c}), "a.lua", "x = 1\n"); err != nil {
			t.Fatal(err)
		}
	}
	open := func() (n int) {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, text := range c.texts {
			n += len(text.open)
		}
		return n
	}
	for range 1000 {
		if open() < vms/2 {
			break
		}
		runtime.GC()
	}
	if n := open(); n >= vms/2 {
		t.Errorf("%d of %d dropped VMs are still known", n, vms)
	}
	if got := described(onlyFile(t, c))[1]; got != fmt.Sprint(vms) {
		t.Errorf("got %s executions, want %d", got, vms)
	}
}

func TestCoverageOfChangedFiles(t *testing.T) {
	t.Parallel()
	c := NewCoverage(nil)
	vm := New(Options{Coverage: c})
	if err := c.Add("unused.lua", "local x = 1\n"); err != nil {
		t.Fatal(err)
	}
	var syntax *SyntaxError
	if err := c.Add("wrong.lua", "local local"); !errors.As(err, &syntax) {
		t.Errorf("got %v, want a *SyntaxError", err)
	}
	for _, src := range []string{"x = 1\n", "\nx = 2\n", "x = 1\n"} {
		if err := runChunk(vm, "p.lua", src); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, f := range c.Files() {
		got = append(got, fmt.Sprintf("%s %v %v", f.Name, f.Loaded, described(f)))
	}
	want := []string{"p.lua true map[1:2]", "p.lua true map[2:1]", "unused.lua false map[1:0]"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCoverageSparesTheBudget has a loop that uses up a budget to the last instruction, with and without counters.
func TestCoverageSparesTheBudget(t *testing.T) {
	t.Parallel()
	src := "local n = 0\nfor i = 1, 1000 do\n  n = n + i\n  if n < 0 then n = 0 end\nend\n"
	vm := New(Options{})
	if err := runChunk(vm, "b.lua", src); err != nil {
		t.Fatal(err)
	}
	spent := vm.Spent()
	for _, budget := range []int64{spent, spent - 1} {
		c := NewCoverage(nil)
		err := runChunk(New(Options{Budget: budget, Coverage: c}), "b.lua", src)
		if enough := budget == spent; enough != (err == nil) {
			t.Errorf("budget %d of %d: got error %v", budget, spent, err)
		}
		if got := described(onlyFile(t, c))[3]; got != "1000" {
			t.Errorf("budget %d of %d: line 3 was hit %s times", budget, spent, got)
		}
	}
	endless := New(Options{Budget: 100_000, Coverage: NewCoverage(nil)})
	for _, src := range []string{"while true do end", "::a:: goto a", "local a, b while true do a = b b = a end", "repeat until false", "local a, b ::x:: a = b b = a goto x"} {
		if err := runChunk(endless, "e.lua", src); !errors.Is(err, ErrBudget) {
			t.Errorf("%s: got %v, want the budget's end", src, err)
		}
	}
}

// TestCoverageKeepsTheBudgetsEnd has a program end after each of its instructions: the error has the same line.
func TestCoverageKeepsTheBudgetsEnd(t *testing.T) {
	t.Parallel()
	src := "local t = {\n  a = 1,\n}\nfor i = 1, 2 do\n  t\n  .a =\n  t.a + i\n  if t.a > 2 then\n    t.b = not\n    t.b\n  end\nend\nrepeat\n  local a = t.a\nuntil\na"
	vm := New(Options{})
	if err := runChunk(vm, "b.lua", src); err != nil {
		t.Fatal(err)
	}
	for budget := range vm.Spent() {
		plain := runChunk(New(Options{Budget: budget + 1}), "b.lua", src)
		counted := runChunk(New(Options{Budget: budget + 1, Coverage: NewCoverage(nil)}), "b.lua", src)
		if fmt.Sprint(plain) != fmt.Sprint(counted) {
			t.Errorf("budget %d: got %v, want %v", budget+1, counted, plain)
		}
	}
}

// TestCoverageKeepsLevels looks at what programs see of themselves: locals, lines and tracebacks.
func TestCoverageKeepsLevels(t *testing.T) {
	t.Parallel()
	src := `
local function show(level)
  local info = debug.getinfo(level, "nSl")
  print(info.name, info.currentline, info.short_src, info.linedefined)
  for i = 1, 5 do
    local name, value = debug.getlocal(level, i)
    print(name, type(value) == "number" and value)
  end
  print(debug.traceback("here"))
end
local function f(a, b)
  do local x = a end
  local c = a
  show(
    2)
  if a then local d = 1 show(1) end
end
f(1, 2)
print(pcall(function(...)
  local t
  local n = select("#", ...)
  return t.field, n
end, 1))
`
	runOurs(t, Options{}, src)
}

// TestCoverageOfErrors reports the same error with counters.
func TestCoverageOfErrors(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"local x\nif x then\nelseif x.y then end", "local x\nreturn x()", "local t = {}\nt.a.b = 1", "local function f()\n return f() + 1\nend\nf()",
		"error({})", "local s = nil .. 'x'", "repeat\nlocal a\nuntil a < 1", "for i = 1, 'x' do end", "coroutine.wrap(function() error('x') end)()",
	} {
		var texts []string
		for _, c := range []*Coverage{nil, NewCoverage(nil)} {
			err := runChunk(New(Options{Coverage: c}), "e.lua", src)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%s: got %v, want an *Error", src, err)
			}
			text := e.Message + "\n" + e.Traceback
			if e.Value.Type() == lua.LTTable {
				text = "a table\n" + e.Traceback
			}
			texts = append(texts, text)
		}
		if texts[0] != texts[1] {
			t.Errorf("%s: with counters\n%s\nwithout\n%s", src, texts[1], texts[0])
		}
	}
}
