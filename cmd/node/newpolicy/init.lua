-- Tells of addresses that open many connections within an hour, once each. In a cluster each address
-- is counted on one proxy, which the address chooses, whichever workers see its connections.
local NewPolicy = namespace "NewPolicy"

local limit = NewPolicy:option("limit", "count", 100, {
  doc = "connections of one address within an hour that are worth a line",
})

-- How often each address was seen in the hour after its first connection.
local seen = NewPolicy:map("seen", "addr", "count", { create_expire = "1 hour", max_size = 100000 })

local connection = NewPolicy:event("connection", "orig: addr")
local busy       = NewPolicy:event("busy", "orig: addr, n: count")

on("connection_established", function(c)
  cluster.send(cluster.proxy_pool, c.id.orig_h, connection, c.id.orig_h) -- on one node: raised here
end)

connection:on(function(orig)
  local n = seen:incr(orig)
  if n == limit:get() then busy:raise(orig, n) end
end)

busy:on(function(orig, n)
  print(("%s new_policy: %s has opened %d connections"):format(time.now():iso(), tostring(orig), n))
end)
