-- Two nodes that measure each other. On a simulated clock the figures say nothing, but they add up.
local function run(opts)
  local w = sim.network { delay = "1 ms" }
  local receiver = w:add { "policies/bench", name = "receiver", listen = true, args = "receive" }
  local sender = w:add {
    "policies/bench", name = "sender", peer = "receiver", args = "send", options = opts,
  }
  w:advance "3 s"
  local got = receiver:output() ~= "" and json.decode(receiver:output()) or nil
  return json.decode(sender:output()), got, sender, receiver
end

describe("bench", function()
  it("sends so many events, and all arrive", function()
    local sent, got, sender, receiver = run { ["Bench::events"] = 2000 }
    expect(sent.sent):to_be(2000)
    expect(sent.dropped):to_be(0)
    expect(sent.received):to_be(got.events)
    expect(got.events):to_be(2000 + 8) -- a probe for every 256th
    expect(got.sent):to_be(got.events)
    expect(got.latency[1]):to_be_near(0.001)
    expect(sender:state()):to_be "stopped"
    expect(receiver:state()):to_be "stopped"
  end)

  it("has no more under way than its window", function()
    local sent, got = run { ["Bench::events"] = 3000, ["Bench::window"] = 1024 }
    expect(sent.received):to_be(got.sent)
    expect(got.seconds):to_be_at_least(0.002) -- 3 windows, a round trip between two
  end)

  it("sends at a rate for a time", function()
    local sent = run { ["Bench::rate"] = 1000, ["Bench::seconds"] = "1 s" }
    expect(sent.sent):to_be_near(1000, 2)
  end)

  it("sends records", function()
    local sent, got, _, receiver = run { ["Bench::events"] = 600, ["Bench::args"] = "record" }
    expect(sent.received):to_be(got.sent)
    expect(receiver:handled "Bench::conn"):to_be(600)
  end)

  it("measures round trips", function()
    local trips = run { ["Bench::rounds"] = 5 }
    expect(trips.latency):to_have_length(5)
    for _, seconds in ipairs(trips.latency) do expect(seconds):to_be_near(0.002) end
  end)

  it("goes through a node that forwards", function()
    local w = sim.network()
    w:add { "policies/bench", name = "between", listen = true, args = "forward" }
    local receiver = w:add {
      "policies/bench", name = "receiver", peer = "between", args = "receive",
    }
    w:run()
    w:add {
      "policies/bench", name = "sender", peer = "between", args = "send",
      options = { ["Bench::events"] = 1000 },
    }
    w:advance "3 s"
    local got = json.decode(receiver:output())
    expect(got.events):to_be(got.sent)
    expect(w:node("between"):handled "Bench::event"):to_be(0)
  end)
end)
