local function established(orig, resp)
  return sim.connection { orig = orig .. ":4242/tcp", resp = (resp or "192.0.2.1") .. ":80/tcp" }
end

-- The hosts that a node has told of.
local function told(n)
  local hosts = {}
  for host in n:output():gmatch "known_hosts_stored: (%S+) is new" do hosts[#hosts + 1] = host end
  return hosts
end

-- What all nodes have told of, sorted.
local function told_by_all(c)
  local hosts = {}
  for _, n in ipairs(c:nodes()) do
    for _, host in ipairs(told(n)) do hosts[#hosts + 1] = host end
  end
  table.sort(hosts)
  return hosts
end

describe("known_hosts_stored on its own", function()
  local n
  local function see(orig, resp)
    n:raise("connection_established", established(orig, resp))
    n:run()
  end
  before_each(function() n = sim.node { "policies/known_hosts_stored" } end)

  it("tells of both ends of a connection, when it was seen", function()
    see("10.0.0.1", "10.0.0.2")
    expect(n:output()):to_be("2023-11-14T22:13:20.000000Z known_hosts_stored: 10.0.0.1 is new\n"
      .. "2023-11-14T22:13:20.000000Z known_hosts_stored: 10.0.0.2 is new\n")
  end)

  it("tells of a host once a day", function()
    see "10.0.0.1"
    see "10.0.0.1"
    n:advance "23 h"
    see "10.0.0.1"
    expect(told(n)):to_equal { "10.0.0.1" }
    n:advance "61 min"
    see "10.0.0.1"
    expect(told(n)):to_equal { "10.0.0.1", "10.0.0.1" }
  end)

  it("tells of private addresses only", function()
    for _, host in ipairs { "172.16.0.1", "172.32.0.1", "192.168.1.1", "8.8.8.8", "fd00::1" } do
      n:raise("connection_established",
        sim.connection { orig = addr(host), resp = addr "192.0.2.1" })
    end
    n:run()
    expect(told(n)):to_equal { "172.16.0.1", "192.168.1.1", "fd00::1" }
  end)

  it("can be told which networks are local", function()
    n = sim.node {
      "policies/known_hosts_stored", options = { ["KnownHosts::networks"] = { "192.0.2.0/24" } },
    }
    see "10.0.0.1"
    expect(told(n)):to_equal { "192.0.2.1" }
    local networks = vector "subnet"
    networks:push(subnet "10.0.0.0/8")
    expect(n:set_option("KnownHosts::networks", networks)):to_be_true()
    n:run()
    see "10.0.0.1"
    expect(told(n)):to_equal { "192.0.2.1", "10.0.0.1" }
  end)

  it("still knows a host after a crash", function()
    see "10.0.0.1"
    n:kill()
    n:restart()
    see "10.0.0.1"
    expect(told(n)):to_equal { "10.0.0.1" }
  end)
end)

describe("known_hosts_stored in a cluster", function()
  local c
  local function see(on, orig)
    c:node(on):raise("connection_established", established(orig))
    c:run()
  end
  before_each(function() 
    c = sim.cluster { "policies/known_hosts_stored", workers = 2, loggers = 0 }
  end)

  it("tells of a host on the worker that saw it first", function()
    see("worker-2", "10.0.0.1")
    see("worker-1", "10.0.0.1")
    expect(told(c:node "worker-2")):to_equal { "10.0.0.1" }
    expect(told_by_all(c)):to_equal { "10.0.0.1" }
  end)

  it("asks nobody about a host that is known", function()
    see("worker-1", "10.0.0.1")
    c:partition({ "manager" }) -- there is nobody to ask
    see("worker-2", "10.0.0.1")
    c:advance "2 min"
    expect(c:node("worker-2"):warnings()):to_be_empty()
  end)

  it("tells once of a host that all workers see at the same time", function()
    sim.explore { seeds = 5, run = function()
      local cluster = sim.cluster { "policies/known_hosts_stored", workers = 3, loggers = 0 }
      for _ = 1, 2 do
        for _, n in ipairs(cluster:nodes "worker") do
          n:raise("connection_established", established("10.0.0.1"))
        end
      end
      cluster:run()
      expect(told_by_all(cluster)):to_equal { "10.0.0.1" }
    end }
  end)

  it("still knows a host when all nodes were killed", function()
    see("worker-1", "10.0.0.1")
    for _, n in ipairs(c:nodes()) do n:kill() end
    c:advance "1 s"
    for _, n in ipairs(c:nodes()) do n:restart() end
    c:advance "15 s"
    see("worker-2", "10.0.0.1")
    see("worker-2", "10.0.0.2")
    expect(told_by_all(c)):to_equal { "10.0.0.1", "10.0.0.2" }
  end)

  it("waits for a manager that is away for less than a minute", function()
    c:node("manager"):kill()
    c:advance "15 s"
    see("worker-1", "10.0.0.1")
    see("worker-2", "10.0.0.1")
    c:advance "20 s"
    expect(told_by_all(c)):to_be_empty()
    c:node("manager"):restart()
    c:advance "15 s"
    expect(told_by_all(c)):to_equal { "10.0.0.1" }
  end)

  it("reports whom it could not ask about, and tries again with the next connection", function()
    c:partition({ "manager" })
    c:advance "15 s"
    see("worker-1", "10.0.0.1")
    see("worker-1", "10.0.0.1") -- which is asked about already
    c:advance "2 min" -- for so long the store keeps what it can't write
    expect(told_by_all(c)):to_be_empty()
    expect(c:node("worker-1"):warnings()):to_have_length(1)
    expect(c:node("worker-1"):warnings()[1]):to_match "known_hosts_stored: 10%.0%.0%.1: "
    c:heal()
    c:advance "15 s"
    see("worker-1", "10.0.0.1")
    expect(told_by_all(c)):to_equal { "10.0.0.1" }
  end)
end)
