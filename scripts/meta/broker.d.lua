---@meta broker

-- Publishing, subscriptions, peers and options, with the names of Zeek's Broker framework.
--
-- Peers are other nodes, over QUIC. Broker's own TCP and WebSocket come with a later version.

--- What `broker.make_event` returns: an event with its arguments, encoded once.
---
--- ```lua
--- local found = namespace "EX":event("found", "src: addr, n: count")
--- local e = broker.make_event(found, addr "10.0.0.1", 3)
--- print(e.name, e.args[1], e.args[2])  --> EX::found  10.0.0.1  3
--- ```
---@class prepared_event
---@field name string the event's full name
---@field args any[] its arguments

--- Options of `broker.subscribe`.
---@class subscribe_opts
---@field self? boolean true: also what this node publishes; false when not given

--- Where to listen. The fields may be given as positional arguments, too: address, port, retry.
---@class listen_opts
---@field address? string|addr "" is all interfaces; default: the option for it
---@field port? integer|port 0 lets the system choose; the protocol of a port does not matter
---@field retry? intervallike how long until the next try when it fails; 0: never
---@field transport? "quic"|"tcp"|"ws"|"wss"

--- A peer, one of `broker.peers`. It is read-only.
---@class peer_info
---@field peer endpoint_info who and where it is
---@field status string `broker.PEERED`: peers that are not, or no longer, peered are not listed
---@field is_outbound boolean this node dialled
---@field node string the name of its node, "" when it has told none

--- The figures of one peer, one of `broker.peering_stats`, over all links with it. They are read-only.
---@class peering_stats
---@field id string endpoint id
---@field node string the name of its node, "" when it has told none
---@field address string where it is, as in "quic://10.0.0.1:9999"
---@field connected boolean it is a peer now; false: it was one
---@field num_queued integer events that wait to be sent
---@field max_queued_recently integer the most within `buffer_stats_reset_interval`
---@field num_overflows integer events dropped because the queue was full, or the link ended
---@field num_bursts integer how often events began to be dropped
---@field control lane_stats routing updates, pings
---@field events lane_stats
---@field stores lane_stats
---@field logs lane_stats

--- The account of one lane to one peer, in messages. At any moment offered = dropped + queued +
--- in_flight + received + lost.
---@class lane_stats
---@field offered integer what was to be sent
---@field dropped integer because the queue was full, or waited when the link ended
---@field queued integer waits to be sent
---@field in_flight integer sent; the peer has not said yet that it took it (it does once a second)
---@field received integer the peer took it
---@field lost integer sent, and gone with a link that broke; known when the peer is linked again
---@field taken integer what came from the peer
---@field offered_bytes integer
---@field taken_bytes integer

--- Who an endpoint is: an argument of the events `Broker::peer_added` and so on.
---
--- From: Zeek's `Broker::EndpointInfo`.
---@class endpoint_info
---@field id string endpoint id
---@field network network_info where it is

--- Where an endpoint is.
---
--- From: Zeek's `Broker::NetworkInfo`.
---@class network_info
---@field address string "<unknown>" when it is not known
---@field bound_port port|integer a port in events, a number in `broker.peers`

---@class brokerlib
---@field options broker_options
---@field error broker_error
---@field INITIALIZING "INITIALIZING" status: peering has begun
---@field CONNECTING "CONNECTING" status: the link is being made
---@field CONNECTED "CONNECTED" status: linked, not yet peered
---@field PEERED "PEERED" status: peered
---@field DISCONNECTED "DISCONNECTED" status: the link is lost
---@field RECONNECTING "RECONNECTING" status: the link is lost and is being made again
broker = {}

--- Registers interest in every topic that begins with `prefix`; "" is all topics. Bytes are
--- compared, not parts of a path: "a" takes "alice". A message arrives once, however many prefixes
--- it matches. What this node publishes does not come back to it, unless `self` says so.
---
--- Returns true when the subscription is new.
---
--- From: Zeek's Broker framework (`Broker::subscribe`), with the documented return value; Zeek
--- always returns true. `self` is Broker's.
---
--- ```lua
--- print(broker.subscribe "ex/", broker.subscribe "ex/")  --> true  false
--- ```
---@param prefix string
---@param opts? subscribe_opts
---@return boolean is_new
function broker.subscribe(prefix, opts) end

