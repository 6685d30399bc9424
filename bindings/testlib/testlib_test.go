package testlib_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonpeer/bindings"
	"moonpeer/bindings/testlib"
	"moonpeer/policies"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/luatest"
)

// load reads a test file.
func load(file string) (*luatest.File, error) {
	return bindings.TestFile(file, testlib.Options{
		Bundled: policies.FS,
		Layout: func(file string) (*cluster.Layout, error) {
			if filepath.Base(file) != "layout.toml" {
				return nil, errors.New("there is no such layout")
			}
			return cluster.NewLayout([]cluster.Node{
				{Name: "boss", Role: cluster.Manager, Host: "10.0.0.1", Port: 1}, {Name: "probe", Role: cluster.Worker, Host: "10.0.0.1", Port: 2},
			})
		},
	})
}

// write makes a test file of a text.
func write(t *testing.T, src string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x_test.lua")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// all runs all tests of a text.
func all(t *testing.T, src string) (f *luatest.File, results []luatest.Result) {
	t.Helper()
	f, err := load(write(t, src))
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Tests {
		if !f.Tests[i].Pending {
			results = append(results, f.Run(&f.Tests[i], 1, false))
		}
	}
	return f, results
}

// one runs the code of one test. It is loaded when the test runs, so that nobody finds beforehand what is wrong in it.
func one(t *testing.T, code string) luatest.Result {
	t.Helper()
	_, results := all(t, "it(\"one\", function() assert(loadstring([==[\n"+code+"]==], \"=x_test.lua\"))() end)")
	return results[0]
}

// TestInLua: the files in testdata say how the library is used. Each of their tests passes, with this seed and another one.
func TestInLua(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"methods_test.lua", "stores_test.lua"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := load(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			for i := range f.Tests {
				for _, seed := range []uint64{1, 77} {
					if r := f.Run(&f.Tests[i], seed, false); r.Outcome != luatest.Passed {
						t.Errorf("%s:%d: %s, with seed %d: %s\n%s", name, r.Failure.Line, luatest.FullName(f.Tests[i].Names), seed, r.Failure.Message, r.Failure.Traceback)
					}
				}
			}
		})
	}
}

