-- A node sees a connection that a service, such as "10.0.0.1:80/tcp", has accepted.
local function sees(node, service)
  node:raise("connection_established", sim.connection { orig = "192.0.2.1", resp = service })
  node:run()
end

-- The services that nodes have told of, in order, with the node's name in a cluster.
local function told(nodes)
  local services = {}
  for _, n in ipairs(nodes) do
    for host, p in n:output():gmatch "known_services: (%S+) offers (%S+)\n" do
      services[#services + 1] = (#nodes > 1 and n:name() .. " " or "") .. host .. " " .. p
    end
  end
  return services
end

describe("known_services", function()
  describe("on one node", function()
    local n

    before_each(function() n = sim.node { ".", start_time = time.unix(1700000000) } end)

    it("tells of a service once, with the time", function()
      n:advance "5 s"
      sees(n, "10.0.0.1:80/tcp")
      n:advance "5 s"
      sees(n, "10.0.0.1:80/tcp")
      expect(n:output()):to_equal
        "2023-11-14T22:13:25.000000Z known_services: 10.0.0.1 offers 80/tcp\n"
    end)

    it("tells of each port of each host, and of each protocol", function()
      sees(n, "10.0.0.1:53/tcp")
      sees(n, "10.0.0.1:53/udp")
      sees(n, "10.0.0.1:80/tcp")
      sees(n, "[fd00::1]:80/tcp")
      expect(told { n }):to_equal {
        "10.0.0.1 53/tcp", "10.0.0.1 53/udp", "10.0.0.1 80/tcp", "fd00::1 80/tcp",
      }
    end)

    it("tells of private networks only", function()
      for _, host in ipairs { "172.31.0.1", "172.32.0.1", "192.168.0.1", "192.169.0.1" } do
        sees(n, host .. ":80/tcp")
      end
      expect(told { n }):to_equal { "172.31.0.1 80/tcp", "192.168.0.1 80/tcp" }
    end)

    it("does not tell of clients", function()
      n:raise("connection_established", sim.connection {
        orig = "10.0.0.1:4242/tcp", resp = "192.0.2.9:80/tcp",
      })
      n:run()
      expect(told { n }):to_be_empty()
    end)

    it("tells of the services of other networks when the option says so", function()
      n:set_option("KnownServices::networks", { subnet "192.0.2.0/24" })
      n:run()
      sees(n, "10.0.0.1:80/tcp")
      sees(n, "192.0.2.9:80/tcp")
      expect(told { n }):to_equal { "192.0.2.9 80/tcp" }
    end)

    it("tells of a service again after a day, however often it was seen", function()
      sees(n, "10.0.0.1:80/tcp")
      n:advance "23 hours"
      sees(n, "10.0.0.1:80/tcp")
      expect(told { n }):to_have_length(1)
      n:advance "61 min"
      expect(n:get "KnownServices::services"):to_be_empty()
      sees(n, "10.0.0.1:80/tcp")
      expect(told { n }):to_have_length(2)
    end)

    it("raises an event for handlers of others", function()
      local other = sim.node { ".", lua = [[
        on("KnownServices::found", function(ts, host, p) print(ts == event.time(), host, p) end)
      ]] }
      sees(other, "10.0.0.1:80/tcp")
      expect(other:output()):to_contain "true\t10.0.0.1\t80/tcp\n"
    end)
  end)

  describe("in a cluster", function()
    local c, proxy_1, worker_1, worker_2

    before_each(function()
      c = sim.cluster { ".", workers = 2, proxies = 2 }
      proxy_1, worker_1, worker_2 = c:node "proxy-1", c:node "worker-1", c:node "worker-2"
    end)

    after_each(function()
      for _, n in ipairs(c:nodes()) do expect(n:warnings()):to_be_empty() end
    end)

    -- Both workers see a connection to a service.
    local function seen(service)
      sees(worker_1, service)
      sees(worker_2, service)
    end

    it("has all services of a host told of by the proxy that it belongs to", function()
      seen "10.0.0.1:80/tcp"
      seen "10.0.0.3:80/tcp"
      seen "10.0.0.1:443/tcp"
      expect(told(c:nodes())):to_equal {
        "proxy-1 10.0.0.1 80/tcp", "proxy-1 10.0.0.1 443/tcp", "proxy-2 10.0.0.3 80/tcp",
      }
      expect(c:holders "KnownServices::services"):to_equal {
        ["proxy-1"] = {
          tuple(addr "10.0.0.1", port "80/tcp"), tuple(addr "10.0.0.1", port "443/tcp"),
        },
        ["proxy-2"] = { tuple(addr "10.0.0.3", port "80/tcp") },
      }
    end)

    it("has each worker send a service once a day", function()
      for _ = 1, 3 do seen "10.0.0.1:80/tcp" end
      c:advance "23 hours"
      seen "10.0.0.1:80/tcp"
      expect(proxy_1:handled "KnownServices::seen"):to_equal(2)
      c:advance "61 min"
      seen "10.0.0.1:80/tcp"
      expect(proxy_1:handled "KnownServices::seen"):to_equal(4)
      expect(told(c:nodes())):to_have_length(2)
    end)

    it("tells of one again after a day, also if another worker has seen it meanwhile", function()
      sees(worker_1, "10.0.0.1:80/tcp")
      c:advance "23 hours"
      sees(worker_2, "10.0.0.1:80/tcp")
      expect(told(c:nodes())):to_have_length(1)
      c:advance "61 min"
      sees(worker_1, "10.0.0.1:80/tcp")
      expect(told(c:nodes())):to_have_length(2)
    end)

    it("gives the time of the worker, however long the message takes", function()
      c:link("worker-1", "proxy-1", { delay = "2 s" })
      local sent = c:now()
      sees(worker_1, "10.0.0.1:80/tcp")
      expect(proxy_1:output()):to_contain(sent:iso())
    end)

    it("has the manager tell where there is no proxy", function()
      local bare = sim.cluster { ".", workers = 1 }
      sees(bare:node "worker-1", "10.0.0.1:80/tcp")
      expect(told(bare:nodes())):to_equal { "manager 10.0.0.1 80/tcp" }
    end)

    describe("when a node fails", function()
      it("has the other proxy tell again of the services of one that is gone", function()
        seen "10.0.0.1:80/tcp"
        proxy_1:kill()
        c:advance "15 s"
        seen "10.0.0.1:80/tcp"
        expect(told(c:nodes())):to_equal { "proxy-1 10.0.0.1 80/tcp", "proxy-2 10.0.0.1 80/tcp" }
      end)

      it("has the manager tell when the last proxy is gone", function()
        proxy_1:kill()
        c:node("proxy-2"):kill()
        c:advance "15 s"
        seen "10.0.0.1:80/tcp"
        expect(told(c:nodes())):to_equal { "manager 10.0.0.1 80/tcp" }
      end)

      it("gives a proxy its hosts again when it is back", function()
        proxy_1:kill()
        c:advance "15 s"
        seen "10.0.0.1:80/tcp"
        proxy_1:restart()
        c:advance "5 s"
        seen "10.0.0.1:80/tcp"
        expect(told(c:nodes())):to_equal { "proxy-1 10.0.0.1 80/tcp", "proxy-2 10.0.0.1 80/tcp" }
      end)

      it("sends again what a manager has missed", function()
        local bare = sim.cluster { ".", workers = 1 }
        local worker, manager = bare:node "worker-1", bare:node "manager"
        manager:kill()
        bare:advance "15 s"
        sees(worker, "10.0.0.1:80/tcp")
        expect(worker:errors()[1]):to_contain "no node of the pool is up"
        manager:restart()
        bare:advance "5 s"
        sees(worker, "10.0.0.1:80/tcp")
        expect(told(bare:nodes())):to_equal { "manager 10.0.0.1 80/tcp" }
      end)

      it("does not tell again when a worker restarts, or a logger", function()
        seen "10.0.0.1:80/tcp"
        worker_1:restart()
        c:node("logger"):restart()
        c:advance "5 s"
        seen "10.0.0.1:80/tcp"
        expect(told(c:nodes())):to_equal { "proxy-1 10.0.0.1 80/tcp" }
        expect(worker_2:published "KnownServices::seen"):to_have_length(1)
      end)

      it("tells of a service late that was seen while its proxy stood still", function()
        proxy_1:freeze()
        seen "10.0.0.1:80/tcp"
        c:advance "2 s"
        proxy_1:thaw()
        c:run()
        expect(told(c:nodes())):to_equal { "proxy-1 10.0.0.1 80/tcp" }
      end)
    end)
  end)
end)
