-- sync.replicated: a copy everywhere, and all are equal when nothing changes any more.

local function host(i) return addr("10.0.0." .. i) end

local POLICY = [[
  local EX = namespace "EX"
  local known = sync.replicated(EX:set("known", "addr", { create_expire = "1 day" }))
  local ports = sync.replicated(EX:map("ports", "addr", "count", { create_expire = "1 day" }))
  EX:event("add", "h: addr"):on(function(h) known:add(h) end)
  EX:event("remove", "h: addr"):on(function(h) known:remove(h) end)
  EX:event("set", "h: addr, n: count"):on(function(h, n) ports:set(h, n) end)
  EX:event("unset", "h: addr"):on(function(h) ports:remove(h) end)
]]

local function cluster(opts)
  opts = opts or {}
  opts.lua, opts.loggers = opts.lua or POLICY, 0
  opts.workers, opts.proxies = opts.workers or 2, opts.proxies or 2
  return sim.cluster(opts)
end

local function raise(c, on, ...)
  c:node(on):raise(...)
  c:run()
end

-- Every copy has these hosts, in whichever order they came there.
local function expect_everywhere(c, ...)
  for name, copy in pairs(c:get "EX::known") do
    expect({ name, unpack(copy) }):to_have_same_elements { name, ... }
  end
end

local function expect_ports(c, ports)
  for name, copy in pairs(c:get "EX::ports") do expect({ name, copy }):to_equal { name, ports } end
end

-- Nodes that are gone are noticed, and nodes that are back are linked again.
local function settle(c) c:advance "15 s" end

local function kill(c, ...)
  for _, name in ipairs { ... } do c:node(name):kill() end
  settle(c)
end

local function restart(c, ...)
  for _, name in ipairs { ... } do c:node(name):restart() end
  settle(c)
end

describe("a replicated container", function()
  it("has an entry at once where it was added, and then everywhere", function()
    local c = cluster()
    c:node("worker-1"):raise("EX::add", host(1))
    c:node("worker-1"):eval "" -- nothing has left the node yet
    c:advance "100 us"
    expect(c:node("worker-1"):get "EX::known"):to_equal { host(1) }
    expect(c:node("worker-2"):get "EX::known"):to_be_empty()
    c:run()
    expect_everywhere(c, host(1))
  end)

  it("takes changes on every role", function()
    local c = cluster()
    for i, name in ipairs { "worker-1", "worker-2", "proxy-1", "manager" } do
      raise(c, name, "EX::add", host(i))
    end
    raise(c, "worker-2", "EX::remove", host(1))
    expect_everywhere(c, host(2), host(3), host(4))
  end)

  it("is passed on to the workers by the proxies in turn", function()
    local c = cluster()
    for i = 1, 4 do raise(c, "worker-1", "EX::add", host(i)) end
    for _, name in ipairs { "proxy-1", "proxy-2" } do
      expect(c:node(name):published "EX::known::sync_add"):to_have_length(2)
    end
    expect(c:node("manager"):published "EX::known::sync_add"):to_be_empty()
  end)

  it("tells nobody of what is no change", function()
    local c = cluster()
    raise(c, "worker-1", "EX::add", host(1))
    raise(c, "worker-2", "EX::add", host(1))
    raise(c, "worker-2", "EX::remove", host(9))
    expect(c:node("worker-2"):published()):never_to_contain { event = "EX::known::sync_add" }
    expect(c:node("worker-2"):published()):never_to_contain { event = "EX::known::sync_remove" }
  end)

  it("forgets its entries everywhere at about the same time", function()
    local c = cluster()
    raise(c, "worker-1", "EX::add", host(1))
    c:advance "23 h"
    expect_everywhere(c, host(1))
    c:advance "61 min"
    expect_everywhere(c)
  end)

  it("keeps nothing of an entry that was changed meanwhile and has ended", function()
    local c = cluster()
    raise(c, "worker-1", "EX::set", host(1), 1)
    c:advance "20 h"
    raise(c, "worker-1", "EX::set", host(1), 2)
    expect_ports(c, { [host(1)] = 2 })
    c:advance "4 h"
    expect_ports(c, {})
    for _, stamps in pairs(c:get "EX::ports::sync_stamps") do expect(stamps):to_be_empty() end
  end)

  it("does not add up", function()
    local c = cluster()
    local incr = [[ namespace "EX":map("ports", "addr", "count"):incr(addr "::1") ]]
    expect(function() c:node("worker-1"):eval(incr) end):to_raise "sums can't be merged"
  end)

  it("can't have an expiry that depends on reads", function()
    expect(function()
      cluster { lua = [[ sync.replicated(namespace "E":set("s", "addr", { read_expire = 1 })) ]] }
    end):to_raise "it has read_expire or write_expire"
  end)
end)

