package testlib_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/luatest"
)

// outline shows what a file has declared, and what came of it.
func outline(f *luatest.File, results []luatest.Result) (lines []string) {
	for _, b := range f.Broken {
		lines = append(lines, "broken "+luatest.FullName(b.Names)+": "+b.Failure.Message)
	}
	i := 0
	for _, t := range f.Tests {
		line := luatest.FullName(t.Names)
		if len(t.Tags) > 0 {
			line += " [" + strings.Join(t.Tags, " ") + "]"
		}
		switch {
		case t.Pending:
			line += ": pending " + t.Why
		case results[i].Outcome == luatest.Failed:
			line += ": failed " + results[i].Failure.Message
		default:
			line += ": " + results[i].Outcome.String() + " " + results[i].Why
		}
		if !t.Pending {
			i++
		}
		lines = append(lines, strings.TrimSuffix(line, " "))
	}
	return lines
}

func TestSuite(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, src string
		want      []string
	}{
		{"groups and tags", `
			it("alone", function() end)
			describe("a", { tags = "slow" }, function()
				it("one", { tags = { "x", "y" } }, function() end)
				describe("b", function() it("two", function() error "oh" end) end)
			end)`,
			[]string{"alone: passed", "a › one [slow x y]: passed", "a › b › two [slow]: failed oh"}},
		{"pending", `
			it "later"
			pending("never", function() error "run" end)
			it("says why", function() pending "no streams yet" error "run" end)
			it("does not", function() pending "" end)
			it("in explore", function() sim.explore { run = function() pending "there" end } end)`,
			[]string{"later: pending it has no function", "never: pending", "says why: pending no streams yet", "does not: pending",
				"in explore: pending there"}},
		{"the same name twice", `
			it("twin", function() end)
			it("twin", function() error "run" end)
			describe("d", function() it("twin", function() end) end)`,
			[]string{"broken twin: there is a test of this name already, in line 2: it can't be told apart, so this one is not run",
				"twin: passed", "d › twin: passed"}},
		{"an error in a describe", `
			it("before", function() end)
			describe("d", function() it("gone", function() end) error "oh" end)
			it("after", function() end)`,
			[]string{"broken d: oh", "before: passed", "after: passed"}},
		{"errors of nodes", `
			local bad = [[ on("node_init", function() error "oh" end) ]]
			it("fails", function() sim.node { lua = bad } end)
			it("was asked for", function() expect(sim.node({ lua = bad }):errors()):to_have_length(1) end)
			it("in explore", function() sim.explore { seeds = 3, run = function() sim.node { lua = bad } end } end)
			it("its own comes first", function() sim.node { lua = bad } error "mine" end)`,
			[]string{"fails: failed oh (handler node_init), on node (a test that expects that reads the node's errors())", "was asked for: passed", "in explore: failed with seed 1, the first: oh (handler node_init), on node (a test that expects that reads the node's errors())",
				"its own comes first: failed mine"}},
		{"nodes of another test", `
			local kept, net
			it("makes one", function() kept = sim.node { lua = "" } net = sim.network() end)
			it("uses it", function() kept:run() end)
			it("uses its network", function() net:now() end)
			it("after explore", function()
				local n
				sim.explore { seeds = 1, run = function() n = sim.node { lua = "" } end }
				n:run()
			end)`,
			[]string{"makes one: passed", "uses it: failed the nodes of another test are gone: make new ones in each, or in before_each",
				"uses its network: failed the nodes of another test are gone: make new ones in each, or in before_each",
				"after explore: failed the nodes of another test are gone: make new ones in each, or in before_each"}},
		{"what comes before and after", `
			local log = {}
			local function note(what) return function() log[#log + 1] = what end end
			before_each(note "b1") after_each(note "a1")
			describe("d", function()
				before_each(note "b2") before_each(note "b3") after_each(note "a2") after_each(note "a3")
				it("one", note "one")
				it("fails", function() note "fails" () error "oh" end)
			end)
			it("looks", function() expect(table.concat(log, " ")):to_be "b1 b2 b3 one a3 a2 a1 b1 b2 b3 fails a3 a2 a1 b1" end)`,
			[]string{"d › one: passed", "d › fails: failed oh", "looks: passed"}},
		{"errors before and after", `
			local ran = false
			describe("before", function() before_each(function() error "b" end) it("does not run", function() ran = true end) end)
			describe("after", function() after_each(function() error "a" end)
				it("fails by it", function() end)
				it("has failed", function() error "mine" end)
			end)
			it("looks", function() expect(ran):to_be_false() end)`,
			[]string{"before › does not run: failed b", "after › fails by it: failed a", "after › has failed: failed mine", "looks: passed"}},
		{"chance", `
			local first
			it("one", function() first = { math.random(1e6), math.random(1e6) } end)
			it("two", function() expect({ math.random(1e6), math.random(1e6) }):never_to_equal(first) end)`,
			[]string{"one: passed", "two: passed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, results := all(t, tt.src)
			got := outline(f, results)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
		})
	}
}

