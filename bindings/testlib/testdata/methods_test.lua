-- Every option and method of the simulated nodes, once.

local ECHO = [[
  local E = namespace "E"
  local limit = E:option("limit", "count", 3)
  local seen = E:map("seen", "addr", "count")
  E:event("quiet", "")
  E:event("found", "a: addr, n: count"):on(function(a, n)
    seen:set(a, n)
    broker.publish("e/found", "E::found", a, n)
    if n > limit:get() then reporter.warning("%d is much", n) end
    if n > 100 then error "too much" end
  end)
]]

local A = addr "10.0.0.1"

describe("sim.node", function()
  it("has a name, a role, a state and a clock", function()
    local n = sim.node { lua = ECHO, name = "west", start_time = time.unix(1000) }
    expect(n:name()):to_be "west"
    expect(n:role()):to_be "none"
    expect(n:state()):to_be "running"
    n:advance "5 s"
    expect(n:now()):to_be(time.unix(1005))
    n:skew "-2 s"
    n:run()
    expect(n:now()):to_be(time.unix(1003))
  end)

  it("takes several policies, bundled ones, folders and files, and text", function()
    local n = sim.node { "ping_pong", "./policy", "./policy/more.lua", lua = "print 'text'" }
    expect(n:output()):to_be "folder\nfile\ntext\n"
    expect(n:eval "node.name"):to_be "node"
  end)

  it("has arguments and a limit of instructions", function()
    local n = sim.node { lua = ECHO, args = { "a", "b" }, instructions = 10000 }
    expect(n:eval "#node.args"):to_be(2)
    expect(n:eval "node.args[2]"):to_be "b"
    expect(function() n:eval "for i = 1, 100000 do end" end):to_raise "instructions"
  end)

  it("takes options of all kinds", function()
    local n = sim.node { lua = [[
      local E = namespace "E"
      E:option("a", "addr", addr "::1")
      E:option("d", "interval", interval "1 s")
      E:option("l", "vector of count", {})
      E:option("s", "string", "")
      E:option("b", "bool", false)
    ]], options = { ["E::a"] = A, ["E::d"] = "5 min", ["E::l"] = { 1, 2 }, ["E::s"] = "x y", ["E::b"] = true } }
    expect(n:get "E::a"):to_be(A)
    expect(n:get "E::d"):to_be(interval "5 min")
    expect(n:get "E::l"):to_equal { 1, 2 }
    expect(n:get "E::s"):to_be "x y"
    expect(n:get "E::b"):to_be_true()
  end)

  it("raises, handles, publishes, warns and fails", function()
    local n = sim.node { lua = ECHO }
    n:raise("E::found", A, 2)
    n:raise("E::found", A, 200)
    expect(n:handled "E::found"):to_be(0)
    n:run()
    expect(n:handled "E::found"):to_be(2)
    expect(n:get "E::seen"):to_equal { [A] = 200 }
    expect(n:published "E::found"):to_equal {
      { topic = "e/found", event = "E::found", args = { A, 2 } },
      { topic = "e/found", event = "E::found", args = { A, 200 } },
    }
    expect(#n:published()):to_be(2)
    expect(n:published "E::quiet"):to_be_empty()
    expect(n:warnings()):to_have_length(1)
    expect(n:warnings()[1]):to_contain "200 is much"
    expect(n:errors()):to_have_length(1)
    expect(n:errors()[1]):to_contain "too much"
  end)

  it("sets options", function()
    local n = sim.node { lua = ECHO }
    expect(n:set_option("E::limit", 5)):to_be_true()
    n:run()
    expect(n:get "E::limit"):to_be(5)
    local ok, why = n:set_option("E::limit", "5")
    expect(ok):to_be_false()
    expect(why):to_contain "expected count, got string"
    ok, why = n:set_option("E::limits", 5)
    expect(ok):to_be_false()
    expect(why):to_contain "E::limit"
  end)

  it("starts, stops, is killed and restarted", function()
    local n = sim.node { lua = [[
      on("node_init", function() print "init" end)
      on("node_done", function() print "done" end)
    ]], start = false }
    expect(n:output()):to_be ""
    n:start()
    n:run()
    n:stop()
    n:run()
    expect(n:state()):to_be "stopped"
    n:restart()
    n:run()
    n:kill()
    expect(n:state()):to_be "crashed"
    n:restart()
    n:run()
    n:restart() -- stops it first
    n:run()
    expect(n:output()):to_be "init\ndone\ninit\ninit\ndone\ninit\n"
  end)

  it("has what it held when it has ended in good order", function()
    local n = sim.node { lua = ECHO }
    n:raise("E::found", A, 1)
    n:stop()
    n:run()
    expect(n:get "E::seen"):to_equal { [A] = 1 }
    expect(n:handled "E::found"):to_be(1)
  end)

  it("reads a log", function()
    local n = sim.node { "login_counter", zeek_log = "../../../policies/login_counter/testdata/logins.log" }
    n:run()
    expect(n:output()):to_contain "ann from 10.0.0.1"
  end)
end)

describe("sim.network", function()
  local w
  before_each(function()
    w = sim.network { seed = 5, delay = "10 ms", jitter = "1 ms", loss = 0.1 }
    w:add { name = "a", listen = true, lua = [[ broker.subscribe "t" namespace "E":event("m", "n: count"):on(print) ]] }
    w:add { name = "b", peer = { "a" }, lua = [[
      namespace "E":event("say", "n: count"):on(function(n) broker.publish("t", "E::m", n) end)
    ]] }
    w:run()
  end)

  it("has nodes", function()
    expect(#w:nodes()):to_be(2)
    expect(w:node("b"):peers()):to_equal { "a" }
    expect(function() w:node "c" end):to_raise [[there is no node "c"]]
  end)

  it("can be cut and healed", function()
    w:partition("a", "b")
    w:node("b"):raise("E::say", types.count(1))
    w:run()
    expect(w:node("a"):output()):to_be ""
    w:heal()
    w:advance "1 s"
    expect(w:node("a"):output()):to_be "1\n"
  end)

  it("has ways that are as slow as is said", function()
    w:link("a", "b", { delay = "3 s" })
    w:node("b"):raise("E::say", types.count(1))
    w:advance "2900 ms"
    expect(w:node("a"):output()):to_be ""
    w:advance "200 ms"
    expect(w:node("a"):output()):to_be "1\n"
  end)

  it("has nodes that hang and nodes that are slow", function()
    local a, b = w:node "a", w:node "b"
    a:freeze()
    expect(a:state()):to_be "frozen"
    b:raise("E::say", types.count(1))
    w:advance "1 s"
    expect(a:output()):to_be ""
    a:thaw()
    w:run()
    expect(a:output()):to_be "1\n"
    b:slow "2 s"
    b:raise("E::say", types.count(2))
    b:raise("E::say", types.count(3))
    w:run()
    b:slow(0)
    w:run()
    expect(a:output()):to_be "1\n2\n3\n"
  end)

  it("moves its clock", function()
    local before = w:now()
    w:advance "1 h"
    expect(w:now() - before):to_be(interval "1 h")
  end)
end)

describe("sim.cluster", function()
  it("has the nodes that it is told", function()
    local c = sim.cluster { lua = ECHO, workers = 2, proxies = 1, loggers = 0 }
    local names = {}
    for i, n in ipairs(c:nodes()) do names[i] = n:name() end
    expect(names):to_equal { "manager", "proxy-1", "worker-1", "worker-2" }
    expect(#c:nodes "worker"):to_be(2)
    expect(c:node("proxy-1"):role()):to_be "proxy"
    expect(c:get "E::limit"):to_equal { manager = 3, ["proxy-1"] = 3, ["worker-1"] = 3, ["worker-2"] = 3 }
  end)

  it("leaves out of get who is gone", function()
    local c = sim.cluster { lua = ECHO, loggers = 0 }
    c:node("worker-1"):kill()
    expect(c:get "E::limit"):to_equal { manager = 3 }
  end)

  it("has the nodes of a layout", function()
    local c = sim.cluster { lua = ECHO, layout = "layout.toml" }
    expect(c:node("probe"):role()):to_be "worker"
  end)

  it("starts when it is told", function()
    local c = sim.cluster { lua = [[ on("Cluster::cluster_started", function() print "up" end) ]], start = false }
    c:run()
    expect(c:node("manager"):output()):to_be ""
    c:start()
    c:advance "1 s"
    expect(c:node("manager"):output()):to_be "up\n"
  end)

  it("sets an option on all nodes", function()
    local c = sim.cluster { lua = ECHO, loggers = 0 }
    c:node("worker-1"):set_option("E::limit", 9)
    c:advance "1 s"
    expect(c:get "E::limit"):to_equal { manager = 9, ["worker-1"] = 9 }
  end)
end)

describe("sim.connection", function()
  it("fills in what is not given", function()
    local c = sim.connection()
    expect(c.id.orig_h):to_be(addr "10.0.0.1")
    expect(c.id.resp_p):to_be(port "80/tcp")
    expect(c.conn_state):to_be "SF"
    expect(c.orig.packets):to_be(1)
  end)

  it("takes all there is", function()
    local c = sim.connection {
      uid = "C1", duration = "2 s", conn_state = "S0", start_time = time.unix(5), proto = "udp",
      orig = { addr = A, port = port "1/udp", bytes = 7, packets = 2, ip_bytes = 63 }, resp = "[::1]:53/udp",
    }
    expect(c.uid):to_be "C1"
    expect(c.duration):to_be(interval "2 s")
    expect(c.conn_state):to_be "S0"
    expect(c.start_time):to_be(time.unix(5))
    expect(c.id):to_contain { orig_h = A, orig_p = port "1/udp", resp_h = addr "::1", resp_p = port "53/udp" }
    expect(c.orig.bytes):to_be(7)
    expect(c.orig.packets):to_be(2)
  end)

  it("takes ends by their names, and addresses alone", function()
    local c = sim.connection { id = { orig_h = A, resp_p = port "22/tcp" }, resp = addr "::2" }
    expect(c.id.orig_h):to_be(A)
    expect(c.id.resp_p):to_be(port "22/tcp")
    expect(c.id.resp_h):to_be(addr "::2")
  end)

  it("is one connection on a node, however often it is raised, and another one on another", function()
    local lua = [[
      on("new_connection", function(c) c.mine = (c.mine or 0) + 1 end)
      on("connection_state_remove", function(c) print(c.mine) end)
    ]]
    local w = sim.network()
    local a, b = w:add { lua = lua, name = "a" }, w:add { lua = lua, name = "b" }
    local c = sim.connection()
    a:raise("new_connection", c)
    a:raise("new_connection", c)
    b:raise("new_connection", c)
    for _, n in ipairs { a, b } do n:raise("connection_state_remove", c) end
    w:run()
    expect(a:output()):to_be "2\n"
    expect(b:output()):to_be "1\n"
  end)
end)

describe("sim.explore", function()
  it("tries one seed after the other", function()
    local seeds = {}
    sim.explore { seeds = 3, run = function(seed)
      expect(seed):to_be(sim.seed())
      seeds[#seeds + 1] = seed
    end }
    expect(seeds):to_equal { sim.seed(), sim.seed() + 1, sim.seed() + 2 }
  end)

  it("takes a hundred when it is not told", function()
    local n = 0
    sim.explore { run = function() n = n + 1 end }
    expect(n):to_be(100)
  end)
end)
