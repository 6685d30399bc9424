-- The container is in a store: its master puts changes in order, and clones follow. A node of no
-- cluster has the master itself, and changes what it has at once.
local stores = require "internal.stores"

local M = {}

local function read(opts)
  local persistent = true
  if opts == nil then return persistent end
  if type(opts) ~= "table" then return nil, "expected a table of options, got " .. type(opts) end
  for name, value in pairs(opts) do
    if name ~= "persistent" then
      return nil, ("unknown option %q (there is only persistent)"):format(tostring(name))
    end
    if type(value) ~= "boolean" then
      return nil, "persistent: expected a boolean, got " .. type(value)
    end
    persistent = value
  end
  return persistent
end

function M.start(known, c, opts)
  local persistent, err = read(opts)
  if err then return err end
  local name = "___sync_store_" .. c.id -- as Zeek calls it
  return stores.tie(known, name, cluster.is_enabled(), function()
    return cluster.create_store(name, { persistent = persistent })
  end)
end

return M
