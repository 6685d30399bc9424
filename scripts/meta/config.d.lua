---@meta config

-- Options: the settings of policies. `EX:option` declares one, `--set EX::limit=5` gives it a value
-- from the command line.

--- What `option:on_change` returned.
---@class option_handler
local OptionHandler = {}

--- Ends the registration. Returns false when it was off already.
---
--- ```lua
--- local limit = namespace "EX":option("limit", "count", 10)
--- local h = limit:on_change(function() print("never") end)
--- print(h:off(), h:off())  --> true  false
--- limit:set(11)
--- ```
---@return boolean was_on
function OptionHandler:off() end

--- An option, made by `EX:option`. Where an interval is expected as an expiry, an option of type
--- interval may stand.
---@class option
local Option = {}

--- Returns the value.
---
--- ```lua
--- local limit = namespace "EX":option("limit", "count", 10)
--- print(limit:get())  --> 10
--- ```
---@return any
function Option:get() end

--- Changes the value, when the check and every `on_change` agree. While files are loaded it takes
--- effect at once; later on, behind the events that are queued now, so that one event sees one
--- value.
---
--- In a cluster it changes on all nodes, and on those that come later. The change goes to the
--- manager, which puts changes in order, and counts everywhere, here too, when it comes from there.
--- What `node_init` sets waits until the manager is there, and gives way to what a running node has
--- set before, so that a node that is started again undoes nothing.
---
--- Returns false and a message when the value is refused or not of the option's type, and in a
--- cluster while the manager is away.
---
--- From: Zeek's Configuration framework (`Option::set`, `Config::set_value`).
---
--- ```lua
--- local limit = namespace "EX":option("limit", "count", 10)
--- on("node_init", function()
---   print(limit:set(20), limit:get())  --> true  10
---   print(limit:set("many"))              --> false  option EX::limit: expected count, got string "many"
---   timer.after(1, function() print(limit:get()) end)  --> 20
--- end)
--- ```
---@param value any
---@param location? string where the value comes from, for `config.list`; default: file and line
---@return boolean ok
---@return string? message
function Option:set(value, location) end

--- Has `fn(new, old)` called before each change, in the order of registration; the option has still
--- its old value. What it returns decides: nil accepts, another value replaces the new one, false
--- and a message refuse. For an option of type bool, false alone is a value.
---
--- In a cluster each node's handlers are called once for each change, and with the value as it was
--- set: what they make of it should be the same on all nodes. Where it is set they are called at
--- once, and again only if another node's change comes in between, so that the last call is about
--- what counts. A node whose handlers refuse what another has set keeps its value, and warns. To set
--- what is set already is no change.
---
--- A reload is no change, and no handler is called. What was set while the node ran stays: the new
--- code's check is asked about the value as it was set, once, when the option is declared. If it says
--- what the old code's said, the value stays as it is, with what handlers had made of it; if it says
--- something else, that is the value; if it refuses, the reload does not happen. Only what the cluster
--- has set and this node had refused is a change then: just before `node_reloaded` the new check and
--- handlers are asked about it, and the node has it if they agree.
---
--- From: Zeek's Configuration framework (`Option::set_change_handler`), where a handler returns the
--- value to use.
---
--- ```lua
--- local limit = namespace "EX":option("limit", "count", 10)
--- limit:on_change(function(new, old)
---   if new == 13 then return false, "13 is unlucky" end
---   if new > 100 then return 100 end
--- end)
--- print(limit:set(13))                 --> false  option EX::limit: 13 is unlucky
--- print(limit:set(500), limit:get())   --> true  100
--- ```
---@param fn fun(new: any, old: any): any, string?
---@return option_handler
function Option:on_change(fn) end

--- An option as `config.list` tells of it.
---@class option_info
---@field name string full name
---@field type typename
---@field value any
---@field doc string what the declaration says it is for
---@field location string where the value came from: "default", "--set", a file, or what `set` was given

--- Options by name, for tools.
---@class configlib
config = {}

--- Returns the value of the option called `name`. Returns nil and a message when there is none.
---
--- From: Zeek's Configuration framework.
---
--- ```lua
--- namespace "EX":option("limit", "count", 10)
--- print(config.get "EX::limit")  --> 10
--- print(config.get "EX::limti")  --> nil  no option "EX::limti" (did you mean EX::limit?) (NO_SUCH_KEY)
--- ```
---@param name string full name
---@return any value
---@return string? message
function config.get(name) end

--- Changes the option called `name`, as `option:set` does: in a cluster on all nodes. Text is read as the option's type, as
--- from the command line.
---
--- Returns false and a message when there is no such option, or the value is refused.
---
--- From: Zeek's Configuration framework (`Config::set_value`).
---
--- ```lua
--- local server = namespace "EX":option("server", "addr", addr "10.0.0.1")
--- print(config.set("EX::server", "10.0.0.2"), server:get())  --> true  10.0.0.2
--- print((config.set("EX::server", "ten")))                   --> false
--- ```
---@param name string full name
---@param value any
---@param location? string where the value comes from; default: "config.set"
---@return boolean ok
---@return string? message
function config.set(name, value, location) end

--- Returns all options in the order of their declaration.
---
--- ```lua
--- namespace "EX":option("limit", "count", 10, { doc = "lines per hour" })
--- for _, o in ipairs(config.list()) do print(o.name, o.type, o.value, o.doc, o.location) end
--- --> EX::limit  count  10  lines per hour  default
--- ```
---@return option_info[]
function config.list() end

return config
