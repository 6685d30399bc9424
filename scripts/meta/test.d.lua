---@meta test

-- Tests: what files called NAME_test.lua have besides values, containers and functions on text. `moonpeer test` runs them.
-- A test file is no node: it has no `broker`, no `on`, no `namespace`. Its nodes are simulated, each with scripts of its own.

--- Options of `describe` and `it`.
---@class test_opts
---@field tags? string|string[] words that `--tags` selects by

--- Groups tests under a name. `fn` runs at once, and declares them; groups lie in each other. An error in it is reported under the
--- group's name, and none of its tests is run.
---
--- Raises in a running test, and for an empty name.
---
--- From: ours, with the names of busted and its relatives.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- describe("addresses", function()
---   describe("that are private", { tags = "fast" }, function()
---     it("say so", function() expect(addr("10.0.0.1"):is_private()):to_be_true() end)
---   end)
--- end)
--- ```
---@param name string
---@param opts test_opts
---@param fn fun()
---@overload fun(name: string, fn: fun())
function describe(name, opts, fn) end

--- Declares a test. It fails when `fn` ends with an error, when a script of one of its nodes has reported an error that the test
--- did not read with `n:errors()`, when it says `expect(v)` and no matcher follows, and when it takes longer than `--timeout`. Without `fn` it is pending.
--- Two tests of one full name can't be told apart: the second is reported as broken, and not run.
---
--- Raises in a running test, and for an empty name.
---
--- From: ours, with the names of busted and its relatives.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("adds", function() expect(1 + 1):to_equal(2) end)
--- it("will multiply one day")
--- ```
---@param name string
---@param opts test_opts
---@param fn? fun()
---@overload fun(name: string, fn?: fun())
function it(name, opts, fn) end

--- Outside of a test: declares one that is not run. In a test: ends it, as one that is not written yet, and `name` says why.
---
--- From: ours, with the name of busted's.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- pending("counts what is dropped", function() error "not reached" end)
--- it("waits", function() pending("no log streams yet") end)
--- ```
---@param name string
---@param opts test_opts
---@param fn? fun()
---@overload fun(name: string, fn?: fun())
function pending(name, opts, fn) end

--- Runs `fn` before each test of the describe, or of the file, in the order of registration, those of the groups around first.
---
--- Raises in a running test.
---
--- From: ours, with the name of busted's.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- local n
--- before_each(function() n = sim.node { "known_clients" } end)
--- it("begins empty", function() expect(n:get "EX::known_clients"):to_be_empty() end)
--- ```
---@param fn fun()
function before_each(fn) end

