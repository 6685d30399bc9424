-- Remembers for a day which clients connected to one server. Every worker of the cluster has the
-- whole set. Workers are not linked with each other, so a proxy passes on what one of them has
-- seen.
local EX = namespace "EX"

local known_clients = EX:set("known_clients", "addr", { create_expire = "1 day" })
local add_client    = EX:event("add_client", "client: addr")
local server        = EX:option("server", "addr", addr "93.184.216.34", {
  doc = "the server whose clients are remembered",
})

add_client:on(function(client)
  local role = cluster.local_node_type()
  if role == cluster.PROXY or role == cluster.MANAGER then
    broker.publish(cluster.worker_topic, add_client, client)
  else
    known_clients:add(client)
  end
end)

on("connection_established", function(c)
  if c.id.resp_h ~= server:get() then return end
  -- The proxies take turns; while none is up it is the manager who passes on.
  local relay = cluster.rr_topic(cluster.proxy_pool, "example_rr_key") or cluster.manager_topic
  broker.publish(relay, add_client, c.id.orig_h)
end)
