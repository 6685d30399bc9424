---@meta time

-- The node's clock. It is wall time when the node is live and packet time while it replays; it
-- stays at the last item's time when the input has ended (design decision 1). `os.time`,
-- `os.date` and `os.clock` follow it, too.

---@class timelib
time = {}

--- Returns the node's time.
---
--- From: Zeek's `network_time` and `current_time`.
---
--- ```lua
--- -- moonpeer run example.lua --pcap policies/testdata/small.pcap
--- on("node_init", function() print(time.now():iso()) end)  --> 2026-11-23T12:00:00.001000Z
--- ```
---@return time
function time.now() end

--- Returns the time that many seconds after 1970 began, UTC.
---
--- Raises when `sec` is no number, or outside of the years 1677 to 2262.
---
--- From: Zeek's `double_to_time`.
---
--- ```lua
--- print(time.unix(1700000000.5), time.unix(0):iso())
--- --> 1700000000.500000  1970-01-01T00:00:00.000000Z
--- ```
---@param sec number seconds; fractions count
---@return time
function time.unix(sec) end

return time
