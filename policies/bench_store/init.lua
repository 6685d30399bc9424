-- One or two nodes that measure a store. `moonpeer bench store` starts them and adds up what they print: with `-- master` a
-- node has the master and waits, with `-- clone` it writes through a clone, with `-- alone` it is master and writer.
local B = namespace "BenchStore"

local what    = B:option("case", "string", "put", { doc = "put, unique, get, fill or expire" })
local backend = B:option("backend", "string", "memory", { doc = "memory or pebble" })
local sync    = B:option("sync", "bool", true, { doc = "done means on disk" })
local count   = B:option("count", "count", 100000, { doc = "operations, or entries" })
local window  = B:option("window", "count", 1000, { doc = "writes under way" })

local tick   = B:event("tick", "sent: time")
local client = addr "192.168.1.2"
local KEYS   = 100000 -- keys of 12 bytes; more operations write them again

local keys = {}
local function key(i)
  local n = i % KEYS
  local k = keys[n]
  if not k then
    k = string.format("key-%08d", n)
    keys[n] = k
  end
  return k
end

local role, s = node.args[1], nil
local begin

local function report(t)
  t.role, t.case = role, what:get()
  print(json.encode(t))
end

local function finish(t)
  t.seconds = (time.now() - begin).sec
  report(t)
  node.terminate()
end

-- In steps, since a handler has a budget: step(from, to) is called until all are done.
local step = B:event("step", "from: count")
local STEP, body, after = 2000, nil, nil

step:on(function(from)
  local to = math.min(from + STEP, count:get())
  body(from, to)
  if to < count:get() then return step:raise(to) end
  after()
end)

local function in_steps(each, last)
  body, after, begin = each, last, time.now()
  step:raise(0)
end

-- writes with so many under way, and how long each tenth of them took
local function writes(one)
  local total, most = count:get(), window:get()
  local issued, done, failed, latency = 0, 0, 0, {}
  local batch = math.max(1, math.min(256, math.floor(most / 4)))
  local function go()
    while issued < total and issued - done + batch <= most do
      local n = math.min(batch, total - issued)
      for i = issued + 1, issued + n - 1 do one(i) end
      local sent = time.now()
      issued = issued + n
      local upto = issued
      one(issued):done(function(value, err)
        done = upto
        if err then failed = failed + 1 end
        latency[#latency + 1] = (time.now() - sent).sec
        if done == total then
          return finish { operations = total, failed = failed, latency = latency, seen = s:get(key(total)) ~= nil }
        end
        go()
      end)
    end
  end
  begin = time.now()
  go()
end

local cases = {}

function cases.put()
  if window:get() == 0 then -- at once: memory, or without sync
    return in_steps(function(from, to)
      for i = from + 1, to do s:put(key(i), tuple("hello world", i, client)) end
    end, function() finish { operations = count:get() } end)
  end
  writes(function(i) return s:put(key(i), tuple("hello world", i, client)) end)
end

function cases.unique()
  writes(function(i) return s:put_unique(key(i), i) end)
end

function cases.get()
  local sum = 0
  for i = 1, 999 do s:put(key(i), i) end
  s:put(key(1000), 1000):done(function()
    in_steps(function(from, to)
      for i = from + 1, to do sum = sum + s:get(key(i % 1000 + 1)) end
    end, function() finish { operations = count:get(), sum = sum } end)
  end)
end

-- A store of so many entries of 44 bytes, for whoever attaches.
function cases.fill()
  in_steps(function(from, to)
    for i = from + 1, to do s:put(string.format("%08d", i), "value-of-22-bytes-long") end
  end, function()
    if role == "alone" then return finish { operations = count:get() } end
    broker.listen("127.0.0.1", 0)
  end)
end

-- So many keys that expire within a second, while a timer looks how late it is.
function cases.expire()
  local later = count:get() > 200000 and 10 or 1 -- when all are there
  local late, last = 0, nil
  in_steps(function(from, to)
    for i = from + 1, to do s:put(string.format("%08d", i), i, { expire = later + i % 100 / 100 }) end
  end, function()
    local filled = time.now()
    local ticker
    ticker = timer.every("1 ms", function()
      local now = time.now()
      if last then late = math.max(late, (now - last).sec) end
      last = now
      if s:size() == 0 then
        ticker:cancel()
        finish { operations = count:get(), stall = late, filled = (filled - begin).sec }
      end
    end)
  end)
end

local function open_master()
  local err
  s, err = store.master("bench", { backend = backend:get(), sync = sync:get() })
  if not s then error(tostring(err)) end
end

on("node_init", function()
  if role == "clone" then
    s = store.clone("bench")
    return
  end
  if role == "ticks" then return end
  local opening = time.now()
  open_master()
  if what:get() == "reopen" then
    report { entries = s:size(), seconds = (time.now() - opening).sec }
    return node.terminate()
  end
  if role == "alone" or what:get() == "fill" then cases[what:get()]() end
end)

-- A clone begins when it has its copy.
on("Broker::peer_added", function()
  if role ~= "clone" then return end
  local asked, waiting = time.now(), nil
  waiting = timer.every("1 ms", function()
    local n = s:size()
    if not n then return end
    waiting:cancel()
    if what:get() ~= "attach" then return cases[what:get()]() end
    begin = asked
    finish { entries = n }
  end)
end)

-- Events from a third node, 10,000 a second, while a clone attaches: how late they are.
local TOPIC = "bench/ticks"
local late, peers = {}, 0
if role == "master" then broker.subscribe(TOPIC) end
tick:on(function(sent) late[#late + 1] = (time.now() - sent).sec end)

on("Broker::peer_added", function()
  peers = peers + 1
  if role == "master" then late = {} end
  if role == "ticks" then
    timer.every("1 ms", function()
      for _ = 1, 10 do broker.publish(TOPIC, tick, time.now()) end
    end)
  end
end)

on("Broker::peer_lost", function()
  if role == "master" and #late > 0 then report { latency = late } end
  node.terminate()
end)
