-- Sets and maps that the nodes of a cluster share. See scripts/meta/sync.d.lua for what each
-- pattern promises.
local containers = require "internal.containers"
local routed = require "routed"
local replicated = require "replicated"
local stored = require "stored"

local M = {}

local patterns = {} -- by the container's name

-- take has start see to the container's changes, unless the node is on its own: then it is an
-- ordinary one.
local function take(pattern, known, start, opts)
  local c = containers.describe(known)
  local before = patterns[c.id]
  if before == pattern then return known end -- with the options that came first
  if before then
    error(("sync.%s: %s is kept by sync.%s already"):format(pattern, c.id, before), 3)
  end
  if not containers.loading() then
    local text = "sync.%s: %s is shared in the body of a file, before node_init"
    error(text:format(pattern, c.id), 3)
  end
  local err = start(known, c, opts)
  if err then error(("sync.%s: %s: %s"):format(pattern, c.id, err), 3) end
  patterns[c.id] = pattern
  return known
end

---@param known set|map
---@return set|map known
function M.to_manager(known) return take("to_manager", known, routed.to_manager) end

---@param known set|map
---@return set|map known
function M.sharded(known) return take("sharded", known, routed.sharded) end

---@param known set|map
---@return set|map known
function M.replicated(known) return take("replicated", known, replicated.start) end

---@param known set|map
---@param opts? sync_stored_opts
---@return set|map known
function M.stored(known, opts) return take("stored", known, stored.start, opts) end

return M