--- Undoes `subscribe` and `forward` of exactly that prefix. Returns false when there was neither.
---
--- From: Zeek's Broker framework (`Broker::unsubscribe`), which always returns true.
---
--- ```lua
--- broker.subscribe "ex/"
--- print(broker.unsubscribe "ex/", broker.unsubscribe "ex/")  --> true  false
--- ```
---@param prefix string
---@return boolean was_there
function broker.unsubscribe(prefix) end

--- Subscribes for others: events under `prefix` are relayed to peers that subscribe, when
--- `broker.options.forward_messages` is true, and not handed to scripts here. Identifier updates
--- are taken nevertheless.
---
--- Returns true when it is new.
---
--- From: Zeek's Broker framework (`Broker::forward`).
---
--- ```lua
--- broker.options.forward_messages = true
--- print(broker.forward "ex/", broker.forward "ex/")  --> true  false
--- ```
---@param prefix string
---@return boolean is_new
function broker.forward(prefix) end

--- Sends an event to every subscriber of `topic`. It is fire and forget: nobody answers, and what
--- is published while nobody subscribes is gone. Handlers on this node do not run; for both, also
--- raise it.
---
--- It never raises for wrong arguments: it returns false and a message, and reports that with file
--- and line. It is true also when nobody subscribes.
---
--- Raises while a file is loaded: nothing leaves the node before `node_init`.
---
--- From: Zeek's Broker framework (`Broker::publish`).
---
--- ```lua
--- local found = namespace "EX":event("found", "src: addr")
--- on("node_init", function()
---   print(broker.publish("ex/found", found, addr "10.0.0.1"))  --> true
---   print(broker.publish("ex/found", found, tostring(addr "10.0.0.1")))
---   --> false  broker.publish to "ex/found": event EX::found: argument #1 (src): expected addr, got string "10.0.0.1" (write addr "10.0.0.1")
---   --! error: example.lua:4: broker.publish to "ex/found": event EX::found: argument #1 (src): expected addr, got string "10.0.0.1" (write addr "10.0.0.1")
--- end)
--- ```
---@param topic string not empty, at most 65,535 bytes
---@param ev eventlike|prepared_event an undeclared event takes any arguments, by default kinds
---@param ... any the event's arguments; none with a prepared event
---@return boolean ok
---@return string? message
function broker.publish(topic, ev, ...) end

--- Checks and encodes an event once, for many calls of `broker.publish`.
---
--- Returns false and a message when the arguments do not fit, and reports that.
---
--- From: Zeek's Broker framework (`Broker::make_event`).
---
--- ```lua
--- local found = namespace "EX":event("found", "n: count")
--- local e = broker.make_event(found, 3)
--- on("node_init", function()
---   print(broker.publish("a", e), broker.publish("b", e))  --> true  true
--- end)
--- ```
---@param ev eventlike
---@param ... any the event's arguments
---@return prepared_event|false e
---@return string? message
function broker.make_event(ev, ...) end

--- From now on each event `ev` that is raised on this node is also published to `topic`: when it is
--- its turn, before the handlers here run. What came from another node is not published again.
---
--- An argument that can't be sent ends it, with one line in the reports. Returns false and a message
--- for a wrong topic or event.
---
--- A call of `broker.publish` says more plainly who gets what. This is for scripts that have it.
---
--- From: Zeek's Broker framework (`Broker::auto_publish`).
---
--- ```lua
--- local found = namespace "EX":event("found", "n: count")
--- found:on(function(n) print("here, too", n) end)
--- print(broker.auto_publish("ex/found", found))  --> true
--- on("node_init", function() found:raise(3) end)  --> here, too  3
--- ```
---@param topic string
---@param ev eventlike
---@return boolean ok
---@return string? message
function broker.auto_publish(topic, ev) end

--- Undoes `broker.auto_publish` of that pair. Returns false when there was none.
---
--- From: Zeek's Broker framework (`Broker::auto_unpublish`), with the documented return value.
---
--- ```lua
--- namespace "EX":event("found", "n: count")
--- broker.auto_publish("ex/found", "EX::found")
--- print(broker.auto_unpublish("ex/found", "EX::found"))  --> true
--- print(broker.auto_unpublish("ex/found", "EX::found"))  --> false
--- ```
---@param topic string
---@param ev eventlike
---@return boolean was_there
---@return string? message
function broker.auto_unpublish(topic, ev) end