// TestWrongUse: what is said of it, in the line where it is.
func TestWrongUse(t *testing.T) {
	t.Parallel()
	const node, net, cl = `local n = sim.node { lua = "" } `, `local w = sim.network() w:add { name = "alpha", lua = "" } `, `local c = sim.cluster { lua = "" } `
	for _, tt := range []struct{ name, code, want string }{
		{"no policy", `sim.node {}`, `sim.node: no policy is named: write sim.node { "policies/NAME", … }, or lua = [[ … ]]`},
		{"an option that is none", `sim.node { lua = "", nam = "x" }`, `sim.node: there is no option "nam" (did you mean name?) (there are `},
		{"an option of a cluster", `sim.node { lua = "", workers = 2 }`, `sim.node: there is no option "workers"`},
		{"an option of another kind", `sim.node { lua = "", name = 7 }`, `sim.node: option name is a text, got number 7`},
		{"a flag of another kind", `sim.node { lua = "", listen = 1 }`, `sim.node: option listen is true or false, got number 1`},
		{"peers of another kind", `sim.node { lua = "", peer = { 7 } }`, `sim.node: option peer[1] is a text, got number 7`},
		{"policies of another kind", `sim.node { 7 }`, `sim.node: #1 is a policy: a file, a folder or a bundled one's name, got number 7`},
		{"a policy that is not there", `sim.node { "policies/nothing" }`, `policies/nothing`},
		{"a policy that does not load", "sim.node { lua = [[ local x = \n= ]] }", `x_test.lua:2[lua]:2: syntax error near '='`},
		{"a policy with an error", `sim.node { lua = "error 'oh'" }`, `oh`},
		{"a comparison that is never true", `sim.node { lua = [[ on("new_connection", function(c) if c.id.orig_h == "10.0.0.1" then print(1) end end) ]] }`, `10.0.0.1`},
		{"a value that an option does not take", `sim.node { "known_clients", options = { ["EX::server"] = "x" } }`, `EX::server`},
		{"an option that nobody has", `sim.node { "known_clients", options = { ["EX::serve"] = 1 } }`, `EX::server`},
		{"a value that is no option's", `sim.node { lua = "", options = { ["EX::x"] = { print } } }`, `EX::x`},
		{"a loss that is none", `sim.network { loss = 1 }`, `sim.network: option loss is `},
		{"a delay below zero", `sim.network { delay = interval(-1) }`, `sim.network: option delay is `},
		{"a time that is none", `sim.network { start_time = 5 }`, `sim.network: option start_time is a time, such as time.unix(0), got number 5`},
		{"a seed below zero", `sim.network { seed = -1 }`, `sim.network: option seed`},
		{"a number that is no count", `sim.cluster { lua = "", workers = 1.5 }`, `sim.cluster: option workers`},
		{"a layout that is not there", `sim.cluster { lua = "", layout = "none.toml" }`, `sim.cluster: there is no such layout`},
		{"a cluster that takes a node", cl + `c:add { lua = "" }`, `add: a cluster has the nodes of its layout`},
		{"the same name twice", net + `w:add { name = "alpha", lua = "" }`, `alpha`},
		{"no such node", net + `w:node "alhpa"`, `there is no node "alhpa" (did you mean alpha?)`},
		{"no such role", cl + `c:nodes "wokrer"`, `"wokrer" is no role (did you mean worker?)`},
		{"no such method", net + `w:nodez()`, `cluster has no "nodez" (did you mean node?)`},
		{"no such method of a node", node + `n:kil()`, `node has no "kil" (did you mean kill?)`},
		{"a dot", node + `n.run()`, `expected a node (call with a colon: n:run())`},
		{"a dot, of a network", net + `w.run()`, `expected a cluster or network (call with a colon: c:run())`},
		{"an assignment", node + `n.x = 1`, `node takes no assignment to "x"`},
		{"no interval", node + `n:advance "soon"`, `expected an interval, such as "5 min", got string "soon"`},
		{"back in time", node + `n:advance(-1)`, `expected an interval, such as "5 min"`},
		{"no skew", node + `n:skew {}`, `expected an interval, such as "5 s" or "-5 s", got table`},
		{"no slowness", node + `n:slow(-1)`, `expected an interval, got number -1`},
		{"on both sides", net + `w:partition("alpha", "alpha")`, `alpha`},
		{"no list of names", net + `w:partition(7)`, `expected a list of nodes' names, got number 7`},
		{"a way to nowhere", net + `w:link("alpha", "beta", {})`, `there is no node "beta"`},
		{"a way of another kind", net + `w:link("alpha", "alpha", { speed = 1 })`, `link: there is no option "speed" (there are delay, jitter, loss)`},
		{"no such event", node + `n:raise "EX::x"`, `raise on node: nobody declares or handles event EX::x`},
		{"no such export", `local n = sim.node { "known_clients" } n:get "EX::known_client"`, `get EX::known_client on node: no script exports EX::known_client (did you mean EX::known_clients?)`},
		{"an event has no value", `local n = sim.node { "known_clients" } n:get "EX::add_client"`, `get EX::add_client on node: EX::add_client is declared as`},
		{"handled by nobody", node + `n:handled "EX::x"`, `handled: nobody on node declares or handles event EX::x`},
		{"an error in the node", node + `n:eval "error 'oh'"`, `eval on node: `},
		{"what can't be copied out", node + `n:eval "return 1, print"`, `eval on node: value #2: function can't be copied`},
		{"what can't be copied in", `local n = sim.node { lua = [[ namespace "E":event("e", "x: any") ]] } n:raise("E::e", print)`, `function can't be copied`},
		{"arguments of other kinds", `local n = sim.node { lua = [[ namespace "E":event("e", "a: addr") ]] } n:raise("E::e", 5)`, `expected addr, got number 5`},
		{"too few arguments", `local n = sim.node { lua = [[ namespace "E":event("e", "a: addr") ]] } n:raise "E::e"`, `E::e`},
		{"a dead node's value", node + `n:kill() n:get "EX::x"`, `get EX::x: node has crashed`},
		{"an event for a dead node", node + `n:kill() n:raise "x"`, `raise x: node has crashed`},
		{"a stopped node's peers", node + `n:stop() n:run() n:peers()`, `peers: node has stopped`},
		{"a dead node's clock", node + `n:kill() n:now()`, `now: node has crashed`},
		{"a dead node's options", node + `n:kill() n:set_option("EX::x", 1)`, `set_option EX::x: node has crashed`},
		{"code for a dead node", node + `n:kill() n:eval "1"`, `eval: node has crashed`},
		{"a frozen node's restart", node + `n:freeze() n:restart()`, `it can't be restarted`},
		{"a connection of its own kind", `sim.connection { orig_h = addr "::1" }`, `sim.connection: there is no option "orig_h"`},
		{"a state that is none", `sim.connection { conn_state = "XX" }`, `sim.connection: option conn_state is one of [`},
		{"a protocol that is none", `sim.connection { proto = "sctp" }`, `sim.connection: option proto is "tcp", "udp" or "icmp", got string "sctp"`},
		{"an end that is none", `sim.connection { orig = "10.0.0:80/tcp" }`, `sim.connection: option orig: "10.0.0:80/tcp": `},
		{"a port that is none", `sim.connection { orig = "10.0.0.1:80/xyz" }`, `"10.0.0.1:80/xyz": it ends with /tcp, /udp or /icmp (write "10.0.0.1:4242/tcp")`},
		{"an end of another kind", `sim.connection { orig = 7 }`, `sim.connection: option orig is "10.0.0.1:4242/tcp", an address, or a table with bytes and packets, got number 7`},
		{"a part of an end that is none", `sim.connection { orig = { byte = 7 } }`, `sim.connection: option orig: there is no option "byte" (did you mean bytes?)`},
		{"a host that is none", `sim.connection { id = { orig_h = "10.0.0.1" } }`, `option orig_h is an address, such as addr "10.0.0.1", got string`},
		{"nothing to explore", `sim.explore { seeds = 3 }`, `sim.explore: write sim.explore { seeds = 100, run = function(seed) … end }`},
		{"no seeds", `sim.explore { seeds = 0, run = print }`, `sim.explore: write `},
		{"explored within", `sim.explore { run = function() sim.explore { run = print } end }`, `it can't be called within itself`},
		{"os.exit", `os.exit(3)`, `os.exit: a test ends when its function does, or with an error`},
		{"describe in a test", `describe("x", print)`, `describe: a test is running, which declares nothing`},
		{"it in a test", `it("x", print)`, `it: a test is running`},
		{"before_each in a test", `before_each(print)`, `before_each: a test is running`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := one(t, "\n"+tt.code)
			if r.Outcome != luatest.Failed || !strings.Contains(r.Failure.Message, tt.want) {
				t.Fatalf("%s: %+v\nwant %s", r.Outcome, r.Failure, tt.want)
			}
			if !strings.HasSuffix(r.Failure.File, "x_test.lua") || r.Failure.Line != 2 {
				t.Errorf("it is at %s:%d", r.Failure.File, r.Failure.Line)
			}
		})
	}
}
