-- A node sees a connection that a server has accepted, by default the one whose clients count.
local function sees(node, client, server)
  node:raise("connection_established", sim.connection {
    orig = client, resp = (server or "93.184.216.34") .. ":443/tcp",
  })
  node:run()
end

describe("known_clients_standalone", function()
  describe("on a node of its own", function()
    local n

    before_each(function() n = sim.node { "." } end)

    it("has each client of the server", function()
      sees(n, "10.0.0.1")
      sees(n, "10.0.0.2")
      sees(n, "10.0.0.3", "10.9.9.9")
      expect(n:get "EX::known_clients"):to_equal { addr "10.0.0.1", addr "10.0.0.2" }
    end)

    it("publishes nothing", function()
      sees(n, "10.0.0.1")
      expect(n:published "EX::add_client"):to_be_empty()
    end)

    it("forgets a client after a day", function()
      sees(n, "10.0.0.1")
      n:advance "23 hours"
      sees(n, "10.0.0.1")
      expect(n:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
      n:advance "61 min"
      expect(n:get "EX::known_clients"):to_be_empty()
    end)

    it("is on its own also when it has peers", function()
      local net = sim.network {}
      local a = net:add { ".", name = "a", listen = true }
      local b = net:add { ".", name = "b", peer = "a" }
      net:advance "1 s"
      expect(b:peers()):to_equal { "a" }
      sees(b, "10.0.0.1")
      expect(net:holders "EX::known_clients"):to_equal { b = { addr "10.0.0.1" } }
      expect(a:handled "EX::add_client"):to_equal(0)
    end)
  end)

  describe("in a cluster", function()
    local c, manager, worker

    before_each(function()
      c = sim.cluster { ".", workers = 2, proxies = 1 }
      manager, worker = c:node "manager", c:node "worker-1"
    end)

    after_each(function()
      for _, n in ipairs(c:nodes()) do expect(n:warnings()):to_be_empty() end
    end)

    it("has the clients on the manager, and nowhere else", function()
      sees(worker, "10.0.0.1")
      sees(c:node "worker-2", "10.0.0.1")
      sees(c:node "worker-2", "10.0.0.2")
      sees(c:node "worker-2", "10.0.0.3", "10.9.9.9")
      expect(c:holders "EX::known_clients"):to_equal {
        manager = { addr "10.0.0.1", addr "10.0.0.2" },
      }
    end)

    it("forgets a client a day after it was first seen", function()
      sees(worker, "10.0.0.1")
      c:advance "23 hours"
      sees(c:node "worker-2", "10.0.0.1")
      expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
      c:advance "61 min"
      expect(c:holders "EX::known_clients"):to_be_empty()
    end)

    it("does not fall back to the worker while the manager is away", function()
      manager:kill()
      c:advance "15 s"
      sees(worker, "10.0.0.1")
      expect(c:holders "EX::known_clients"):to_be_empty()
    end)

    it("begins anew with the manager", function()
      sees(worker, "10.0.0.1")
      manager:restart()
      c:advance "5 s"
      sees(worker, "10.0.0.2")
      expect(c:holders "EX::known_clients"):to_equal { manager = { addr "10.0.0.2" } }
    end)

    it("keeps what a worker has seen that is dead", function()
      sees(worker, "10.0.0.1")
      worker:kill()
      c:advance "15 s"
      expect(c:holders "EX::known_clients"):to_equal { manager = { addr "10.0.0.1" } }
    end)
  end)
end)