--- Sends the value of an exported variable or container, once. A node that subscribes and has
--- declared the same name with the same type gets a copy in place of its own value: a container
--- keeps its options, its `on_change` is not called, and `on_replaced` is. Later changes are not
--- sent. `broker.options.accept_id_updates = false` refuses all.
---
--- Returns false and a message for an unknown name, and for events and options; reports that.
---
--- Raises while a file is loaded.
---
--- From: Zeek's Broker framework (`Broker::publish_id`). That only variables and containers can be
--- reached is ours.
---
--- ```lua
--- local n = namespace "EX":var("n", "count", 3)
--- on("node_init", function()
---   print(broker.publish_id("ex/ids", "EX::n"))  --> true
---   print(broker.publish_id("ex/ids", "EX::m"))
---   --> false  broker.publish_id "EX::m" to "ex/ids": unknown id (did you mean EX::n?)
---   --! error: example.lua:4: broker.publish_id "EX::m" to "ex/ids": unknown id (did you mean EX::n?)
--- end)
--- ```
---@param topic string
---@param id string full name
---@return boolean ok
---@return string? message
function broker.publish_id(topic, id) end

--- Lets only topics that begin with one of `prefixes` leave this node. Subscribers here are not
--- concerned. An empty table lifts the restriction.
---
--- From: Broker's publish filter.
---
--- ```lua
--- broker.restrict_publish { "ex/public/" }
--- broker.restrict_publish {}
--- ```
---@param prefixes string[]
function broker.restrict_publish(prefixes) end

--- Returns the id of this node's endpoint, 36 characters. It is new with each start.
---
--- From: Zeek's Broker framework (`Broker::node_id`).
---
--- ```lua
--- print(#broker.node_id(), broker.node_id() == broker.node_id())  --> 36  true
--- ```
---@return string
function broker.node_id() end

--- Listens for peers: `broker.listen { port = 9999 }` or `broker.listen("", 9999, "1 s")`. Returns
--- the bound port, or nil and a message; a failure is reported, too, and tried again after `retry`.
---
--- The address is an IP address of this machine, "localhost", or "" for all interfaces, or for what
--- the environment variable ZEEK_DEFAULT_LISTEN_ADDRESS says.
---
--- Raises for wrong arguments, and while a file is loaded.
---
--- From: Zeek's Broker framework (`Broker::listen`), which returns port 0 on failure. Lua takes 0 for
--- true.
---
--- ```lua
--- on("node_init", function()
---   print(broker.listen { address = "127.0.0.1", port = 9999 })  --> 9999
---   print(broker.listen { address = "127.0.0.1", port = 9999, retry = 0 })
---   --> nil  the port is in use
---   --! error: Failed to listen on 127.0.0.1:9999: the port is in use
--- end)
--- ```
---@overload fun(opts: listen_opts): integer?, string?
---@param address? string|addr default: `broker.options.default_listen_address`
---@param port? integer|port default: `broker.options.default_port`
---@param retry? intervallike default: `broker.options.default_listen_retry`
---@return integer? port
---@return string? message
function broker.listen(address, port, retry) end

--- Listens for WebSocket clients; otherwise as `broker.listen`.
---
--- This version has no such transport: it always fails.
---
--- From: Zeek's Broker framework (`Broker::listen_websocket`).
---
--- ```lua
--- on("node_init", function()
---   print(broker.listen_websocket { port = 9997 })
---   --> nil  this version has no ws transport, only quic
---   --! error: Failed to listen on :9997: this version has no ws transport, only quic
--- end)
--- ```
---@overload fun(opts: listen_opts): integer?, string?
---@param address? string|addr default: `broker.options.default_listen_address_websocket`
---@param port? integer|port default: `broker.options.default_port_websocket`
---@param retry? intervallike default: `broker.options.default_listen_retry`
---@return integer? port
---@return string? message
function broker.listen_websocket(address, port, retry) end

