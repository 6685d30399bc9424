-- Every worker, proxy and manager has a copy. A change is made here at once and told to all proxies
-- and the manager, which have copies for those who come late; one of them passes it on to the
-- workers, who are not linked.
--
-- A change carries a stamp, the time of its writer and its name, as text that compares as they do.
-- Of two changes of a key the one with the greater stamp stands, wherever they arrive in whichever
-- order. What is removed leaves its stamp behind for a while, so that an older addition which
-- arrives later is known as such; and what has ended does, so that a copy on its way is no news.
local containers = require "internal.containers"
local exchange = require "exchange"

local M = {}

local keep_removed = namespace("Sync"):option("keep_removed", "interval", interval "1 day", {
  doc = "how long sync.replicated knows what was removed; " ..
    "a node that was cut off for longer may bring it back",
})

-- Removed entries whose stamps are kept, per container; as many of those that have ended.
local MAX_REMOVED = 100000
local KEEP_ENDED = interval "1 min"

local STAMP = "^[0-8]" .. ("%d"):rep(15) .. " [%w_.-]+$" -- until 2255
local AHEAD = 86400 -- how far a writer's clock may be ahead of ours, in seconds

-- What was there before it was shared, and what bodies of files add, gives way to all else.
local FIRST = ("0"):rep(16) .. " " .. cluster.node

-- The stamp of what was added or set to what it was already has UNTOLD behind it: that is no change
-- that others would have to know of, unless they have not heard of it when they remove the entry.
-- It sorts before all that names hold.
local UNTOLD = "!"

-- last returns the stamp of the last change of the key that this node has seen, nil for none.
local function last(r, key)
  return r.stamps:get(key) or r.removed:get(key) or r.ended:get(key)
    or r.known:has(key) and FIRST or nil
end

-- stamp returns one for a change of this node, greater than that of any change of the key that it
-- has seen.
local function stamp(r, key)
  local now, seen = math.floor(containers.wall() * 1e6), last(r, key)
  if seen then now = math.max(now, tonumber(seen:sub(1, 16)) + 1) end
  return ("%016.0f %s"):format(now, cluster.node)
end

local function told(text) return text:sub(-1) == UNTOLD and text:sub(1, -2) or text end

-- stamp_of returns the stamp of an entry that is there.
local function stamp_of(r, key) return told(r.stamps:get(key) or FIRST) end

-- timely tells whether a stamp from elsewhere is one, and not from the far future, against which
-- nothing would ever stand.
local function timely(text)
  return text:match(STAMP) and tonumber(text:sub(1, 10)) <= containers.wall() + AHEAD
end

-- late tells whether a change is so old that it has ended everywhere.
local function late(r, op, age)
  if op == "remove" then return age >= keep_removed:get().sec end
  local lifetime = containers.lifetime(r.known)
  return lifetime ~= nil and age >= lifetime
end

-- note keeps the stamp of a change that is so many seconds old.
local function note(r, key, text, there, age)
  r.removed:remove(key)
  r.ended:remove(key)
  if there then
    containers.apply(r.stamps, "set", key, text, age)
  else
    r.stamps:remove(key)
    containers.apply(r.removed, "set", key, text, age)
  end
end

-- tell sends a change of this node: to all who pass on, and to the workers, in their place or by
-- the one named.
local function tell(r, role, ev, ...)
  local args = { ... }
  local n = select("#", ...)
  local function to(topic, by, onward)
    args[n + 1], args[n + 2] = by, onward
    local ok, err = broker.publish(topic, ev, unpack(args, 1, n + 2))
    if not ok then error(err, 0) end
  end
  if role == cluster.MANAGER then
    to(cluster.proxy_topic, "", "")
    to(cluster.worker_topic, "", "")
  elseif role == cluster.PROXY then
    to(cluster.worker_topic, "", "")
    to(cluster.manager_topic, cluster.manager_topic, cluster.proxy_topic)
  else
    local by = cluster.rr_topic(cluster.proxy_pool, r.id) or cluster.manager_topic
    to(cluster.proxy_topic, by, cluster.worker_topic)
    to(cluster.manager_topic, by, cluster.worker_topic)
  end
end

local function tell_of(r, role, op, key, value, text)
  if op == "set" then
    tell(r, role, r.set, key, value, text)
  else
    tell(r, role, r[op], key, text)
  end
end

-- insist tells of an entry that an older change from elsewhere would have removed or replaced, if
-- its writer, who is this node, has told nobody of it. It does so once for each change of a script.
local function insist(r, role, op, key, value, text)
  local mine = r.stamps:get(key)
  if not mine or mine <= text or told(mine) == mine then return end
  if op == "add" or op == "set" and r.known:get(key) == value then return end
  r.stamps:set(key, told(mine))
  tell_of(r, role, r.set and "set" or "add", key, r.set and r.known:get(key), told(mine))
