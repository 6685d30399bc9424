package expectlib_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonpeer/bindings"
	"moonpeer/bindings/testlib"
	"moonpeer/bindings/testlib/expectlib"
	"moonpeer/runtime/luatest"
	"moonpeer/runtime/script"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with testdata/name, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (-update rewrites it): got\n%s", file, got)
	}
}

// prelude are values that the cases use.
const prelude = `
local function full_set() local s = set "port" s:add(port "22/tcp", port "80/tcp") return s end
local function full_map() local m = map("addr", "count") m:set(addr "10.0.0.1", 3) return m end
local function full_vector() local v = vector "string" v:push "a" v:push "b" return v end
local function lines(n, odd) local t = {} for i = 1, n do t["k" .. i] = ("v"):rep(10) .. (i == odd and "!" or "") end return t end
local function called() local s = spy() s(1, { a = 2 }) s(nil, 3) return s end
`

// load makes a test file of tests, each of which is the code of a function.
func load(t *testing.T, tests ...string) *luatest.File {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x_test.lua")
	src := strings.ReplaceAll(prelude, "\n", " ")
	for i, code := range tests {
		src += fmt.Sprintf("it(\"%d\", function() %s end)\n", i, code)
	}
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := bindings.TestFile(file, testlib.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// try runs one test, and returns why it failed, nil if it did not.
func try(t *testing.T, code string) *luatest.Failure {
	t.Helper()
	f := load(t, code)
	r := f.Run(&f.Tests[0], 1, false)
	return r.Failure
}

// cases are the lines of a file in testdata.
func cases(t *testing.T, name string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "--") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

// show writes what a failure says.
func show(b *strings.Builder, f *luatest.Failure) {
	if f == nil {
		b.WriteString("    holds\n")
		return
	}
	fmt.Fprintf(b, "    %s\n", strings.ReplaceAll(f.Message, f.File, "x_test.lua"))
	for _, d := range f.Diff {
		fmt.Fprintf(b, "      %c %s\n", d.Mark, script.Printable(d.Text))
	}
}

// TestMatchers: every matcher holds in one case at least and fails in another, each time its twin does the opposite, and what
// they say is in the golden file. Of what is unfit to be so or not both fail.
func TestMatchers(t *testing.T) {
	t.Parallel()
	held, failed := map[string]bool{}, map[string]bool{}
	var b strings.Builder
	all := cases(t, "cases.lua")
	twin := func(code string) string {
		i := strings.LastIndex(code, ":to_")
		return code[:i+1] + "never_" + code[i+1:]
	}
	for _, code := range all {
		i := strings.LastIndex(code, ":to_")
		name := code[i+1 : i+1+strings.IndexAny(code[i+1:], "( ")]
		fmt.Fprintf(&b, "%s\n", code)
		code, unfit := strings.CutPrefix(code, "unfit ")
		got, never := try(t, code), try(t, twin(code))
		show(&b, got)
		if unfit != (got != nil && never != nil) || !unfit && (got == nil) == (never == nil) {
			t.Errorf("%s: it holds: %v, and its twin: %v", code, got == nil, never == nil)
		}
		if got == nil {
			held[name] = true
			show(&b, never)
		} else {
			failed[name] = true
		}
	}
	golden(t, "cases.golden", b.String())
	for _, name := range expectlib.Matchers() {
		if !held[name] || !failed[name] {
			t.Errorf("%s: no case in which it holds, or none in which it fails", name)
		}
	}
}

// TestMisuse: what is no expectation says so, with the line.
func TestMisuse(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, code := range cases(t, "misuse.lua") {
		f := try(t, fmt.Sprintf("assert(loadstring([==[%s]==], \"=x_test.lua\"))()", code)) // so that nobody finds it beforehand
		if f == nil {
			t.Errorf("%s: it did not raise", code)
			continue
		}
		if !strings.HasSuffix(f.File, "x_test.lua") || f.Line != 1 {
			t.Errorf("%s: it is at %s:%d", code, f.File, f.Line)
		}
		fmt.Fprintf(&b, "%s\n", code)
		show(&b, f)
	}
	golden(t, "misuse.golden", b.String())
}

// TestHostile: values that are large, that lie in themselves, or that have metatables: none of that is asked, or takes long.
func TestHostile(t *testing.T) {
	t.Parallel()
	const evil = `local function evil(t) return setmetatable(t or {}, {
		__eq = function() error "asked" end, __index = function() while true do end end, __lt = function() error "asked" end,
		__len = function() error "asked" end, __tostring = function() error "asked" end, __call = function() error "asked" end,
	}) end `
	const own = `local a, b = { 1 }, { 1 } a.self, b.self = a, b `
	for _, tt := range []struct{ name, code, want string }{
		{"equal cycles", own + `expect(a):to_equal(b)`, ""},
		{"cycles that differ", own + `b[1] = 2 expect(a):to_equal(b)`, "expected { 1, self = { … } } to equal { 2, self = { … } }"},
		{"a cycle of another length", `local a = {} a.x = a local b = { x = {} } b.x.x = b expect(a):to_equal(b)`, ""},
		{"a cycle and none", `local a = {} a.x = a expect(a):to_equal { x = { x = 1 } }`, "to equal { x = { x = 1 } }"},
		{"a cycle in a list", own + `expect({ a }):to_contain(b)`, ""},
		{"a cycle of two ways", `local function two() local t = {} t.x, t.y = t, t return t end expect({ two() }):to_contain(two())`, ""},
		{"shared many times", `local function dag(n) local t = {} for i = 1, n do t = { t, t } end return t end
			expect(dag(100)):to_equal(dag(100)) expect({ dag(100) }):to_contain(dag(100))`, ""},
		{"what was different once is so again", `local s, w = { 1 }, { 2 } expect({ { s, 1 } }):to_have_same_elements { { w, 1 } }`, "to have the elements of"},
		{"what was different once is so again, in a list", `local s, w = { 1 }, { 2 }
			expect({ { s, 1 }, { s, 2 } }):to_have_same_elements { { w, 2 }, { w, 1 } }`, "to have the elements of"},
		{"what was equal in something different is looked at again", `local a, b = { n = 1 }, { n = 2 }
			a.in_it, b.in_it = { a }, { b } expect({ a, a.in_it }):to_have_same_elements { b, b.in_it }`, "to have the elements of"},
		{"deep", `local function deep(n) local t = {} for i = 1, n do t = { t } end return t end expect(deep(150)):to_equal(deep(150))`, ""},
		{"too deep", `local function deep(n) local t = {} for i = 1, n do t = { t } end return t end expect(deep(10000)):to_equal(deep(10000))`,
			"expect(v):to_equal can't tell: values that lie more than 200 deep in others are not compared"},
		{"a million entries", `local a, b = {}, {} for i = 1, 1000000 do a[i], b[i] = i, i end expect(a):to_equal(b)`, ""},
		{"a million entries and one", `local a, b = {}, {} for i = 1, 1000000 do a[i], b[i] = i, i end b[777777] = 0 expect(a):to_equal(b)`, "to equal { 1, 2, 3"},
		{"a million in any order", `local a, b = {}, {} for i = 1, 1000000 do a[i], b[1000001 - i] = i, i end expect(a):to_have_same_elements(b)`, ""},
		{"many tables in any order", `local a, b = {}, {} for i = 1, 3000 do a[i], b[3001 - i] = { i }, { i } end expect(a):never_to_have_same_elements(b)`,
			"can't tell: of lists in any order 2000 tables at most are compared, and these have 3000"},
		{"metatables, equal", evil + `expect(evil { 1 }):to_equal(evil { 1 })`, ""},
		{"metatables, different", evil + `expect(evil { 1 }):to_equal(evil { 2 })`, "expected { 1 } to equal { 2 }"},
		{"metatables, a missing key", evil + `expect(evil()):to_have_key "x"`, "to have the key \"x\""},
		{"metatables, contain", evil + `expect({ evil { 1 } }):to_contain(evil { 1 })`, ""},
		{"metatables, length", evil + `expect(evil { 1 }):to_have_length(1)`, ""},
		{"metatables, itself", evil + `expect(evil()):to_be(evil())`, "expected {} to be {}"},
		{"metatables, order", evil + `expect(evil()):to_be_less_than(evil())`, "to be less than {}"},
		{"control characters", `expect("\27]0;x\7\r\n"):to_be "\0"`, `expected "\027]0;x\007\013\n" to be "\000"`},
		{"no UTF-8", `expect("\255\254"):to_be_empty()`, `expected "\255\254" to be empty`},
		{"a large text", `expect(("x"):rep(10000000)):to_be_empty()`, " … to be empty"},
		{"an error that is a table", evil + `expect(function() error(evil()) end):to_raise "x"`, "(it raised "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := try(t, tt.code)
			switch {
			case f == nil && tt.want != "", f != nil && tt.want == "":
				t.Fatalf("got %+v, want %q", f, tt.want)
			case f == nil:
				return
			}
			if !strings.Contains(f.Message, tt.want) {
				t.Errorf("it says %q, want %q", f.Message, tt.want)
			}
			size := len(f.Message)
			for _, d := range f.Diff {
				size += len(d.Text)
			}
			if len(f.Message) > 1000 || size > 2<<20 {
				t.Errorf("the message has %d bytes, all has %d", len(f.Message), size)
			}
		})
	}
}

// TestFailureIsCaught: a script can look at what an expectation raises, and the place is that of the expectation.
func TestFailureIsCaught(t *testing.T) {
	t.Parallel()
	if f := try(t, `local ok, err = pcall(function() expect(1):to_be(2) end)
		expect(ok):to_be_false() expect(tostring(err)):to_be "expected 1 to be 2" expect(getmetatable(err)):to_be_false()`); f != nil {
		t.Error(f.Message)
	}
	f := try(t, "local function check(v)\n expect(v):to_be(1)\n end\n check(2)")
	if f == nil || f.Line != 2 || f.Source != "expect(v):to_be(1)" || !strings.Contains(f.Traceback, "x_test.lua:4:") {
		t.Errorf("got %+v", f)
	}
}

// TestSpies: what a spy remembers, passes on and returns.
func TestSpies(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"remembers": `local s = spy() s() s(1, nil, 3) expect(s.count):to_be(2) expect(s.calls[2][3]):to_be(3) expect(s.calls[1]):to_be_empty()`,
		"passes on": `local s = spy(function(a, b) return a + b, "x" end) local n, x = s(1, 2) expect(n):to_be(3) expect(x):to_be "x"`,
		"returns":   `local s = spy(error):returns(1, nil, 3) expect(select("#", s())):to_be(3) expect(s.count):to_be(1)`,
		"forgets":   `local s = spy() s() s:reset() expect(s):never_to_have_been_called() s(7) expect(s):to_have_been_called_with(7)`,
		"as a function": `local s = spy() expect(type(s.fn)):to_be "function" for _, v in ipairs { 5, 6 } do s.fn(v) end
			expect(s):to_have_been_called_with(6) expect(s):to_have_been_called_times(2)`,
		"raises what its function does": `local s = spy(function() error("no", 0) end) expect(function() s() end):to_raise "no" expect(s.count):to_be(1)`,
		"does not remember for ever":    `local s = spy() expect(function() for i = 1, 200000 do s() end end):to_raise "a spy remembers 100000 calls at most"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if f := try(t, code); f != nil {
				t.Error(f.Message, f.Traceback)
			}
		})
	}
}
