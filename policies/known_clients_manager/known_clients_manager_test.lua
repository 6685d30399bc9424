-- A worker sees a connection that a server has accepted, by default the one whose clients count.
local function sees(worker, client, server)
  worker:raise("connection_established", sim.connection {
    orig = client, resp = (server or "93.184.216.34") .. ":443/tcp",
  })
  worker:run()
end

describe("known_clients_manager", function()
  local c, manager, worker

  before_each(function()
    c = sim.cluster { ".", workers = 2, proxies = 1 }
    manager, worker = c:node "manager", c:node "worker-1"
  end)

  after_each(function()
    for _, n in ipairs(c:nodes()) do expect(n:warnings()):to_be_empty() end
  end)

  it("has the clients that all workers see on the manager, and nowhere else", function()
    sees(worker, "10.0.0.1")
    sees(c:node "worker-2", "10.0.0.2")
    sees(worker, "10.9.9.9", "10.0.0.1")
    expect(c:holders "EX::known_clients"):to_equal {
      manager = { addr "10.0.0.1", addr "10.0.0.2" },
    }
  end)

  it("has a client once that is seen often, though each sight is a message", function()
    sees(worker, "10.0.0.1")
    sees(worker, "10.0.0.1")
    sees(c:node "worker-2", "10.0.0.1")
    expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
    expect(manager:handled "EX::add_client"):to_equal(3)
  end)

  it("publishes to the manager's topic", function()
    sees(worker, "10.0.0.1")
    expect(worker:published "EX::add_client"):to_equal {
      { topic = "zeek/cluster/manager", event = "EX::add_client", args = { addr "10.0.0.1" } },
    }
  end)

  it("forgets a client a day after it was first seen", function()
    sees(worker, "10.0.0.1")
    c:advance "23 hours"
    sees(c:node "worker-2", "10.0.0.1")
    expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
    c:advance "61 min"
    expect(manager:get "EX::known_clients"):to_be_empty()
  end)

  it("does nothing on a node of its own", function()
    local n = sim.node { "." }
    sees(n, "10.0.0.1")
    expect(n:get "EX::known_clients"):to_be_empty()
    expect(n:published "EX::add_client"):to_have_length(1)
  end)

  describe("when a node fails", function()
    it("keeps what a worker has seen that is dead", function()
      sees(worker, "10.0.0.1")
      worker:kill()
      c:advance "15 s"
      expect(c:holders "EX::known_clients"):to_equal { manager = { addr "10.0.0.1" } }
    end)

    it("hears of what a worker sees after its restart", function()
      worker:kill()
      c:advance "15 s"
      worker:restart()
      c:advance "5 s"
      sees(worker, "10.0.0.1")
      expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
    end)

    it("loses the set with the manager, and what is seen until it is back", function()
      sees(worker, "10.0.0.1")
      manager:kill()
      c:advance "15 s"
      sees(worker, "10.0.0.2")
      manager:restart()
      c:advance "5 s"
      sees(c:node "worker-2", "10.0.0.3")
      expect(c:holders "EX::known_clients"):to_equal { manager = { addr "10.0.0.3" } }
    end)

    it("does not need proxies", function()
      c:node("proxy-1"):kill()
      c:advance "15 s"
      sees(worker, "10.0.0.1")
      expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
    end)

    it("has everything late after a cut of a moment", function()
      c:partition({ "worker-1" }, { "manager" })
      sees(worker, "10.0.0.1")
      sees(c:node "worker-2", "10.0.0.2")
      expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.2" }
      c:heal()
      c:run()
      expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.2", addr "10.0.0.1" }
    end)

    it("loses what is seen in a cut that is long", function()
      c:partition({ "worker-1" }, { "manager" })
      c:advance "15 s" -- the worker has noticed
      sees(worker, "10.0.0.1")
      c:heal()
      c:advance "15 s"
      expect(manager:get "EX::known_clients"):to_be_empty()
      sees(worker, "10.0.0.1")
      expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
    end)

    it("has everything late when the manager stood still for a moment", function()
      manager:freeze()
      sees(worker, "10.0.0.1")
      sees(c:node "worker-2", "10.0.0.2")
      c:advance "2 s"
      manager:thaw()
      c:run()
      expect(manager:get "EX::known_clients")
        :to_have_same_elements { addr "10.0.0.1", addr "10.0.0.2" }
    end)

    it("has everything late on a bad line", function()
      c:link("worker-1", "manager", { delay = "50 ms", jitter = "50 ms", loss = 0.5 })
      for i = 1, 20 do sees(worker, "10.0.0." .. i) end
      c:advance "5 s"
      expect(manager:get "EX::known_clients"):to_have_length(20)
    end)
  end)
end)
