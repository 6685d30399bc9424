-- Adds up the bytes that each address sent and received and prints the largest when the node ends.
local TT = namespace "TopTalkers"

local limit = TT:option("count", "count", 10, { doc = "how many addresses are printed" })
local bytes = TT:map("bytes", "addr", "count", { max_size = 100000 })

local function note(host, n)
  if n and n > 0 then bytes:incr(host, n) end
end

on("connection_state_remove", function(c)
  note(c.id.orig_h, c.orig.bytes)
  note(c.id.resp_h, c.resp.bytes)
end)

on("node_done", function()
  local list = {}
  for host, n in bytes:each() do list[#list + 1] = { host = host, bytes = n } end
  table.sort(list, function(a, b)
    if a.bytes ~= b.bytes then return a.bytes > b.bytes end
    return a.host < b.host
  end)
  for i = 1, math.min(limit:get(), #list) do
    print(string.format("%12d  %s", list[i].bytes, tostring(list[i].host)))
  end
end)
