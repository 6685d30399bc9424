-- sync.stored: the container is in a store, whose master puts all changes in order.

local POLICY = [[
  local EX = namespace "EX"
  local hits = sync.stored(EX:map("hits", "string", "count", {
    create_expire = "1 hour",
    on_change = function(...) print(...) end,
  }))
  EX:event("set", "k: string, n: count"):on(function(k, n) hits:set(k, n) end)
  EX:event("hit", "k: string"):on(function(k) hits:incr(k) end)
  EX:event("remove", "k: string"):on(function(k) hits:remove(k) end)
]]

local function cluster(opts)
  opts = opts or {}
  opts.lua, opts.loggers = opts.lua or POLICY, 0
  opts.workers = 2
  local c = sim.cluster(opts)
  c:advance "200 ms" -- every 100 ms a node looks whether its first copy is there
  return c
end

local function raise(c, on, ...)
  c:node(on):raise(...)
  c:run()
end

local function expect_everywhere(c, hits)
  for name, copy in pairs(c:get "EX::hits") do expect({ name, copy }):to_equal { name, hits } end
end

local function settle(c) c:advance "15 s" end

describe("a stored container", function()
  it("has on every node what any node has changed, in the master's order", function()
    local c = cluster()
    raise(c, "worker-1", "EX::set", "a", 1)
    raise(c, "worker-2", "EX::set", "b", 2)
    raise(c, "manager", "EX::set", "a", 3)
    raise(c, "worker-1", "EX::remove", "b")
    expect_everywhere(c, { a = 3 })
    for _, n in ipairs(c:nodes()) do
      expect(n:output()):to_be "new\ta\t1\nnew\tb\t2\nchanged\ta\t1\nremoved\tb\t2\n"
    end
  end)

  it("has a change on its own node when the master has answered, not before", function()
    local c = cluster()
    c:node("worker-1"):raise("EX::set", "a", 1)
    c:advance "100 us" -- less than a trip takes
    expect(c:node("worker-1"):get "EX::hits"):to_be_empty()
    c:run()
    expect(c:node("worker-1"):get "EX::hits"):to_equal { a = 1 }
  end)

  it("loses no count when all count at once", function()
    local c = cluster()
    for _ = 1, 20 do
      for _, n in ipairs(c:nodes()) do n:raise("EX::hit", "a") end
    end
    c:run()
    expect_everywhere(c, { a = 60 })
  end)

  it("ends entries on all nodes when the master's time says so", function()
    local c = cluster()
    raise(c, "worker-1", "EX::set", "a", 1)
    c:advance "61 min"
    expect_everywhere(c, {})
    for _, n in ipairs(c:nodes()) do expect(n:output()):to_be "new\ta\t1\nexpired\ta\t1\n" end
  end)

  it("refuses what a store can't do", function()
    local function loading(lua) return function() sim.node { lua = lua } end end
    expect(loading [[ sync.stored(namespace "E":set("s", "addr", { read_expire = 1 })) ]])
      :to_raise "it has read_expire"
    expect(loading [[ sync.stored(namespace "E":map("m", "addr", "vector of addr")) ]])
      :to_raise "its values are of type vector of addr"
    local with = [[
      local opts = {}
      opts[%q] = 1
      sync.stored(namespace "E":set("s", "addr"), opts)
    ]]
    expect(loading(with:format "persist"))
      :to_raise [[unknown option "persist" (there is only persistent)]]
    expect(loading(with:format "persistent")):to_raise "persistent: expected a boolean, got number"
  end)
end)

