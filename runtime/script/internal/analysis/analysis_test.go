package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"moonpeer/runtime/apidoc"
)

// ownLua are Lua's own names that the tests use.
var ownLua = []string{"_G", "arg", "error", "ipairs", "math", "pairs", "pcall", "select", "setmetatable", "string", "table", "tostring", "type", "unpack"}

// core are events that the node declares.
var core = map[string]string{"node_init": "", "new_connection": "c: any", "Broker::peer_added": "endpoint: any, msg: string"}

// testWorld is a world with the real definitions, and the events that chunks declare.
func testWorld(t testing.TB, chunks ...*Chunk) *World {
	t.Helper()
	docs, err := apidoc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	api := NewAPI(docs)
	near := func(name string, names []string) string {
		for _, n := range names {
			if n[0] == name[0] && len(n) == len(name) {
				return " (did you mean " + n + "?)"
			}
		}
		return ""
	}
	events := maps.Clone(core)
	w := &World{
		Known: func(name string) bool {
			return slices.Contains(ownLua, name) || api.globals[name] != nil || api.modules[name] != ""
		},
		Global: func(name string) string { return near(name, []string{"print"}) },
		Near:   near,
		Members: func(module string) []string {
			if module == "broker" {
				return api.namesOf("brokerlib")
			}
			return nil
		},
		API:      api,
		Event:    func(name string) (string, bool) { s, ok := events[name]; return s, ok },
		Events:   func() []string { return slices.Sorted(maps.Keys(events)) },
		Complete: true,
	}
	maps.Copy(events, Declarations(chunks, w))
	return w
}

func parsed(t testing.TB, file, src string) *Chunk {
	t.Helper()
	c, err := Parse(file, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// look returns all findings in a text.
func look(t testing.TB, src string) []Finding {
	t.Helper()
	c := parsed(t, "f.lua", src)
	found := c.Names(testWorld(t))
	return append(found, c.Check(testWorld(t, c))...)
}

// snippet is a text and what is found in it: "line code part of the text".
type snippet struct {
	name, src string
	want      []string
}

func compare(t *testing.T, tests []snippet) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := look(t, tt.src)
			if len(got) != len(tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			for i, f := range got {
				place, text, _ := strings.Cut(tt.want[i], ": ")
				if fmt.Sprint(f.Line, " ", f.Code) != place || !strings.Contains(f.Text, text) {
					t.Errorf("got %d %s: %s, want %s", f.Line, f.Code, f.Text, tt.want[i])
				}
			}
		})
	}
}

func TestNames(t *testing.T) {
	compare(t, []snippet{
		{"clean", "local a = 1\nprint(a)\nlocal function f(x, ...) return x, arg, f end\nfor i, v in f() do print(i, v) end", nil},
		{"undeclared read", "local x\nprint(y)", []string{`2 undeclared-global: undeclared global "y"`}},
		{"undeclared read with a near name", "prent(1)", []string{`1 undeclared-global: did you mean print?`}},
		{"undeclared write", "x = 1", []string{`1 undeclared-global: assignment to undeclared global "x"`}},
		{"global function", "function f() end", []string{`1 undeclared-global: assignment to undeclared global "f"`}},
		{"predefined write", "print = 1", []string{`1 predefined-name: "print" is predefined`}},
		{"predefined field write", "broker.publish = 1", []string{`1 predefined-name: broker.publish is predefined`}},
		{"predefined method definition", "function broker.publish() end", []string{`1 predefined-name: broker.publish is predefined`}},
		{"options may be assigned", "broker.options.peer_buffer_size = 1", nil},
		{"a local hides the global", "local broker = {}\nbroker.x = 1\nlocal print = 1\nprint = 2", nil},
		{"scope ends", "do local x = 1 end\nprint(x)", []string{`2 undeclared-global: undeclared global "x"`}},
		{"repeat condition sees the body", "repeat local x = 1 until x == 1", nil},
		{"local function sees itself", "local function f() return f end", nil},
		{"local f = function does not", "local f = function() return f end", []string{`1 undeclared-global: undeclared global "f"`}},
		{"method has self", "local t = {}\nfunction t:m() return self end", nil},
		{"fatal findings say so", "return x", []string{"1 undeclared-global: "}},
	})
	if f := look(t, "return x"); f[0].Severity != Fatal {
		t.Errorf("an undeclared global has severity %d", f[0].Severity)
	}
}

