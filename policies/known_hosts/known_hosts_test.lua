-- A node sees a connection that was accepted.
local function sees(node, orig, resp)
  node:raise("connection_established", sim.connection { orig = orig, resp = resp })
  node:run()
end

-- The hosts that nodes have told of, in order, with the node's name in a cluster.
local function told(nodes)
  local hosts = {}
  for _, n in ipairs(nodes) do
    for host in n:output():gmatch "known_hosts: (%S+) is new\n" do
      hosts[#hosts + 1] = #nodes > 1 and n:name() .. " " .. host or host
    end
  end
  return hosts
end

describe("known_hosts", function()
  describe("on one node", function()
    local n

    before_each(function() n = sim.node { ".", start_time = time.unix(1700000000) } end)

    it("tells of a host once, with the time", function()
      n:advance "5 s"
      sees(n, "10.0.0.1", "192.0.2.1")
      n:advance "5 s"
      sees(n, "10.0.0.1", "192.0.2.2")
      expect(n:output()):to_equal "2023-11-14T22:13:25.000000Z known_hosts: 10.0.0.1 is new\n"
    end)

    it("tells of both ends, and of private networks only", function()
      sees(n, "10.0.0.1", "192.168.9.9")
      sees(n, "192.0.2.1", "172.16.0.1")
      sees(n, "192.0.2.1", "172.32.0.1")
      sees(n, "fd00::1", "2001:db8::1")
      expect(told { n }):to_equal { "10.0.0.1", "192.168.9.9", "172.16.0.1", "fd00::1" }
    end)

    it("tells of the hosts of other networks when the option says so", function()
      n:set_option("KnownHosts::networks", { subnet "192.0.2.0/24" })
      n:run()
      sees(n, "10.0.0.1", "192.0.2.1")
      expect(told { n }):to_equal { "192.0.2.1" }
    end)

    it("has nothing to tell without networks", function()
      n:set_option("KnownHosts::networks", {})
      n:run()
      sees(n, "10.0.0.1", "192.168.9.9")
      expect(told { n }):to_be_empty()
    end)

    it("tells of a host again after a day, however often it was seen", function()
      sees(n, "10.0.0.1", "192.0.2.1")
      n:advance "23 hours"
      sees(n, "10.0.0.1", "192.0.2.1")
      expect(told { n }):to_equal { "10.0.0.1" }
      n:advance "61 min"
      expect(n:get "KnownHosts::hosts"):to_be_empty()
      sees(n, "10.0.0.1", "192.0.2.1")
      expect(told { n }):to_equal { "10.0.0.1", "10.0.0.1" }
    end)

    it("raises an event for handlers of others", function()
      local other = sim.node { ".", lua = [[
        on("KnownHosts::found", function(ts, host) print(ts == event.time(), host) end)
      ]] }
      sees(other, "10.0.0.1", "192.0.2.1")
      expect(other:output()):to_contain "true\t10.0.0.1\n"
    end)
  end)

  describe("in a cluster", function()
    local c, worker_1, worker_2

    before_each(function()
      c = sim.cluster { ".", workers = 2, proxies = 2 }
      worker_1, worker_2 = c:node "worker-1", c:node "worker-2"
    end)

    after_each(function()
      for _, n in ipairs(c:nodes()) do expect(n:warnings()):to_be_empty() end
    end)

    -- Both workers see a connection of a host of the local networks.
    local function seen(host)
      sees(worker_1, host, "192.0.2.1")
      sees(worker_2, host, "192.0.2.1")
    end

    it("has each host told of by the proxy that it belongs to", function()
      seen "10.0.0.1"
      seen "10.0.0.3"
      expect(told(c:nodes())):to_equal { "proxy-1 10.0.0.1", "proxy-2 10.0.0.3" }
      expect(c:holders "KnownHosts::hosts"):to_equal {
        ["proxy-1"] = { addr "10.0.0.1" }, ["proxy-2"] = { addr "10.0.0.3" },
      }
    end)

    it("has each worker send a host once a day", function()
      for _ = 1, 3 do seen "10.0.0.1" end
      expect(c:node("proxy-1"):handled "KnownHosts::seen"):to_equal(2)
      c:advance "23 hours"
      seen "10.0.0.1"
      expect(c:node("proxy-1"):handled "KnownHosts::seen"):to_equal(2)
      c:advance "61 min"
      seen "10.0.0.1"
      expect(told(c:nodes())):to_equal { "proxy-1 10.0.0.1", "proxy-1 10.0.0.1" }
    end)

    it("tells of a host again after a day, also if another worker has seen it meanwhile", function()
      sees(worker_1, "10.0.0.1", "192.0.2.1")
      c:advance "23 hours"
      sees(worker_2, "10.0.0.1", "192.0.2.1")
      expect(told(c:nodes())):to_have_length(1)
      c:advance "61 min"
      sees(worker_1, "10.0.0.1", "192.0.2.1")
      expect(told(c:nodes())):to_have_length(2)
    end)

    it("gives the time of the worker, however long the message takes", function()
      c:link("worker-1", "proxy-1", { delay = "2 s" })
      local sent = c:now()
      sees(worker_1, "10.0.0.1", "192.0.2.1")
      expect(c:now() > sent):to_be_true()
      expect(c:node("proxy-1"):output()):to_contain(sent:iso())
    end)

    it("has the manager tell where there is no proxy", function()
      local bare = sim.cluster { ".", workers = 1 }
      sees(bare:node "worker-1", "10.0.0.1", "192.0.2.1")
      expect(told(bare:nodes())):to_equal { "manager 10.0.0.1" }
    end)

    describe("when a node fails", function()
      it("has the other proxy tell again of the hosts of one that is gone", function()
        seen "10.0.0.1"
        seen "10.0.0.3"
        c:node("proxy-1"):kill()
        c:advance "15 s"
        seen "10.0.0.1"
        seen "10.0.0.3"
        expect(told(c:nodes())):to_equal {
          "proxy-1 10.0.0.1", "proxy-2 10.0.0.3", "proxy-2 10.0.0.1",
        }
      end)

      it("has the manager tell when the last proxy is gone", function()
        c:node("proxy-1"):kill()
        c:node("proxy-2"):kill()
        c:advance "15 s"
        seen "10.0.0.1"
        expect(c:holders "KnownHosts::hosts"):to_equal { manager = { addr "10.0.0.1" } }
      end)

      it("gives a proxy its hosts again when it is back", function()
        c:node("proxy-1"):kill()
        c:advance "15 s"
        seen "10.0.0.1"
        c:node("proxy-1"):restart()
        c:advance "5 s"
        seen "10.0.0.1"
        expect(told(c:nodes())):to_equal { "proxy-1 10.0.0.1", "proxy-2 10.0.0.1" }
      end)

      it("sends again what has reached nobody", function()
        for _, name in ipairs { "proxy-1", "proxy-2", "manager" } do c:node(name):kill() end
        c:advance "15 s"
        sees(worker_1, "10.0.0.1", "192.0.2.1")
        expect(c:holders "KnownHosts::hosts"):to_be_empty()
        expect(worker_1:errors()[1]):to_contain "no node of the pool is up"
        c:node("manager"):restart()
        c:advance "5 s"
        sees(worker_1, "10.0.0.1", "192.0.2.1")
        expect(c:holders "KnownHosts::hosts"):to_equal { manager = { addr "10.0.0.1" } }
      end)

      it("does not tell again when a worker restarts, or a logger", function()
        seen "10.0.0.1"
        worker_1:restart()
        c:node("logger"):restart()
        c:advance "5 s"
        seen "10.0.0.1"
        expect(told(c:nodes())):to_equal { "proxy-1 10.0.0.1" }
        expect(worker_2:published "KnownHosts::seen"):to_have_length(1)
      end)

      it("tells of a host late that was seen in a cut of a moment", function()
        c:partition({ "worker-1", "worker-2" }, { "proxy-1" })
        seen "10.0.0.1"
        expect(told(c:nodes())):to_be_empty()
        c:heal()
        c:run()
        expect(told(c:nodes())):to_equal { "proxy-1 10.0.0.1" }
      end)
    end)
  end)

  it("tells of every host that is seen again after a proxy has died at any moment", function()
    sim.explore { seeds = 8, run = function(seed)
      local c = sim.cluster { ".", workers = 1, proxies = 2, loggers = 0 }
      local function sees_all()
        for i = 1, 6 do sees(c:node "worker-1", "10.0.0." .. i, "192.0.2.1") end
      end
      sees_all()
      c:advance(seed % 10 / 200)
      c:node("proxy-1"):kill()
      c:advance "15 s"
      sees_all()
      expect(c:node("proxy-2"):get "KnownHosts::hosts"):to_have_length(6)
    end }
  end)
end)
