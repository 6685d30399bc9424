-- Remembers for a day which clients connected to one server. The manager of the cluster has the
-- set.
local EX = namespace "EX"

local known_clients = EX:set("known_clients", "addr", { create_expire = "1 day" })
local add_client    = EX:event("add_client", "client: addr")
local server        = EX:option("server", "addr", addr "93.184.216.34", {
  doc = "the server whose clients are remembered",
})

-- The same on every node, but only the manager hears of add_client.
add_client:on(function(client)
  known_clients:add(client)
end)

on("connection_established", function(c)
  if c.id.resp_h ~= server:get() then return end
  broker.publish(cluster.manager_topic, add_client, c.id.orig_h)
end)
