-- A node of the chaos test: publishes at a steady rate, looks at what comes, and tells what it knows when it is asked.
-- node.args: role (node or watch), events per second, seconds until the watcher asks for quiet.
local C = namespace "Chaos"
local data   = C:event("data", "seq: count, text: string")
local stop   = C:event("stop", "")
local report = C:event("report", "round: count")

local DATA, CONTROL = "chaos/data", "chaos/control"
local role, rate, after = node.args[1], tonumber(node.args[2]), tonumber(node.args[3])
local published, handled, last, wrong, quiet = 0, {}, {}, 0, false

local function taken()
  local id = event.source()
  handled[id] = (handled[id] or 0) + 1
  return id
end

data:on(function(seq, text)
  local id = taken()
  if seq <= (last[id] or 0) then
    wrong = wrong + 1
    print("WRONG", id, seq, last[id])
  end
  last[id] = seq
end)

stop:on(function()
  taken()
  quiet = true
end)

local function tell(round)
  local stats = {}
  for id, s in pairs(broker.peering_stats()) do
    local e = s.events
    stats[id] = { offered = e.offered, dropped = e.dropped, queued = e.queued, in_flight = e.in_flight,
      received = e.received, lost = e.lost, taken = e.taken }
  end
  local function some(t) return next(t) and t or nil end -- an empty table would be written as a list
  print("REPORT " .. json.encode { round = round, name = node.name, id = broker.node_id(), published = published, wrong = wrong,
    handled = some(handled), peers = #broker.peers(), stats = some(stats) })
end

report:on(function(round)
  taken()
  tell(round)
end)

on("node_init", function()
  broker.subscribe "chaos/"
  local owed = 0
  timer.every("10 ms", function()
    if quiet then return end
    owed = owed + rate / 100
    while owed >= 1 do
      owed = owed - 1
      published = published + 1
      broker.publish(DATA, data, published, "forty-two bytes that say nothing of interest")
    end
  end)
  if role == "watch" then
    timer.after(interval(after), function()
      quiet = true
      broker.publish(CONTROL, stop)
      local round = 0
      timer.every("1 s", function()
        round = round + 1
        broker.publish(CONTROL, report, round)
        tell(round)
      end)
    end)
  end
end)