--- Dials a peer, again and again until it answers and whenever the link is lost. A node with a peer
--- goes on when its input has ended, unless `broker.options.peer_counts_as_iosource` is false. `retry` 0 is one
--- try only. Returns at once; what comes of it are the events `Broker::peer_added` and so on.
---
--- Returns false and a message when no attempt is possible. A second call for an address changes
--- only how long to wait between tries, by a fifth more or less each time.
---
--- Raises for wrong arguments, and while a file is loaded.
---
--- From: Zeek's Broker framework (`Broker::peer`). Addresses with a scheme are ours.
---
--- ```lua
--- on("node_init", function()
---   print(broker.peer "quic://10.0.0.1:9999")  --> true
---   print(broker.peer "tcp://10.0.0.1")
---   --> false  broker.peer tcp://10.0.0.1:9999: this version has no tcp transport, only quic
---   --! error: example.lua:3: broker.peer tcp://10.0.0.1:9999: this version has no tcp transport, only quic
--- end)
--- ```
---@param address string|addr a host, "host:port" or "quic://host:port"
---@param port? integer|port default: `broker.options.default_port`
---@param retry? intervallike default: `broker.options.default_connect_retry`
---@return boolean ok
---@return string? message
function broker.peer(address, port, retry) end

--- Ends what `broker.peer` began: the link, and dialling again. The peer is told goodbye and takes
--- what was published before; `Broker::peer_removed` comes when that is over, after 3 s at most.
--- Returns false and a message when there is no such peer.
---
--- Raises for wrong arguments, and while a file is loaded.
---
--- From: Zeek's Broker framework (`Broker::unpeer`).
---
--- ```lua
--- on("node_init", function()
---   print(broker.unpeer("10.0.0.1", 9999))
---   --> false  broker.unpeer quic://10.0.0.1:9999: cannot unpeer from unknown peer
---   --! error: example.lua:2: broker.unpeer quic://10.0.0.1:9999: cannot unpeer from unknown peer
--- end)
--- ```
---@param address string|addr
---@param port? integer|port default: `broker.options.default_port`
---@return boolean ok
---@return string? message
function broker.unpeer(address, port) end

--- Returns the peers, in the same order each time.
---
--- From: Zeek's Broker framework (`Broker::peers`, and what `Broker::is_outbound_peering` tells).
---
--- ```lua
--- for _, p in ipairs(broker.peers()) do
---   print(p.peer.id, p.peer.network.address, p.status == broker.PEERED, p.is_outbound)
--- end
--- print(#broker.peers())  --> 0
--- ```
---@return peer_info[]
function broker.peers() end

--- Returns what waits and what was dropped, by endpoint id.
---
--- From: Zeek's Broker framework (`Broker::peering_stats`).
---
--- ```lua
--- print(next(broker.peering_stats()))  --> nil
--- ```
---@return table<string, peering_stats>
function broker.peering_stats() end

--- Hands buffered log records to the peers and returns how many those were. This version has no
--- logs: it returns 0.
---
--- From: Zeek's Broker framework (`Broker::flush_logs`).
---
--- ```lua
--- print(broker.flush_logs())  --> 0
--- ```
---@return integer
function broker.flush_logs() end

--- From now on `fn` decides the topic of each log record: `broker.log_topic` calls it.
---
--- From: Zeek's Broker framework, where one redefines `Broker::log_topic`. Assigning is not
--- possible here.
---
--- ```lua
--- broker.set_log_topic(function(id, path) return "logs/" .. path end)
--- print(broker.log_topic("HTTP::LOG", "http"))  --> logs/http
--- ```
---@param fn fun(id: string, path: string): string
function broker.set_log_topic(fn) end

--- Returns the topic for a record of a log stream: what the function of `broker.set_log_topic` says,
--- else `broker.default_log_topic`.
---
--- Raises when that function returns something else than text.
---
--- From: Zeek's Broker framework (`Broker::log_topic`).
---
--- ```lua
--- print(broker.log_topic("HTTP::LOG", "http"))  --> zeek/logs/HTTP::LOG
--- ```
---@param id string the stream, such as "HTTP::LOG"
---@param path? string the log's path, such as "http"; for the function of `broker.set_log_topic`
---@return string topic
function broker.log_topic(id, path) end

--- Returns `broker.options.default_log_topic_prefix` with the stream's id behind it.
---
--- From: Zeek's Broker framework (`Broker::default_log_topic`).
---
--- ```lua
--- print(broker.default_log_topic("HTTP::LOG", "http"))  --> zeek/logs/HTTP::LOG
--- ```
---@param id string
---@param path? string not looked at
---@return string topic
function broker.default_log_topic(id, path) end

return broker
