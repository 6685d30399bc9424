-- Finds who tries many addresses, or many ports of one address, without being let in.
local S = namespace "Scan"

local addresses = S:option("addresses", "count", 25, {
  doc = "so many different addresses, tried in vain, are a scan",
})
local ports     = S:option("ports", "count", 15, {
  doc = "so many different ports of one address, tried in vain, are a scan",
})
local window    = S:option("window", "interval", interval "5 min", {
  doc = "within how long; read when the policy is loaded",
})
local suppress  = S:option("suppress", "interval", interval "1 hour", {
  doc = "how long nothing more is said of a scanner",
})
local ignored   = S:option("ignored", "vector of subnet", {}, {
  doc = "networks whose hosts may scan",
})

local scanners = S:set("scanners", "addr", { create_expire = suppress, max_size = 100000 })
local attempt  = S:event("attempt", "src: addr, dst: addr, p: port")
local found    = S:event("found", "ts: time, src: addr, what: string, n: count")

-- How Zeek calls connections that came to nothing.
local FAILED = { S0 = true, REJ = true, RSTOS0 = true, SH = true }

-- What this node has sent to where it is counted. A try that is repeated within half a window is
-- not sent again, so it may be counted by one that was half a window earlier: there the window is
-- that much longer.
local half = window:get().sec / 2
local sent = set("addr, addr, port", { create_expire = interval(half), max_size = 1000000 })

local function is_ignored(src)
  for _, net in ignored:get():each() do
    if net:contains(src) then return true end
  end
  return false
end

on("connection_state_remove", function(c)
  local src, dst, p = c.id.orig_h, c.id.resp_h, c.id.resp_p
  if c.proto ~= "tcp" or not FAILED[c.conn_state] or is_ignored(src) then return end
  if sent:add(tuple(src, dst, p)) then
    cluster.send(cluster.proxy_pool, src, attempt, src, dst, p)
  end
end)

-- On the one node that counts for the source. The time is that of the node that saw the last try.
local dsts = rate.distinct(interval(3 * half))
local dst_ports = rate.distinct(interval(3 * half))

attempt:on(function(src, dst, p)
  local tried, tried_ports = dsts:add(src, dst), dst_ports:add(tuple(src, dst), p)
  if tried >= addresses:get() then
    if scanners:add(src) then found:raise(event.time(), src, "addresses", tried) end
  elseif tried_ports >= ports:get() then
    if scanners:add(src) then found:raise(event.time(), src, "ports of " .. dst, tried_ports) end
  end
end)

found:on(function(ts, src, what, n)
  print(("%s scan: %s has tried %d %s"):format(ts:iso(), tostring(src), n, what))
end)

-- When a node that counts comes or goes, sources are counted elsewhere, which begins at nothing.
local function moved(name)
  local role = cluster.nodes[name].node_type
  if role == cluster.PROXY or role == cluster.MANAGER then sent:clear() end
end

on("Cluster::node_up", moved)
on("Cluster::node_down", moved)
