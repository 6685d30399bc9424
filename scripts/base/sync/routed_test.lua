-- sync.to_manager and sync.sharded: one node keeps an entry, and changes are sent there.

local function host(i) return addr("10.0.0." .. i) end

-- A cluster that shares a set of hosts and a map of tries, each change printed where it is made.
local function cluster(pattern, opts)
  opts.lua = ([[
    local EX = namespace "EX"
    local told = function(...) print(...) end
    local known = sync.PATTERN(EX:set("known", "addr", {
      create_expire = "1 day", on_change = told,
    }))
    local tries = sync.PATTERN(EX:map("tries", "addr", "count"))
    EX:event("add", "h: addr"):on(function(h) known:add(h) end)
    EX:event("remove", "h: addr"):on(function(h) known:remove(h) end)
    EX:event("try", "h: addr, n: int"):on(function(h, n) tries:incr(h, n) end)
    EX:event("set", "h: addr, n: count"):on(function(h, n) tries:set(h, n) end)
  ]]):gsub("PATTERN", pattern)
  opts.loggers = opts.loggers or 0
  return sim.cluster(opts)
end

local function raise(c, on, ...)
  c:node(on):raise(...)
  c:run()
end

-- What the nodes that have some of it have.
local function held(c, id)
  local all = {}
  for name, v in pairs(c:get(id)) do
    if next(v) ~= nil then all[name] = v end
  end
  return all
end

describe("sync.to_manager", function()
  local c
  before_each(function() c = cluster("to_manager", { workers = 2, proxies = 1 }) end)

  it("has what all nodes add on the manager, and nowhere else", function()
    for i, name in ipairs { "worker-1", "worker-2", "proxy-1", "manager" } do
      raise(c, name, "EX::add", host(i))
    end
    expect(held(c, "EX::known")):to_equal { manager = { host(1), host(2), host(3), host(4) } }
  end)

  it("calls on_change on the manager, once for each entry", function()
    raise(c, "worker-1", "EX::add", host(1))
    raise(c, "worker-2", "EX::add", host(1))
    raise(c, "worker-2", "EX::remove", host(1))
    expect(c:node("manager"):output()):to_be "new\t10.0.0.1\nremoved\t10.0.0.1\n"
    expect(c:node("worker-1"):output()):to_be ""
  end)

  it("can't tell a worker what came of a change, and the manager can", function()
    local add = [[
      local known = namespace "EX":set("known", "addr")
      return known:add(addr "10.0.0.1"), known:has(addr "10.0.0.1"), #known
    ]]
    local added, has, n = c:node("worker-1"):eval(add)
    expect(added):to_be_nil()
    expect(has):to_be_false()
    expect(n):to_be(0)
    c:run()
    added, has, n = c:node("manager"):eval(add)
    expect(added):to_be_false() -- the worker's has come
    expect(has):to_be_true()
    expect(n):to_be(1)
  end)

  it("adds up what several nodes count", function()
    raise(c, "worker-1", "EX::try", host(1), 2)
    raise(c, "worker-2", "EX::try", host(1), 40)
    raise(c, "proxy-1", "EX::try", host(1), -1)
    expect(held(c, "EX::tries")):to_equal { manager = { [host(1)] = 41 } }
    raise(c, "worker-1", "EX::set", host(1), 7)
    expect(held(c, "EX::tries")):to_equal { manager = { [host(1)] = 7 } }
  end)

  it("forgets entries when their time is over", function()
    raise(c, "worker-1", "EX::add", host(1))
    c:advance "23 h"
    expect(c:node("manager"):get "EX::known"):to_have_length(1)
    c:advance "2 h"
    expect(c:node("manager"):get "EX::known"):to_be_empty()
    expect(c:node("manager"):output()):to_match "expired\t10.0.0.1"
  end)

  it("loses with the manager what it has, and what is sent while it is away", function()
    raise(c, "worker-1", "EX::add", host(1))
    c:node("manager"):kill()
    c:advance "15 s"
    raise(c, "worker-1", "EX::add", host(2))
    c:node("manager"):restart()
    c:advance "15 s"
    raise(c, "worker-1", "EX::add", host(3))
    expect(held(c, "EX::known")):to_equal { manager = { host(3) } }
  end)

  it("gets through a short partition what was sent in it", function()
    c:partition("worker-1", "manager")
    raise(c, "worker-1", "EX::add", host(1))
    expect(held(c, "EX::known")):to_equal {}
    c:advance "5 s" -- less than peer_timeout
    c:heal()
    c:advance "1 s"
    expect(held(c, "EX::known")):to_equal { manager = { host(1) } }
  end)

  it("loses in a long partition what was sent in it", function()
    c:partition("worker-1", "manager")
    c:advance "15 s"
    raise(c, "worker-1", "EX::add", host(1))
    c:heal()
    c:advance "15 s"
    raise(c, "worker-1", "EX::add", host(2))
    expect(held(c, "EX::known")):to_equal { manager = { host(2) } }
  end)
end)

