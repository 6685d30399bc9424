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

// fails wants a test to fail, with a message that has a part.
func fails(t *testing.T, text, part string) *luatest.Failure {
	t.Helper()
	r := runs(t, text)
	if r.Failure == nil || !strings.Contains(r.Failure.Message, part) {
		t.Fatalf("%v: %+v, want %q", r.Outcome, r.Failure, part)
	}
	return r.Failure
}

// TestErrorsBehindThoseRead: only what errors() has returned is excused.
func TestErrorsBehindThoseRead(t *testing.T) {
	t.Parallel()
	fails(t, `
it("x", function()
  local n = sim.node { lua = [[ namespace "E":event("go", "n: count"):on(function(n) error("number " .. n) end) ]] }
  n:raise("E::go", 1)
  n:run()
  expect(n:errors()):to_have_length(1)
  n:raise("E::go", 2)
  n:run()
end)`, "number 2")
}

// TestFailedInput: an input that has failed fails the test, also when the error was caught.
func TestFailedInput(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bad.log")
	if err := os.WriteFile(file, []byte("no log\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code := `it("x", function()
  local n
  local ok, why = pcall(function() n = sim.node { lua = "", zeek_log = "` + filepath.ToSlash(file) + `" } end)
  READ
  if n then n:run() elseif not tostring(why):find "bad.log" then error(why) end
end)`
	if f := fails(t, strings.Replace(code, "READ", "", 1), "not a Zeek log"); f.File != filepath.ToSlash(file) || f.Line != 1 {
		t.Errorf("it is at %s:%d", f.File, f.Line)
	}
}

// TestExploreDraws: what a seed draws in an explore it draws alone.
func TestExploreDraws(t *testing.T) {
	t.Parallel()
	text := `
it("x", function()
  local drawn = {}
  sim.explore { seeds = 3, run = function(seed) drawn[seed] = math.random(1e9) end }
  local other = {}
  sim.explore { seeds = 3, run = function(seed) math.random() other[seed] = drawn[seed] end }
  local again
  sim.explore { seeds = 1, run = function(seed) again = math.random(1e9) end }
  expect(again):to_be(drawn[1])
end)`
	passes(t, text)
}

// TestFaultsAreShown: what a test has done to its nodes stands above the last messages, also if it did so when the cluster had
// just started.
func TestFaultsAreShown(t *testing.T) {
	t.Parallel()
	f := fails(t, `
it("x", function()
  local c = sim.cluster { workers = 2, lua = [[ namespace "E":event("go", ""):on(function()
    broker.publish(cluster.manager_topic, "E::other") end) ]] }
  c:partition({ "worker-1" }, { "manager" })
  c:node("worker-2"):raise "E::go"
  c:run()
  c:node("worker-2"):raise "E::go"
  expect(1):to_be(2)
end)`, "events are still queued")
	if !strings.Contains(f.Exchange, "partition worker-1 | manager") || strings.Contains(f.Exchange, "cluster_started") {
		t.Errorf("drawn:\n%s", f.Exchange)
	}
}

// TestOptionsOfClusters: all nodes have them.
func TestOptionsOfClusters(t *testing.T) {
	t.Parallel()
	passes(t, `
it("x", function()
  local c = sim.cluster { options = { ["EX::server"] = addr "10.9.9.9" }, lua = [[
    namespace "EX":option("server", "addr", addr "10.0.0.1")
  ]] }
  for _, server in pairs(c:get "EX::server") do expect(server):to_be(addr "10.9.9.9") end
end)`)
}

// TestLostTests: the tests of a describe that has ended with an error are known, for who selects one of them.
func TestLostTests(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "it_test.lua")
	if err := os.WriteFile(file, []byte(`describe("d", function() it("a", function() end) error "no" end)`), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := bindings.TestFile(file, testlib.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Broken) != 1 || len(f.Broken[0].Lost) != 1 || luatest.FullName(f.Broken[0].Lost[0].Names) != "d › a" {
		t.Errorf("%+v", f.Broken)
	}
}
