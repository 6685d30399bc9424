---@meta json

-- JSON in a plain mapping (design decision 11): addresses, subnets, ports and enums are strings,
-- times and intervals seconds, sets arrays, tables with other than string keys arrays of pairs.

---@class jsonlib
json = {}

--- Returns `v` as JSON on one line. Keys of objects are in order; an empty table is `[]`.
---
--- Raises for what has no form: functions, infinite numbers, lists with a hole.
---
--- From: Zeek's `to_json`.
---
--- ```lua
--- print(json.encode({ 1, "a", addr "10.0.0.1" }))             --> [1,"a","10.0.0.1"]
--- print(json.encode({ port = port "80/tcp", ok = { true } }))  --> {"ok":[true],"port":"80/tcp"}
--- print(json.encode(interval "90 s"), json.encode(nil))       --> 90  null
--- ```
---@param v any
---@return string
function json.encode(v) end

--- Returns the value that a JSON text stands for, as plain Lua tables, strings, numbers and booleans.
--- null is nil, and `types.none` in an array. Integers beyond 2^53 are exact.
---
--- Returns nil and an error when the text is no JSON.
---
--- From: Zeek's `from_json`, without a type.
---
--- ```lua
--- local v = json.decode('{"hosts": ["10.0.0.1", "10.0.0.2"], "n": 2}')
--- print(v.hosts[2], v.n + 1)  --> 10.0.0.2  3
--- local bad, err = json.decode("[1,")
--- print(bad, err.code, err)   --> nil  INVALID_JSON  unexpected EOF (INVALID_JSON)
--- ```
---@param text string
---@return any value
---@return error? err
function json.decode(text) end

return json
