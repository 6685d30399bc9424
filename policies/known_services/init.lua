-- Tells once a day of each service, an address with a port, that a host of the local networks
-- offers.
local KS = namespace "KnownServices"

-- A list of the networks that are private everywhere.
local private = vector "subnet"
private:push(subnet "10.0.0.0/8", subnet "172.16.0.0/12", subnet "192.168.0.0/16")
private:push(subnet "fc00::/7")

local networks = KS:option("networks", "vector of subnet", private, {
  doc = "the local networks, whose services are told of",
})
local services = KS:set("services", "addr, port", { create_expire = "1 day", max_size = 1000000 })
local seen     = KS:event("seen", "host: addr, p: port")
local found    = KS:event("found", "ts: time, host: addr, p: port")

-- What this node has sent to where it belongs. Without it each connection would be a message.
local sent = set("addr, port", { create_expire = "1 day", max_size = 1000000 })

local function is_local(host)
  for _, net in networks:get():each() do
    if net:contains(host) then return true end
  end
  return false
end

on("connection_established", function(c)
  local host, p = c.id.resp_h, c.id.resp_p
  if is_local(host) and sent:add(tuple(host, p)) then
    cluster.send(cluster.proxy_pool, host, seen, host, p)
  end
end)

-- On the one node that the host belongs to, with all of its services. The time is that of the node
-- that saw it.
seen:on(function(host, p)
  if services:add(tuple(host, p)) then found:raise(event.time(), host, p) end
end)

found:on(function(ts, host, p)
  print(ts:iso() .. " known_services: " .. host .. " offers " .. p)
end)

-- When a node that keeps services comes or goes, they belong elsewhere: what was sent is sent
-- again.
local function moved(name)
  local role = cluster.nodes[name].node_type
  if role == cluster.PROXY or role == cluster.MANAGER then sent:clear() end
end

on("Cluster::node_up", moved)
on("Cluster::node_down", moved)
