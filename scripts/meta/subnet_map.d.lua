---@meta subnet_map

--- Makes a map from subnets, which finds the longest one that an address is in. It has no options.
---
--- Raises for a type that can't be read.
---
--- From: Zeek's tables indexed by subnets.
---
--- ```lua
--- local sites = subnet_map("string")
--- sites:set(subnet "10.0.0.0/8", "ours")
--- sites:set(subnet "10.1.0.0/16", "Berlin")
--- print(sites:lookup(addr "10.1.2.3"))  --> Berlin  10.1.0.0/16
--- ```
---@param type typename of the values
---@return subnet_map
function subnet_map(type) end

--- A map from subnets, made by `subnet_map` or `EX:subnet_map`.
---@class subnet_map: container
---@operator len: integer
local SubnetMap = {}

--- Gives a subnet a value.
---
--- Raises when `s` is no subnet, or the value not of the declared type.
---
--- ```lua
--- local sites = subnet_map("string")
--- sites:set(subnet "2001:db8::/32", "lab")
--- print(sites:lookup(addr "2001:db8::1"))  --> lab  2001:db8::/32
--- ```
---@param s subnet
---@param v any
function SubnetMap:set(s, v) end

--- Removes exactly that subnet. Returns the value that it had, nil when it was not there.
---
--- ```lua
--- local sites = subnet_map("string")
--- sites:set(subnet "10.0.0.0/8", "ours")
--- print(sites:remove(subnet "10.0.0.0/16"), sites:remove(subnet "10.0.0.0/8"))  --> nil  ours
--- ```
---@param s subnet
---@return any old
function SubnetMap:remove(s) end

--- Returns value and subnet of the longest match for an address, nil without one.
---
--- Raises when `a` is no addr.
---
--- From: Zeek's lookup of an addr in a table[subnet].
---
--- ```lua
--- local sites = subnet_map("string")
--- sites:set(subnet "10.0.0.0/8", "ours")
--- print(sites:lookup(addr "10.1.2.3"))   --> ours  10.0.0.0/8
--- print(sites:lookup(addr "192.0.2.1"))  --> nil
--- ```
---@param a addr
---@return any value
---@return subnet? match
function SubnetMap:lookup(a) end

--- Tells whether an address is in one of the subnets.
---
--- Raises when `a` is no addr.
---
--- From: Zeek's `Site::is_local_addr`, with networks of one's own.
---
--- ```lua
--- local ours = subnet_map("bool")
--- ours:set(subnet "10.0.0.0/8", true)
--- print(ours:covers(addr "10.1.2.3"), ours:covers(addr "192.0.2.1"))  --> true  false
--- ```
---@param a addr
---@return boolean
function SubnetMap:covers(a) end

--- Goes over subnets and values that were there when it began, in order of insertion.
---
--- ```lua
--- local sites = subnet_map("string")
--- sites:set(subnet "10.0.0.0/8", "ours")
--- for s, v in sites:each() do print(s, v) end  --> 10.0.0.0/8  ours
--- ```
---@return fun(): subnet, any
function SubnetMap:each() end
