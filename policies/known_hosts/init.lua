-- Tells once a day of each host of the local networks that took part in a connection.
local KH = namespace "KnownHosts"

-- A list of the networks that are private everywhere.
local private = vector "subnet"
private:push(subnet "10.0.0.0/8", subnet "172.16.0.0/12", subnet "192.168.0.0/16")
private:push(subnet "fc00::/7")

local networks = KH:option("networks", "vector of subnet", private, {
  doc = "the local networks, whose hosts are told of",
})
local hosts    = KH:set("hosts", "addr", { create_expire = "1 day", max_size = 1000000 })
local seen     = KH:event("seen", "host: addr")
local found    = KH:event("found", "ts: time, host: addr")

-- Whom this node has sent to where they belong. Without it each connection would be a message.
local sent = set("addr", { create_expire = "1 day", max_size = 1000000 })

local function is_local(host)
  for _, net in networks:get():each() do
    if net:contains(host) then return true end
  end
  return false
end

local function note(host)
  if is_local(host) and sent:add(host) then cluster.send(cluster.proxy_pool, host, seen, host) end
end

on("connection_established", function(c)
  note(c.id.orig_h)
  note(c.id.resp_h)
end)

-- On the one node that the host belongs to. The time is that of the node that saw it.
seen:on(function(host)
  if hosts:add(host) then found:raise(event.time(), host) end
end)

found:on(function(ts, host)
  print(ts:iso() .. " known_hosts: " .. host .. " is new")
end)

-- When a node that keeps hosts comes or goes, hosts belong elsewhere: what was sent is sent again.
local function moved(name)
  local role = cluster.nodes[name].node_type
  if role == cluster.PROXY or role == cluster.MANAGER then sent:clear() end
end

on("Cluster::node_up", moved)
on("Cluster::node_down", moved)
