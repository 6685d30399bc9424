local function ended(n, orig, orig_bytes, resp, resp_bytes)
  n:raise("connection_state_remove", sim.connection {
    orig = { addr = addr(orig), bytes = orig_bytes },
    resp = { addr = addr(resp), bytes = resp_bytes },
  })
end

-- What it prints when it ends.
local function verdict(n)
  n:run()
  n:stop()
  n:run()
  return n:output()
end

describe("top_talkers", function()
  it("adds up what each address has sent, on either side", function()
    local n = sim.node { "policies/top_talkers" }
    ended(n, "10.0.0.1", 100, "10.0.0.2", 2000)
    ended(n, "10.0.0.2", 30, "10.0.0.1", 4)
    n:run()
    expect(n:get "TopTalkers::bytes"):to_equal { [addr "10.0.0.1"] = 104, [addr "10.0.0.2"] = 2030 }
  end)

  it("prints the largest first when the node ends, and not before", function()
    local n = sim.node { "policies/top_talkers" }
    ended(n, "10.0.0.1", 100, "10.0.0.2", 2000)
    n:advance "1 day"
    expect(n:output()):to_be ""
    expect(verdict(n)):to_be("        2000  10.0.0.2\n         100  10.0.0.1\n")
  end)

  it("prints equal ones in the order of their addresses", function()
    local n = sim.node { "policies/top_talkers" }
    ended(n, "10.0.0.9", 5, "10.0.0.10", 5)
    ended(n, "10.0.0.2", 5, "::1", 5)
    local order = {}
    for host in verdict(n):gmatch "5  (%S+)\n" do order[#order + 1] = host end
    expect(order):to_equal { "::1", "10.0.0.2", "10.0.0.9", "10.0.0.10" }
  end)

  it("prints no more than it is told", function()
    local n = sim.node { "policies/top_talkers", options = { ["TopTalkers::count"] = 1 } }
    ended(n, "10.0.0.1", 100, "10.0.0.2", 2000)
    expect(verdict(n)):to_be "        2000  10.0.0.2\n"
  end)

  it("leaves out who has sent nothing", function()
    local n = sim.node { "policies/top_talkers" }
    ended(n, "10.0.0.1", 100, "10.0.0.2", 0)
    expect(verdict(n)):to_be "         100  10.0.0.1\n"
  end)

  it("says nothing when there was nothing", function()
    expect(verdict(sim.node { "policies/top_talkers" })):to_be ""
  end)

  it("adds up a capture", function()
    local n = sim.node {
      "policies/top_talkers", pcap = "../testdata/small.pcap",
      options = { ["TopTalkers::count"] = 3 },
    }
    expect(verdict(n)):to_be(
      "        3856  10.1.0.10\n         256  10.1.0.53\n         229  10.0.0.1\n")
    expect(n:get "TopTalkers::bytes"):to_have_length(8)
  end)
end)
