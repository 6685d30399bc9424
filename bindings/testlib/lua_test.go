package testlib_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonpeer/bindings"
	"moonpeer/bindings/testlib"
	"moonpeer/runtime/luatest"
)

// runs runs the first test of a file with this text.
func runs(t *testing.T, text string) luatest.Result {
	t.Helper()
	file := filepath.Join(t.TempDir(), "it_test.lua")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := bindings.TestFile(file, testlib.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return f.Run(&f.Tests[0], 1, false)
}

// passes fails for a test that does not pass.
func passes(t *testing.T, text string) {
	t.Helper()
	if r := runs(t, text); r.Outcome != luatest.Passed {
		t.Errorf("%s, line %d: %s", r.Outcome, r.Failure.Line, r.Failure.Message)
	}
}

// TestHolders: c:holders leaves out the nodes where there is nothing, and those that are gone.
func TestHolders(t *testing.T) {
	t.Parallel()
	passes(t, `
it("holds", function()
  local c = sim.cluster { workers = 2, lua = [[
    local EX = namespace "EX"
    EX:set("s", "count")
    EX:map("m", "string", "count")
    EX:var("v", "count?")
    EX:event("fill"):on(function()
      EX:set("s", "count"):add(7)
      EX:map("m", "string", "count"):set("a", 1)
      EX:var("v", "count?"):set(0)
    end)
  ]] }
  expect(c:holders "EX::s"):to_be_empty()
  c:node("worker-2"):raise "EX::fill"
  c:run()
  expect(c:holders "EX::s"):to_equal { ["worker-2"] = { 7 } }
  expect(c:holders "EX::m"):to_equal { ["worker-2"] = { a = 1 } }
  expect(c:holders "EX::v"):to_equal { ["worker-2"] = 0 }
  expect(function() c:holders "EX::none" end):to_raise "EX::none"
  c:node("worker-2"):kill()
  expect(c:holders "EX::s"):to_be_empty()
end)
`)
}

// TestNodes: c:nodes knows each role.
func TestNodes(t *testing.T) {
	t.Parallel()
	passes(t, `
it("lists nodes", function()
  local c = sim.cluster { workers = 2, proxies = 1, lua = "local x" }
  local function names(role)
    local list = {}
    for i, n in ipairs(c:nodes(role)) do list[i] = n:name() end
    return table.concat(list, " ")
  end
  expect(names "worker"):to_equal "worker-1 worker-2"
  expect(names "proxy"):to_equal "proxy-1"
  expect(names "manager"):to_equal "manager"
  expect(names "logger"):to_equal "logger"
  expect(names()):to_equal "logger manager proxy-1 worker-1 worker-2"
  expect(function() names "workers" end):to_raise '"workers" is no role (did you mean worker?)'
end)
`)
}

// TestSetOption: a container is set by a plain list, as in the options of sim.node.
func TestSetOption(t *testing.T) {
	t.Parallel()
	passes(t, `
it("sets options", function()
  local n = sim.node { options = { ["EX::nets"] = { subnet "10.0.0.0/8" } }, lua = [[
    local EX = namespace "EX"
    EX:option("nets", "vector of subnet", vector "subnet")
    EX:option("names", "set[string]", set "string")
    EX:option("n", "count", 1)
  ]] }
  local function get(id) return n:eval("return config.get('" .. id .. "')") end
  expect(get "EX::nets"):to_equal { subnet "10.0.0.0/8" }
  expect(n:set_option("EX::nets", { subnet "192.0.2.0/24", subnet "fc00::/7" })):to_be_true()
  expect(n:set_option("EX::names", { "b", "a" })):to_be_true()
  n:run()
  expect(get "EX::nets"):to_equal { subnet "192.0.2.0/24", subnet "fc00::/7" }
  expect(get "EX::names"):to_have_same_elements { "a", "b" }
  expect(n:set_option("EX::nets", {})):to_be_true()
  n:run()
  expect(get "EX::nets"):to_be_empty()
  local ok, why = n:set_option("EX::nets", { "x" })
  expect(ok):to_be_false()
  expect(why):to_contain '"x"'
  ok, why = n:set_option("EX::n", { 1 })
  expect(ok):to_be_false()
  expect(why):to_contain "expected count"
end)
`)
}

// TestPublished: an event that nobody knows is a mistake, not one that was never published.
func TestPublished(t *testing.T) {
	t.Parallel()
	passes(t, `
it("knows its events", function()
  local n = sim.node { lua = [[
    namespace "EX":event("known", "n: count")
    on("node_init", function() broker.publish("topic", "EX::elsewhere", 1) end)
  ]] }
  n:run()
  expect(n:published "EX::known"):to_be_empty()
  expect(n:published "EX::elsewhere"):to_have_length(1)
  expect(function() n:published "EX::knwn" end):to_raise
    "published: nobody on node declares or handles event EX::knwn (did you mean EX::known?)"
  expect(n:published()):to_have_length(1)
  n:kill()
  expect(n:published "EX::known"):to_be_empty()
end)
`)
}

// TestConnection: the protocol of a connection comes from where it is said.
func TestConnection(t *testing.T) {
	t.Parallel()
	passes(t, `
it("has one protocol", function()
  local n = sim.node { lua = [[ on("new_connection", function(c) print(c.proto, c.id.orig_p, c.id.resp_p) end) ]] }
  for _, given in ipairs {
    {}, { proto = "udp" }, { orig = "10.0.0.1:1/udp" }, { resp = "10.0.0.1:1/udp" }, { orig = "10.0.0.1", proto = "udp" },
    { orig = "10.0.0.1:1/tcp", resp = "10.0.0.2:2/udp" }, { resp = "10.0.0.2:2/tcp", proto = "udp" }, { id = { resp_p = port "1/udp" } },
  } do n:raise("new_connection", sim.connection(given)) end
  n:run()
  expect(n:output()):to_equal(table.concat({ "tcp\t40000/tcp\t80/tcp", "udp\t40000/udp\t80/udp", "udp\t1/udp\t80/udp",
    "udp\t40000/udp\t1/udp", "udp\t40000/udp\t80/udp", "udp\t1/udp\t2/udp", "udp\t40000/udp\t2/udp", "udp\t40000/udp\t1/udp", "" }, "\n"))
  expect(function() sim.connection { proto = "tpc" } end):to_raise 'option proto is "tcp", "udp" or "icmp", got '
  expect(function() sim.connection { prto = "tcp" } end):to_raise
    "(did you mean proto?) (there are uid, duration, conn_state, start_time, orig, resp, id, proto)"
end)
`)
}

// TestExploreFails: a failure says with which seed, whatever it is that has failed.
func TestExploreFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, run, want string
		seed            uint64
		line            int
	}{
		{"an expectation", `expect(seed):to_be_less_than(3)`, "with seed 3, the 2 before pass: expected 3 to be less than 3", 3, 3},
		{"an error", `if seed == 2 then error "boom" end`, "with seed 2, the 1 before pass: boom", 2, 3},
		{"the first one", `error "boom"`, "with seed 1, the first: boom", 1, 3},
		{"an error of Lua", `local x = nil; x.y = seed`, "with seed 1, the first: attempt to index local 'x' (a nil value)", 1, 3},
		{"an error of a node", `sim.node { lua = "error 'boom'" }`, "with seed 1, the first: sim.node: ", 1, 3},
		{"an error of a handler", `sim.node { lua = "on('node_init', function() error 'boom' end)" }`,
			"with seed 1, the first: boom (handler node_init), on node (a test that expects that reads the node's errors())", 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := runs(t, "it('explores', function()\n  sim.explore { seeds = 5, run = function(seed)\n"+tt.run+"\n  end }\nend)\n")
			if r.Outcome != luatest.Failed {
				t.Fatalf("it has %s", r.Outcome)
			}
			if f := r.Failure; !strings.HasPrefix(f.Message, tt.want) || f.Seed != tt.seed || f.Line != tt.line {
				t.Errorf("got %q in line %d, seed %d, want %q in line %d, seed %d", f.Message, f.Line, f.Seed, tt.want, tt.line, tt.seed)
			}
		})
	}
}