// TestFilesThatDoNotLoad: why, and where.
func TestFilesThatDoNotLoad(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, src, want string
		line            int
	}{
		{"syntax", "\nit(", "syntax error", 2},
		{"an error", "\nerror 'oh'", "oh", 2},
		{"a node outside of a test", "\n\nlocal n = sim.node { lua = '' }", "sim.node: no test is running: nodes are made inside of it or before_each", 3},
		{"a seed outside of a test", "sim.seed()", "sim.seed: no test is running", 1},
		{"an exploration outside of a test", "sim.explore { run = print }", "sim.explore: no test is running", 1},
		{"a test without a name", "it('', print)", "a name is not empty", 1},
		{"a describe without a function", "describe('x')", "describe takes 2 to 3 arguments, this call has 1", 1},
		{"an option that is none", "it('x', { tag = 'slow' }, print)", `it has no option "tag" (did you mean tags?)`, 1},
		{"tags of another kind", "it('x', { tags = 7 }, print)", `it: option tags is a text or a list of texts, got number 7`, 1},
		{"what only nodes have", "broker.subscribe 'x'", "broker", 1},
		{"pending without a name", "pending()", "pending takes 1 to 3 arguments, this call has 0", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(write(t, tt.src))
			fe, ok := errors.AsType[*luatest.FileError](err)
			if !ok || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("%v, want %s", err, tt.want)
			}
			if fe.Failure.Line != tt.line || !strings.HasSuffix(fe.Failure.File, "x_test.lua") {
				t.Errorf("it is at %s:%d, want line %d", fe.Failure.File, fe.Failure.Line, tt.line)
			}
		})
	}
}

// TestFailureShows: the place, the line, what the test and its nodes have printed, and the last messages.
func TestFailureShows(t *testing.T) {
	t.Parallel()
	r := one(t, `print "testing"
		local w = sim.network()
		w:add { name = "a", listen = true, lua = [[ broker.subscribe "t" print "a is up" namespace "E":event("m", "n: count"):on(print) ]] }
		w:add { name = "b", peer = "a", lua = [[ on("Broker::peer_added", function() broker.publish("t", "E::m", types.count(7)) end) ]] }
		w:run()
		expect(w:node("a"):output()):to_be "8"`)
	f := r.Failure
	if r.Outcome != luatest.Failed || f.Line != 6 || r.Output != "testing\n" {
		t.Fatalf("%s, printed %q: %+v", r.Outcome, r.Output, f)
	}
	if f.Message != `expected "a is up\n7\n" to be "8"` || len(f.Nodes) != 1 || f.Nodes[0].Output != "a is up\n7\n" || f.Nodes[0].Node != "a" {
		t.Errorf("%q, nodes %+v", f.Message, f.Nodes)
	}
	if !strings.Contains(f.Exchange, "E::m(7) on t") || !strings.Contains(f.Exchange, "a prints 7") {
		t.Errorf("the last messages are\n%s", f.Exchange)
	}
}

// TestOutputIsBounded: a test that prints for ever is no trouble, and prints for itself only.
func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	_, results := all(t, `it("a lot", function() local s = ("x"):rep(10000) for i = 1, 1000 do print(s) end end) it("two", function() print "2" end)`)
	if n := len(results[0].Output); n != 1<<20 || results[1].Output != "2\n" {
		t.Errorf("%d bytes are kept, and %q", n, results[1].Output)
	}
}

// lively is a test with all that chance has a part in.
const lively = `it("lively", function()
	local c = sim.cluster { "known_clients_relay", workers = 3, proxies = 2, jitter = "20 ms", loss = 0.2 }
	for i = 1, 10 do
		c:node("worker-" .. math.random(3)):raise("connection_established", sim.connection { orig = addr("10.0.0." .. i), resp = "93.184.216.34:80/tcp" })
		c:advance(math.random(50) / 1000)
	end
	c:node("proxy-1"):kill()
	c:partition("worker-1", "worker-2")
	c:advance "30 s"
	c:node("proxy-1"):restart()
	c:heal()
	c:advance "30 s"
	sim.explore { seeds = 2, run = function()
		local w = sim.network { loss = 0.3 }
		w:add { name = "a", listen = true, "ping_pong" }
		w:add { name = "b", peer = "a", "ping_pong" }
		w:run()
	end }
end)`

