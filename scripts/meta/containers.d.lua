---@meta containers

-- Sets, maps, vectors and maps from subnets, with types, expiry, bounds and hooks. Plain Lua tables
-- are for what has none of these.
--
-- Elements are never given in the options. A container is not indexed with [ ]: a key is data, often
-- an attacker's, and must never meet a method's name. `#x` counts; what is overdue does not count.
-- `print` and `--print` write a container as Zeek prints it, in Broker's order.

--- Options of sets and maps. At most one of the three expiries may be given. Each is an interval, or an
--- option object of type interval, which is looked at each time; negative means that nothing expires
--- for now.
---
--- An overdue entry is never visible to a read: it is let go when it is met, and otherwise by a sweep
--- on the node's clock. An error in `on_expire` lets the entry go. When the node ends, nothing
--- expires.
---
--- From: Zeek's `&create_expire`, `&read_expire`, `&write_expire`, `&expire_func` and `&on_change`.
--- That overdue entries are not visible is ours.
---
--- ```lua
--- local lifetime = namespace "EX":option("lifetime", "interval", "1 min")
--- local seen = set("addr", {
---   create_expire = lifetime,
---   on_change = function(what, v) print(what, v) end,
--- })
--- seen:add(addr "10.0.0.1")                             --> new  10.0.0.1
--- timer.after("59 s", function() print(#seen) end)      --> 1
--- timer.after("61 s", function() print(#seen) end)
--- --> expired  10.0.0.1
--- --> 0
--- ```
---@class container_opts
---@field create_expire? intervallike|option how long an entry lives after it was made
---@field read_expire? intervallike|option how long after it was last read with `has` or `get`, or written
---@field write_expire? intervallike|option how long after it was last written
---@field on_expire? fun(k: any, v: any): intervallike? called with an overdue entry, which is still there; returns nil, or how much longer to keep it
---@field on_change? fun(what: "new"|"changed"|"removed"|"expired", k: any, v: any) called after a change: v is the new value of what is new, else the lost one; sets have none
---@field max_size? integer the most entries; one more drops the oldest and counts it

--- What all containers can do.
---@class container
local Container = {}

--- Removes everything. `on_change` is not called.
---
--- From: Zeek's `clear_table`.
---
--- ```lua
--- local s = set("count")
--- s:add(1, 2, 3)
--- s:clear()
--- print(#s)  --> 0
--- ```
function Container:clear() end

--- Returns a copy as a plain Lua table: of a set a list in order of insertion, of a map a table by its
--- keys, of a vector a list. Containers within are copied, too.
---
--- ```lua
--- local s = set("string")
--- s:add("b", "a")
--- print(table.concat(s:to_table(), ","))  --> b,a
--- ```
---@return table
function Container:to_table() end

--- Has `fn(new, old)` called when another node replaces the contents with `broker.publish_id`. `new` is
--- this container, `old` one with the contents that it had.
---
--- From: Zeek's Broker framework (`Broker::publish_id`), which calls nobody; the hook is ours.
---
--- ```lua
--- local known = namespace "EX":set("known", "addr")
--- known:on_replaced(function(new, old) print(new == known, #new, #old) end)  --> true  1  1
--- broker.subscribe("sync/", { self = true })
--- on("node_init", function()
---   known:add(addr "10.0.0.1")
---   broker.publish_id("sync/known", "EX::known")
--- end)
--- ```
---@param fn fun(new: container, old: container)
function Container:on_replaced(fn) end
