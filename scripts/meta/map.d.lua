---@meta map

--- Makes a map from keys to values. A value may be a container with an expiry of its own.
---
--- Raises for a type that can't be read or can't be a key, and for an unknown option.
---
--- From: Zeek's tables.
---
--- ```lua
--- local hits = map("addr", "count", { write_expire = "1 hour", max_size = 100000 })
--- print(hits:incr(addr "10.0.0.1"), hits:incr(addr "10.0.0.1"))  --> 1  2
--- ```
---@param key typename of the keys; "addr, port" for pairs
---@param value typename of the values
---@param opts? container_opts
---@return map
function map(key, value, opts) end

--- A map, made by `map` or `EX:map`, or a table that arrived in an event.
---@class map: container
---@operator len: integer
local Map = {}

--- Returns the value of a key, else `default`. With `read_expire` that counts as reading.
---
--- Raises when the key is not of the declared type.
---
--- From: Zeek's `t[k]` and `&default`.
---
--- ```lua
--- local m = map("string", "count")
--- m:set("a", 1)
--- print(m:get("a"), m:get("b"), m:get("b", 0))  --> 1  nil  0
--- ```
---@param k any
---@param default? any
---@return any
function Map:get(k, default) end

--- Gives a key a value.
---
--- Raises when one of them is not of the declared type. A map holds no nil: use `remove`.
---
--- ```lua
--- local m = map("addr, port", "string")
--- m:set(tuple(addr "10.0.0.1", port "80/tcp"), "web")
--- print(m:get(tuple(addr "10.0.0.1", port "80/tcp")))  --> web
--- ```
---@param k any
---@param v any
function Map:set(k, v) end

--- Tells whether a key is there. With `read_expire` that counts as reading.
---
--- Raises when the key is not of the declared type.
---
--- From: Zeek's `in`.
---
--- ```lua
--- local m = map("string", "bool")
--- m:set("a", false)
--- print(m:has("a"), m:has("b"))  --> true  false
--- ```
---@param k any
---@return boolean
function Map:has(k) end

--- Removes a key. Returns the value that it had, nil when it was not there.
---
--- Raises when the key is not of the declared type.
---
--- From: Zeek's `delete`.
---
--- ```lua
--- local m = map("string", "count")
--- m:set("a", 7)
--- print(m:remove("a"), m:remove("a"))  --> 7  nil
--- ```
---@param k any
---@return any old
function Map:remove(k) end

--- Adds `n` to the number of a key, which begins at 0, and returns the sum.
---
--- Raises when the values are no numbers, and when the sum has no place in their kind, such as a
--- count below 0.
---
--- ```lua
--- local m = map("addr", "count")
--- print(m:incr(addr "10.0.0.1"), m:incr(addr "10.0.0.1", 10))  --> 1  11
--- ```
---@param k any
---@param n? number|big 1 when not given
---@return number|big sum
function Map:incr(k, n) end

--- Returns the value of a key. When it is missing, `make` is called first and what it returns is stored.
---
--- Raises when `make` returns nil or something of another type.
---
--- ```lua
--- local peers = map("addr", "set[addr]")
--- local function new() return set("addr", { create_expire = "5 min" }) end
--- peers:ensure(addr "10.0.0.1", new):add(addr "10.0.0.2")
--- peers:ensure(addr "10.0.0.1", new):add(addr "10.0.0.3")
--- print(#peers, #peers:get(addr "10.0.0.1"))  --> 1  2
--- ```
---@param k any
---@param make fun(): any
---@return any
function Map:ensure(k, make) end

--- Goes over keys and values that were there when it began, in order of insertion, as `set:each`.
---
--- ```lua
--- local m = map("string", "count")
--- m:set("b", 1)
--- m:set("a", 2)
--- for k, v in m:each() do print(k, v) end
--- --> b  1
--- --> a  2
--- ```
---@return fun(): any, any
function Map:each() end