// TestNotMissed: what a test could miss fails it all the same.
func TestNotMissed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code, want string }{
		{"an error after errors() was read", `
it("x", function()
  local n = sim.node { lua = [[ namespace "E":event("go", ""):on(function() error "late" end) ]] }
  expect(n:errors()):to_be_empty()
  n:raise "E::go"
  n:run()
end)`, "late (handler E::go), on node"},
		{"nodes from before an explore", `
it("x", function()
  local n = sim.node { lua = "" }
  sim.explore { seeds = 2, run = function() n:run() end }
end)`, "these nodes were made before it"},
		{"a function as the value of an option", `
it("x", function() sim.node { "known_clients", options = { ["EX::server"] = print } } end)`, "function is no value of an option"},
		{"options without names", `it("x", function() local t = { "known_clients" } sim.network(t) end)`, "options have names"},
		{"a test without its function", `
local ok, why = pcall(it, "y", nil, function() end)
it("x", function() error(why, 0) end)`, "expected options or a function, got nil"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := runs(t, c.code)
			if r.Failure == nil || !strings.Contains(r.Failure.Message, c.want) {
				t.Errorf("%v: %+v", r.Outcome, r.Failure)
			}
		})
	}
}

// TestOrderOfTables: what is handed to a node has the order in which the test has made it, and so has what comes back.
func TestOrderOfTables(t *testing.T) {
	t.Parallel()
	for range 5 {
		passes(t, `
it("keeps the order", function()
  local n = sim.node { lua = [[
    namespace "E":event("go", "t: any"):on(function(t) for k in pairs(t) do print(k) end end)
  ]] }
  local t, want = {}, ""
  for i = 1, 30 do t["k" .. (i * 7919) % 31] = true end
  for k in pairs(t) do want = want .. k .. "\n" end
  local back = n:eval [[ (function() local t = {} for i = 1, 30 do t["k" .. (i * 7919) % 31] = true end return t end)() ]]
  local got = ""
  for k in pairs(back) do got = got .. k .. "\n" end
  expect(got):to_equal(want)
end)`)
	}
}

// TestEnds: a file that does not end while it is read is broken, a clock ends where times do, and an expectation in the body
// of a file expects nothing.
func TestEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, want string }{
		{`it("x", function() end) while true do end`, "budget used up"},
		{`describe("d", function() while true do end end)`, ""},
		{`it("x", function() end) expect(1)`, "expects nothing"},
	} {
		file := filepath.Join(t.TempDir(), "it_test.lua")
		if err := os.WriteFile(file, []byte(c.code), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := bindings.TestFile(file, testlib.Options{})
		if c.want == "" && err == nil && len(f.Broken) == 0 || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.code, err)
		}
	}
	r := runs(t, `it("x", function() sim.network { start_time = time.unix(9.2e9) }:advance "400 days" end)`)
	if r.Failure == nil || !strings.Contains(r.Failure.Message, "beyond the end of time") {
		t.Errorf("%+v", r.Failure)
	}
}
