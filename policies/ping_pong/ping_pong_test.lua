-- Two nodes that are in no cluster: a listens, b dials.
local function table_of_two(opts)
  opts = opts or {}
  local w = sim.network { delay = opts.delay, loss = opts.loss }
  local a = w:add { "policies/ping_pong", name = "a", listen = true, start = false }
  local b = w:add {
    "policies/ping_pong", name = "b", peer = "a", options = opts.options, start = false,
  }
  w:start()
  return w, a, b
end

local function balls(n, what)
  local list = {}
  for text in n:output():gmatch(what .. "\t([^\n]*)\n") do list[#list + 1] = text end
  return list
end

describe("ping_pong", function()
  it("goes back and forth five times, and who dialled serves and ends", function()
    local w, a, b = table_of_two()
    w:run()
    local five = { "hello\t1", "hello\t2", "hello\t3", "hello\t4", "hello\t5" }
    expect(balls(a, "ping")):to_equal(five)
    expect(balls(b, "pong")):to_equal(five)
    expect(b:state()):to_be "stopped"
    expect(a:state()):to_be "running"
  end)

  it("has as many rounds as it is told", function()
    local w, a = table_of_two { options = { ["PingPong::rounds"] = 2 } }
    w:run()
    expect(balls(a, "ping")):to_equal { "hello\t1", "hello\t2" }
  end)

  it("never hears itself", function()
    local w, a, b = table_of_two()
    w:run()
    expect(balls(a, "pong")):to_be_empty()
    expect(balls(b, "ping")):to_be_empty()
  end)

  it("says who comes and who goes", function()
    local w, a = table_of_two()
    w:run()
    expect(a:output()):to_match "^peer added:\tb\t"
    expect(a:output()):to_match "peer lost:\tb\t[^\n]*\n$"
  end)

  it("serves again to who comes back", function()
    local w, a, b = table_of_two()
    w:run()
    b:restart()
    w:run()
    expect(balls(a, "ping")):to_have_length(10)
  end)

  it("loses the ball with a partition, and begins anew after it", function()
    local w, a, b = table_of_two { delay = "1 s" }
    w:advance "10 s"
    w:partition("a", "b")
    w:advance "30 s"
    expect(balls(a, "ping")):to_equal { "hello\t1", "hello\t2" }
    expect(b:output()):to_contain "peer lost:"
    w:heal()
    w:advance "1 min"
    expect(balls(a, "ping")):to_equal {
      "hello\t1", "hello\t2", "hello\t1", "hello\t2", "hello\t3", "hello\t4", "hello\t5",
    }
  end)

  it("gets through a link that loses every third message", function()
    local w, a = table_of_two { loss = 0.33 }
    w:run()
    expect(balls(a, "ping")):to_have_length(5)
  end)

  it("answers whoever publishes on its topic", function()
    local w = sim.network()
    local a = w:add { "policies/ping_pong", name = "a", listen = true }
    local c = w:add { name = "c", peer = "a", lua = [[
      on("Broker::peer_added", function()
        broker.publish("ping_pong/", "PingPong::ping", "hi", types.count(7))
      end)
    ]] }
    w:run()
    expect(balls(a, "ping")):to_equal { "hi\t7" }
    expect(a:published "PingPong::pong"):to_equal {
      { topic = "ping_pong/", event = "PingPong::pong", args = { "hi", 7 } },
    }
    expect(c:state()):to_be "running"
  end)
end)