describe("of two changes of one key", function()
  it("the later one stands", function()
    local c = cluster()
    raise(c, "worker-1", "EX::set", host(1), 1)
    raise(c, "worker-2", "EX::set", host(1), 2)
    expect_ports(c, { [host(1)] = 2 })
    raise(c, "worker-1", "EX::unset", host(1))
    expect_ports(c, {})
  end)

  it("made at one moment, the one of the node with the greater name stands", function()
    for _, order in ipairs { { "worker-1", "worker-2" }, { "worker-2", "worker-1" } } do
      local c = cluster()
      for _, name in ipairs(order) do
        c:node(name):raise("EX::set", host(1), tonumber(name:match "%d"))
      end
      c:run()
      expect_ports(c, { [host(1)] = 2 })
    end
  end)

  it("a removal stands against what its writer has seen, though its clock is behind", function()
    local c = cluster()
    c:node("worker-2"):skew "-1 h"
    raise(c, "worker-1", "EX::add", host(1))
    raise(c, "worker-2", "EX::remove", host(1))
    expect_everywhere(c)
  end)

  it("an addition of what is there stands against a removal that did not know of it", function()
    local c = cluster()
    raise(c, "worker-1", "EX::add", host(1))
    c:node("worker-2"):skew "-1 h"
    c:advance "1 s"
    raise(c, "worker-1", "EX::add", host(1)) -- told to nobody
    raise(c, "worker-2", "EX::remove", host(1))
    expect_everywhere(c, host(1))
    raise(c, "worker-2", "EX::remove", host(1)) -- now it knows
    expect_everywhere(c)
  end)

  it("who insists on an entry does so once", function()
    local c = cluster { workers = 3 }
    raise(c, "worker-1", "EX::add", host(1))
    local two, three = c:node "worker-2", c:node "worker-3"
    two:skew "-1 h"
    three:skew "-1 h"
    c:advance "1 s"
    raise(c, "worker-1", "EX::add", host(1))
    two:raise("EX::remove", host(1))
    three:raise("EX::remove", host(1))
    c:run()
    expect_everywhere(c, host(1))
    local told = c:node("worker-1"):published "EX::known::sync_add"
    expect(told):to_have_length(4) -- the addition, and once more, to the proxies and the manager
  end)

  it("one from a clock that is days ahead does not count", function()
    local c = cluster()
    c:node("worker-2"):skew "48 h"
    raise(c, "worker-2", "EX::add", host(1))
    expect(c:node("manager"):get "EX::known"):to_be_empty()
    expect(c:node("worker-1"):get "EX::known"):to_be_empty()
  end)
end)

