-- Full load on one publisher with two subscribers, of which one is frozen now and then.
-- node.args: role (publish, healthy, victim), peer timeout, seconds of a phase.
local F = namespace "Frozen"
local event   = F:event("event", "text: string, n: count, client: addr")
local probe   = F:event("probe", "sent: time")
local phase   = F:event("phase", "n: count")
local confirm = F:event("confirm", "n: count")
local stop    = F:event("stop", "")

local DATA, BACK = "frozen/data", "frozen/back"
local WINDOW, CONFIRM, PROBE = 4096, 512, 64
local role, timeout, length = node.args[1], node.args[2], tonumber(node.args[3])
broker.options.peer_timeout = timeout

-- subscribers
local got, all, mark, began, samples = 0, 0, 0, nil, {}
event:on(function(text, n, client)
  got, all = got + 1, all + 1
  if role == "healthy" and got % CONFIRM == 0 then broker.publish(BACK, confirm, got) end
end)
probe:on(function(sent)
  all = all + 1
  samples[#samples + 1] = (time.now() - sent).sec
end)
phase:on(function(n)
  all = all + 1
  local now = time.now()
  if role == "healthy" and began then
    table.sort(samples)
    print("PHASE " .. json.encode { n = n, rate = (got - mark) / (now - began).sec, p99 = samples[math.ceil(#samples * 0.99)] or 0 })
  end
  mark, began, samples = got, now, {}
end)
stop:on(function() print("GOT " .. all + 1) end)

-- publisher
local sent, stopped, started = 0, false, false
local client = addr "192.168.1.2"
local function send(n)
  for i = sent + 1, sent + n do
    broker.publish(DATA, event, "hello world", i, client)
    if i % PROBE == 0 then broker.publish(DATA, probe, time.now()) end
  end
  sent = sent + n
end
confirm:on(function(n)
  if not stopped and n + WINDOW > sent then send(n + WINDOW - sent) end
end)

local function start()
  started = true
  local n = 0
  timer.every(interval(length), function()
    n = n + 1
    if not stopped then broker.publish(DATA, phase, n) end
  end)
  send(WINDOW)
end

local function account()
  for _, s in pairs(broker.peering_stats()) do
    local e = s.events
    print("ACCOUNT " .. json.encode { name = s.node, connected = s.connected, offered = e.offered, dropped = e.dropped, queued = e.queued,
      in_flight = e.in_flight, received = e.received, lost = e.lost })
  end
  print("ACCOUNTS")
end

-- The test says with a handle of its own when the load ends: a file that appears.
on("Broker::peer_added", function()
  if role == "publish" and #broker.peers() == 2 and not started then start() end
end)
for _, name in ipairs { "peer_added", "peer_lost" } do
  on("Broker::" .. name, function(endpoint, msg) print(name, msg) end)
end
on("node_init", function()
  broker.subscribe(role == "publish" and BACK or DATA)
  if role ~= "publish" then return end
  timer.every("200 ms", function()
    local f = not stopped and io.open(node.args[4])
    if f then
      f:close()
      stopped = true
      broker.publish(DATA, stop)
      timer.every("1 s", account)
    end
  end)
end)
