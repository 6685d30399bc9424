package policies

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonpeer/bindings"
	"moonpeer/bindings/testlib"
	"moonpeer/runtime/luatest"
)

// relay is known_clients_relay with three gaps: what the handler of add_client does, what a worker does when it sees a
// client, and what it does when it is to be forgotten, here because its connection is over.
const relay = `
local EX = namespace "EX"
local known_clients = EX:set("known_clients", "addr")
local add_client    = EX:event("add_client", "client: addr")
local forget_client = EX:event("forget_client", "client: addr")

local function relays()
  local role = cluster.local_node_type()
  return role == cluster.PROXY or role == cluster.MANAGER
end

local function by_turns() return cluster.rr_topic(cluster.proxy_pool, "key") end
local function by_client(client) return cluster.hrw_topic(cluster.proxy_pool, client) end

add_client:on(function(client) $handler end)
forget_client:on(function(client)
  if relays() then event.republish(cluster.worker_topic) else known_clients:remove(client) end
end)

on("connection_established", function(c) local client = c.id.orig_h; $seen end)
on("connection_state_remove", function(c) local client = c.id.orig_h; $over end)
`

// What fills the gaps where nothing is wrong.
const (
	handler = `if relays() then event.republish(cluster.worker_topic) else known_clients:add(client) end`
	seen    = `broker.publish(by_turns(), add_client, client)`
	over    = `broker.publish(by_turns(), forget_client, client)`
)

// What tests do with a cluster c in which worker-1 sees a client: all workers, and nobody else, are to have it in the end;
// the same when a proxy may have died before it has passed the client on, and the client is seen again; and they are to
// forget it.
const (
	once  = `raise "connection_established"; c:run(); expect(c:holders "EX::known_clients"):to_equal(all)`
	again = `raise "connection_established"; c:advance "15 ms"; c:node("proxy-1"):kill(); c:advance "15 s"; ` + once
	ends  = `raise "connection_established"; c:advance "12 ms"; raise "connection_state_remove"; c:run()
expect(c:holders "EX::known_clients"):to_be_empty()`
)

// TestExploreRelay: sim.explore finds what is wrong with a relay, also where a run in order is right. Of 100 seeds 23 show
// "a worker adds first", 27 "two proxies pass on".
func TestExploreRelay(t *testing.T) {
	t.Parallel()
	const passed, failed = luatest.Passed, luatest.Failed
	for _, tt := range []struct {
		name                string
		handler, seen, over string
		check               string
		inOrder, explored   luatest.Outcome
		want                string // in the failure
	}{
		{"right", handler, seen, over, once, passed, passed, ""},
		{"right when a proxy dies", handler, seen, over, again, passed, passed, ""},
		{"else is missing", `if relays() then event.republish(cluster.worker_topic) end known_clients:add(client)`, seen, over, once,
			failed, failed, `expected { ["proxy-1"] = { addr "10.0.0.1" }, `},
		{"else is missing with what is behind it", `if relays() then event.republish(cluster.worker_topic) end`, seen, over, once,
			failed, failed, `expected {} to equal { ["worker-1"] =`},
		{"a worker adds first", handler, `if known_clients:add(client) then broker.publish(by_turns(), add_client, client) end`, over, again,
			passed, failed, `expected { ["worker-1"] = { addr "10.0.0.1" } } to equal`},
		{"two proxies pass on", handler, seen, over, ends, passed, failed, `to be empty`},
		{"one proxy passes on", handler, `broker.publish(by_client(client), add_client, client)`,
			`broker.publish(by_client(client), forget_client, client)`, ends, passed, passed, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			policy := strings.NewReplacer("$handler", tt.handler, "$seen", tt.seen, "$over", tt.over).Replace(relay)
			f := exploring(t, policy, tt.check)
			if r := f.Run(&f.Tests[0], 1, false); r.Outcome != tt.inOrder {
				t.Errorf("in order it has %s, want %s: %+v", r.Outcome, tt.inOrder, r.Failure)
			}
			r := f.Run(&f.Tests[1], 1, false)
			if r.Outcome != tt.explored {
				t.Fatalf("explored it has %s, want %s: %+v", r.Outcome, tt.explored, r.Failure)
			}
			if r.Outcome == failed {
				finds(t, f, r.Failure, tt.want)
			}
		})
	}
}

// finds wants a failure to have a text and the smallest seed, and to come again with that.
func finds(t *testing.T, f *luatest.File, failed *luatest.Failure, want string) {
	t.Helper()
	if !strings.Contains(failed.Message, want) {
		t.Errorf("got %q, want something with %q", failed.Message, want)
	}
	for seed := uint64(1); seed <= failed.Seed; seed++ {
		r := f.Run(&f.Tests[2], seed, false)
		if r.Outcome == luatest.Failed != (seed == failed.Seed) {
			t.Errorf("the explore has found seed %d, but alone seed %d has %s", failed.Seed, seed, r.Outcome)
		}
	}
}

// exploring makes a test file of a policy and a check: that in order, explored with 20 seeds, and with one.
func exploring(t *testing.T, policy, check string) *luatest.File {
	t.Helper()
	text := `
local function run()
  local c = sim.cluster { workers = 2, proxies = 2, loggers = 0, lua = [[` + policy + `]] }
  local clients = { addr "10.0.0.1" }
  local all = { ["worker-1"] = clients, ["worker-2"] = clients }
  local conn = sim.connection { orig = "10.0.0.1" }
  local function raise(event) c:node("worker-1"):raise(event, conn) end
  ` + check + `
end
it("in order", run)
it("explored", function() sim.explore { seeds = 20, run = run } end)
it("with one seed", function() sim.explore { seeds = 1, run = run } end)
`
	file := filepath.Join(t.TempDir(), "relay_test.lua")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := bindings.TestFile(file, testlib.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}