--- Runs `fn` after each test of the describe, or of the file, also of one that has failed, the other way round than `before_each`.
--- It is not run after a test that was stopped, by `--timeout` or Ctrl-C.
---
--- Raises in a running test.
---
--- From: ours, with the name of busted's.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- after_each(function() print "done" end)
--- it("prints", function() print "doing" end)
--- --> doing
--- --> done
--- ```
---@param fn fun()
function after_each(fn) end

--- What is common to all worlds: time, chance, and what the links between their nodes are like.
---@class sim_opts
---@field seed? integer of delays, losses and what nodes draw; that of `--seed` when not given
---@field delay? intervallike how long a message takes from node to node; 1 ms when not given
---@field jitter? intervallike how much longer it takes at most; none when not given, 20 ms in `sim.explore`
---@field loss? number how likely a message is lost and has to be sent again, from 0 to below 1; 0 when not given
---@field start_time? time the wall clock at the beginning; 2023-11-14 22:13:20 UTC when not given

--- A node: policies at 1, 2, …, each a file, a folder with init.lua or a bundled policy's name, as `moonpeer run` takes them;
--- a path that begins with `./` or `../` begins at the test file's folder.
---@class sim_node_opts: sim_opts
---@field [integer] string the policies
---@field name? string `"node"` when not given
---@field lua? string a policy as text, besides or instead of those with names
---@field options? table<string, any> values of options: `{ ["EX::server"] = addr "10.0.0.1" }`
---@field args? string|string[] what scripts have as `node.args`
---@field listen? boolean listen for peers, under the node's name
---@field peer? string|string[] names of nodes to peer with
---@field pcap? string a capture to replay; the node goes on when it has ended
---@field zeek_log? string a Zeek log to replay, as `pcap`
---@field instructions? integer what a handler may run, of the VM's instructions; 200 million when not given
---@field start? boolean false: node_init is not raised

--- A cluster: policies as in `sim_node_opts`, which all nodes run.
---@class sim_cluster_opts: sim_opts
---@field [integer] string the policies
---@field workers? integer 1 when not given
---@field proxies? integer none when not given
---@field loggers? integer 1 when not given
---@field layout? string a layout file (TOML) instead of counts
---@field lua? string a policy as text
---@field options? table<string, any> values of options
---@field args? string|string[] what scripts have as `node.args`
---@field pcap? string a capture, whose connections are shared out among the workers
---@field instructions? integer what a handler may run, of the VM's instructions
---@field start? boolean false: node_init is not raised

--- What a connection is like; what is not given is filled in.
---@class sim_connection_opts
---@field orig? string|addr|table `"10.0.0.1:4242/tcp"`, an address, or `{ addr =, port =, bytes =, packets =, ip_bytes = }`
---@field resp? string|addr|table as `orig`
---@field id? table `{ orig_h =, orig_p =, resp_h =, resp_p = }`
---@field proto? string `"tcp"`, `"udp"` or `"icmp"`; that of the ports when not given
---@field uid? string
---@field start_time? time
---@field duration? intervallike
---@field conn_state? string as Zeek has it; `"SF"` when not given

--- What `sim.explore` takes.
---@class sim_explore_opts
---@field seeds? integer how many; 100 when not given
---@field run fun(seed: integer) what is tried with each

--- What the way between two nodes is like.
---@class sim_wire
---@field delay? intervallike
---@field jitter? intervallike
---@field loss? number

--- Simulated nodes, clusters and networks, on a clock that tests move.
---@class simlib
sim = {}

--- Makes a node, loads its policies and raises node_init; it has run when the call returns.
--- Errors of `moonpeer check` are errors here, too, also those of which `moonpeer run` only warns, such as a comparison that
--- can't be true.
---
--- Raises when a policy does not load, for unknown options, and outside of a test.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("keeps a client for a day", function()
---   local n = sim.node { "known_clients", options = { ["EX::server"] = addr "10.9.9.9" } }
---   n:raise("connection_established", sim.connection { orig = "10.0.0.1:4242/tcp", resp = "10.9.9.9:80/tcp" })
---   n:run()
---   expect(n:get "EX::known_clients"):to_contain(addr "10.0.0.1")
---   n:advance "25 hours"
---   expect(n:get "EX::known_clients"):to_be_empty()
--- end)
--- ```
---@param opts sim_node_opts
---@return sim_node
function sim.node(opts) end

--- Makes a cluster: a manager, loggers, proxies and workers that run the same policies. It returns when all nodes know that the
--- cluster has started, unless `start = false`.
---
--- Raises when a policy does not load, when the cluster does not start within a minute of its clock, for a layout together with
--- counts, for more than 500 nodes, for unknown options, and
--- outside of a test.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("tells the manager", function()
---   local c = sim.cluster { "known_clients", workers = 2 }
---   c:node("worker-2"):raise("connection_established", sim.connection { orig = "10.0.0.1:4242/tcp", resp = "93.184.216.34:80/tcp" })
---   c:run()
---   expect(c:get("EX::known_clients").manager):to_equal { addr "10.0.0.1" }
--- end)
--- ```
---@param opts sim_cluster_opts
---@return sim_network
function sim.cluster(opts) end

--- Makes a world without nodes, for nodes that are in no cluster: `w:add` adds them.
---
--- Raises for unknown options, and outside of a test.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("plays", function()
---   local w = sim.network { delay = "10 ms" }
---   local a = w:add { "ping_pong", name = "a", listen = true }
---   local b = w:add { "ping_pong", name = "b", peer = "a" }
---   w:run()
---   expect(b:output()):to_contain "pong\thello\t5"
---   expect(a:peers()):to_be_empty()                 -- b has ended
--- end)
--- ```
---@param opts? sim_opts
---@return sim_network
function sim.network(opts) end