describe("a stored container survives", function()
  it("the end of a worker, which is told nothing twice", function()
    local c = cluster()
    local worker = c:node "worker-2"
    raise(c, "worker-1", "EX::set", "a", 1)
    worker:kill()
    settle(c)
    raise(c, "worker-1", "EX::set", "b", 2)
    worker:restart()
    settle(c)
    raise(c, "worker-1", "EX::set", "c", 3)
    expect_everywhere(c, { a = 1, b = 2, c = 3 })
    expect(worker:output()):to_be "new\ta\t1\nnew\tc\t3\n"
  end)

  it("the end of the manager: changes wait for it", function()
    local c = cluster()
    raise(c, "worker-1", "EX::set", "a", 1)
    c:node("manager"):kill()
    settle(c)
    raise(c, "worker-1", "EX::hit", "a")
    expect(c:node("worker-2"):get "EX::hits"):to_equal { a = 1 } -- the copies answer meanwhile
    c:node("manager"):restart()
    settle(c)
    expect_everywhere(c, { a = 2 })
  end)

  it("the end of all nodes, with what is left of its time", function()
    local c = cluster()
    raise(c, "worker-1", "EX::set", "a", 1)
    c:advance "40 min"
    raise(c, "worker-1", "EX::set", "b", 2)
    for _, n in ipairs(c:nodes()) do n:kill() end
    c:advance "1 min"
    for _, n in ipairs(c:nodes()) do n:restart() end
    settle(c)
    expect_everywhere(c, { a = 1, b = 2 })
    c:advance "20 min"
    expect_everywhere(c, { b = 2 })
  end)

  it("a partition: what was changed in it counts", function()
    local c = cluster()
    raise(c, "worker-1", "EX::set", "a", 1)
    c:partition "worker-1"
    settle(c)
    raise(c, "worker-1", "EX::hit", "a")
    raise(c, "worker-2", "EX::hit", "a")
    expect(c:node("worker-1"):get "EX::hits"):to_equal { a = 1 }
    c:heal()
    settle(c)
    expect_everywhere(c, { a = 3 })
  end)

  it("a manager that hangs and a lossy link", function()
    local c = cluster()
    c:link("worker-1", "manager", { delay = "5 ms", loss = 0.3 })
    c:node("manager"):freeze()
    for _ = 1, 20 do raise(c, "worker-1", "EX::hit", "a") end
    c:advance "5 s"
    c:node("manager"):thaw()
    settle(c)
    expect_everywhere(c, { a = 20 })
  end)

  it("none of that when it is not persistent", function()
    local c = cluster { lua = [[
      local s = sync.stored(namespace "EX":set("s", "count"), { persistent = false })
      namespace "EX":event("add", "n: count"):on(function(n) s:add(n) end)
    ]] }
    raise(c, "worker-1", "EX::add", 1)
    for _, n in ipairs(c:nodes()) do n:kill() end
    c:advance "1 s"
    for _, n in ipairs(c:nodes()) do n:restart() end
    settle(c)
    for _, copy in pairs(c:get "EX::s") do expect(copy):to_be_empty() end
  end)
end)

describe("on a node of no cluster", function()
  it("changes count at once and are kept", function()
    local n = sim.node { lua = POLICY }
    expect(n:eval [[ local hits = namespace "EX":map("hits", "string", "count")
      hits:incr("a", 2)
      return hits:incr("a", 3)
    ]]):to_be(5)
    n:advance "1 s"
    n:kill()
    n:restart()
    n:run()
    expect(n:get "EX::hits"):to_equal { a = 5 }
  end)

  it("also what is changed in the last moment", function()
    local n = sim.node { lua = POLICY .. [[ on("node_done", function() hits:set("last", 1) end) ]] }
    n:restart()
    n:run()
    expect(n:get "EX::hits"):to_equal { last = 1 }
  end)
end)

it("all copies are equal whatever the order of messages", { tags = "explore" }, function()
  sim.explore { seeds = 3, run = function()
    local c = cluster()
    for i = 1, 20 do
      local n, key = c:nodes()[math.random(3)], "k" .. i % 4
      if i % 3 == 0 then n:raise("EX::set", key, i) end
      n:raise(math.random(2) == 1 and "EX::hit" or "EX::remove", key)
      c:advance(math.random(30) / 1000)
      if i == 10 then c:node("worker-2"):restart() end
    end
    settle(c)
    expect_everywhere(c, c:node("manager"):get "EX::hits")
  end }
end)
