-- Tells which resolvers a network uses, and which clients ask one that is not expected.
local DP = namespace "DNSPorts"

local resolvers = DP:map("resolvers", "addr", "count", { write_expire = "1 day", max_size = 100000 })
local clients   = DP:set("clients", "tuple[addr, addr]", { write_expire = "1 day", max_size = 1000000 })
local allowed   = DP:set("allowed", "addr")
local surprise  = DP:event("surprise", "client: addr, resolver: addr")
local known     = DP:option("resolvers_allowed", "vector of string", {}, {
  doc = "resolvers that are expected; others raise DNSPorts::surprise once per client. Empty: all are expected",
})

on("node_init", function()
  for _, text in known:get():each() do allowed:add(addr(text)) end
end)

on("connection_state_remove", function(c)
  if c.id.resp_p ~= port "53/udp" and c.id.resp_p ~= port "53/tcp" then return end
  resolvers:incr(c.id.resp_h)
  local first = clients:add(tuple(c.id.orig_h, c.id.resp_h))
  if first and #allowed > 0 and not allowed:has(c.id.resp_h) then
    surprise:raise(c.id.orig_h, c.id.resp_h)
  end
end)

surprise:on(function(client, resolver)
  print(client .. " asks " .. resolver .. ", which is not an expected resolver")
end)
