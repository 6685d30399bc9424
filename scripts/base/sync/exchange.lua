-- Nodes that come to be linked ask each other for what they have: who comes late gets it all, and
-- after a partition both sides get what they lack. Answers come in parts of bounded size, each
-- asked for when the one before has arrived, so a queue never holds more than one. Who asks keeps
-- no state, and who answers one walk for each who asks.
--
-- That comes to rest whatever the containers hold: a walk is begun by an event of the world (a node
-- that comes or goes, a reload), at most one for each two linked nodes, and shows each entry that
-- was there at its beginning once. What of a part was news is passed on along a path that the
-- roles fix (ONWARD), three times at most, and nobody answers that. So an event of the world
-- leads to at most (entries / 256 + 1) parts for each two linked nodes, and each part to one for
-- each link of the cluster, even if news stays news because a full container drops what it takes.
local containers = require "internal.containers"

local M = {}

local PART_ENTRIES = 256 -- of one message
local PART_BYTES = 32768 -- about

local function empty(r)
  return {
    keys = vector(r.key), values = r.value and vector(r.value),
    stamps = vector "string", ages = vector "real",
    gone = vector(r.key), gone_stamps = vector "string", gone_ages = vector "real",
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

local function put_removed(p, key, stamp, age)
  p.gone:push(key)
  p.gone_stamps:push(stamp)
  p.gone_ages:push(age)
  p.bytes = p.bytes + #tostring(key) + #stamp
end

-- send sends a part: of a walk (0: its last one), and after how many that have passed it on.
local function send(r, topic, number, hop, p)
  if r.value then
    broker.publish(topic, r.part, cluster.node, number, hop, p.keys, p.values, p.stamps, p.ages,
      p.gone, p.gone_stamps, p.gone_ages)
  else
    broker.publish(topic, r.part, cluster.node, number, hop, p.keys, p.stamps, p.ages,
      p.gone, p.gone_stamps, p.gone_ages)
  end
end

-- walk returns a function that gives one part after the other, and whether there are more.
local function walk(r, stamp_of)
  local live, removed = r.known:each(), r.removed:each()
  return function()
    local p = empty(r)
    while size(p) < PART_ENTRIES and p.bytes < PART_BYTES do
      local key, value
      if live then key, value = live() end
      if key ~= nil then
        put(r, p, key, value, stamp_of(r, key), containers.age(r.known, key) or 0)
      else
        live = nil
        local stamp
        key, stamp = removed()
        if key == nil then return p, false end
        put_removed(p, key, stamp, containers.age(r.removed, key) or 0)
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
    if stamp and age and merge(op, key, value, stamp, age) then
      put(r, news, key, value, stamp, age)
    end
  end
  for i, key in p.gone:each() do
    local stamp, age = p.gone_stamps:get(i), p.gone_ages:get(i)
    if stamp and age and merge("remove", key, nil, stamp, age) then
      put_removed(news, key, stamp, age)
    end
  end
  return news
end

-- Whom a node is linked with, by its role.
local LINKED = {
  [cluster.PROXY] = { cluster.worker_topic, cluster.manager_topic },
  [cluster.MANAGER] = { cluster.worker_topic, cluster.proxy_topic },
  [cluster.WORKER] = { cluster.proxy_topic, cluster.manager_topic },
}

-- Whom a node passes news on to, by its role and the part's hop, 0 for one that was asked for. Each
-- hop is greater than the one before:
--
--   asked for ─0─► proxy ─1─► manager ─2─► proxies ─3─► workers
--
-- with all workers being told on the way; who has it from the manager begins there. Workers pass
-- nothing on.
local ONWARD = {
  [cluster.PROXY] = { [0] = LINKED[cluster.PROXY], [2] = { cluster.worker_topic } },
  [cluster.MANAGER] = { [0] = LINKED[cluster.MANAGER], [1] = LINKED[cluster.MANAGER] },
  [cluster.WORKER] = {},
}

-- M.start has a container exchanged. It returns a function that has it exchanged with all who are
-- linked now.
function M.start(r, space, role, merge, stamp_of)
  local values = r.value and ", values: vector of " .. r.value or ""
  r.pull = space:event("sync_pull", "from: string, number: count, back: bool")
  r.part = space:event("sync_part", "from: string, number: count, hop: count, keys: vector of "
    .. r.key .. values .. ", stamps: vector of string, ages: vector of real, gone: vector of "
    .. r.key .. ", gone_stamps: vector of string, gone_ages: vector of real")
  -- The last walk by the node that asked. They have numbers, so that what is asked about one that
  -- another has taken the place of begins none.
  local walks = {}
  local last = 0

  local function ask(name, number)
    broker.publish(cluster.node_topic(name), r.pull, cluster.node, number, false)
  end

  r.pull:on(function(from, number, back)
    if not cluster.nodes[from] then return end
    local w = walks[from]
    if number == 0 or not w then
      last = last + 1
      w = { number = last, next = walk(r, stamp_of) }
      walks[from] = w
    elseif w.number ~= number or not w.next then
      return
    end
    local p, more = w.next()
    if not more then w.next = nil end
    send(r, cluster.node_topic(from), more and w.number or 0, 0, p)
    if back then ask(from, 0) end
  end)

  local function took(from, number, hop, p)
    local news, onward = take(r, merge, p), ONWARD[role][hop]
    if onward and size(news) > 0 then
      local to = role == cluster.MANAGER and 2 or hop + 1
      for _, topic in ipairs(onward) do send(r, topic, 0, to, news) end
    end
    if number > 0 and cluster.nodes[from] then ask(from, number) end
  end
  if r.value then
    r.part:on(function(from, number, hop, keys, vals, stamps, ages, gone, gone_stamps, gone_ages)
      took(from, number, hop, {
        keys = keys, values = vals, stamps = stamps, ages = ages,
        gone = gone, gone_stamps = gone_stamps, gone_ages = gone_ages,
      })
    end)
  else
    r.part:on(function(from, number, hop, keys, stamps, ages, gone, gone_stamps, gone_ages)
      took(from, number, hop, {
        keys = keys, stamps = stamps, ages = ages,
        gone = gone, gone_stamps = gone_stamps, gone_ages = gone_ages,
      })
    end)
  end

  local function role_of(name)
    local n = cluster.nodes[name]
    return n and n.node_type
  end

  on("Cluster::node_up", function(name)
    if LINKED[role_of(name)] then ask(name, 0) end
  end)

  on("Cluster::node_down", function(name)
    walks[name] = nil
    -- What a proxy has not passed on any more, the manager has heard of.
    if role == cluster.WORKER and role_of(name) == cluster.PROXY then
      broker.publish(cluster.manager_topic, r.pull, cluster.node, 0, false)
    end
    -- What a worker has told some proxies of and not others.
    if role == cluster.MANAGER and role_of(name) == cluster.WORKER then
      broker.publish(cluster.proxy_topic, r.pull, cluster.node, 0, true)
    end
  end)

  return function()
    for _, topic in ipairs(LINKED[role]) do
      broker.publish(topic, r.pull, cluster.node, 0, true)
    end
  end
end

return M
