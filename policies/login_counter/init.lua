-- Counts the logins of each user from each host, in the whole cluster and over its restarts, and
-- tells of the first one.
local LC = namespace "LoginCounter"

local login = LC:event("login", "user: string, host: addr")
local first = LC:event("first", "ts: time, user: string, host: addr")

local logins -- the store: from (user, host) to how often

local function open()
  local err
  logins, err = cluster.create_store("logins", { persistent = true })
  if err then reporter.error("login_counter: %s", tostring(err)) end
end

on("node_init", open)
on("node_reloaded", open)

local FORGET = { expire = "30 days" } -- after the last login

-- put_unique is true on exactly one node, and increment adds at the master: nothing is lost when
-- many count at once.
local function count(ts, user, host)
  local key = tuple(user, host)
  local is_first, err = logins:put_unique(key, 1, FORGET):wait "1 min"
  if err then
    reporter.warning("login_counter: %s from %s: %s", user, tostring(host), tostring(err))
  elseif is_first then
    first:raise(ts, user, host)
  else
    logins:increment(key, 1, FORGET)
  end
end

login:on(function(user, host)
  if logins then async(count, event.time(), user, host) end
end)

-- A Zeek log logins.log, or any other of that path, with these columns.
on("Input::logins", function(r)
  if r.user and r.host then login:raise(r.user, r.host) end -- a log has "-" for what it does not know
end)

first:on(function(ts, user, host)
  print(ts:iso() .. " login_counter: " .. user .. " from " .. host .. " for the first time")
end)
