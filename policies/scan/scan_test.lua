-- What a source tries, and how it ends: by default a connection that nobody answers.
local function try(node, src, dst, state)
  node:raise("connection_state_remove", sim.connection {
    orig = src, resp = dst, conn_state = state or "S0",
  })
end

-- A source tries one port of so many addresses, from the first one on. Nodes see that by turns.
local function try_addresses(nodes, src, first, last, state)
  for i = first, last do
    try(nodes[i % #nodes + 1], src, ("192.0.2.%d:22/tcp"):format(i), state)
  end
  nodes[1]:run()
end

-- A source tries so many ports of one address.
local function try_ports(nodes, src, first, last)
  for i = first, last do try(nodes[i % #nodes + 1], src, ("192.0.2.1:%d/tcp"):format(i)) end
  nodes[1]:run()
end

-- What nodes have told of scans, with the node's name in a cluster.
local function told(nodes)
  local scans = {}
  for _, n in ipairs(nodes) do
    for scan in n:output():gmatch "scan: ([^\n]+)\n" do
      scans[#scans + 1] = #nodes > 1 and n:name() .. ": " .. scan or scan
    end
  end
  return scans
end

describe("scan", function()
  describe("on one node", function()
    local n

    before_each(function() n = sim.node { ".", start_time = time.unix(1700000000) } end)

    it("tells of who has tried 25 addresses, with the time", function()
      try_addresses({ n }, "10.0.0.1", 1, 24)
      expect(n:output()):to_be_empty()
      n:advance "5 s"
      try_addresses({ n }, "10.0.0.1", 25, 25)
      expect(n:output()):to_equal
        "2023-11-14T22:13:25.000000Z scan: 10.0.0.1 has tried 25 addresses\n"
    end)

    it("tells of who has tried 15 ports of one address", function()
      try_ports({ n }, "10.0.0.1", 1, 14)
      expect(told { n }):to_be_empty()
      try_ports({ n }, "10.0.0.1", 15, 15)
      try_ports({ n }, "10.0.0.1", 16, 20)
      expect(told { n }):to_equal { "10.0.0.1 has tried 15 ports of 192.0.2.1" }
    end)

    it("does not count ports of different addresses together", function()
      try_ports({ n }, "10.0.0.1", 1, 14)
      for i = 101, 114 do try(n, "10.0.0.1", ("192.0.2.2:%d/tcp"):format(i)) end
      n:run()
      expect(told { n }):to_be_empty()
    end)

    it("does not count the tries of different sources together", function()
      try_addresses({ n }, "10.0.0.1", 1, 24)
      try_addresses({ n }, "10.0.0.2", 25, 48)
      try_ports({ n }, "10.0.0.3", 1, 14)
      try_ports({ n }, "10.0.0.4", 15, 28)
      expect(told { n }):to_be_empty()
    end)

    it("counts what is tried again once", function()
      try_addresses({ n }, "10.0.0.1", 1, 24)
      try_addresses({ n }, "10.0.0.1", 1, 24)
      expect(n:handled "Scan::attempt"):to_equal(24)
      n:advance "3 min" -- then it is sent again
      try_addresses({ n }, "10.0.0.1", 1, 24)
      expect(n:handled "Scan::attempt"):to_equal(48)
      expect(told { n }):to_be_empty()
    end)

    it("counts what got no answer or was refused, and nothing else", function()
      for _, state in ipairs { "S0", "REJ", "RSTOS0", "SH" } do
        local failing = sim.node { "." }
        try_addresses({ failing }, "10.0.0.1", 1, 25, state)
        expect(told { failing }):to_have_length(1)
      end
      for _, state in ipairs { "S1", "S2", "S3", "SF", "RSTO", "RSTR", "RSTRH", "SHR", "OTH" } do
        try_addresses({ n }, "10.0.0.1", 1, 25, state)
      end
      expect(n:handled "Scan::attempt"):to_equal(0)
    end)

    it("counts TCP only", function()
      for i = 1, 25 do try(n, "10.0.0.1", ("192.0.2.%d:53/udp"):format(i)) end
      n:run()
      expect(n:handled "Scan::attempt"):to_equal(0)
    end)

    it("raises an event for handlers of others", function()
      local other = sim.node { ".", options = { ["Scan::ports"] = 1 }, lua = [[
        on("Scan::found", function(ts, src, what, n)
          print(ts == event.time(), src, what, n)
        end)
      ]] }
      try_ports({ other }, "10.0.0.1", 80, 80)
      expect(other:output()):to_contain "true\t10.0.0.1\tports of 192.0.2.1\t1\n"
    end)

    describe("with options", function()
      it("takes other limits, also while it runs", function()
        n:set_option("Scan::addresses", 3)
        n:set_option("Scan::ports", 2)
        n:run()
        try_addresses({ n }, "10.0.0.1", 1, 3)
        try_ports({ n }, "10.0.0.2", 1, 2)
        expect(told { n }):to_equal {
          "10.0.0.1 has tried 3 addresses", "10.0.0.2 has tried 2 ports of 192.0.2.1",
        }
      end)

      it("lets the hosts of some networks scan", function()
        n:set_option("Scan::ignored", { subnet "10.0.9.0/24" })
        n:run()
        try_addresses({ n }, "10.0.9.1", 1, 100)
        try_addresses({ n }, "10.0.8.1", 1, 100)
        expect(told { n }):to_equal { "10.0.8.1 has tried 25 addresses" }
      end)

      it("takes another window when it is loaded", function()
        local brief = sim.node { ".", options = { ["Scan::window"] = "10 s" } }
        try_addresses({ brief }, "10.0.0.1", 1, 24)
        brief:advance "16 s"
        try_addresses({ brief }, "10.0.0.1", 25, 25)
        expect(told { brief }):to_be_empty()
      end)
    end)

    describe("in time", function()
      it("counts what lies in five minutes, also what was not sent again", function()
        try_addresses({ n }, "10.0.0.1", 1, 12)
        try_ports({ n }, "10.0.0.2", 1, 7)
        n:advance "149 s"
        try_addresses({ n }, "10.0.0.1", 1, 12)
        try_ports({ n }, "10.0.0.2", 1, 7)
        n:advance "210 s"
        try_addresses({ n }, "10.0.0.1", 13, 25)
        try_ports({ n }, "10.0.0.2", 8, 15)
        expect(told { n }):to_equal {
          "10.0.0.1 has tried 25 addresses", "10.0.0.2 has tried 15 ports of 192.0.2.1",
        }
      end)

      it("does not count what lies more than seven and a half minutes back", function()
        try_addresses({ n }, "10.0.0.1", 1, 24)
        try_ports({ n }, "10.0.0.2", 1, 14)
        n:advance "8 min"
        try_addresses({ n }, "10.0.0.1", 25, 25)
        try_ports({ n }, "10.0.0.2", 15, 15)
        expect(told { n }):to_be_empty()
      end)

      it("says nothing more of a scanner for an hour", function()
        try_addresses({ n }, "10.0.0.1", 1, 25)
        n:advance "58 min"
        try_addresses({ n }, "10.0.0.1", 1, 60)
        expect(told { n }):to_have_length(1)
        n:advance "3 min"
        expect(n:get "Scan::scanners"):to_be_empty()
        try_addresses({ n }, "10.0.0.1", 1, 25)
        expect(told { n }):to_have_length(2)
      end)

      it("says nothing more of a scanner for as long as the option says", function()
        n:set_option("Scan::suppress", "1 min")
        n:run()
        try_addresses({ n }, "10.0.0.1", 1, 25)
        n:advance "2 min"
        try_addresses({ n }, "10.0.0.1", 26, 26)
        expect(told { n }):to_have_length(2)
      end)
    end)
  end)

  describe("in a cluster", function()
    local c, workers

    before_each(function()
      c = sim.cluster { ".", workers = 2, proxies = 2 }
      workers = c:nodes "worker"
    end)

    after_each(function()
      for _, n in ipairs(c:nodes()) do expect(n:warnings()):to_be_empty() end
    end)

    it("counts together what the workers see, on the proxy that the source belongs to", function()
      try_addresses(workers, "10.0.0.1", 1, 24)
      expect(told(c:nodes())):to_be_empty()
      try_addresses(workers, "10.0.0.1", 25, 40)
      try_ports(workers, "10.0.0.3", 1, 15)
      expect(told(c:nodes())):to_equal {
        "proxy-1: 10.0.0.1 has tried 25 addresses",
        "proxy-2: 10.0.0.3 has tried 15 ports of 192.0.2.1",
      }
      expect(c:holders "Scan::scanners"):to_equal {
        ["proxy-1"] = { addr "10.0.0.1" }, ["proxy-2"] = { addr "10.0.0.3" },
      }
    end)

    it("counts once what both workers see", function()
      for _, worker in ipairs(workers) do try_addresses({ worker }, "10.0.0.1", 1, 24) end
      expect(c:node("proxy-1"):handled "Scan::attempt"):to_equal(48)
      expect(told(c:nodes())):to_be_empty()
    end)

    it("gives the time of the worker that saw the last try", function()
      c:link("worker-1", { "proxy-1", "proxy-2" }, { delay = "2 s" })
      try_addresses({ workers[2] }, "10.0.0.1", 1, 24)
      local sent = c:now()
      try_addresses({ workers[1] }, "10.0.0.1", 25, 25)
      expect(c:node("proxy-1"):output()):to_contain(sent:iso())
      sent = c:now()
      try_ports({ workers[1] }, "10.0.0.3", 1, 15)
      expect(c:node("proxy-2"):output()):to_contain(sent:iso())
    end)

    it("counts on the manager where there is no proxy", function()
      local bare = sim.cluster { ".", workers = 1 }
      try_addresses(bare:nodes "worker", "10.0.0.1", 1, 25)
      expect(told(bare:nodes())):to_equal { "manager: 10.0.0.1 has tried 25 addresses" }
    end)

    describe("when a node fails", function()
      it("begins at nothing where another proxy takes over, and counts old tries again", function()
        try_addresses(workers, "10.0.0.1", 1, 20)
        c:node("proxy-1"):kill()
        c:advance "15 s"
        try_addresses(workers, "10.0.0.1", 21, 40)
        expect(told(c:nodes())):to_be_empty()
        try_addresses(workers, "10.0.0.1", 1, 20) -- sent already, but to one that is gone
        expect(told(c:nodes())):to_equal { "proxy-2: 10.0.0.1 has tried 25 addresses" }
      end)

      it("counts old tries again on a proxy that is back", function()
        c:node("proxy-1"):kill()
        c:advance "15 s"
        try_addresses(workers, "10.0.0.1", 1, 24) -- counted by the other one
        c:node("proxy-1"):restart()
        c:advance "5 s"
        try_addresses(workers, "10.0.0.1", 1, 24)
        expect(told(c:nodes())):to_be_empty()
        try_addresses(workers, "10.0.0.1", 25, 25)
        expect(told(c:nodes())):to_equal { "proxy-1: 10.0.0.1 has tried 25 addresses" }
      end)

      it("counts old tries again on a manager that is back", function()
        local bare = sim.cluster { ".", workers = 1 }
        try_addresses(bare:nodes "worker", "10.0.0.1", 1, 24)
        bare:node("manager"):restart()
        bare:advance "5 s"
        try_addresses(bare:nodes "worker", "10.0.0.1", 1, 25)
        expect(told(bare:nodes())):to_equal { "manager: 10.0.0.1 has tried 25 addresses" }
      end)

      it("sends no try again because a worker restarts, or a logger", function()
        try_addresses({ workers[2] }, "10.0.0.1", 1, 20)
        workers[1]:restart()
        c:node("logger"):restart()
        c:advance "5 s"
        try_addresses({ workers[2] }, "10.0.0.1", 1, 20)
        expect(c:node("proxy-1"):handled "Scan::attempt"):to_equal(20)
      end)

      it("counts on the manager when the last proxy is gone", function()
        c:node("proxy-1"):kill()
        c:node("proxy-2"):kill()
        c:advance "15 s"
        try_addresses(workers, "10.0.0.5", 1, 25)
        expect(told(c:nodes())):to_equal { "manager: 10.0.0.5 has tried 25 addresses" }
      end)

      it("goes on counting when a worker dies", function()
        try_addresses({ workers[1] }, "10.0.0.1", 1, 20)
        workers[1]:kill()
        c:advance "15 s"
        try_addresses({ workers[2] }, "10.0.0.1", 21, 25)
        expect(told(c:nodes())):to_equal { "proxy-1: 10.0.0.1 has tried 25 addresses" }
      end)

      it("goes on counting when a worker was cut off for a moment", function()
        c:partition({ "worker-1" }, { "proxy-1" })
        try_addresses({ workers[1] }, "10.0.0.1", 1, 20)
        try_addresses({ workers[2] }, "10.0.0.1", 21, 25)
        expect(told(c:nodes())):to_be_empty()
        c:heal()
        c:run()
        expect(told(c:nodes())):to_equal { "proxy-1: 10.0.0.1 has tried 25 addresses" }
      end)
    end)
  end)

  it("finds a scan once, in whatever order its tries arrive", function()
    sim.explore { seeds = 8, run = function()
      local c = sim.cluster { ".", workers = 3, proxies = 2, loggers = 0, loss = 0.2 }
      try_addresses(c:nodes "worker", "10.0.0.1", 1, 40)
      expect(told(c:nodes())):to_equal { "proxy-1: 10.0.0.1 has tried 25 addresses" }
    end }
  end)
end)
