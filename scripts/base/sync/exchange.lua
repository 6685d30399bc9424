-- Nodes that come to be linked ask each other for what they have: who comes late gets it all, and
-- after a partition both sides get what they lack. Answers come in parts of bounded size, each
-- asked for when the one before has arrived, so a queue never holds more than one. Who asks keeps
-- no state, and who answers one walk for each who asks.
local containers = require "internal.containers"

local M = {}

local PART_ENTRIES = 256 -- of one message
local PART_BYTES = 32768 -- about

local function empty(r)
  return {
    keys = vector(r.key), values = r.value and vector(r.value),
    stamps = vector "string", ages = vector "real",
    gone = vector(r.key), gone_stamps = vector "string",
    bytes = 0,
  }
end

local function size(p) return #p.keys + #p.gone end

local function put(r, p, key, value, stamp, age)
  p.keys:push(key)
  if r.value then p.values:push(value) end
  p.stamps:push(stamp)
  p.ages:push(age)
  p.bytes = p.bytes + #tostring(key) + #stamp + (type(value) == "string" and #value or 8)
end

local function put_removed(p, key, stamp)
  p.gone:push(key)
  p.gone_stamps:push(stamp)
  p.bytes = p.bytes + #tostring(key) + #stamp
end

local function send(r, topic, from, more, p)
  if r.value then
    broker.publish(topic, r.part, from, more, p.keys, p.values, p.stamps, p.ages, p.gone,
      p.gone_stamps)
  else
    broker.publish(topic, r.part, from, more, p.keys, p.stamps, p.ages, p.gone, p.gone_stamps)
  end
end

-- walk returns a function that gives one part after the other, and whether there are more.
local function walk(r)
  local live, removed = r.stamps:each(), r.removed:each()
  return function()
    local p = empty(r)
    while size(p) < PART_ENTRIES and p.bytes < PART_BYTES do
      local key, stamp
      if live then key, stamp = live() end
      if key ~= nil then
        if r.known:has(key) then
          put(r, p, key, r.value and r.known:get(key), stamp, containers.age(r.known, key))
        end
      else
        live = nil
        key, stamp = removed()
        if key == nil then return p, false end
        put_removed(p, key, stamp)
      end
    end
    return p, true
  end
end

-- take merges a part and returns what was news.
local function take(r, merge, p)
  local news = empty(r)
  local op = r.value and "set" or "add"
  for i, key in p.keys:each() do
    local value, stamp, age = r.value and p.values:get(i), p.stamps:get(i), p.ages:get(i)
    if stamp and age and merge(r, op, key, value, stamp, age) then
      put(r, news, key, value, stamp, age)
    end
  end
  for i, key in p.gone:each() do
    local stamp = p.gone_stamps:get(i)
    if stamp and merge(r, "remove", key, nil, stamp) then put_removed(news, key, stamp) end
  end
  return news
end

-- Whom a node passes news on to, by its role: those whom it is linked with and who are not linked
-- with each other.
local ONWARD = {
  [cluster.PROXY] = { cluster.worker_topic, cluster.manager_topic },
  [cluster.MANAGER] = { cluster.worker_topic, cluster.proxy_topic },
  [cluster.WORKER] = {},
}

function M.start(r, space, role, merge)
  local values = r.value and ", values: vector of " .. r.value or ""
  r.pull = space:event("sync_pull", "from: string, more: bool")
  r.part = space:event("sync_part", "from: string, more: bool, keys: vector of " .. r.key .. values
    .. ", stamps: vector of string, ages: vector of real"
    .. ", gone: vector of " .. r.key .. ", gone_stamps: vector of string")
  local walks = {} -- by the node that asked

  local function ask(name, more)
    broker.publish(cluster.node_topic(name), r.pull, cluster.node, more)
  end

  r.pull:on(function(from, more)
    if not cluster.nodes[from] then return end
    walks[from] = more and walks[from] or walk(r)
    local p, rest = walks[from]()
    if not rest then walks[from] = nil end
    send(r, cluster.node_topic(from), cluster.node, rest, p)
  end)

  local function took(from, more, p)
    local news = take(r, merge, p)
    if size(news) > 0 then
      for _, topic in ipairs(ONWARD[role]) do send(r, topic, "", false, news) end
    end
    if more and cluster.nodes[from] then ask(from, true) end
  end
  if r.value then
    r.part:on(function(from, more, keys, vals, stamps, ages, gone, gone_stamps)
      took(from, more, {
        keys = keys, values = vals, stamps = stamps, ages = ages,
        gone = gone, gone_stamps = gone_stamps,
      })
    end)
  else
    r.part:on(function(from, more, keys, stamps, ages, gone, gone_stamps)
      took(from, more, {
        keys = keys, stamps = stamps, ages = ages, gone = gone, gone_stamps = gone_stamps,
      })
    end)
  end

  local function role_of(name)
    local n = cluster.nodes[name]
    return n and n.node_type
  end

  on("Cluster::node_up", function(name)
    if ONWARD[role_of(name)] then ask(name, false) end
  end)

  on("Cluster::node_down", function(name)
    walks[name] = nil
    -- What a proxy has not passed on any more, the manager has heard of.
    if role == cluster.WORKER and role_of(name) == cluster.PROXY then
      broker.publish(cluster.manager_topic, r.pull, cluster.node, false)
    end
  end)
end

return M