--- Makes a connection as captures have them, for events such as `connection_established`. Raised on a node several times it is
--- one connection there.
---
--- Raises for names that it does not have, and for values of the wrong kind.
---
--- From: ours; the fields are those of `connection`.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has both ends", function()
---   local c = sim.connection { orig = "10.0.0.1:4242/tcp", resp = { port = port "53/udp", bytes = 100 }, proto = "udp" }
---   expect(c.id.orig_h):to_be(addr "10.0.0.1")
---   expect(c.id.resp_p):to_be(port "53/udp")
---   expect(c.resp.bytes):to_be(100)
--- end)
--- ```
---@param opts? sim_connection_opts
---@return connection
function sim.connection(opts) end

--- Calls `run` with one seed after the other, from that of the test on. In each call messages take other times, so that they
--- overtake each other on different ways, and nodes take their turns in another order. It ends with the first seed that fails,
--- which is the smallest, and the test fails with what that has found.
---
--- Raises what `run` has raised, with the seed in front, and when it is called within itself or outside of a test.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has the last word of either", function()
---   sim.explore { seeds = 10, run = function(seed)
---     local w = sim.network()
---     local n = w:add { name = "n", listen = true, lua = [[
---       broker.subscribe "t"
---       local word = namespace "E":var("word", "string", "")
---       namespace "E":event("say", "w: string"):on(function(s) word:set(s) end)
---     ]] }
---     for _, name in ipairs { "a", "b" } do
---       w:add { name = name, peer = "n", start = false, lua = [[
---         on("Broker::peer_added", function() broker.publish("t", "E::say", node.name) end)
---       ]] }
---     end
---     w:start()
---     w:run()
---     expect(({ a = true, b = true })[n:get "E::word"]):to_be_true()
---   end }
--- end)
--- ```
---@param opts sim_explore_opts
function sim.explore(opts) end

--- Returns the seed of the test that runs, or, in `sim.explore`, of this call.
---
--- Raises outside of a test.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has a seed", function() expect(sim.seed()):to_be_at_least(1) end)
--- ```
---@return integer
function sim.seed() end

--- A world: what `sim.cluster` and `sim.network` return. Its clock moves when a method moves it. It is gone when its test is over.
---@class sim_network
local Network = {}

--- Adds a node to a network, and starts it. A cluster has the nodes of its layout.
---
--- Raises as `sim.node` does, for a name that is taken, and on a cluster.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has two", function()
---   local w = sim.network()
---   w:add { name = "a", listen = true, lua = "" }
---   local b = w:add { name = "b", peer = "a", lua = "" }
---   w:run()
---   expect(b:peers()):to_equal { "a" }
--- end)
--- ```
---@param opts sim_node_opts without what is the network's: seed, delay, jitter, loss, start_time
---@return sim_node
function Network:add(opts) end

--- Returns the node of that name.
---
--- Raises when there is none.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has a manager", function()
---   local c = sim.cluster { "known_clients" }
---   expect(c:node("manager"):role()):to_be "manager"
--- end)
--- ```
---@param name string
---@return sim_node
function Network:node(name) end

--- Returns the nodes of a role in the order of the layout; without a role all.
---
--- Raises for a word that is no role.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has three workers", function()
---   local c = sim.cluster { "known_clients", workers = 3 }
---   expect(#c:nodes "worker"):to_be(3)
---   expect(#c:nodes()):to_be(5)
--- end)
--- ```
---@param role? string `"logger"`, `"manager"`, `"proxy"` or `"worker"`
---@return sim_node[]
function Network:nodes(role) end

--- Returns what an exported name holds on each node that runs: node name to plain copy, as `n:get` has it.
---
--- Raises when a node exports no such name, and when no node runs.
---
--- From: ours; `moonpeer print` shows the same of running nodes.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is empty everywhere", function()
---   local c = sim.cluster { "known_clients" }
---   expect(c:get "EX::known_clients"):to_equal { logger = {}, manager = {}, ["worker-1"] = {} }
--- end)
--- ```
---@param id string
---@return table<string, any>
function Network:get(id) end

--- The same without the nodes where it is nil or empty: who has something.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is on the manager", function()
---   local c = sim.cluster { "known_clients" }
---   local conn = sim.connection { orig = "10.0.0.1", resp = "93.184.216.34:443/tcp" }
---   c:node("worker-1"):raise("connection_established", conn)
---   c:run()
---   expect(c:holders "EX::known_clients"):to_equal { manager = { addr "10.0.0.1" } }
--- end)
--- ```
---@param id string
---@return table<string, any>
function Network:holders(id) end

