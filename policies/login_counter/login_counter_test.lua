-- What a node knows of how often ann has logged in from 10.0.0.1.
local function count(n)
  return n:eval [[return store.find("logins"):get(tuple("ann", addr "10.0.0.1"))]]
end

-- The first logins that nodes have told of.
local function firsts(...)
  local all = {}
  for _, n in ipairs { ... } do
    for who in n:output():gmatch "login_counter: (.-) for the first time" do all[#all + 1] = who end
  end
  return all
end

local function login(n, user, host, times)
  for _ = 1, times or 1 do n:raise("LoginCounter::login", user, addr(host)) end
end

describe("login_counter on its own", function()
  local n
  before_each(function() n = sim.node { "policies/login_counter" } end)

  it("counts the logins of each user from each host, and tells of the first", function()
    login(n, "ann", "10.0.0.1", 3)
    login(n, "ann", "10.0.0.2")
    login(n, "bob", "10.0.0.1")
    n:run()
    expect(count(n)):to_be(3)
    expect(firsts(n)):to_equal { "ann from 10.0.0.1", "ann from 10.0.0.2", "bob from 10.0.0.1" }
  end)

  it("forgets a login 30 days after the last one", function()
    login(n, "ann", "10.0.0.1")
    n:advance "31 days"
    expect(count(n)):to_be_nil()
    for _ = 1, 2 do
      login(n, "ann", "10.0.0.1")
      n:advance "29 days"
    end
    expect(count(n)):to_be(2)
    n:advance "25 h"
    expect(count(n)):to_be_nil()
  end)

  it("goes on counting after a crash", function()
    login(n, "ann", "10.0.0.1", 2)
    n:advance "1 s"
    n:kill()
    n:restart()
    login(n, "ann", "10.0.0.1")
    n:run()
    expect(count(n)):to_be(3)
    expect(firsts(n)):to_have_length(1)
  end)

  it("reads the lines of a Zeek log that have a user and a host", function()
    n = sim.node { "policies/login_counter", zeek_log = "./testdata/logins.log" }
    n:run()
    expect(firsts(n)):to_equal { "ann from 10.0.0.1", "bob from 10.0.0.2" }
    expect(count(n)):to_be(2)
  end)
end)

describe("login_counter in a cluster", function()
  local c, one, two
  before_each(function()
    c = sim.cluster { "policies/login_counter", workers = 2, loggers = 0 }
    one, two = c:node "worker-1", c:node "worker-2"
  end)

  it("adds up what all workers see, and every node knows it", function()
    login(one, "ann", "10.0.0.1", 20)
    login(two, "ann", "10.0.0.1", 22)
    c:run()
    for _, n in ipairs(c:nodes()) do expect(count(n)):to_be(42) end
  end)

  it("has one first login of those at the same time", function()
    sim.explore { seeds = 5, run = function()
      local cluster = sim.cluster { "policies/login_counter", workers = 3, loggers = 0 }
      for _, n in ipairs(cluster:nodes "worker") do login(n, "ann", "10.0.0.1", 2) end
      cluster:run()
      expect(firsts(unpack(cluster:nodes()))):to_equal { "ann from 10.0.0.1" }
      expect(count(cluster:node "manager")):to_be(6)
    end }
  end)

  it("knows all logins when every node was killed", function()
    login(one, "ann", "10.0.0.1")
    c:run()
    for _, n in ipairs(c:nodes()) do n:kill() end
    c:advance "1 s"
    for _, n in ipairs(c:nodes()) do n:restart() end
    c:advance "15 s"
    login(two, "ann", "10.0.0.1")
    c:run()
    expect(count(one)):to_be(2)
    expect(firsts(one, two)):to_have_length(1)
  end)

  it("counts when the manager is back what was seen without it", function()
    login(one, "ann", "10.0.0.1")
    c:run()
    c:node("manager"):kill()
    c:advance "15 s"
    login(two, "ann", "10.0.0.1", 3)
    c:advance "20 s"
    expect(count(two)):to_be(1)
    c:node("manager"):restart()
    c:advance "15 s"
    expect(count(one)):to_be(4)
  end)

  it("reports a login that it could not count within a minute", function()
    c:partition({ "manager" })
    c:advance "15 s"
    login(one, "ann", "10.0.0.1")
    c:advance "61 s"
    expect(one:warnings()[1]):to_match "login_counter: ann from 10%.0%.0%.1: "
    expect(firsts(one)):to_be_empty()
  end)
end)
