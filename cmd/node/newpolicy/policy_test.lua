-- A node sees a connection that somebody has opened.
local function sees(node, client)
  node:raise("connection_established", sim.connection {
    orig = client .. ":40000/tcp", resp = "10.9.9.9:443/tcp",
  })
end

describe("new_policy", function()
  describe("on one node", function()
    local n

    before_each(function()
      n = sim.node { ".", options = { ["NewPolicy::limit"] = 3 } }
    end)

    it("counts the connections of each address", function()
      sees(n, "10.0.0.1")
      sees(n, "10.0.0.1")
      sees(n, "10.0.0.2")
      n:run()
      expect(n:get "NewPolicy::seen"):to_equal { [addr "10.0.0.1"] = 2, [addr "10.0.0.2"] = 1 }
    end)

    it("tells of an address when it reaches the limit", function()
      for _ = 1, 2 do sees(n, "10.0.0.1") end
      n:run()
      expect(n:output()):to_be ""
      for _ = 1, 5 do sees(n, "10.0.0.1") end
      n:run()
      expect(n:output()):to_match "^%S+ new_policy: 10%.0%.0%.1 has opened 3 connections\n$"
    end)

    it("forgets an address an hour after its first connection", function()
      sees(n, "10.0.0.1")
      n:run()
      n:advance "61 min"
      expect(n:get "NewPolicy::seen"):to_be_empty()
    end)
  end)

  describe("in a cluster", function()
    it("counts an address in one place, whichever workers see it", function()
      local c = sim.cluster { ".", workers = 2, proxies = 1 }
      sees(c:node "worker-1", "10.0.0.1")
      sees(c:node "worker-2", "10.0.0.1")
      c:run()
      expect(c:node("proxy-1"):get "NewPolicy::seen"):to_equal { [addr "10.0.0.1"] = 2 }
      expect(c:node("worker-1"):get "NewPolicy::seen"):to_be_empty()
    end)
  end)
end)