--- Raises node_init on all nodes that were made with `start = false`, at the same moment.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("starts both at once", function()
---   local w = sim.network()
---   local a = w:add { name = "a", lua = [[ on("node_init", function() print "up" end) ]], start = false }
---   expect(a:output()):to_be ""
---   w:start()
---   w:run()
---   expect(a:output()):to_be "up\n"
--- end)
--- ```
function Network:start() end

--- Works off everything that is due, and follows what is on its way until nothing is. The clock moves as far as that takes; timers,
--- timeouts and retries are not waited for.
---
--- Raises when the world does not come to rest.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("does not wait for timers", function()
---   local n = sim.node { lua = [[ on("node_init", function() timer.after("1 s", function() print "late" end) end) ]] }
---   n:run()
---   expect(n:output()):to_be ""
---   n:advance "1 s"
---   expect(n:output()):to_be "late\n"
--- end)
--- ```
function Network:run() end

--- Moves the clock, and works off everything in between in the order of time: messages, timers, expiry, retries.
---
--- Raises when `d` is no interval of 0 or more, and when the world does not come to rest.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("moves", function()
---   local w = sim.network()
---   local before = w:now()
---   w:advance "1 day"
---   expect(w:now() - before):to_be(interval "1 day")
--- end)
--- ```
---@param d intervallike
function Network:advance(d) end

--- Lets nothing get through between two groups of nodes, in either direction, until `heal`. Without the second group it is all
--- others. What is sent waits; links that are silent for `peer_timeout`, 10 s, are lost.
---
--- Raises for an unknown name, and for a node on both sides.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("cuts off the manager", function()
---   local c = sim.cluster { "known_clients" }
---   c:partition({ "manager" })
---   c:advance "15 s"
---   expect(c:node("worker-1"):peers()):to_equal { "logger" }
---   c:heal()
---   c:advance "15 s"
---   expect(c:node("worker-1"):peers()):to_equal { "logger", "manager" }
--- end)
--- ```
---@param a string|string[]
---@param b? string|string[]
function Network:partition(a, b) end

--- Ends all partitions.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("does nothing without a partition", function() sim.network():heal() end)
--- ```
function Network:heal() end

--- Says what the ways between two nodes, or groups of nodes, are like from now on, both ways.
---
--- Raises for unknown names and options, and for a node on both sides.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is slow to the manager", function()
---   local c = sim.cluster { "known_clients" }
---   c:link("worker-1", "manager", { delay = "2 s", loss = 0.1 })
---   c:node("worker-1"):raise("connection_established", sim.connection { resp = "93.184.216.34:80/tcp" })
---   c:advance "1 s"
---   expect(c:node("manager"):get "EX::known_clients"):to_be_empty()
---   c:run()
---   expect(c:node("manager"):get "EX::known_clients"):to_have_length(1)
--- end)
--- ```
---@param a string|string[]
---@param b string|string[]
---@param wire sim_wire
function Network:link(a, b, wire) end

--- Returns the wall clock of the world.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("begins when it is told to", function()
---   expect(sim.network({ start_time = time.unix(1000) }):now()):to_be(time.unix(1000))
--- end)
--- ```
---@return time
function Network:now() end

--- A simulated node, over all of its runs.
---@class sim_node
local Node = {}

--- Queues an event on the node, as a script of its own would with `event.raise`. Handlers run with `run` or `advance`.
--- Arguments are copied.
---
--- Raises when nobody on the node declares or handles the event, when the arguments do not fit, and when the node is dead.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is handled", function()
---   local n = sim.node { lua = [[ namespace "E":event("found", "a: addr"):on(print) ]] }
---   n:raise("E::found", addr "10.0.0.1")
---   n:run()
---   expect(n:output()):to_be "10.0.0.1\n"
---   expect(function() n:raise("E::found", "10.0.0.1") end):to_raise "expected addr, got string"
--- end)
--- ```
---@param event string
---@param ... any
function Node:raise(event, ...) end

