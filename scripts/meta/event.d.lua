---@meta event

-- Events: objects, handlers, and what a handler may ask about the event that it handles.

--- Where an event is expected: an event object or a full name such as "EX::found".
---@alias eventlike event|string

--- Options of `on` and `event:on`.
---@class handler_opts
---@field priority? integer higher runs first; 0 when not given

--- A handler's registration, returned by `on` and `event:on`.
---@class handler
local Handler = {}

--- Ends the registration. The handler does not run again, not even for the event that is being
--- handled. Returns false when it was off already.
---
--- ```lua
--- local ping = namespace "EX":event("ping", "")
--- local h
--- h = ping:on(function() print("once", h:off(), h:off()) end)  --> once  true  false
--- on("node_init", function() ping:raise() ping:raise() end)
--- ```
---@return boolean was_on
function Handler:off() end

--- An event that waits for its time, returned by `event:schedule`.
---@class scheduled
local Scheduled = {}

--- Takes the event back. Returns false when it was raised or cancelled before.
---
--- ```lua
--- local ping = namespace "EX":event("ping", "")
--- on("node_init", function()
---   local s = ping:schedule("10 s")
---   print(s:cancel(), s:cancel())  --> true  false
--- end)
--- ```
---@return boolean was_waiting
function Scheduled:cancel() end

--- An event, made by `EX:event`. It is an object, not a function. `tostring` gives its full name.
---@class event
local Event = {}

--- Queues the event on this node. Handlers never run inside the call, but after what is queued
--- before.
---
--- Raises when the arguments do not fit the declaration, and names event, argument and types.
---
--- From: Zeek's `event` statement.
---
--- ```lua
--- local found = namespace "EX":event("found", "src: addr")
--- found:on(function(src) print("found", src) end)
--- on("node_init", function()
---   print(pcall(found.raise, found, "10.0.0.1"))
---   --> false  event EX::found: argument #1 (src): expected addr, got string "10.0.0.1" (write addr "10.0.0.1")
---   found:raise(addr "10.0.0.1")
---   print("raised")  --> raised
---   --> found  10.0.0.1
--- end)
--- ```
---@param ... any the arguments, each of its declared type
function Event:raise(...) end

--- Registers a handler. The higher priority runs first, then what was registered first. A handler
--- runs to its end; an error in it is reported and ends this handler only.
---
--- Raises when `fn` is no function or an option is unknown.
---
--- From: Zeek's event handlers and `&priority`.
---
--- ```lua
--- local ping = namespace "EX":event("ping", "n: count")
--- ping:on(function(n) print("last", n) end, { priority = -5 })
--- ping:on(function(n) print("first", n) end, { priority = 5 })
--- on("node_init", function() ping:raise(1) end)
--- --> first  1
--- --> last  1
--- ```
---@param fn fun(...)
---@param opts? handler_opts
---@return handler
function Event:on(fn, opts) end

--- Raises the event later, on the node's clock. When the node ends first, the event is dropped,
--- not raised early.
---
--- Raises when `delay` is no interval of 0 or more, or the arguments do not fit.
---
--- From: Zeek's `schedule`, which raises pending events early when it ends.
---
--- ```lua
--- local ping = namespace "EX":event("ping", "n: count")
--- ping:on(function(n) print("ping", n) end)
--- on("node_init", function()
---   ping:schedule("2 min", 2)
---   ping:schedule(1, 1)
--- end)
--- --> ping  1
--- --> ping  2
--- ```
---@param delay intervallike
---@param ... any the arguments, each of its declared type
---@return scheduled
function Event:schedule(delay, ...) end

