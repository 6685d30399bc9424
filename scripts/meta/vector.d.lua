---@meta vector

--- Makes a vector. Indexes begin at 1. It has no options.
---
--- Raises for a type that can't be read.
---
--- From: Zeek's vectors, which begin at 0.
---
--- ```lua
--- local v = vector("addr")
--- v:push(addr "10.0.0.1", addr "10.0.0.2")
--- print(#v, v:get(2))  --> 2  10.0.0.2
--- ```
---@param type typename of the elements
---@return vector
function vector(type) end

--- A vector, made by `vector` or `EX:vector`, or one that arrived in an event.
---@class vector: container
---@operator len: integer
local Vector = {}

--- Returns element `i`, nil behind the last.
---
--- Raises when `i` is no index from 1.
---
--- ```lua
--- local v = vector("string")
--- v:push("a")
--- print(v:get(1), v:get(2))  --> a  nil
--- ```
---@param i integer
---@return any
function Vector:get(i) end

--- Replaces element `i`, or appends one when `i` is one behind the last.
---
--- Raises for another index, and for a value that is not of the declared type.
---
--- ```lua
--- local v = vector("string")
--- v:set(1, "a")
--- v:set(1, "b")
--- print(v, pcall(v.set, v, 5, "e"))
--- --> [b]  false  bad argument #1 to 'vector:set' (index 5: the vector goes from 1 to 1)
--- ```
---@param i integer
---@param v any
function Vector:set(i, v) end

--- Appends elements. All are checked before the first is appended.
---
--- Raises when one is not of the declared type.
---
--- From: Zeek's `+=` of vectors.
---
--- ```lua
--- local v = vector("count")
--- v:push(1, 2, 3)
--- print(v)  --> [1, 2, 3]
--- ```
---@param v any
---@param ... any more of them
function Vector:push(v, ...) end

--- Removes the last element and returns it, nil when there is none.
---
--- ```lua
--- local v = vector("count")
--- v:push(1, 2)
--- print(v:pop(), v:pop(), v:pop())  --> 2  1  nil
--- ```
---@return any
function Vector:pop() end

--- Goes over indexes and elements that were there when it began.
---
--- ```lua
--- local v = vector("string")
--- v:push("a", "b")
--- for i, s in v:each() do print(i, s) end
--- --> 1  a
--- --> 2  b
--- ```
---@return fun(): integer, any
function Vector:each() end