const ex = `local EX = namespace "EX"
local found = EX:event("found", "src: addr, n: count, note: string?")
`

func TestMembers(t *testing.T) {
	compare(t, []snippet{
		{"function of a module", "broker.publsih()", []string{`1 unknown-member: broker has no "publsih" (did you mean publish?)`}},
		{"method call on a module", "broker:publsih()", []string{`1 unknown-member: broker has no "publsih"`}},
		{"a local hides the module", "local broker = {}\nreturn broker.anything, broker.publish('t')", nil},
		{"a parameter hides the module", "return function(timer) timer.after(1) end", nil},
		{"namespace", "namespace('EX'):evant('x', '')", []string{`1 unknown-member: a namespace has no "evant"`}},
		{"event", ex + "found:rais()", []string{`3 unknown-member: found is the event EX::found, which has no "rais"`}},
		{"set", "local s = set 'addr'\ns:ad(addr '10.0.0.1')", []string{`2 unknown-member: s is a set, which has no "ad"`}},
		{"set of a namespace", ex + "EX:set('s', 'addr'):ad()", []string{`3 unknown-member: a set has no "ad"`}},
		{"what a container inherits", "set('addr'):clear()", nil},
		{"a key is no member", "local m = map('string', 'count')\nreturn m['a'], m.b", []string{
			`2 unknown-member: a key is looked up with :get("a")`, `2 unknown-member: :get("b")`}},
		{"store, given later", "local s\non('node_init', function()\n local err\n s, err = store.master 'x'\n s:putt('k', err.code, err.cde)\nend)", []string{
			`5 unknown-member: err has no "cde"`, `5 unknown-member: s is a store, which has no "putt"`}},
		{"a variable of two classes", "local x = set 'addr'\nx = vector 'addr'\nx:anything()", nil},
		{"a variable that is anything", "local x = set 'addr'\nx = type(x)\nx:anything()", nil},
		{"a variable of itself", "local x = set 'addr'\nx = x\nx:anything()", nil},
		{"field of a value", "return addr('10.0.0.1').octets, port('80/tcp').number", []string{`1 unknown-member: an addr has no "octets"`}},
		{"fields of a connection", "on('new_connection', function(c) return c.id.orgi_h, c.own, c.id.orig_h:is_v5() end)", []string{
			`1 unknown-member: c.id has no "orgi_h" (did you mean orig_h?)`, `1 unknown-member: c.id.orig_h is an addr, which has no "is_v5"`}},
		{"argument of an event", ex + "found:on(function(src) return src:is_v5() end)", []string{`3 unknown-member: src is an addr`}},
		{"argument that is given anew", ex + "found:on(function(src) src = {} return src:is_v5() end)", nil},
		{"option of a module", "broker.options.peer_bufer_size = 1", []string{`1 unknown-member: broker.options has no "peer_bufer_size"`}},
		{"required", "local b = require 'timer'\nb.aftre(1)", []string{`2 unknown-member: timer has no "aftre"`}},
		{"elements of a container", "for v in set('addr'):each() do v:is_v5() end\nfor k, n in map('addr', 'count'):each() do k:is_v5() end\nfor _, s in vector('subnet'):each() do s:holds() end", []string{
			"1 unknown-member: v is an addr", "2 unknown-member: k is an addr", "3 unknown-member: s is a subnet"}},
		{"tables of a script", "local t = {}\nfunction t.f() end\nt.g() t:h()", nil},
	})
}

