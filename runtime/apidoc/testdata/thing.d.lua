---@meta thing

-- All about things.
--
--   a  table

--- Text or a thing.
---@alias thinglike string|thing

--- Options of things.
---@class thing_opts
---@field hook? fun(a: any, b?: any): boolean, string? is called. With both
---@field [string] any more

--- A thing.
---@class thing: other
---@operator add(number): thing
local Thing = {}

--- Raises the thing. It goes up.
--- Raises when it is heavy. Twice.
---
--- More.
---
--- Raises also
--- in winter.
---
--- From: Zeek's `Thing::raise`,
--- partly.
---
--- ```lua
--- thing.new():raise(1)
---   --> up
--- ```
---@overload fun(): nil
---@overload fun(opts: thing_opts, cb: fun(x: integer, y: integer): boolean, z?: integer)
---@param by? "a b"|integer how far
---@param ... any
---@return thing? self the thing itself
---@return string|nil message
function Thing:raise(by, ...) end

--- Things are heavy.
---
--- ```lua
--- print(thing.MAX)
--- ```
---@class thinglib
---@field MAX integer the most
thing = {}

--- Makes one.
---@generic T: thing|set
---@param like T which
---@return T same
---@return fun(): integer, any
function thing.new(like) end

---@class events
local events = {}

--- Up it is.
---@param t thing which
events["Thing::up"] = function(t) end

return thing
