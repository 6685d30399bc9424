---@meta rate

-- How much happens per key, on the node's clock. A key is a scalar or a tuple; an address and its text
-- are different keys. What happened exactly an interval ago is outside.

--- Options of rates.
---@class rate_opts
---@field max_size? integer the most keys that are kept, 1 to 16,777,216; one more forgets the oldest; 65,536 when not given

--- Made by `rate.limit`.
---@class rate_limit
local Limit = {}

--- Tells whether one more is within the limit. If so, it counts; what is refused does not.
---
--- Raises for what can't be a key.
---
--- ```lua
--- local logins = rate.limit("2 per 1 min")
--- print(logins:allow("ann"), logins:allow("ann"), logins:allow("ann"))  --> true  true  false
--- timer.after("1 min", function() print(logins:allow("ann")) end)       --> true
--- ```
---@param key any
---@return boolean
function Limit:allow(key) end

--- Made by `rate.window`.
---@class rate_window
local Window = {}

--- Adds a number, and returns the key's sum in the window.
---
--- Raises for what can't be a key, and for what is no finite number.
---
--- ```lua
--- local bytes = rate.window("5 min")
--- local a = addr "10.0.0.1"
--- print(bytes:add(a, 100), bytes:add(a), bytes:add(a, -50))  --> 100  101  51
--- ```
---@param key any
---@param n? number 1 when not given
---@return number sum
function Window:add(key, n) end

--- Returns the key's sum in the window, 0 for one that is not known.
---
--- Raises for what can't be a key.
---
--- ```lua
--- local bytes = rate.window("1 min")
--- bytes:add("a", 100)
--- timer.after("59 s", function() print(bytes:get("a")) end)  --> 100
--- timer.after("60 s", function() print(bytes:get("a")) end)  --> 0
--- ```
---@param key any
---@return number sum
function Window:get(key) end

--- Made by `rate.distinct`.
---@class rate_distinct
local Distinct = {}

--- Takes note of a value, and returns how many different ones the key has had in the window, this
--- one included.
---
--- Raises for what can't be a key.
---
--- ```lua
--- local ports = rate.distinct("5 min")
--- local a = addr "10.0.0.1"
--- print(ports:add(a, port "22/tcp"), ports:add(a, port "22/tcp"), ports:add(a, port "23/tcp"))
--- --> 1  1  2
--- ```
---@param key any
---@param value any a scalar or a tuple
---@return integer n
function Distinct:add(key, value) end

---@class ratelib
rate = {}

--- Makes a limit: so many per key in any span of that length, wherever it begins. Up to sixteen per
--- span it is exact; above that, what was allowed counts up to a fourteenth of the span longer, so it
--- never allows too many.
---
--- Raises when the text can't be read, and for an unknown option.
---
--- From: ours.
---
--- ```lua
--- local lines = rate.limit("5 per 1 min", { max_size = 1000 })
--- if lines:allow("busy") then print("busy") end  --> busy
--- ```
---@param limit string such as "5 per 1 min" or "5 per min"
---@param opts? rate_opts
---@return rate_limit
function rate.limit(limit, opts) end

--- Makes a window: the sum per key over the last interval. Numbers that come steadily are counted up to
--- a fourteenth of the interval longer, single ones and bursts exactly.
---
--- Raises when the interval is not above 0, and for an unknown option.
---
--- From: ours; Zeek's SumStats framework computes sums at the end of an epoch.
---
--- ```lua
--- local conns = rate.window("1 min")
--- if conns:add(addr "10.0.0.1") > 100 then print("busy") end
--- print(conns:get(addr "10.0.0.1"))  --> 1
--- ```
---@param interval intervallike
---@param opts? rate_opts
---@return rate_window
function rate.window(interval, opts) end

--- Makes a counter of different values per key over the last interval. It is exact up to 4,096 values a
--- key; all keys together keep at most sixteen times `max_size`.
---
--- Raises when the interval is not above 0, and for an unknown option.
---
--- From: ours; Zeek's SumStats framework has unique values per epoch.
---
--- ```lua
--- local targets = rate.distinct("5 min")
--- for i = 1, 3 do targets:add("scanner", addr("10.0.0." .. i)) end
--- print(targets:add("scanner", addr "10.0.0.1"))  --> 3
--- ```
---@param interval intervallike
---@param opts? rate_opts
---@return rate_distinct
function rate.distinct(interval, opts) end

return rate