func TestArity(t *testing.T) {
	compare(t, []snippet{
		{"too few", "timer.after(5)", []string{"1 wrong-arity: timer.after takes 2 arguments, this call has 1: write timer.after(delay, fn)"}},
		{"none of one", "broker.subscribe()", []string{"1 wrong-arity: takes 1 to 2 arguments, this call has 0: write broker.subscribe(prefix, opts?)"}},
		{"too many", "timer.after(5, print, 3)", []string{"1 wrong-arity: this call has 3"}},
		{"no arguments", "time.now(1)", []string{"1 wrong-arity: takes no arguments, this call has 1"}},
		{"any number", "broker.publish('t')\nprint() tuple()", []string{"1 wrong-arity: takes 2 or more arguments"}},
		{"an open end", "timer.after(unpack {}) timer.after(5, unpack {})\nreturn function(...) timer.after(...) end", nil},
		{"a closed end", "timer.after((unpack {}))", []string{"1 wrong-arity: this call has 1"}},
		{"an open end of too many", "timer.after(1, print, 2, unpack {})", []string{"1 wrong-arity: this call has 3"}},
		{"overloads", "broker.listen { port = 1 } broker.listen('', 1, 2) broker.listen()", nil},
		{"methods", "set('addr'):has()\nmap('addr', 'count'):get(1, 2, 3)", []string{"1 wrong-arity: set:has takes 1 argument", "2 wrong-arity: map:get takes 1 to 2"}},
		{"methods by dot", "local s = set 'addr'\npcall(s.has, s, 1) s.has(s, 1)\ns.has(s)", []string{"3 wrong-arity: set:has takes 1 argument, this call has 0"}},
		{"dot for colon", ex + "found.raise(addr '10.0.0.1', 3)", []string{"3 wrong-call: write found:raise(…), with a colon"}},
		{"colon for dot", "broker:publish('t', 'x')", []string{"1 wrong-call: write broker.publish(…), with a dot"}},
		{"kept in a local", "local after = timer.after\nafter(5)", []string{"2 wrong-arity: timer.after takes 2"}},
		{"a call at the end that gives one thing", "timer.after(interval(5))", []string{"1 wrong-arity: this call has 1"}},
		{"a call at the end that may give two", "timer.after(types.try('interval', '5 s'))", nil},
		{"a local of that name", "local function after() end\nafter(5)", nil},
		{"functions of scripts and of Lua", "local function f(a) return a end\nf() f(1, 2) string.format() table.insert()", nil},
		{"what is tried", "pcall(function() timer.after(5) if port('80/tcp') == 80 then timer.aftr() end end)\nlocal function pcall(f) f() end\npcall(function() timer.after(5) end)", []string{"3 wrong-arity: "}},
		{"no function", "local n, s = 5, 'x'\nn() s() addr('10.0.0.1')()", []string{
			"2 not-callable: n is a number, no function", "2 not-callable: s is a string", "2 not-callable: what is called is an addr"}},
		{"an event is no function", ex + "found(addr '10.0.0.1', 3)", []string{"3 not-callable: found is the event EX::found, no function: write :raise(…)"}},
		{"what may be called", "local t = {} setmetatable(t, {})\nt()\nlocal r = namespace('E'):record('r', {})\nr {} ", nil},
	})
}

func TestKinds(t *testing.T) {
	compare(t, []snippet{
		{"function wanted", "timer.after('5 min', 5)", []string{"1 wrong-kind: timer.after: argument #2 (fn) is the number 5, want a function"}},
		{"interval wanted", "timer.after('5 min', print) timer.after(5, print)\nlocal a = addr '10.0.0.1'\ntimer.after(a, print)", []string{"3 wrong-kind: (delay) is a, an addr, want a number or a string or an interval"}},
		{"text for numbers", "rate.window('5 min'):add('k', '5')", nil},
		{"method", "subnet('10.0.0.0/8'):contains('10.0.0.1')", []string{`1 wrong-kind: subnet:contains: argument #1 (a) is the string "10.0.0.1", want an addr`}},
		{"nil for what may be left out", "local x\nbroker.subscribe('t', x)", nil},
		{"options", "set('addr', { creat_expire = 5 })", []string{`1 unknown-option: set has no option "creat_expire"`}},
		{"options of an overload", "broker.listen { prot = 1 }", []string{`1 unknown-option: broker.listen has no option "prot" (did you mean port?)`}},
		{"options without names", "set('addr', { addr '10.0.0.1' })", []string{"1 unknown-option: options have names"}},
		{"an option's value", "set('addr', { on_expire = 5 })", []string{"1 wrong-kind: set: option on_expire is the number 5, want a function"}},
		{"an option's values", "supervisor.create { name = 'x', scripts = 'y' }\nsupervisor.create { name = 'x', scripts = { 'y' } }", nil},
		{"options that are good", ex + "set('addr', { create_expire = EX:option('e', 'interval', 5), max_size = 3 })\nfound:on(print, { priority = 3 })", nil},
		{"handler options", ex + "on('EX::found', print, { prioritaet = 3 })", []string{`3 unknown-option: known: priority`}},
		{"options by a variable", "local o = { anything = 1 }\nset('addr', o)", nil},
	})
}