describe("sync.sharded", function()
  it("has each entry on one proxy, the one that its key chooses", function()
    local c = cluster("sharded", { workers = 2, proxies = 2 })
    for i = 1, 10 do c:node("worker-" .. i % 2 + 1):raise("EX::add", host(i)) end
    c:run()
    raise(c, "manager", "EX::add", host(1)) -- whoever adds it
    local all = held(c, "EX::known") -- as Zeek's highest random weight has it
    expect(all["proxy-1"]):to_have_same_elements { host(1), host(2), host(6), host(7), host(9) }
    expect(all["proxy-2"]):to_have_same_elements { host(3), host(4), host(5), host(8), host(10) }
    expect(all.manager):to_be_nil()
  end)

  it("removes and counts where the entry is", function()
    local c = cluster("sharded", { workers = 2, proxies = 2 })
    raise(c, "worker-1", "EX::add", host(1))
    raise(c, "worker-2", "EX::remove", host(1))
    raise(c, "worker-1", "EX::try", host(3), 1)
    raise(c, "worker-2", "EX::try", host(3), 2)
    expect(held(c, "EX::known")):to_equal {}
    expect(held(c, "EX::tries")):to_equal { ["proxy-2"] = { [host(3)] = 3 } }
    expect(c:node("proxy-1"):output()):to_be "new\t10.0.0.1\nremoved\t10.0.0.1\n"
  end)

  it("gives the keys of a proxy that is away to the others, and back when it returns", function()
    local c = cluster("sharded", { workers = 1, proxies = 2 })
    raise(c, "worker-1", "EX::add", host(1))
    c:node("proxy-1"):kill()
    c:advance "15 s"
    expect(held(c, "EX::known")):to_equal {} -- a shard is lost with its proxy
    raise(c, "worker-1", "EX::add", host(1))
    expect(held(c, "EX::known")):to_equal { ["proxy-2"] = { host(1) } }
    c:node("proxy-1"):restart()
    c:advance "15 s"
    raise(c, "worker-1", "EX::add", host(1))
    expect(held(c, "EX::known")):to_equal {
      ["proxy-1"] = { host(1) }, ["proxy-2"] = { host(1) },
    }
  end)

  it("falls back to the manager while no proxy is up", function()
    local c = cluster("sharded", { workers = 1, proxies = 2 })
    c:node("proxy-1"):kill()
    c:node("proxy-2"):kill()
    c:advance "15 s"
    raise(c, "worker-1", "EX::add", host(1))
    expect(held(c, "EX::known")):to_equal { manager = { host(1) } }
  end)

  it("uses the manager in a cluster without proxies, and warns of it at the start", function()
    local c = cluster("sharded", { workers = 1 })
    expect(table.concat(c:node("worker-1"):warnings(), "\n"))
      :to_contain [[pool "zeek/cluster/pool/proxy" has no node in this layout]]
    raise(c, "worker-1", "EX::add", host(1))
    expect(held(c, "EX::known")):to_equal { manager = { host(1) } }
  end)

  it("shares out keys that can't choose a node as they are", function()
    local c = sim.cluster { workers = 1, proxies = 2, lua = [[
      local EX = namespace "EX"
      local known = sync.sharded(EX:set("known", "addr, port"))
      EX:event("add", "h: addr, p: port"):on(function(h, p) known:add(tuple(h, p)) end)
    ]] }
    for i = 1, 40 do c:node("worker-1"):raise("EX::add", host(i), port "80/tcp") end
    c:run()
    local all = held(c, "EX::known")
    expect(#all["proxy-1"] + #all["proxy-2"]):to_be(40)
    expect(#all["proxy-1"]):to_be_greater_than(10)
    expect(#all["proxy-2"]):to_be_greater_than(10)
  end)

  it("keeps one copy whatever the order of messages", function()
    sim.explore { seeds = 3, run = function()
      local c = cluster("sharded", { workers = 3, proxies = 2 })
      for i = 1, 9 do c:node("worker-" .. i % 3 + 1):raise("EX::try", host(i % 2), i) end
      c:run()
      local sum = 0
      for _, shard in pairs(held(c, "EX::tries")) do
        for _, n in pairs(shard) do sum = sum + n end
      end
      expect(sum):to_be(45)
    end }
  end)
end)

describe("a node of no cluster", function()
  for _, pattern in ipairs { "to_manager", "sharded", "replicated" } do
    it("has an ordinary container with sync." .. pattern, function()
      local n = sim.node { lua = ([[
        local known = sync.%s(namespace "EX":set("known", "addr", { on_change = print }))
        local h = addr "10.0.0.1"
        print(known:add(h), known:has(h), known:remove(h), #known)
        known:add(h)
        known:clear()
      ]]):format(pattern) }
      expect(n:output())
        :to_be "new\t10.0.0.1\nremoved\t10.0.0.1\ntrue\ttrue\ttrue\t0\nnew\t10.0.0.1\n"
      expect(n:get "EX::known"):to_be_empty()
    end)
  end
end)

describe("sync refuses", function()
  local function loading(lua) return function() sim.cluster { lua = lua } end end

  it("what has no name", function()
    expect(loading [[ sync.sharded(set "addr") ]]):to_raise "expected a set or map with a name"
    expect(loading [[ sync.sharded(namespace "EX":vector("v", "addr")) ]])
      :to_raise "expected a set or map with a name"
  end)

  it("two patterns for one container", function()
    expect(loading [[ sync.sharded(sync.to_manager(namespace "EX":set("s", "addr"))) ]])
      :to_raise "sync.sharded: EX::s is kept by sync.to_manager already"
  end)

  it("to begin when the node runs", function()
    local c = sim.cluster { lua = [[
      local s = namespace "EX":set("s", "addr")
      on("node_init", function() sync.sharded(s) end)
    ]] }
    expect(c:node("manager"):errors()[1])
      :to_contain "EX::s is shared in the body of a file, before node_init"
    for _, n in ipairs(c:nodes()) do expect(n:errors()):to_have_length(1) end
  end)

  it("changes of all entries at once", function()
    local c = cluster("to_manager", {})
    local clear = [[ namespace "EX":set("known", "addr"):clear() ]]
    for _, name in ipairs { "worker-1", "manager" } do
      expect(function() c:node(name):eval(clear) end):to_raise "its changes go one by one"
    end
  end)

  it("sums of what can't be added", function()
    local c = sim.cluster { lua = [[ sync.sharded(namespace "EX":map("m", "addr", "string")) ]] }
    local incr = [[ namespace "EX":map("m", "addr", "string"):incr(addr "::1") ]]
    expect(function() c:node("worker-1"):eval(incr) end)
      :to_raise "nothing can be added to values of type string"
  end)
end)
