-- A worker sees a connection that a server has accepted, by default the one whose clients count.
local function sees(worker, client, server)
  worker:raise("connection_established", sim.connection {
    orig = client, resp = (server or "93.184.216.34") .. ":443/tcp",
  })
end

-- Of 10.0.0.1 to 10.0.0.10, those whose addresses choose the one or the other of two proxies.
local OF_PROXY_1 = { "10.0.0.1", "10.0.0.2", "10.0.0.6", "10.0.0.7", "10.0.0.9" }
local OF_PROXY_2 = { "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.8", "10.0.0.10" }

local function addresses(texts)
  local list = {}
  for i, text in ipairs(texts) do list[i] = addr(text) end
  return list
end

describe("known_clients_hrw", function()
  local c, worker, proxy_1, proxy_2

  before_each(function()
    c = sim.cluster { ".", workers = 2, proxies = 2 }
    worker, proxy_1, proxy_2 = c:node "worker-1", c:node "proxy-1", c:node "proxy-2"
  end)

  after_each(function()
    for _, n in ipairs(c:nodes()) do expect(n:warnings()):to_be_empty() end
  end)

  -- All workers see all ten clients.
  local function all_see_ten()
    for i = 1, 10 do
      sees(worker, "10.0.0." .. i)
      sees(c:node "worker-2", "10.0.0." .. i)
      c:run()
    end
  end

  it("has each client on the proxy that its address chooses, whichever workers see it", function()
    all_see_ten()
    expect(c:holders "EX::known_clients"):to_equal {
      ["proxy-1"] = addresses(OF_PROXY_1), ["proxy-2"] = addresses(OF_PROXY_2),
    }
  end)

  it("has no clients of other servers", function()
    sees(worker, "10.0.0.1", "10.9.9.9")
    c:run()
    expect(worker:published "EX::add_client"):to_be_empty()
    expect(c:holders "EX::known_clients"):to_be_empty()
  end)

  it("gives the proxies equal shares", function()
    for i = 0, 1999 do sees(worker, ("10.0.%d.%d"):format(i / 256, i % 256)) end
    c:run()
    local clients = c:holders "EX::known_clients"
    expect(#clients["proxy-1"] + #clients["proxy-2"]):to_equal(2000)
    expect(#clients["proxy-1"]):to_be_near(1000, 100)
  end)

  it("publishes to the topic of one proxy", function()
    sees(worker, "10.0.0.3")
    c:run()
    local published = worker:published "EX::add_client"
    expect(published):to_have_length(1)
    expect(published[1].topic):to_equal "zeek/cluster/node/proxy-2/"
    expect(published[1].args):to_equal { addr "10.0.0.3" }
  end)

  it("forgets a client a day after it was first seen", function()
    sees(worker, "10.0.0.1")
    c:advance "23 hours"
    sees(worker, "10.0.0.1")
    c:run()
    expect(proxy_1:get "EX::known_clients"):to_equal { addr "10.0.0.1" }
    c:advance "61 min"
    expect(c:holders "EX::known_clients"):to_be_empty()
  end)

  it("has nobody to tell on a node of its own", function()
    local n = sim.node { "." }
    sees(n, "10.0.0.1")
    n:run()
    expect(n:get "EX::known_clients"):to_be_empty()
  end)

  it("takes the manager in a cluster without proxies, and warns of it", function()
    local bare = sim.cluster { ".", workers = 1 }
    sees(bare:node "worker-1", "10.0.0.1")
    bare:run()
    expect(bare:holders "EX::known_clients"):to_equal { manager = { addr "10.0.0.1" } }
    expect(bare:node("worker-1"):warnings()[1]):to_contain "proxy"
  end)

  describe("when a proxy fails", function()
    it("loses its share, and has its clients on the other one from then on", function()
      all_see_ten()
      proxy_1:kill()
      c:advance "15 s"
      expect(c:holders "EX::known_clients"):to_equal { ["proxy-2"] = addresses(OF_PROXY_2) }
      sees(worker, "10.0.0.1")
      c:run()
      expect(proxy_2:get "EX::known_clients"):to_contain(addr "10.0.0.1")
    end)

    it("takes the manager when the last proxy is gone", function()
      proxy_1:kill()
      proxy_2:kill()
      c:advance "15 s"
      sees(worker, "10.0.0.1")
      sees(c:node "worker-2", "10.0.0.3")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal {
        manager = { addr "10.0.0.1", addr "10.0.0.3" },
      }
    end)

    it("leaves with the manager what that took when a proxy is back", function()
      proxy_1:kill()
      proxy_2:kill()
      c:advance "15 s"
      sees(worker, "10.0.0.3")
      c:run()
      proxy_1:restart()
      proxy_2:restart()
      c:advance "5 s"
      sees(worker, "10.0.0.1")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal {
        manager = { addr "10.0.0.3" }, ["proxy-1"] = { addr "10.0.0.1" },
      }
    end)

    it("gives a proxy that is back its addresses again, but not what others took", function()
      proxy_1:kill()
      c:advance "15 s"
      sees(worker, "10.0.0.1")
      c:run()
      proxy_1:restart()
      c:advance "5 s"
      sees(worker, "10.0.0.2")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal {
        ["proxy-1"] = { addr "10.0.0.2" }, ["proxy-2"] = { addr "10.0.0.1" },
      }
    end)

    it("loses what is sent to a dead proxy before a worker notices", function()
      c:partition { "proxy-1" } -- so that nobody hears of its end
      proxy_1:kill()
      sees(worker, "10.0.0.1")
      c:advance "15 s"
      expect(c:holders "EX::known_clients"):to_be_empty()
      sees(worker, "10.0.0.1")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal { ["proxy-2"] = { addr "10.0.0.1" } }
    end)

    it("may have a client twice while one worker does not see its proxy", function()
      c:partition({ "worker-1" }, { "proxy-1" })
      c:advance "15 s"
      sees(worker, "10.0.0.1")
      sees(c:node "worker-2", "10.0.0.1")
      c:run()
      expect(c:holders "EX::known_clients"):to_equal {
        ["proxy-1"] = { addr "10.0.0.1" }, ["proxy-2"] = { addr "10.0.0.1" },
      }
    end)

    it("has everything late when a proxy stood still for a moment", function()
      proxy_1:freeze()
      sees(worker, "10.0.0.1")
      sees(worker, "10.0.0.3")
      c:advance "2 s"
      proxy_1:thaw()
      c:run()
      expect(c:holders "EX::known_clients"):to_equal {
        ["proxy-1"] = { addr "10.0.0.1" }, ["proxy-2"] = { addr "10.0.0.3" },
      }
    end)
  end)
end)
