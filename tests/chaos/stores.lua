-- A master that is killed again and again while it writes, and a clone that writes to it all the time. args: master RUN, or clone.
local role, run = node.args[1], node.args[2]
local s

-- What is written says itself what it should be, so that a half-written value shows.
local function value(i) return string.rep(tostring(i) .. ";", 1 + i % 300) end

local function writer(most, one, told)
  local i, under_way = 0, 0
  local function go()
    while under_way < most and not s:exists("stop") do
      i, under_way = i + 1, under_way + 1
      local n = i
      one(n):done(function(v, err)
        under_way = under_way - 1
        told(n, v, err)
        go()
      end)
    end
  end
  return go, function() return under_way end
end

on("node_init", function()
  if role == "master" then
    local err
    s, err = store.master("s", { backend = "pebble" })
    if not s then error(tostring(err)) end
    if run == "last" then s:put("stop", true) end
    local go = writer(64, function(n)
      if n % 10 == 0 then return s:erase(run .. "-" .. (n - 5)) end
      return s:put(run .. "-" .. n, value(n))
    end, function(n, _, err)
      if err then error(tostring(err)) end
      print(n) -- acknowledged
    end)
    timer.every("1 h", function() end) -- stay
    return go()
  end
  s = store.clone("s")
  local acked, maybe, won = 0, 0, 0
  local go, under_way = writer(32, function(n)
    if n % 4 == 0 then return s:put_unique("u-" .. n, n) end
    return s:increment("counter", 1)
  end, function(n, v, err)
    if n % 4 ~= 0 then
      if err then maybe = maybe + 1 else acked = acked + 1 end
    elseif v then
      won = won + 1
    elseif not err then
      reporter.error("put_unique of a key of one's own says that it was there: " .. n)
    end
  end)
  timer.every("10 ms", function()
    if s:exists("stop") and under_way() == 0 then
      print(json.encode { acked = acked, maybe = maybe, won = won, counter = s:get("counter"), there = s:size() })
      node.terminate()
    end
  end)
  go()
end)
