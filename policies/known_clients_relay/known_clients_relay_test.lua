-- A worker sees a connection that a server has accepted, by default the one whose clients count.
local function sees(worker, client, server)
  worker:raise("connection_established", sim.connection {
    orig = client, resp = (server or "93.184.216.34") .. ":443/tcp",
  })
end

-- What holders returns when all three workers have the same clients, and nobody else any.
local function every_worker(clients)
  return { ["worker-1"] = clients, ["worker-2"] = clients, ["worker-3"] = clients }
end

local A, B = addr "10.0.0.1", addr "10.0.0.2"

describe("known_clients_relay", function()
  local c, worker, proxy_1, proxy_2

  local function handled(event)
    local count = {}
    for _, n in ipairs(c:nodes()) do count[n:name()] = n:handled(event) end
    return count
  end

  before_each(function()
    c = sim.cluster { ".", workers = 3, proxies = 2 }
    worker, proxy_1, proxy_2 = c:node "worker-1", c:node "proxy-1", c:node "proxy-2"
  end)

  after_each(function()
    for _, n in ipairs(c:nodes()) do expect(n:warnings()):to_be_empty() end
  end)

  it("has a client on all workers, the one that saw it included, and nowhere else", function()
    sees(worker, "10.0.0.1")
    c:run()
    expect(c:holders "EX::known_clients"):to_equal(every_worker { A })
  end)

  it("has the clients that different workers see on all of them", function()
    sees(worker, "10.0.0.1")
    c:run()
    sees(c:node "worker-2", "10.0.0.2")
    sees(c:node "worker-3", "10.0.0.1")
    c:run()
    expect(c:holders "EX::known_clients"):to_equal(every_worker { A, B })
  end)

  it("has the proxies take turns, and each worker hear of a client once", function()
    sees(worker, "10.0.0.1")
    sees(worker, "10.0.0.2")
    c:run()
    expect(handled "EX::add_client"):to_equal {
      logger = 0, manager = 0, ["proxy-1"] = 1, ["proxy-2"] = 1,
      ["worker-1"] = 2, ["worker-2"] = 2, ["worker-3"] = 2,
    }
    expect(proxy_1:published "EX::add_client"):to_have_length(1)
    expect(proxy_1:published("EX::add_client")[1].topic):to_equal "zeek/cluster/worker"
  end)

  it("has no clients of other servers", function()
    sees(worker, "10.0.0.1", "10.9.9.9")
    c:run()
    expect(worker:published "EX::add_client"):to_be_empty()
    expect(c:holders "EX::known_clients"):to_be_empty()
  end)

  it("forgets a client on all workers a day after it was first seen", function()
    sees(worker, "10.0.0.1")
    c:advance "23 hours"
    sees(worker, "10.0.0.1")
    c:run()
    expect(c:holders "EX::known_clients"):to_equal(every_worker { A })
    c:advance "61 min"
    expect(c:holders "EX::known_clients"):to_be_empty()
  end)

  it("has nobody to tell on a node of its own", function()
    local n = sim.node { "." }
    sees(n, "10.0.0.1")
    n:run()
    expect(n:get "EX::known_clients"):to_be_empty()
  end)

  it("is needed: what a worker publishes to the workers reaches nobody", function()
    local direct = sim.cluster { workers = 3, proxies = 2, lua = [[
      local EX = namespace "EX"
      local known_clients = EX:set("known_clients", "addr")
      local add_client = EX:event("add_client", "client: addr")
      add_client:on(function(client) known_clients:add(client) end)
      on("connection_established", function(c)
        broker.publish(cluster.worker_topic, add_client, c.id.orig_h)
      end)
    ]] }
    sees(direct:node "worker-1", "10.0.0.1")
    direct:advance "1 min"
    expect(direct:node("worker-1"):published "EX::add_client"):to_have_length(1)
    expect(direct:holders "EX::known_clients"):to_be_empty()
  end)

  describe("when a node fails", function()
    it("goes on with one proxy", function()
      proxy_2:kill()
      c:advance "15 s"
      sees(worker, "10.0.0.1")
      sees(worker, "10.0.0.2")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal(every_worker { A, B })
    end)

    it("has the manager pass on while no proxy is up, and no longer", function()
      proxy_1:kill()
      proxy_2:kill()
      c:advance "15 s"
      sees(worker, "10.0.0.1")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal(every_worker { A })
      expect(c:node("manager"):handled "EX::add_client"):to_equal(1)
      proxy_2:restart()
      c:advance "5 s"
      sees(worker, "10.0.0.2")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal(every_worker { A, B })
      expect(c:node("manager"):handled "EX::add_client"):to_equal(1)
    end)

    it("does not tell a worker that restarts what the others have", function()
      sees(worker, "10.0.0.1")
      c:run()
      c:node("worker-3"):kill()
      c:node("worker-3"):restart()
      c:advance "5 s"
      sees(worker, "10.0.0.2")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal {
        ["worker-1"] = { A, B },
        ["worker-2"] = { A, B },
        ["worker-3"] = { B },
      }
    end)

    it("loses for all workers what a proxy has not passed on when it dies", function()
      proxy_1:slow "10 ms"
      proxy_2:slow "10 ms"
      sees(worker, "10.0.0.1")
      c:advance "5 ms"
      proxy_1:kill()
      proxy_2:kill()
      c:advance "15 s"
      expect(c:holders "EX::known_clients"):to_be_empty()
      sees(worker, "10.0.0.1")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal(every_worker { A })
    end)

    it("leaves out a worker that the proxy does not reach", function()
      c:partition({ "worker-3" }, { "proxy-1", "proxy-2" })
      c:advance "15 s"
      sees(worker, "10.0.0.1")
      c:run()
      c:heal()
      c:advance "15 s"
      sees(worker, "10.0.0.2")
      c:run()
      expect(c:node("worker-1"):get "EX::known_clients"):to_equal { A, B }
      expect(c:node("worker-3"):get "EX::known_clients"):to_equal { B }
    end)

    it("has everything late after a cut of a moment", function()
      c:partition({ "worker-3" }, { "proxy-1", "proxy-2" })
      sees(worker, "10.0.0.1")
      c:run()
      expect(c:node("worker-3"):get "EX::known_clients"):to_be_empty()
      c:heal()
      c:run()
      expect(c:holders "EX::known_clients"):to_equal(every_worker { A })
    end)
  end)
end)

