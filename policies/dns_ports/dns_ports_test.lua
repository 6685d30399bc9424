local function asks(n, client, resolver, port)
  n:raise("connection_state_remove", sim.connection {
    orig = client .. ":5353/udp", resp = resolver .. ":" .. (port or "53/udp"),
  })
end

-- Only 10.1.0.53 is expected.
local function strict()
  return sim.node {
    "policies/dns_ports", options = { ["DNSPorts::resolvers_allowed"] = { "10.1.0.53" } },
  }
end

describe("dns_ports", function()
  it("counts the conversations with each resolver, over UDP and TCP", function()
    local n = sim.node { "policies/dns_ports" }
    asks(n, "10.0.0.1", "10.1.0.53")
    asks(n, "10.0.0.2", "10.1.0.53", "53/tcp")
    asks(n, "10.0.0.2", "9.9.9.9")
    n:run()
    expect(n:get "DNSPorts::resolvers"):to_equal { [addr "10.1.0.53"] = 2, [addr "9.9.9.9"] = 1 }
  end)

  it("leaves out other ports", function()
    local n = sim.node { "policies/dns_ports" }
    asks(n, "10.0.0.1", "10.1.0.53", "80/tcp")
    asks(n, "10.0.0.1", "10.1.0.53", "5353/udp")
    n:run()
    expect(n:get "DNSPorts::resolvers"):to_be_empty()
  end)

  it("expects every resolver when none is named", function()
    local n = sim.node { "policies/dns_ports" }
    asks(n, "10.0.0.1", "9.9.9.9")
    n:run()
    expect(n:output()):to_be ""
  end)

  it("tells once which client asks a resolver that is not expected", function()
    local n = strict()
    asks(n, "10.0.0.1", "10.1.0.53")
    for _ = 1, 3 do asks(n, "10.0.0.1", "9.9.9.9") end
    asks(n, "10.0.0.2", "9.9.9.9")
    n:run()
    expect(n:output()):to_be("10.0.0.1 asks 9.9.9.9, which is not an expected resolver\n"
      .. "10.0.0.2 asks 9.9.9.9, which is not an expected resolver\n")
  end)

  it("tells again when the client has been quiet for a day", function()
    local n = strict()
    for _ = 1, 3 do
      asks(n, "10.0.0.1", "9.9.9.9")
      n:advance "23 h"
    end
    expect(n:handled "DNSPorts::surprise"):to_be(1)
    n:advance "61 min"
    asks(n, "10.0.0.1", "9.9.9.9")
    n:run()
    expect(n:handled "DNSPorts::surprise"):to_be(2)
  end)

  it("forgets a resolver a day after its last conversation", function()
    local n = sim.node { "policies/dns_ports" }
    asks(n, "10.0.0.1", "10.1.0.53")
    n:advance "23 h"
    expect(n:get "DNSPorts::resolvers"):to_have_length(1)
    n:advance "61 min"
    expect(n:get "DNSPorts::resolvers"):to_be_empty()
  end)

  it("reads a capture", function()
    local n = sim.node {
      "policies/dns_ports",
      pcap = "../testdata/small.pcap",
      options = { ["DNSPorts::resolvers_allowed"] = { "10.1.0.53" } },
    }
    n:run()
    expect(n:get "DNSPorts::resolvers"):to_equal { [addr "10.1.0.53"] = 4, [addr "10.9.9.9"] = 1 }
    expect(n:output()):to_match "asks 10%.9%.9%.9, which is not"
  end)

  it("shares the connections of a capture out among workers", function()
    local c = sim.cluster {
      "policies/dns_ports", workers = 3, loggers = 0, pcap = "../testdata/small.pcap",
    }
    c:advance "1 min"
    local sum = 0
    for _, resolvers in pairs(c:get "DNSPorts::resolvers") do
      for _, n in pairs(resolvers) do sum = sum + n end
    end
    expect(sum):to_be(5)
  end)

  it("reports a resolver that is no address", function()
    local n = sim.node {
      "policies/dns_ports", options = { ["DNSPorts::resolvers_allowed"] = { "dns.example" } },
    }
    expect(n:errors()[1]):to_contain "dns.example"
  end)
end)