--- Registers a handler by the event's full name, or for an event object; see `event:on`.
---
--- The event may be declared later, or by another policy. After loading, a handler for an event
--- that nobody declares gets one warning with the nearest name.
---
--- Raises when the first argument is neither a name nor an event.
---
--- From: Zeek's event handlers. `zeek_init` and `bro_init` mean `node_init`, `zeek_done` and
--- `bro_done` mean `node_done`.
---
--- ```lua
--- namespace "EX":event("found", "src: addr")
--- on("EX::found", function(src) print(src) end)  --> 10.0.0.1
--- on("zeek_init", function() event.raise("EX::found", addr "10.0.0.1") end)
--- ```
---@overload fun(name: "node_init", fn: fun(), opts?: handler_opts): handler
---@overload fun(name: "node_done", fn: fun(), opts?: handler_opts): handler
---@overload fun(name: "node_reloaded", fn: fun(old: table, new: table), opts?: handler_opts): handler
---@overload fun(name: "new_connection", fn: fun(c: connection), opts?: handler_opts): handler
---@overload fun(name: "connection_established", fn: fun(c: connection), opts?: handler_opts): handler
---@overload fun(name: "connection_state_remove", fn: fun(c: connection), opts?: handler_opts): handler
---@overload fun(name: "Broker::peer_added", fn: fun(endpoint: endpoint_info, msg: string), opts?: handler_opts): handler
---@overload fun(name: "Broker::peer_removed", fn: fun(endpoint: endpoint_info, msg: string), opts?: handler_opts): handler
---@overload fun(name: "Broker::peer_lost", fn: fun(endpoint: endpoint_info, msg: string), opts?: handler_opts): handler
---@overload fun(name: "Broker::endpoint_discovered", fn: fun(endpoint: endpoint_info, msg: string), opts?: handler_opts): handler
---@overload fun(name: "Broker::endpoint_unreachable", fn: fun(endpoint: endpoint_info, msg: string), opts?: handler_opts): handler
---@overload fun(name: "Broker::status", fn: fun(endpoint: endpoint_info, msg: string), opts?: handler_opts): handler
---@overload fun(name: "Broker::error", fn: fun(code: enum, msg: string), opts?: handler_opts): handler
---@overload fun(name: "Cluster::node_up", fn: fun(name: string, id: string), opts?: handler_opts): handler
---@overload fun(name: "Cluster::node_down", fn: fun(name: string, id: string), opts?: handler_opts): handler
---@overload fun(name: "Cluster::node_fully_connected", fn: fun(name: string, id: string, resending: boolean), opts?: handler_opts): handler
---@overload fun(name: "Cluster::cluster_started", fn: fun(), opts?: handler_opts): handler
---@overload fun(name: "Supervisor::node_status", fn: fun(node: string, pid: integer), opts?: handler_opts): handler
---@param ev eventlike
---@param fn fun(...)
---@param opts? handler_opts
---@return handler
function on(ev, fn, opts) end

---@class eventlib
event = {}

--- Queues an event by its full name; see `event:raise`. An event that nobody declares takes any
--- arguments.
---
--- Raises when the arguments do not fit a declaration.
---
--- From: Zeek's `event` statement.
---
--- ```lua
--- namespace "EX":event("found", "src: addr")
--- on("EX::found", function(src) print(src) end)  --> 10.0.0.1
--- on("node_init", function() event.raise("EX::found", addr "10.0.0.1") end)
--- ```
---@param ev eventlike
---@param ... any the arguments
function event.raise(ev, ...) end

--- Tells whether the event being handled came from another node. Outside a handler it is nil.
---
--- From: Zeek's `is_remote_event`.
---
--- ```lua
--- local ping = namespace "EX":event("ping", "")
--- ping:on(function() print(event.is_remote()) end)  --> false
--- on("node_init", function() ping:raise() end)
--- ```
---@return boolean?
function event.is_remote() end

--- Returns the endpoint id of the node that published the event being handled, and the topic.
--- Both are nil for an event that was raised here, and outside a handler.
---
--- From: Broker's messages carry both; Zeek does not show them.
---
--- ```lua
--- local ping = namespace "EX":event("ping", "")
--- ping:on(function()
---   local id, topic = event.source()
---   print(id == broker.node_id(), topic)  --> true  ex/ping
--- end)
--- broker.subscribe("ex/", { self = true })
--- on("node_init", function() broker.publish("ex/ping", ping) end)
--- ```
---@return string? id
---@return string? topic
function event.source() end

--- Returns the time of the event being handled: for an event that was raised here, this node's
--- time; for one that arrived, the time in its metadata, nil when it carries none. Outside a
--- handler it is nil.
---
--- From: Zeek's `current_event_time`, the network timestamp in an event's metadata.
---
--- ```lua
--- on("node_init", function() print(event.time() == time.now()) end)  --> true
--- ```
---@return time?
function event.time() end

--- Returns the metadata of the event being handled: a table from number to value. Key 1 is the
--- network timestamp. It is empty for what was raised here; outside a handler it is nil.
---
--- From: Zeek's event metadata.
---
--- ```lua
--- on("node_init", function() print(next(event.metadata())) end)  --> nil
--- ```
---@return table<integer, any>?
function event.metadata() end

--- Sends the event being handled on to another topic. A message that arrived goes on as the same
--- bytes: kinds and metadata stay as they are.
---
--- Raises outside a handler. Returns false and a message when it can't be sent, and reports it.
---
--- From: ours; the documents' relay calls `Broker::publish` with the arguments again.
---
--- ```lua
--- local ping = namespace "EX":event("ping", "n: count")
--- ping:on(function(n)
---   local _, topic = event.source()
---   print(n, topic)
---   if topic == "in/ping" then event.republish("out/ping") end
--- end)
--- broker.subscribe("in/", { self = true })
--- broker.subscribe("out/", { self = true })
--- on("node_init", function() broker.publish("in/ping", ping, 1) end)
--- --> 1  in/ping
--- --> 1  out/ping
--- ```
---@param topic string
---@return boolean ok
---@return string? message
function event.republish(topic) end

return event
