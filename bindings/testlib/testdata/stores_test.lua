-- Stores of simulated nodes: their state directories are in memory, and outlive the nodes.

local function open(persistent)
  return ([[
    local s
    on("node_init", function() s = cluster.create_store("s", { persistent = %s }) end)
    local E = namespace "E"
    E:event("put", "k: string, v: count"):on(function(k, v) s:put(k, v) end)
    E:event("add", "k: string"):on(function(k) s:increment(k, 1) end)
    E:event("brief", "k: string"):on(function(k) s:put(k, 1, { expire = "1 min" }) end)
  ]]):format(persistent)
end

local function get(n, k) return (n:eval(([[return store.find("s"):get(%q)]]):format(k))) end

describe("a node's own store", function()
  for _, how in ipairs { "kill", "stop" } do
    it("is there again after a " .. how .. ", when it is persistent", function()
      local n = sim.node { lua = open(true) }
      n:raise("E::put", "a", 1)
      n:advance "1 s"
      n[how](n)
      n:advance "1 s"
      n:restart()
      n:run()
      expect(get(n, "a")):to_be(1)
    end)
  end

  it("is gone otherwise", function()
    local n = sim.node { lua = open(false) }
    n:raise("E::put", "a", 1)
    n:advance "1 s"
    n:kill()
    n:restart()
    n:run()
    expect(get(n, "a")):to_be_nil()
  end)

  it("goes on expiring what it has, also while the node is away", function()
    local n = sim.node { lua = open(true) }
    n:raise("E::brief", "a")
    n:raise("E::put", "b", 1)
    n:advance "30 s"
    n:kill()
    n:advance "40 s"
    n:restart()
    n:run()
    expect(get(n, "a")):to_be_nil()
    expect(get(n, "b")):to_be(1)
  end)

  it("is each test's own", function()
    local n = sim.node { lua = open(true) }
    expect(get(n, "b")):to_be_nil()
  end)

  it("is each node's own", function()
    local w = sim.network()
    local a = w:add { name = "a", lua = open(true) }
    local b = w:add { name = "b", lua = open(true) }
    a:raise("E::put", "k", 1)
    w:advance "1 s"
    expect(get(a, "k")):to_be(1)
    expect(get(b, "k")):to_be_nil()
  end)
end)

describe("a cluster's store", function()
  local c
  before_each(function()
    c = sim.cluster { lua = open(true), workers = 2, loggers = 0 }
    c:advance "1 s"
  end)

  it("is the same everywhere", function()
    c:node("worker-1"):raise("E::add", "n")
    c:node("worker-2"):raise("E::add", "n")
    c:run()
    for _, n in ipairs(c:nodes()) do expect(get(n, "n")):to_be(2) end
  end)

  it("outlives a crash of the master in the midst of writes", function()
    for i = 1, 20 do c:node("worker-1"):raise("E::put", "k" .. i, i) end
    c:advance "1500 us"
    c:node("manager"):kill()
    c:advance "15 s"
    c:node("manager"):restart()
    c:advance "15 s"
    for i = 1, 20 do expect(get(c:node "manager", "k" .. i)):to_be(i) end
  end)

  it("is read by a clone while its master is away, and says when it is stale", function()
    c:node("worker-1"):raise("E::put", "a", 1)
    c:run()
    c:partition "manager"
    c:advance "1 min"
    expect(get(c:node "worker-2", "a")):to_be(1)
    c:advance "10 min"
    local v, err = c:node("worker-2"):eval [[
      local v, err = store.find("s"):get "a"
      return v, err and err.code
    ]]
    expect(v):to_be_nil()
    expect(err):to_be "STALE_DATA"
  end)
end)
