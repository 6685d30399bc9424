local function run(opts, seconds)
  local c = sim.cluster {
    "policies/bench_cluster", workers = opts.workers or 2, proxies = opts.proxies or 2, loggers = 0,
    options = { ["BenchCluster::rate"] = opts.rate, ["BenchCluster::window"] = opts.window },
  }
  c:node("worker-1"):raise("BenchCluster::begin", interval(seconds or 1))
  if opts.during then opts.during(c) end
  c:advance "3 s"
  for _, n in ipairs(c:nodes()) do
    if n:state() == "running" then n:raise "BenchCluster::tell" end
  end
  c:run()
  local reports = c:get "BenchCluster::report"
  for name, text in pairs(reports) do reports[name] = json.decode(text) end
  return reports
end

describe("bench_cluster", function()
  it("has each event on every worker", function()
    local r = run { rate = 200 }
    local n = r["worker-1"].published
    expect(n):to_be_near(200, 2)
    expect(r["worker-1"].received):to_be(n)
    expect(r["worker-2"].received):to_be(n)
    expect(r["worker-1"].running):to_be_false()
  end)

  it("has the proxies relay in turn", function()
    local r = run { rate = 200 }
    local n = r["worker-1"].published
    expect(r["proxy-1"].relayed + r["proxy-2"].relayed):to_be(n)
    expect(r["proxy-1"].relayed):to_be_near(n / 2, 1)
    expect(r.manager.relayed):to_be(0)
  end)

  it("has the manager relay where no proxy is", function()
    local r = run { rate = 100, proxies = 0 }
    expect(r.manager.relayed):to_be(r["worker-1"].published)
    expect(r["worker-2"].received):to_be(r["worker-1"].published)
  end)

  it("goes on as the workers confirm when it has a window", function()
    local r = run({ window = 1024 }, 0.01)
    expect(r["worker-1"].published):to_be_greater_than(1025) -- the last one is a probe
    expect(r["worker-2"].received):to_be(r["worker-1"].published)
  end)

  it("takes the time that events are under way", function()
    local r = run { rate = 600 }
    expect(r["worker-2"].latency[1]):to_be_near(0.002, 1e-6) -- two trips
  end)

  it("counts what is lost with a proxy", function()
    local r = run { rate = 200, during = function(c)
      c:advance "500 ms"
      c:node("proxy-2"):kill()
    end }
    local lost = r["worker-1"].published - r["worker-2"].received
    expect(lost):to_be_near(50, 2) -- half of those of the other half second
    expect(r["worker-1"].received):to_be(r["worker-2"].received)
  end)
end)