--- Raises node_init, if the node was made with `start = false`.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("starts late", function()
---   local n = sim.node { lua = [[ on("node_init", function() print "up" end) ]], start = false }
---   n:start()
---   n:run()
---   expect(n:output()):to_be "up\n"
--- end)
--- ```
function Node:start() end

--- As `run` of the node's world: it runs all nodes that there are.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("runs", function() sim.node({ "scan" }):run() end)
--- ```
function Node:run() end

--- As `advance` of the node's world.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("ages", function() sim.node({ "scan" }):advance "1 h" end)
--- ```
---@param d intervallike
function Node:advance(d) end

--- Returns a plain copy of what an exported name holds: a set is a list in the order of insertion, a vector a list, a map a table,
--- a record a table by field name. Of a node that has ended in good order it is what it held at the end.
---
--- Raises when the node exports no such name, and when it was killed.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("copies", function()
---   local n = sim.node { lua = [[ namespace "E":map("hits", "addr", "count"):set(addr "10.0.0.1", 3) ]] }
---   expect(n:get "E::hits"):to_equal { [addr "10.0.0.1"] = 3 }
--- end)
--- ```
---@param id string
---@return any
function Node:get(id) end

--- Runs Lua in the node, an expression or statements, and returns plain copies of what that returns.
---
--- Raises its error, and when the node is dead.
---
--- From: ours; `moonpeer eval` does the same in running nodes.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("looks inside", function()
---   local n = sim.node { lua = "", name = "west" }
---   expect(n:eval "node.name"):to_be "west"
--- end)
--- ```
---@param lua string
---@return any ...
function Node:eval(lua) end

--- Sets an option, as `moonpeer config set` does: in a cluster on all nodes. It counts when the node has run.
--- Returns true, or false and why it is refused.
---
--- Raises when the node is dead.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has another server", function()
---   local n = sim.node { "known_clients" }
---   expect(n:set_option("EX::server", addr "10.9.9.9")):to_be_true()
---   n:run()
---   expect(n:get "EX::server"):to_be(addr "10.9.9.9")
---   expect(n:set_option("EX::server", "10.9.9.9")):to_be_false()
--- end)
--- ```
---@param id string
---@param value any
---@return boolean ok
---@return string? why
function Node:set_option(id, value) end

--- Returns what the node's scripts have published, in all of its runs, in order: also what nobody has subscribed to. With an event's
--- name only that.
---
--- Raises for an event that nobody on the node declares, handles or has published, and when more than 64 MB were published.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("publishes", function()
---   local n = sim.node { lua = [[
---     on("node_init", function() broker.publish("a/topic", "E::found", addr "10.0.0.1", 3) end)
---   ]] }
---   expect(n:published "E::found"):to_equal {
---     { topic = "a/topic", event = "E::found", args = { addr "10.0.0.1", 3 } },
---   }
--- end)
--- ```
---@param event? string
---@return { topic: string, event: string, args: any[] }[]
function Node:published(event) end

--- Returns how often the handlers of an event have been called in this run of the node.
---
--- Raises when nobody on the node declares or handles the event, and when it was killed.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is handled once", function()
---   local n = sim.node { "known_clients", options = { ["EX::server"] = addr "10.0.0.2" } }
---   n:raise("connection_established", sim.connection {})
---   n:run()
---   expect(n:handled "EX::add_client"):to_be(1)
--- end)
--- ```
---@param event string
---@return integer
function Node:handled(event) end

--- Returns what the node has printed, in all of its runs.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("prints", function()
---   expect(sim.node({ lua = [[ print "hello" ]] }):output()):to_be "hello\n"
--- end)
--- ```
---@return string
function Node:output() end

--- Returns what the node has reported as errors, of scripts and of its own, in all of its runs. A test that has called it does not
--- fail for them.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("fails as it should", function()
---   local n = sim.node { lua = [[ on("node_init", function() error "no" end) ]] }
---   expect(#n:errors()):to_be(1)
---   expect(n:errors()[1]):to_contain "no (handler node_init)"
--- end)
--- ```
---@return string[]
function Node:errors() end

