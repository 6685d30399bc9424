local function options(opts)
  local all = {}
  for name, v in pairs(opts) do all["BenchStore::" .. name] = v end
  return all
end

-- A node that is master and writer. It ends when it is done.
local function alone(opts)
  local n = sim.node { "policies/bench_store", args = "alone", options = options(opts) }
  n:advance "5 s"
  expect(n:state()):to_be "stopped"
  return json.decode(n:output())
end

describe("bench_store alone", function()
  for _, backend in ipairs { "memory", "pebble" } do
    it("puts as many entries as it is told, into " .. backend, function()
      local r = alone { count = 500, backend = backend }
      expect(r):to_contain { operations = 500, failed = 0, seen = true }
    end)
  end

  it("puts each key once", function()
    expect(alone { count = 300, case = "unique" }):to_contain { operations = 300, failed = 0 }
  end)

  it("reads what it has put", function()
    expect(alone { count = 1000, case = "get" }.sum):to_be(500500)
  end)

  it("puts at once without a window", function()
    expect(alone { count = 300, window = 0 }.operations):to_be(300)
  end)

  it("waits until all has expired", function()
    local r = alone { count = 200, case = "expire" }
    expect(r.operations):to_be(200)
    expect(r.seconds):to_be_at_least(1)
  end)
end)

describe("bench_store in two nodes", function()
  local function clone(opts)
    local w = sim.network()
    local master = w:add { "policies/bench_store", name = "master", listen = true, args = "master" }
    local writer = w:add {
      "policies/bench_store", name = "writer", peer = "master", args = "clone",
      options = options(opts),
    }
    return w, master, writer
  end

  it("writes through a clone", function()
    local w, master, writer = clone { count = 400, window = 100 }
    w:advance "5 s"
    local r = json.decode(writer:output())
    expect(r.operations):to_be(400)
    expect(r.failed):to_be(0)
    expect(r.seconds):to_be_at_least(0.006) -- 4 windows, a round trip between two
    expect(master:state()):to_be "stopped" -- when the writer has gone
  end)

  it("ends without a report when the master goes", function()
    local w, master, writer = clone { count = 100000, window = 100 }
    w:advance "200 ms"
    expect(writer:eval [[return store.find("bench"):size()]]):to_be_greater_than(0)
    master:kill()
    w:advance "20 s"
    expect(writer:state()):to_be "stopped"
    expect(writer:output()):to_be ""
  end)
end)