end

-- merger returns a function that makes a change from elsewhere and reports whether it was news.
local function merger(r, role)
  return function(op, key, value, text, age)
    if age and late(r, op, age) or not timely(text) then return false end
    local seen = last(r, key)
    if seen and text <= seen then
      insist(r, role, op, key, value, text)
      return false
    end
    note(r, key, text, op ~= "remove", age)
    containers.apply(r.known, op, key, value, age)
    return true
  end
end

-- change is what happens when a script changes the container.
local function change(r, role)
  return function(op, key, value)
    local known = r.known
    if op == "incr" then
      error(r.id .. ": sums can't be merged, incr is for sync.to_manager and sync.sharded", 2)
    end
    local there = known:has(key)
    if op == "remove" and not there then return true end
    if containers.loading() then -- nobody is linked yet; who will be asks for it
      if op == "remove" then r.stamps:remove(key) else r.stamps:set(key, FIRST) end
      r.early[#r.early + 1] = key
    elseif op == "add" and there or op == "set" and there and known:get(key) == value then
      note(r, key, stamp(r, key) .. UNTOLD, true, containers.age(known, key))
    else
      local text = stamp(r, key)
      tell_of(r, role, op, key, value, text)
      local stays = op ~= "remove"
      note(r, key, text, stays, stays and containers.age(known, key) or 0)
    end
    return true
  end
end

-- listen takes changes of others, and passes them on if this node is to.
local function listen(r, role, merge)
  local mine = cluster.node_topic(cluster.node)
  local function relay(by, onward, ev, ...)
    if by == mine or by == cluster.manager_topic and role == cluster.MANAGER then
      broker.publish(onward, ev, ...)
    end
  end
  local function take(op, ev)
    ev:on(function(key, text, by, onward)
      merge(op, key, nil, text)
      relay(by, onward, ev, key, text, "", "")
    end)
  end
  take("remove", r.remove)
  if not r.set then return take("add", r.add) end
  r.set:on(function(key, value, text, by, onward)
    merge("set", key, value, text)
    relay(by, onward, r.set, key, value, text, "", "")
  end)
end

-- reloaded sees to what a reload has brought. What the bodies of the files have added, and was
-- not there, is told, unless it was removed while the node ran. And if the container was not shared
-- before, everybody shows what he has.
local function reloaded(r, role, exchange_all)
  return function()
    for _, key in ipairs(r.early) do
      if r.stamps:get(key) ~= FIRST or not r.known:has(key) then
        -- It was there, or is not any more.
      elseif r.removed:has(key) then
        r.stamps:remove(key)
        containers.apply(r.known, "remove", key)
      else
        tell_of(r, role, r.set and "set" or "add", key, r.set and r.known:get(key), FIRST)
      end
    end
    if #r.stamps <= #r.early then exchange_all() end
    r.early = {}
  end
end

-- keep makes the maps that go with the container. They have names so that they outlive a reload, as
-- the container does.
local function keep(r, space, c)
  local function stamps(name, opts)
    return containers.own(space:map(name, c.key, "string", opts))
  end
  r.ended = stamps("sync_ended", { write_expire = KEEP_ENDED, max_size = MAX_REMOVED })
  r.stamps = stamps("sync_stamps", {
    create_expire = c.create_expire, max_size = c.max_size,
    on_expire = c.create_expire and function(key, text)
      if r.known:has(key) then return KEEP_ENDED end -- an on_expire of the script's has kept it
      r.ended:set(key, told(text))
    end,
  })
  r.removed = stamps("sync_removed", { write_expire = keep_removed, max_size = MAX_REMOVED })
end

function M.start(known, c)
  if c.read_expire or c.write_expire then
    return "it has read_expire or write_expire: nodes do not tell each other of reads, " ..
      "so only create_expire ends entries everywhere"
  end
  if not cluster.is_enabled() then return end
  local space, role = namespace(c.id), cluster.local_node_type()
  local rest = ", stamp: string, by: string, onward: string"
  local r = { known = known, id = c.id, key = c.key, value = c.value, early = {} }
  r.remove = space:event("sync_remove", "key: " .. c.key .. rest)
  if c.value then
    r.set = space:event("sync_set", "key: " .. c.key .. ", value: " .. c.value .. rest)
  else
    r.add = space:event("sync_add", "key: " .. c.key .. rest)
  end
  keep(r, space, c)
  containers.intercept(known, change(r, role))
  if role == cluster.WORKER or role == cluster.PROXY or role == cluster.MANAGER then
    local merge = merger(r, role)
    listen(r, role, merge)
    on("node_reloaded", reloaded(r, role, exchange.start(r, space, role, merge, stamp_of)))
    on("Cluster::cluster_started", function()
      cluster.hrw_topic(cluster.proxy_pool, "") -- warns if it is empty
    end)
  end
end

return M