// TestSeeds: the same seed does the same, to the last byte of the trace, in the same file and in one that is loaded again; and
// another seed does something else.
func TestSeeds(t *testing.T) {
	t.Parallel()
	file := write(t, lively)
	trace := func(f *luatest.File, seed uint64) []byte {
		t.Helper()
		r := f.Run(&f.Tests[0], seed, true)
		if r.Outcome != luatest.Passed || len(r.Trace) < 10000 {
			t.Fatalf("%s with %d bytes of a trace: %+v", r.Outcome, len(r.Trace), r.Failure)
		}
		return r.Trace
	}
	a, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	first := trace(a, 7)
	if !bytes.Equal(first, trace(a, 7)) {
		t.Error("a second run of the seed is another one")
	}
	if !bytes.Equal(first, trace(b, 7)) {
		t.Error("the seed is another run in a file that was loaded again")
	}
	if bytes.Equal(first, trace(a, 8)) {
		t.Error("another seed is the same run")
	}
	if n := bytes.Count(first, []byte("lively, seed ")); n != 3 {
		t.Errorf("the trace has %d sections, want one for each world", n)
	}
}

// TestExploreNamesTheSeed: the first seed that fails is the smallest, and it repeats the failure alone.
func TestExploreNamesTheSeed(t *testing.T) {
	t.Parallel()
	f, err := load(write(t, `it("finds", function() sim.explore { seeds = 50, run = function(seed) if seed % 10 == 4 then error("oh", 0) end end } end)`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ from, seed uint64 }{{1, 4}, {4, 4}, {5, 14}} {
		r := f.Run(&f.Tests[0], tt.from, false)
		if r.Outcome != luatest.Failed || r.Failure.Seed != tt.seed || !strings.Contains(r.Failure.Message, "oh") {
			t.Errorf("from seed %d: %s by seed %d: %s", tt.from, r.Outcome, r.Failure.Seed, r.Failure.Message)
		}
	}
}

// TestInterrupt: whatever a test is in, it ends soon, with the reason; so does what it does afterwards; and the next one runs.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	cause := errors.New("that is long enough")
	for name, code := range map[string]string{
		"the test":            `while true do end`,
		"behind pcall":        `while true do pcall(function() while true do end end) end`,
		"an expectation":      `expect(function() while true do end end):to_raise()`,
		"a handler":           `local n = sim.node { lua = [[ on("node_init", function() while true do end end) ]], instructions = 2^52 }`,
		"a handler, then on":  `pcall(sim.node, { lua = [[ on("node_init", function() while true do end end) ]], instructions = 2^52 }) while true do sim.node { lua = "" } end`,
		"a body":              `sim.node { lua = "while true do end", instructions = 2^52 }`,
		"a world":             `local n = sim.node { lua = [[ on("node_init", function() timer.every(0.001, function() end) end) ]] } n:advance "10000 days"`,
		"events without end":  `sim.node { lua = [[ local e = namespace "E":event("e", "") e:on(function() e:raise() end) on("node_init", function() e:raise() end) ]] }`,
		"an exploration":      `sim.explore { seeds = 2^40, run = function() end }`,
		"eval":                `sim.node({ lua = "", instructions = 2^52 }):eval "while true do end"`,
		"something large":     `local a, b = {}, {} for i = 1, 2000 do a[i], b[i] = { i }, { -i } end while true do expect(a):never_to_have_same_elements(b) end`,
		"a pattern":           `local s = ("a"):rep(100000) while true do s:find(".-.-.-b") end`,
		"what has no network": `local w = sim.network() while true do w:now() end`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := load(write(t, `it("hangs", function() `+code+` end) it("next", function() sim.node({ lua = "" }):run() end)`))
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan luatest.Result)
			go func() { done <- f.Run(&f.Tests[0], 1, false) }()
			var r luatest.Result
			tick := time.NewTicker(50 * time.Millisecond) // as it does nothing before the test has begun
			defer tick.Stop()
			for waiting := true; waiting; {
				select {
				case r = <-done:
					waiting = false
				case <-tick.C:
					f.Interrupt(&f.Tests[0], cause)
				}
			}
			if r.Outcome != luatest.Failed || !strings.Contains(r.Failure.Message, cause.Error()) {
				t.Errorf("%s: %+v", r.Outcome, r.Failure)
			}
			if r := f.Run(&f.Tests[1], 1, false); r.Outcome != luatest.Passed {
				t.Errorf("the next one: %+v", r.Failure)
			}
		})
	}
}
