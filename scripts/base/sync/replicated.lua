-- Every worker, proxy and manager has a copy. A change is made here at once and told to all proxies
-- and the manager, which have copies for those who come late; one of them passes it on to the
-- workers, who are not linked.
--
-- A change carries a stamp, the time of its writer and its name, as text that compares as they do.
-- Of two changes of a key the one with the greater stamp stands, wherever they arrive in whichever
-- order. What is removed leaves its stamp behind for a while, so that an older addition which
-- arrives later is known as such.
local containers = require "internal.containers"
local exchange = require "exchange"

local M = {}

local keep_removed = namespace("Sync"):option("keep_removed", "interval", interval "1 day", {
  doc = "how long sync.replicated knows what was removed; " ..
    "a node that was cut off for longer may bring it back",
})

-- Removed entries whose stamps are kept, per container.
local MAX_REMOVED = 100000

local STAMP = "^[0-8]" .. ("%d"):rep(15) .. " [%w_.-]+$" -- until 2255

-- stamp returns one for a change of this node, greater than that of any change of the key that it
-- has seen.
local function stamp(r, key)
  local now = math.floor(time.now().sec * 1e6)
  local last = r.stamps:get(key) or r.removed:get(key)
  if last then now = math.max(now, tonumber(last:sub(1, 16)) + 1) end
  return ("%016.0f %s"):format(now, cluster.node)
end

-- newer tells whether a change from elsewhere stands against what was seen of the key.
local function newer(r, key, text)
  local last = r.stamps:get(key) or r.removed:get(key)
  return text:match(STAMP) ~= nil and (last == nil or text > last)
end

-- note keeps the stamp of a change.
local function note(r, key, text, there, age)
  if there then
    r.removed:remove(key)
    containers.apply(r.stamps, "set", key, text, age)
  else
    r.stamps:remove(key)
    r.removed:set(key, text)
  end
end

-- merge makes a change from elsewhere and reports whether it was news.
local function merge(r, op, key, value, text, age)
  if not newer(r, key, text) then return false end
  note(r, key, text, op ~= "remove", age)
  containers.apply(r.known, op, key, value, age)
  return true
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

-- change is what happens when a script changes the container.
local function change(r, role)
  return function(op, key, value)
    local known = r.known
    if op == "incr" then
      error(r.id .. ": sums can't be merged, incr is for sync.to_manager and sync.sharded", 2)
    end
    local there = known:has(key)
    if op == "remove" and not there or op == "add" and there
      or op == "set" and there and known:get(key) == value then
      return true -- nothing that others would have to know
    end
    local text = stamp(r, key)
    if not containers.loading() then -- else nobody is linked yet; who will be asks for it
      if op == "set" then
        tell(r, role, r.set, key, value, text)
      else
        tell(r, role, r[op], key, text)
      end
    end
    note(r, key, text, op ~= "remove")
    return true
  end
end

-- listen takes changes of others, and passes them on if this node is to.
local function listen(r, role)
  local mine = cluster.node_topic(cluster.node)
  local function relay(by, onward, ev, ...)
    if by == mine or by == cluster.manager_topic and role == cluster.MANAGER then
      broker.publish(onward, ev, ...)
    end
  end
  local function take(op, ev)
    ev:on(function(key, text, by, onward)
      merge(r, op, key, nil, text)
      relay(by, onward, ev, key, text, "", "")
    end)
  end
  take("remove", r.remove)
  if not r.set then return take("add", r.add) end
  r.set:on(function(key, value, text, by, onward)
    merge(r, "set", key, value, text)
    relay(by, onward, r.set, key, value, text, "", "")
  end)
end

function M.start(known, c)
  if c.read_expire or c.write_expire then
    return "has read_expire or write_expire: nodes do not tell each other of reads, " ..
      "so only create_expire ends entries everywhere"
  end
  if not cluster.is_enabled() then return end
  local space, role = namespace(c.id), cluster.local_node_type()
  local rest = ", stamp: string, by: string, onward: string"
  local r = { known = known, id = c.id, key = c.key, value = c.value }
  r.remove = space:event("sync_remove", "key: " .. c.key .. rest)
  if c.value then
    r.set = space:event("sync_set", "key: " .. c.key .. ", value: " .. c.value .. rest)
  else
    r.add = space:event("sync_add", "key: " .. c.key .. rest)
  end
  -- They have names so that they outlive a reload, as the container does.
  r.stamps = space:map("sync_stamps", c.key, "string", {
    create_expire = c.create_expire, max_size = c.max_size,
  })
  r.removed = space:map("sync_removed", c.key, "string", {
    write_expire = keep_removed, max_size = MAX_REMOVED,
  })
  containers.intercept(known, change(r, role))
  if role == cluster.WORKER or role == cluster.PROXY or role == cluster.MANAGER then
    listen(r, role)
    exchange.start(r, space, role, merge)
    on("Cluster::cluster_started", function()
      cluster.hrw_topic(cluster.proxy_pool, "") -- warns if it is empty
    end)
  end
end

return M
