-- Two nodes that measure each other: the sender publishes as fast as the receiver confirms, or at a fixed rate.
-- `moonpeer bench` starts both and adds up what they print. Between two machines: `-- receive` on one, with --listen, and
-- `-- send` on the other, with --peer.
local B = namespace "Bench"

local record = B:record("info", {
  { "ts", "time" }, { "uid", "string" }, { "orig_h", "addr" }, { "orig_p", "port" }, { "resp_h", "addr" },
  { "resp_p", "port" }, { "proto", "enum" }, { "service", "string?" }, { "orig_bytes", "count" }, { "resp_bytes", "count" },
})

local event   = B:event("event", "text: string, n: count, client: addr")
local conn    = B:event("conn", "rec: Bench::info")
local probe   = B:event("probe", "sent: time")
local confirm = B:event("confirm", "n: count")
local finish  = B:event("finish", "n: count")
local result  = B:event("result", "n: count")
local ping    = B:event("ping", "n: count")
local pong    = B:event("pong", "n: count")

local args    = B:option("args", "string", "3", { doc = "3: three scalars an event; record: one record of ten fields" })
local window  = B:option("window", "count", 4096, { doc = "events under way that the receiver has not confirmed" })
local rate    = B:option("rate", "count", 0, { doc = "events per second; 0: as many as the receiver confirms" })
local events  = B:option("events", "count", 0, { doc = "events in all; 0: for the given time" })
local seconds = B:option("seconds", "interval", interval "10 s", { doc = "how long, unless the number of events is given" })
local rounds  = B:option("rounds", "count", 0, { doc = "round trips, instead of events" })

local DATA, BACK = "bench/data", "bench/back"
local CONFIRM = 512 -- events per confirmation
local PROBE = 256   -- events per sample of the latency

-- receiver --------------------------------------------------------------------------------------------------------

local got, began = 0, nil
local samples = {}

local to_confirm = CONFIRM -- compared, since % costs a tenth of an event

local function received()
  got = got + 1
  if got == to_confirm then
    to_confirm = got + CONFIRM
    broker.publish(BACK, confirm, got)
  end
end

event:on(function(text, n, client) received() end)
conn:on(function(rec) received() end)

-- A sample of all latencies that does not grow with the run: each has the same chance to be in it.
local SAMPLES, seen = 20000, 0

local function sample(latency)
  seen = seen + 1
  local at = seen <= SAMPLES and seen or math.random(seen)
  if at <= SAMPLES then samples[at] = latency end
end

probe:on(function(sent)
  local now = time.now()
  began = began or now
  received()
  sample((now - sent).sec)
end)

finish:on(function(n)
  print(json.encode { role = "receiver", events = got, sent = n, seconds = (time.now() - began).sec, latency = samples })
  broker.publish(BACK, result, got)
end)

ping:on(function(n) broker.publish(BACK, pong, n) end)

-- sender ----------------------------------------------------------------------------------------------------------

local sent, confirmed, over, start = 0, 0, false, nil
local client = addr "192.168.1.2"
local rec = { ts = time.unix(1700000000), uid = "CHhAvVGS1DHFjwGM9", orig_h = client, orig_p = port "49152/tcp",
  resp_h = addr "10.0.0.1", resp_p = port "443/tcp", proto = types.enum "tcp", service = "ssl", orig_bytes = 1234, resp_bytes = 56789 }
local one_record
local probes = 0 -- events like the others, to whoever counts

local to_probe = PROBE

local function send_probe()
  probes, to_probe = probes + 1, to_probe + PROBE
  broker.publish(DATA, probe, time.now())
end

local function send(n)
  if events:get() > 0 then n = math.min(n, events:get() - sent) end
  if one_record then
    for i = sent + 1, sent + n do
      broker.publish(DATA, conn, rec)
      if i == to_probe then send_probe() end
    end
  else
    for i = sent + 1, sent + n do
      broker.publish(DATA, event, "hello world", i, client)
      if i == to_probe then send_probe() end
    end
  end
  sent = sent + n
  local done = events:get() > 0 and sent >= events:get() or events:get() == 0 and (time.now() - start).sec >= seconds:get().sec
  if done and not over then
    over = true
    broker.publish(DATA, finish, sent + probes)
  end
end

confirm:on(function(n)
  confirmed = n
  local room = confirmed + window:get() - sent - probes
  if not over and rate:get() == 0 and room > 0 then send(room) end
end)

local function at_rate()
  local tick
  tick = timer.every("1 ms", function()
    if over then tick:cancel() return end
    local due = math.floor((time.now() - start).sec * rate:get())
    if due > sent then send(due - sent) end
  end)
end

-- round trips: one event out, one back
local asked, trips = nil, {}
local function ask(n)
  asked = time.now()
  broker.publish(DATA, ping, n)
end

pong:on(function(n)
  trips[n] = (time.now() - asked).sec
  if n < rounds:get() then return ask(n + 1) end
  print(json.encode { role = "sender", latency = trips })
  node.terminate()
end)

result:on(function(n)
  local out = { role = "sender", sent = sent, received = n, offered = 0, dropped = 0, bytes = 0 }
  for _, peer in pairs(broker.peering_stats()) do
    out.offered, out.dropped = out.offered + peer.events.offered, out.dropped + peer.events.dropped
    out.bytes = out.bytes + peer.events.offered_bytes
  end
  print(json.encode(out))
  node.terminate()
end)

on("Broker::peer_added", function()
  if node.args[1] ~= "send" or start then return end
  start, one_record = time.now(), args:get() == "record"
  send_probe()
  to_probe = PROBE
  if rounds:get() > 0 then return ask(1) end
  if rate:get() > 0 then return at_rate() end
  send(window:get())
end)

on("Broker::peer_lost", function() node.terminate() end)

on("node_init", function()
  local role = node.args[1]
  if role == "forward" then
    broker.options.forward_messages = true
    broker.forward "bench/"
  else
    broker.subscribe(role == "send" and BACK or DATA)
  end
end)
