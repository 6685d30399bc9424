---@meta set

--- Makes a set. Its elements are words and tuples: `set("addr")`, `set("addr, port")` for pairs.
---
--- Raises for a type that can't be read or can't be a key, and for an unknown option.
---
--- From: Zeek's sets.
---
--- ```lua
--- local known = set("addr", { create_expire = "1 day" })
--- print(known:add(addr "10.0.0.1"), known:add(addr "10.0.0.1"))  --> true  false
--- local pairs_seen = set("addr, port")
--- pairs_seen:add(tuple(addr "10.0.0.1", port "80/tcp"))
--- ```
---@param type typename of the elements
---@param opts? container_opts
---@return set
function set(type, opts) end

--- A set, made by `set` or `EX:set`, or one that arrived in an event.
---@class set: container
---@operator len: integer
local Set = {}

--- Adds elements. All are checked before the first is added. Returns true when at least one was new.
---
--- Raises when one is not of the declared type.
---
--- From: Zeek's `add`.
---
--- ```lua
--- local s = set("addr")
--- print(s:add(addr "10.0.0.1", addr "10.0.0.2"), s:add(addr "10.0.0.1"))  --> true  false
--- print(pcall(s.add, s, "10.0.0.3"))
--- --> false  bad argument #1 to 'set:add' (expected addr, got string "10.0.0.3" (write addr "10.0.0.3"))
--- ```
---@param v any
---@param ... any more of them
---@return boolean any_new
function Set:add(v, ...) end

--- Tells whether an element is there. With `read_expire` that counts as reading.
---
--- Raises when it is not of the declared type.
---
--- From: Zeek's `in`.
---
--- ```lua
--- local s = set("port")
--- s:add(port "80/tcp")
--- print(s:has(port "80/tcp"), s:has(port "80/udp"))  --> true  false
--- ```
---@param v any
---@return boolean
function Set:has(v) end

--- Removes an element. Returns true when it was there.
---
--- Raises when it is not of the declared type.
---
--- From: Zeek's `delete`.
---
--- ```lua
--- local s = set("count")
--- s:add(1)
--- print(s:remove(1), s:remove(1))  --> true  false
--- ```
---@param v any
---@return boolean was_there
function Set:remove(v) end

--- Goes over the elements that were there when it began, in order of insertion. Meanwhile elements
--- may be added (they are not visited) and removed (they are not visited any more). It does not count
--- as reading.
---
--- ```lua
--- local s = set("string")
--- s:add("b", "a")
--- for v in s:each() do print(v) end
--- --> b
--- --> a
--- ```
---@return fun(): any
function Set:each() end

--- Returns a new set of what is in this one or in `other`. It has no options.
---
--- Raises when `other` is no set of the same type.
---
--- From: Zeek's `|` of sets.
---
--- ```lua
--- local a, b = set("count"), set("count")
--- a:add(1, 2)
--- b:add(2, 3)
--- print(#a:union(b), #a:intersect(b), #a:minus(b))  --> 3  1  1
--- ```
---@param other set
---@return set
function Set:union(other) end

--- Returns a new set of what is in both. It has no options.
---
--- Raises when `other` is no set of the same type.
---
--- From: Zeek's `&` of sets.
---
--- ```lua
--- local a, b = set("string"), set("string")
--- a:add("x", "y")
--- b:add("y", "z")
--- for v in a:intersect(b):each() do print(v) end  --> y
--- ```
---@param other set
---@return set
function Set:intersect(other) end

--- Returns a new set of what is in this one and not in `other`. It has no options.
---
--- Raises when `other` is no set of the same type.
---
--- From: Zeek's `-` of sets.
---
--- ```lua
--- local a, b = set("string"), set("string")
--- a:add("x", "y")
--- b:add("y", "z")
--- for v in a:minus(b):each() do print(v) end  --> x
--- ```
---@param other set
---@return set
function Set:minus(other) end
