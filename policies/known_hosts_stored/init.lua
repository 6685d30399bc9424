-- Tells once a day of each host of the local networks that took part in a connection: once in the
-- whole cluster, however many nodes see it and are started again.
local KH = namespace "KnownHosts"

-- A list of the networks that are private everywhere.
local private = vector "subnet"
private:push(subnet "10.0.0.0/8", subnet "172.16.0.0/12", subnet "192.168.0.0/16")
private:push(subnet "fc00::/7")

local networks = KH:option("networks", "vector of subnet", private, {
  doc = "the local networks, whose hosts are told of",
})
local found = KH:event("found", "ts: time, host: addr")

local hosts -- the store: from hosts to when they were seen

local function open()
  local err
  hosts, err = cluster.create_store("known_hosts", { persistent = true })
  if err then reporter.error("known_hosts_stored: %s", tostring(err)) end
end

on("node_init", open)
on("node_reloaded", open)

local function is_local(host)
  for _, net in networks:get():each() do
    if net:contains(host) then return true end
  end
  return false
end

-- Whom this node is asking the master about. Without it each connection of a new host would.
local asking = set("addr", { create_expire = "2 min" })

-- The nodes that see a host at once all ask the master, and one of them is told that it was first.
local function ask(host, ts)
  local first, err = hosts:put_unique(host, ts, { expire = "1 day" }):wait "1 min"
  asking:remove(host)
  if err then
    reporter.warning("known_hosts_stored: %s: %s", tostring(host), tostring(err))
  elseif first then
    found:raise(ts, host)
  end
end

local function note(host, ts)
  if not hosts or not is_local(host) or hosts:exists(host) then return end -- this node's copy
  if asking:add(host) then async(ask, host, ts) end
end

on("connection_established", function(c)
  local ts = event.time()
  note(c.id.orig_h, ts)
  note(c.id.resp_h, ts)
end)

found:on(function(ts, host)
  print(ts:iso() .. " known_hosts_stored: " .. host .. " is new")
end)
