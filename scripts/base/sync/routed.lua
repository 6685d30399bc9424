-- Each entry is kept by one node, and changes of others are sent there. Which node that is, is what
-- the two patterns differ in.
local containers = require "internal.containers"

local M = {}

-- What may choose a node of a pool; keys of other types do by their text.
local IS_KEY = {
  bool = true, count = true, int = true, real = true, string = true,
  addr = true, subnet = true, port = true, time = true,
}

-- What is added to a value of a type may be below zero.
local ADDED = { count = "int", int = "int", real = "real", any = "any" }

local function declare(c)
  local space = namespace(c.id)
  local value = c.value and ", value: " .. c.value or ""
  local key = "key: " .. c.key
  local events = {
    remove = space:event("sync_remove", key),
    [c.value and "set" or "add"] = space:event("sync_set", key .. value),
  }
  local added = ADDED[c.value]
  if added then events.incr = space:event("sync_incr", key .. ", n: " .. added) end
  return events
end

-- start sends the changes that are made on nodes that do not keep the entry. keeps tells whether
-- this one may be asked to keep any, owns whether it keeps all that are changed here.
local function start(known, c, keeps, owns, send)
  local events = declare(c)
  if not cluster.is_enabled() then return end
  if keeps then
    for op, ev in pairs(events) do
      ev:on(function(key, value) containers.apply(known, op, key, value) end)
    end
  end
  if owns then
    containers.intercept(known, function() return true end)
    return
  end
  containers.intercept(known, function(op, key, value)
    local ev = events[op]
    if not ev then error(c.id .. ": nothing can be added to values of type " .. c.value, 2) end
    if op == "remove" or op == "add" then send(key, ev, key) else send(key, ev, key, value) end
    return false
  end)
end

function M.to_manager(known, c)
  local is_manager = cluster.local_node_type() == cluster.MANAGER
  return start(known, c, is_manager, is_manager, function(_, ev, ...)
    local ok, err = broker.publish(cluster.manager_topic, ev, ...)
    if not ok then error(err, 0) end
  end)
end

function M.sharded(known, c)
  local role = cluster.local_node_type()
  local keeps = role == cluster.PROXY or role == cluster.MANAGER
  if cluster.is_enabled() then
    -- A pool without nodes is warned about once the cluster is up, not with the first change.
    on("Cluster::cluster_started", function() cluster.hrw_topic(cluster.proxy_pool, "") end)
  end
  return start(known, c, keeps, false, function(key, ev, ...)
    cluster.send(cluster.proxy_pool, IS_KEY[c.key] and key or tostring(key), ev, ...)
  end)
end

return M
