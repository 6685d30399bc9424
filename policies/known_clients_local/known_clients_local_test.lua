-- A node sees a connection that a server has accepted, by default the one whose clients count.
local function sees(node, client, server)
  node:raise("connection_established", sim.connection {
    orig = client, resp = (server or "93.184.216.34") .. ":443/tcp",
  })
  node:run()
end

describe("known_clients_local", function()
  describe("on one node", function()
    local n

    before_each(function() n = sim.node { "." } end)

    it("has each client of the server once", function()
      sees(n, "10.0.0.1")
      sees(n, "10.0.0.2")
      sees(n, "10.0.0.1")
      sees(n, "10.0.0.3", "10.9.9.9")
      expect(n:get "EX::known_clients"):to_equal { addr "10.0.0.1", addr "10.0.0.2" }
    end)

    it("forgets a client after a day", function()
      sees(n, "10.0.0.1")
      n:advance "23 hours"
      sees(n, "10.0.0.1")
      expect(n:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
      n:advance "61 min"
      expect(n:get "EX::known_clients"):to_be_empty()
    end)
  end)

  describe("in a cluster", function()
    local c

    before_each(function() c = sim.cluster { ".", workers = 4, proxies = 2 } end)

    after_each(function()
      for _, n in ipairs(c:nodes()) do expect(n:warnings()):to_be_empty() end
    end)

    it("leaves a client on the worker that has seen it", function()
      sees(c:node "worker-2", "10.0.0.1")
      expect(c:get "EX::known_clients"):to_equal {
        logger = {}, manager = {},
        ["proxy-1"] = {}, ["proxy-2"] = {},
        ["worker-1"] = {}, ["worker-2"] = { addr "10.0.0.1" }, ["worker-3"] = {}, ["worker-4"] = {},
      }
    end)

    it("has a client as often as workers see it, and tells nobody", function()
      sees(c:node "worker-1", "10.0.0.1")
      sees(c:node "worker-3", "10.0.0.1")
      expect(c:holders "EX::known_clients"):to_equal {
        ["worker-1"] = { addr "10.0.0.1" }, ["worker-3"] = { addr "10.0.0.1" },
      }
      expect(c:node("worker-1"):published "EX::add_client"):to_be_empty()
    end)

    it("loses with a worker what that has seen", function()
      sees(c:node "worker-1", "10.0.0.1")
      sees(c:node "worker-2", "10.0.0.2")
      c:node("worker-1"):kill()
      c:node("worker-1"):restart()
      c:advance "5 s"
      expect(c:holders "EX::known_clients"):to_equal { ["worker-2"] = { addr "10.0.0.2" } }
    end)

    it("needs nobody: a worker that is cut off goes on", function()
      c:partition { "worker-1" }
      c:advance "15 s"
      sees(c:node "worker-1", "10.0.0.1")
      expect(c:holders "EX::known_clients"):to_equal { ["worker-1"] = { addr "10.0.0.1" } }
    end)
  end)
end)
