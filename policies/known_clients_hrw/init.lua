-- Remembers for a day which clients connected to one server. The proxies of the cluster share the
-- set out among them: which one has a client follows from its address, and every node comes to the
-- same result.
local EX = namespace "EX"

local known_clients = EX:set("known_clients", "addr", { create_expire = "1 day" })
local add_client    = EX:event("add_client", "client: addr")
local server        = EX:option("server", "addr", addr "93.184.216.34", {
  doc = "the server whose clients are remembered",
})

-- The same on every node, but only one proxy hears of a client.
add_client:on(function(client)
  known_clients:add(client)
end)

on("connection_established", function(c)
  local client = c.id.orig_h
  if c.id.resp_h ~= server:get() then return end
  if not cluster.publish_hrw(cluster.proxy_pool, client, add_client, client) then
    broker.publish(cluster.manager_topic, add_client, client) -- no proxy is up
  end
end)
