-- A cluster that measures itself: worker-1 publishes to the proxies in turn, as the documents' relay does; each proxy sends
-- on to all workers; everybody counts. Without proxies the manager relays. `moonpeer bench cluster` starts the nodes, raises
-- `begin` on worker-1, and when all has come to rest it raises `tell` everywhere and reads the reports.
local B = namespace "BenchCluster"

local data    = B:event("data", "text: string, n: count, client: addr")
local probe   = B:event("probe", "sent: time")
local confirm = B:event("confirm", "worker: string, n: count")
local begin   = B:event("begin", "seconds: interval")
local burst   = B:event("burst")
local tell    = B:event("tell")

local rate   = B:option("rate", "count", 0, { doc = "events per second; 0: as many as the loop of worker-1 can publish" })
local window = B:option("window", "count", 0, { doc = "events under way that the slowest worker has not confirmed; 0: any number" })
local report = B:var("report", "string", "{}") -- JSON; all counts since the node started, the latencies since the last tell

local PUBLISHER = "worker-1"
local CONFIRM = 512 -- events per confirmation
local PROBE = 256   -- events per sample of the latency
local BURST = 64    -- published by one handler; between two the loop sees to the rest of the node

local function relay() return cluster.rr_topic(cluster.proxy_pool, "relay") or cluster.manager_topic end

-- worker-1 publishes ----------------------------------------------------------------------------------------------

local published, to_probe = 0, 1
local began, ended, running = 0, 0, false
local due, base, seconds = nil, 0, 0 -- due: what may have been published by now
local client = addr "192.168.1.2"

local function send(n)
  for i = published + 1, published + n do
    if i == to_probe then -- compared, since % costs a tenth of an event
      to_probe = i + PROBE
      broker.publish(relay(), probe, time.now())
    else
      broker.publish(relay(), data, "hello world", i, client)
    end
  end
  published = published + n
end

local got, last = 0, 0
local confirmed = {} -- by the other workers

local function limit_by_rate()
  return base + math.floor((time.now().sec - began) * rate:get())
end

local function limit_by_window()
  local slowest = got
  for name in pairs(cluster.nodes) do
    if cluster.nodes[name].node_type == cluster.WORKER and name ~= PUBLISHER then
      slowest = math.min(slowest, confirmed[name] or 0)
    end
  end
  return slowest + window:get()
end

local function proceed()
  if not running then return end
  ended = time.now().sec
  if ended - began >= seconds then
    running, to_probe = false, published + 1
    return send(1) -- the last one tells when all had arrived
  end
  if not due then
    send(BURST)
    return burst:raise()
  end
  send(math.max(0, due() - published))
end

burst:on(proceed)

begin:on(function(how_long) -- check: ignore unraised-event
  base, began, seconds, running, to_probe = published, time.now().sec, how_long.sec, true, published + 1
  due = rate:get() > 0 and limit_by_rate or window:get() > 0 and limit_by_window or nil
  if due then
    local tick
    tick = timer.every("1 ms", function()
      proceed()
      if not running then tick:cancel() end
    end)
  end
  proceed()
end)

confirm:on(function(worker, n)
  if cluster.local_node_type() ~= cluster.WORKER then return event.republish(cluster.node_topic(PUBLISHER)) end
  confirmed[worker] = math.max(n, confirmed[worker] or 0) -- two proxies keep no order between them
  proceed()
end)

-- proxies relay, workers count ------------------------------------------------------------------------------------

local relayed = 0

local function pass_on()
  relayed = relayed + 1
  event.republish(cluster.worker_topic)
end

local to_confirm = CONFIRM

local function count()
  got = got + 1
  if got == to_confirm then
    to_confirm = got + CONFIRM
    if window:get() == 0 then return end
    if cluster.node == PUBLISHER then return proceed() end
    broker.publish(relay(), confirm, cluster.node, got)
  end
end

-- A sample of all latencies that does not grow with the run: each has the same chance to be in it.
local SAMPLES, seen, samples = 2000, 0, {}

local function sample(latency)
  seen = seen + 1
  local at = seen <= SAMPLES and seen or math.random(seen)
  if at <= SAMPLES then samples[at] = latency end
end

if cluster.local_node_type() == cluster.WORKER then
  data:on(count)
  probe:on(function(sent)
    local now = time.now()
    last = now.sec
    count()
    sample((now - sent).sec)
  end)
else
  data:on(pass_on)
  probe:on(pass_on)
end

tell:on(function() -- check: ignore unraised-event
  report:set(json.encode { published = published, relayed = relayed, received = got, running = running,
    began = began, ended = ended, last = last, latency = samples })
  seen, samples = 0, {}
end)