--- Returns what the node has reported as warnings, in all of its runs.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("warns of an event that nobody declares", function()
---   local n = sim.node { lua = [[ on("E::fuond", function() end) ]] }
---   expect(n:warnings()[1]):to_contain [["E::fuond", which nobody declares]]
--- end)
--- ```
---@return string[]
function Node:warnings() end

--- Returns the names of the nodes that it is linked with, sorted.
---
--- Raises when the node is dead.
---
--- From: ours; `broker.peers` tells a script.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("knows its manager", function()
---   local c = sim.cluster { "known_clients" }
---   expect(c:node("worker-1"):peers()):to_contain "manager"
--- end)
--- ```
---@return string[]
function Node:peers() end

--- Ends the node's process at once: what it had not sent is lost, what its disk had not synced, too, and nobody is told.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is gone", function()
---   local c = sim.cluster { "known_clients" }
---   c:node("manager"):kill()
---   c:advance "15 s"
---   expect(c:node("worker-1"):peers()):never_to_contain "manager"
--- end)
--- ```
function Node:kill() end

--- Has the node end in good order, as a signal would. That takes turns, so `run` or `advance` has to follow.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("says goodbye", function()
---   local n = sim.node { lua = [[ on("node_done", function() print "bye" end) ]] }
---   n:stop()
---   n:run()
---   expect(n:state()):to_be "stopped"
---   expect(n:output()):to_be "bye\n"
--- end)
--- ```
function Node:stop() end

--- Begins another run of a node that was killed or has stopped, with the same policies: what its state directory had is there again,
--- all else is not. One that runs is stopped first.
---
--- Raises when its policies do not load any more, and when it is frozen.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("forgets what is in memory", function()
---   local n = sim.node { lua = [[ local s = namespace "E":set("s", "count") on("node_init", function() print(#s) s:add(1) end) ]] }
---   n:kill()
---   n:restart()
---   n:run()
---   expect(n:output()):to_be "0\n0\n"
--- end)
--- ```
function Node:restart() end

--- Keeps the node's process from running, as a debugger does: its links stay, until others find it silent.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("does nothing while it is frozen", function()
---   local n = sim.node { lua = [[ on("node_init", function() timer.every("1 s", function() print "tick" end) end) ]] }
---   n:freeze()
---   n:advance "10 s"
---   expect(n:output()):to_be ""
---   n:thaw()
---   n:run()
---   expect(n:output()):to_be "tick\n"
--- end)
--- ```
function Node:freeze() end

--- Lets a frozen node run again.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("changes nothing for one that runs", function() sim.node({ lua = "" }):thaw() end)
--- ```
function Node:thaw() end

--- Sets how much the node's wall clock is ahead of the world's; with a minus, behind.
---
--- Raises for what is no interval.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("is late", function()
---   local w = sim.network()
---   local n = w:add { lua = "" }
---   n:skew "-5 s"
---   n:run()
---   expect(w:now() - n:now()):to_be(interval "5 s")
--- end)
--- ```
---@param d intervallike
function Node:skew(d) end

--- Makes the node slow: each turn in which it does something takes that long. 0 makes it fast again.
---
--- Raises for what is no interval of 0 or more.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("takes its time", function()
---   local n = sim.node { lua = [[ namespace "E":event("e", ""):on(function() print "e" end) ]] }
---   n:slow "10 ms"
---   n:raise "E::e"
---   n:run()
---   n:advance "1 s"
---   expect(n:output()):to_be "e\n"
--- end)
--- ```
---@param d intervallike
function Node:slow(d) end

--- Returns the node's name.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has a name", function() expect(sim.node({ lua = "" }):name()):to_be "node" end)
--- ```
---@return string
function Node:name() end

--- Returns the node's role in its cluster, `"none"` without one.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has no role", function() expect(sim.node({ lua = "" }):role()):to_be "none" end)
--- ```
---@return string
function Node:role() end

--- Returns what has become of the node's process: `"running"`, `"frozen"`, `"crashed"` or `"stopped"`.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("runs", function() expect(sim.node({ lua = "" }):state()):to_be "running" end)
--- ```
---@return string
function Node:state() end

--- Returns the node's clock: what `time.now()` is there, packet time in a replay.
---
--- Raises when the node is dead.
---
--- From: ours.
---
--- ```lua
--- -- moonpeer test example_test.lua
--- it("has the world's time", function()
---   expect(sim.node({ lua = "", start_time = time.unix(60) }):now()):to_be(time.unix(60))
--- end)
--- ```
---@return time
function Node:now() end

return sim
