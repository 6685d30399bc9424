-- A node sees a connection that a server has accepted, by default the one whose clients count.
local function sees(node, client, server)
  node:raise("connection_established", sim.connection {
    orig = client, resp = (server or "93.184.216.34") .. ":443/tcp",
  })
  node:run()
end

describe("known_clients", function()
  describe("on one node", function()
    local n

    before_each(function() n = sim.node { "." } end)

    it("has each client once", function()
      sees(n, "10.0.0.1")
      sees(n, "2001:db8::1")
      sees(n, "10.0.0.1")
      expect(n:get "EX::known_clients"):to_equal { addr "10.0.0.1", addr "2001:db8::1" }
    end)

    it("tells itself of each connection, and nobody else", function()
      sees(n, "10.0.0.1")
      sees(n, "10.0.0.1")
      expect(n:handled "EX::add_client"):to_equal(2)
      expect(n:published "EX::add_client"):to_be_empty()
    end)

    it("has no clients of other servers", function()
      sees(n, "10.0.0.1", "93.184.216.35")
      sees(n, "93.184.216.34", "10.0.0.1")
      expect(n:get "EX::known_clients"):to_be_empty()
    end)

    it("forgets a client a day after it was first seen", function()
      sees(n, "10.0.0.1")
      n:advance "23 hours"
      sees(n, "10.0.0.1") -- which is no reason to keep it
      sees(n, "10.0.0.2")
      n:advance "59 min"
      expect(n:get "EX::known_clients"):to_equal { addr "10.0.0.1", addr "10.0.0.2" }
      n:advance "2 min"
      expect(n:get "EX::known_clients"):to_equal { addr "10.0.0.2" }
    end)

    it("looks for another server as soon as the option says so", function()
      sees(n, "10.0.0.1")
      n:set_option("EX::server", addr "10.9.9.9")
      n:run()
      sees(n, "10.0.0.2")
      sees(n, "10.0.0.3", "10.9.9.9")
      expect(n:get "EX::known_clients"):to_equal { addr "10.0.0.1", addr "10.0.0.3" }
    end)

    it("knows nobody after a restart", function()
      sees(n, "10.0.0.1")
      n:kill()
      n:restart()
      expect(n:get "EX::known_clients"):to_be_empty()
      sees(n, "10.0.0.2")
      expect(n:get "EX::known_clients"):to_equal { addr "10.0.0.2" }
    end)

    it("finds the clients in a capture, without those who were refused", function()
      local replays = sim.node {
        ".", pcap = "../testdata/small.pcap", options = { ["EX::server"] = addr "10.1.0.10" },
      }
      replays:run()
      expect(replays:get "EX::known_clients"):to_equal {
        addr "10.0.0.1", addr "10.0.0.2", addr "10.0.0.3", addr "10.0.0.4",
      }
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

    it("has each client once, on the manager, whichever workers see it", function()
      sees(worker, "10.0.0.1")
      sees(c:node "worker-2", "10.0.0.1")
      sees(c:node "worker-2", "10.0.0.2")
      expect(c:holders "EX::known_clients"):to_equal {
        manager = { addr "10.0.0.1", addr "10.0.0.2" },
      }
    end)

    it("has no clients of other servers", function()
      sees(worker, "10.0.0.1", "10.9.9.9")
      expect(worker:published "EX::add_client"):to_be_empty()
      expect(c:holders "EX::known_clients"):to_be_empty()
    end)

    it("looks for another server on all workers as soon as one node says so", function()
      manager:set_option("EX::server", addr "10.9.9.9")
      c:run()
      sees(worker, "10.0.0.1", "10.9.9.9")
      sees(c:node "worker-2", "10.0.0.2", "10.9.9.9")
      sees(worker, "10.0.0.3")
      expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.1", addr "10.0.0.2" }
    end)

    it("forgets a client a day after it was first seen", function()
      sees(worker, "10.0.0.1")
      c:advance "23 hours"
      sees(c:node "worker-2", "10.0.0.1")
      expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
      c:advance "61 min"
      expect(c:holders "EX::known_clients"):to_be_empty()
    end)

    it("keeps what a worker has seen that is dead", function()
      sees(worker, "10.0.0.1")
      worker:kill()
      c:advance "15 s"
      expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
    end)

    it("learns late what a manager misses for a moment", function()
      c:partition { "manager" }
      sees(worker, "10.0.0.1")
      expect(manager:get "EX::known_clients"):to_be_empty()
      c:heal()
      c:run()
      expect(manager:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
    end)

    it("knows nobody after a restart of the manager", function()
      sees(worker, "10.0.0.1")
      manager:kill()
      c:advance "15 s"
      sees(worker, "10.0.0.2") -- reaches nobody
      manager:restart()
      c:advance "5 s"
      expect(c:holders "EX::known_clients"):to_be_empty()
      sees(worker, "10.0.0.3")
      expect(c:holders "EX::known_clients"):to_equal { manager = { addr "10.0.0.3" } }
    end)
  end)
end)
