---@meta types

-- Every constructor of typed values, for scopes that have a local called `port`.

---@class typeslib
---@field none none none, for a place inside vectors and tuples; elsewhere nil is none
types = {}

--- The global `addr`.
---@param text string|addr
---@return addr
function types.addr(text) end

--- The global `subnet`.
---@param text string|subnet
---@return subnet
function types.subnet(text) end

--- The global `port`.
---@param number_or_text integer|string|port
---@param proto? "tcp"|"udp"|"icmp"|"?"
---@return port
function types.port(number_or_text, proto) end

--- The global `interval`.
---@param length intervallike
---@return interval
function types.interval(length) end

--- The global `tuple`.
---@param ... any
---@return tuple
function types.tuple(...) end

--- The global `set`.
---@param key string as the global takes it
---@param opts? table as the global takes it
---@return set
function types.set(key, opts) end

--- The global `map`.
---@param key string as the global takes it
---@param value string as the global takes it
---@param opts? table as the global takes it
---@return map
function types.map(key, value, opts) end

--- The global `vector`.
---@param elem string as the global takes it
---@return vector
function types.vector(elem) end

--- The global `subnet_map`.
---@param value string as the global takes it
---@return subnet_map
function types.subnet_map(value) end

--- Returns a count: a number, beyond 2^53 a `big`. The text is decimal digits.
---
--- Raises for what is no count, and for a number beyond 2^53, which may have been rounded.
---
--- From: Zeek's type count.
---
--- ```lua
--- print(types.count "18446744073709551615", types.count(5) + 1)  --> 18446744073709551615  6
--- ```
---@param n number|string|big
---@return count
function types.count(n) end

--- Returns an int that stays one where no type is declared, as in an undeclared event. Arithmetic
--- makes a plain number of it.
---
--- Raises for what is no int.
---
--- From: Zeek's type int.
---
--- ```lua
--- print(types.int(5), types.int "-7" + 1, type(types.int(5)))  --> 5  -6  userdata
--- ```
---@param n number|string|big
---@return big
function types.int(n) end

--- Returns a real that stays one where no type is declared. An average that happens to be integral
--- would be a count otherwise. Arithmetic makes a plain number of it.
---
--- Raises for what is no real.
---
--- From: Zeek's type double.
---
--- ```lua
--- print(types.real(5), types.real(5) + 1)  --> 5.0  6
--- ```
---@param x number|string|big
---@return big
function types.real(x) end

--- Returns the enum value of a full name.
---
--- From: Zeek's enums, which travel as their full names.
---
--- ```lua
--- print(types.enum "Notice::Scan" == types.enum "Notice::Scan")  --> true
--- ```
---@param name string|enum such as "Notice::Scan"
---@return enum
function types.enum(name) end

--- Makes a value of a text that one does not trust. Returns nil and an error where the constructor
--- would raise. A time is seconds since 1970, or date and time as `time:iso` writes them.
---
--- Raises when `type` is not one of its words.
---
--- From: Zeek's `to_addr`, `to_subnet`, `to_port` and their relatives, which report a text that is none.
---
--- ```lua
--- print(types.try("addr", "10.0.0.1"), types.try("count", "5"))  --> 10.0.0.1  5
--- print(types.try("port", "80"))
--- --> nil  "80" is not a port: want a number and /tcp, /udp, /icmp or /?, as in "80/tcp" (CONVERSION_FAILED)
--- ```
---@param type "bool"|"count"|"int"|"real"|"string"|"addr"|"subnet"|"port"|"time"|"interval"|"enum"
---@param text string
---@return any value
---@return error? err
function types.try(type, text) end

--- Orders two values of one kind: -1, 0 or 1. Numbers of any size compare exactly, a number with a
--- `big`, too.
---
--- Raises for different kinds, and for kinds without an order.
---
--- From: Broker's order of values.
---
--- ```lua
--- print(types.compare(addr "10.0.0.1", addr "10.0.0.2"))        --> -1
--- print(types.compare(types.count "18446744073709551615", 5))  --> 1
--- ```
---@param a any
---@param b any
---@return integer order -1, 0 or 1
function types.compare(a, b) end

return types