-- Each seed has messages take other times, and nodes other turns.
describe("known_clients_relay, in any order", function()
  it("tells all workers of a client once for each sight", function()
    sim.explore { seeds = 10, run = function()
      local c = sim.cluster { ".", workers = 3, proxies = 2, loggers = 0, loss = 0.2 }
      local workers = c:nodes "worker"
      for i, client in ipairs { "10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.3", "10.0.0.2" } do
        sees(workers[i % 3 + 1], client)
      end
      c:run()
      for _, worker in ipairs(workers) do
        expect(worker:get "EX::known_clients")
          :to_have_same_elements { A, B, addr "10.0.0.3" }
        expect(worker:handled "EX::add_client"):to_equal(5)
      end
      for _, proxy in ipairs(c:nodes "proxy") do
        expect(proxy:get "EX::known_clients"):to_be_empty()
      end
    end }
  end)

  it("makes up for a proxy that dies at any moment when a client is seen again", function()
    sim.explore { seeds = 10, run = function(seed)
      local c = sim.cluster { ".", workers = 2, proxies = 1, loggers = 0 }
      sees(c:node "worker-1", "10.0.0.1")
      c:advance(seed % 10 / 200)
      c:node("proxy-1"):kill()
      c:advance "15 s"
      sees(c:node "worker-1", "10.0.0.1")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal {
        ["worker-1"] = { A }, ["worker-2"] = { A },
      }
    end }
  end)
end)