describe("a late joiner", function()
  it("gets all that there is, and nothing that was removed", function()
    local c = cluster()
    for i = 1, 3 do raise(c, "worker-1", "EX::add", host(i)) end
    raise(c, "worker-1", "EX::remove", host(2))
    kill(c, "worker-2")
    raise(c, "worker-1", "EX::add", host(4))
    raise(c, "worker-1", "EX::remove", host(3))
    restart(c, "worker-2")
    expect_everywhere(c, host(1), host(4))
  end)

  it("gets a large container in parts", function()
    local c = cluster { workers = 2, proxies = 1 }
    c:node("worker-1"):eval [[
      local known = namespace "EX":set("known", "addr")
      for i = 1, 600 do known:add(addr(("10.1.%d.%d"):format(i / 250, i % 250))) end
    ]]
    kill(c, "worker-2")
    restart(c, "worker-2")
    expect(c:node("worker-2"):get "EX::known"):to_have_length(600)
    for _, part in ipairs(c:node("proxy-1"):published "EX::known::sync_part") do
      expect(#part.args[4]):to_be_at_most(256) -- keys
    end
  end)

  it("keeps nothing longer than those whom it has it from", function()
    local c = cluster()
    raise(c, "worker-1", "EX::add", host(1))
    c:advance "20 h"
    kill(c, "worker-2")
    restart(c, "worker-2")
    expect_everywhere(c, host(1))
    c:advance "4 h"
    expect_everywhere(c)
  end)
end)

describe("when nodes fail", function()
  it("the manager is not needed while there are proxies", function()
    local c = cluster()
    kill(c, "manager")
    raise(c, "worker-1", "EX::add", host(1))
    expect_everywhere(c, host(1))
    restart(c, "manager")
    expect_everywhere(c, host(1))
  end)

  it("the manager passes on what proxies can't", function()
    local c = cluster()
    kill(c, "proxy-1", "proxy-2")
    raise(c, "worker-1", "EX::add", host(1))
    expect_everywhere(c, host(1))
    restart(c, "proxy-1", "proxy-2")
    expect_everywhere(c, host(1))
  end)

  it("nothing is lost with a proxy that was to pass it on", function()
    local c = cluster()
    for i = 1, 4 do c:node("worker-1"):raise("EX::add", host(i)) end
    c:advance "500 us" -- it is on the way, which takes 1 ms
    kill(c, "proxy-1")
    expect_everywhere(c, host(1), host(2), host(3), host(4))
  end)

  it("nothing is lost with a worker that could reach one proxy only", function()
    local c = cluster { workers = 3 }
    c:partition("worker-1", { "manager", "proxy-2" })
    raise(c, "worker-1", "EX::add", host(1))
    raise(c, "worker-1", "EX::add", host(2)) -- proxy-2 is to pass on one of the two
    kill(c, "worker-1")
    expect_everywhere(c, host(1), host(2))
  end)

  it("nothing is lost with a worker that could reach the manager only", function()
    local c = cluster { workers = 3 }
    c:partition("worker-1", { "proxy-1", "proxy-2" })
    raise(c, "worker-1", "EX::add", host(1))
    kill(c, "worker-1")
    expect_everywhere(c, host(1))
  end)

  it("one worker is enough to bring everything back", function()
    local c = cluster()
    raise(c, "worker-1", "EX::add", host(1))
    kill(c, "worker-2", "proxy-1", "proxy-2", "manager")
    restart(c, "worker-2", "proxy-1", "proxy-2", "manager")
    expect_everywhere(c, host(1))
  end)

  it("a frozen worker catches up", function()
    local c = cluster()
    c:node("worker-2"):freeze()
    settle(c)
    raise(c, "worker-1", "EX::add", host(1))
    c:node("worker-2"):thaw()
    settle(c)
    expect_everywhere(c, host(1))
  end)

  it("both sides of a partition go on, and are equal when it is over", function()
    local c = cluster()
    for i = 1, 2 do raise(c, "worker-1", "EX::add", host(i)) end
    c:partition { "worker-1", "proxy-1" }
    settle(c)
    raise(c, "worker-1", "EX::remove", host(1))
    raise(c, "worker-1", "EX::add", host(3))
    raise(c, "worker-2", "EX::remove", host(2))
    raise(c, "worker-2", "EX::add", host(4))
    expect(c:node("proxy-1"):get "EX::known"):to_have_same_elements { host(2), host(3) }
    expect(c:node("manager"):get "EX::known"):to_have_same_elements { host(1), host(4) }
    c:heal()
    settle(c)
    expect_everywhere(c, host(3), host(4))
  end)

  it("an addition after the other side's removal stands", function()
    local c = cluster()
    raise(c, "worker-1", "EX::add", host(1))
    c:partition { "worker-1", "proxy-1" }
    settle(c)
    raise(c, "worker-2", "EX::remove", host(1))
    c:advance "1 s"
    raise(c, "worker-1", "EX::add", host(1))
    c:heal()
    settle(c)
    expect_everywhere(c, host(1))
  end)
end)

describe("whatever the order of messages", { tags = "explore" }, function()
  it("all copies end up equal", function()
    sim.explore { seeds = 6, run = function()
      local c = cluster { proxies = 2, workers = 2 }
      for i = 1, 12 do
        local name = ({ "worker-1", "worker-2", "manager" })[math.random(3)]
        c:node(name):raise(i % 3 == 0 and "EX::remove" or "EX::add", host(math.random(3)))
        c:node(name):raise("EX::set", host(math.random(3)), i)
        c:advance(math.random(20) / 1000)
      end
      c:run()
      expect_everywhere(c, unpack(c:node("manager"):get "EX::known"))
      expect_ports(c, c:node("manager"):get "EX::ports")
    end }
  end)

  it("they do after a crash in the midst of it", function()
    sim.explore { seeds = 4, run = function()
      local c = cluster()
      for i = 1, 6 do c:node("worker-1"):raise("EX::add", host(i)) end
      c:advance(math.random(40) / 1000)
      kill(c, ({ "proxy-1", "proxy-2", "manager" })[math.random(3)])
      expect_everywhere(c, host(1), host(2), host(3), host(4), host(5), host(6))
    end }
  end)
end)
