-- Remembers for a day which clients connected to one server: on the manager of a cluster, or on a
-- node of its own.
local EX = namespace "EX"

local known_clients = EX:set("known_clients", "addr", { create_expire = "1 day" })
local add_client    = EX:event("add_client", "client: addr")
local server        = EX:option("server", "addr", addr "93.184.216.34", {
  doc = "the server whose clients are remembered",
})

add_client:on(function(client)
  known_clients:add(client)
end)

on("connection_established", function(c)
  if c.id.resp_h ~= server:get() then return end
  if cluster.is_enabled() then
    broker.publish(cluster.manager_topic, add_client, c.id.orig_h)
  else
    add_client:raise(c.id.orig_h) -- nobody hears what it publishes, itself least of all
  end
end)
