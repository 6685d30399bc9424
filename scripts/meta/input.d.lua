---@meta input

-- The events that the node itself raises: of its life, of its inputs, of its peers. `events` is not a
-- table that scripts have; it is where this file keeps what `on` takes by name.
--
-- An input is a capture (`--pcap`), a Zeek log (`--zeek-log`) or lines of JSON (`--stdin`). The event
-- of such a line is whatever it names: `{"event": "EX::found", "args": ["10.0.0.1", 3]}` raises
-- EX::found, each argument read as its declared type, or by default kinds when nobody declares it.

--- One side of a connection, `c.orig` or `c.resp`.
---
--- ```lua
--- -- moonpeer run example.lua --pcap policies/testdata/small.pcap
--- on("connection_state_remove", function(c)
---   if c.id.resp_p == port "514/udp" then print(c.orig.bytes, c.orig.packets, c.orig.ip_bytes) end
--- end)
--- --> 217  2  273
--- ```
---@class conn_side
---@field bytes? count payload bytes, as Zeek counts them; nil when not known, as without an answer
---@field packets count packets
---@field ip_bytes count bytes with the IP headers

--- Who talks with whom.
---
--- ```lua
--- -- moonpeer run example.lua --pcap policies/testdata/small.pcap
--- on("new_connection", function(c)
---   if c.id.resp_p.number == 21 then print(c.id.orig_h, c.id.orig_p, c.id.resp_h, c.id.resp_p) end
--- end)
--- --> 10.0.0.99  45000/tcp  10.1.0.10  21/tcp
--- ```
---@class conn_id
---@field orig_h addr who began
---@field orig_p port for ICMP: the type
---@field resp_h addr who was asked
---@field resp_p port for ICMP: the code

--- A connection: the same value in all of its events. Its fields are read when a script asks, and
--- show it as it is then; they can't be changed. A script may add fields of its own, which are
--- never sent. A name that is nearly one of a field raises with a suggestion.
---
--- `conn_state` is Zeek's: S0 no answer, S1 established, SF ended normally, REJ rejected, S2 and S3
--- closed by one side only, RSTO and RSTR reset, RSTOS0, RSTRH, SH and SHR seen in part, OTH none
--- of these.
---
--- ```lua
--- -- moonpeer run example.lua --pcap policies/testdata/small.pcap
--- on("new_connection", function(c) c.began = time.now() end)
--- on("connection_state_remove", function(c)
---   if c.id.orig_h ~= addr "10.0.0.4" or c.proto ~= "tcp" then return end
---   print(c.began == c.start_time, c.duration, c.orig.bytes, c.resp.bytes, c.conn_state)
---   --> true  6 ms  84  800  SF
--- end)
--- ```
---@class connection
---@field uid string id of the connection, as in Zeek's logs; the same each time a capture is read
---@field id conn_id
---@field proto "tcp"|"udp"|"icmp"
---@field start_time time of its first packet
---@field duration? interval from the first packet to the last; nil when there was one only
---@field orig conn_side
---@field resp conn_side
---@field conn_state string
---@field [string] any a script's own

--- The events that the node raises, by name.
---@class events
local events = {}

--- Raised once when all files are loaded, before any input is read. Peers and publishing are there
--- from here on. `zeek_init` and `bro_init` are other names of it.
---
--- From: Zeek's `zeek_init`.
---
--- ```lua
--- on("node_init", function() print("here we go") end)  --> here we go
--- ```
events["node_init"] = function() end

--- Raised once when the node ends: when its inputs have ended and nothing holds it, after
--- `node.terminate`, and when it is interrupted. What is raised here is still handled. `zeek_done`
--- and `bro_done` are other names of it.
---
--- From: Zeek's `zeek_done`. When a node ends: design decision 2.
---
--- ```lua
--- -- moonpeer run example.lua --pcap policies/testdata/small.pcap
--- local n = 0
--- on("new_connection", function() n = n + 1 end)
--- on("node_done", function() print(n) end)  --> 17
--- ```
events["node_done"] = function() end

--- Raised once after `moonpeer reload` has let new code take over, before anything that arrived
--- meanwhile is handled. `node_init` is not raised again.
---
--- What has a name goes on: containers keep their contents, and take the expiry, bound and hooks of
--- the new declaration; variables keep their values, and options what they were set to; scheduled
--- events come at their time; subscriptions, `auto_publish` and `broker.options` change where the
--- body of a file says something else than before. What a body adds to a set or map is added where
--- the key is missing. Peers and listeners stay. All else starts anew: plain locals, handlers, rates
--- and timers, so timers that `node_init` starts are started here, too.
---
--- A container or variable that is no longer declared, or with another type, keeps a reload from
--- happening. `moonpeer reload --force` drops it, and then `old` has its last contents or value by its
--- full name, and `new` what is declared under that name now, so that a script may convert it. Both
--- are empty otherwise.
---
--- From: Zeek has no reload.
---
--- ```lua
--- local hits = namespace "EX":map("hits", "addr", "count")  -- keys were texts
--- local function begin() timer.every("1 hr", function() print(#hits) end) end
--- on("node_init", begin)
--- on("node_reloaded", function(old, new)
---   begin()
---   local was = old["EX::hits"]
---   if was then for k, n in was:each() do hits:set(addr(k), n) end end
--- end)
--- ```
---@param old table from full name to what was dropped
---@param new table from full name to what is declared under it now
events["node_reloaded"] = function(old, new) end

--- Raised for the first packet of a connection: TCP, UDP or ICMP.
---
--- From: Zeek's event of that name.
---
--- ```lua
--- -- moonpeer run example.lua --pcap policies/testdata/small.pcap
--- on("new_connection", function(c)
---   if c.proto == "icmp" then print(c.id.orig_h, c.id.resp_h) end
--- end)
--- --> 10.0.0.2  10.1.0.10
--- ```
---@param c connection
events["new_connection"] = function(c) end

--- Raised when both sides of a TCP connection have agreed: the originator has sent SYN, the
--- responder SYN-ACK.
---
--- From: Zeek's event of that name.
---
--- ```lua
--- -- moonpeer run example.lua --pcap policies/testdata/small.pcap
--- local clients = set("addr")
--- on("connection_established", function(c) clients:add(c.id.orig_h) end)
--- on("node_done", function() print(#clients) end)  --> 4
--- ```
---@param c connection
events["connection_established"] = function(c) end

--- Raised when a connection is over: closed, reset, silent for too long, or still going on when the
--- capture ends. All of its counts are final.
---
--- From: Zeek's event of that name; the timeouts are Zeek's.
---
--- ```lua
--- -- moonpeer run example.lua --pcap policies/testdata/small.pcap
--- local states = map("string", "count")
--- on("connection_state_remove", function(c) states:incr(c.conn_state) end)
--- on("node_done", function() print(states) end)
--- --> {
--- --> [OTH] = 1,
--- --> [REJ] = 4,
--- --> [S0] = 2,
--- --> [SF] = 10
--- --> }
--- ```
---@param c connection
events["connection_state_remove"] = function(c) end

--- Raised for each line of a Zeek log, `path` being the log's: `Input::conn`, `Input::dns`. The fields
--- of the record are the log's columns, with the types of its header; `id.orig_h` is the field
--- `orig_h` of the record `id`. A column that is unset is nil. In a JSON log a few names are read as
--- what they are in Zeek (ts, orig_h, resp_p, proto, …), the other values as they are.
---
--- From: Zeek's Input framework, which reads a log into a table or an event. The node's clock is the
--- column ts.
---
--- ```lua
--- -- moonpeer run example.lua --zeek-log runtime/input/zeeklog/testdata/conn.log
--- on("Input::conn", function(rec) print(rec.uid, rec.id.orig_h, rec.proto, rec.duration) end)
--- --> CHhAvVGS1DHFjwGM9  141.142.220.202  udp  nil
--- --> ClEkJM2Vm5giqnMf4h  fe80::217:f2ff:fed7:cf65  udp  nil
--- --> CtPZjS20MLrsMUOJi2  141.142.220.118  tcp  61.329 ms
--- ```
---@param rec record
events["Input::<path>"] = function(rec) end

--- Raised when a peering is established, on both sides.
---
--- From: Zeek's Broker framework.
---
--- ```lua
--- on("Broker::peer_added", function(endpoint, msg)
---   print(endpoint.network.address, endpoint.network.bound_port, msg)
---   --> 10.0.0.1  9999/tcp  handshake successful
--- end)
--- local there = { address = "10.0.0.1", bound_port = port "9999/tcp" }
--- on("node_init", function() -- what a peer would do
---   event.raise("Broker::peer_added", { id = "6a1f", network = there }, "handshake successful")
--- end)
--- ```
---@param endpoint endpoint_info
---@param msg string
events["Broker::peer_added"] = function(endpoint, msg) end

--- Raised when this node has ended a peering.
---
--- From: Zeek's Broker framework.
---
--- ```lua
--- on("Broker::peer_removed", function(endpoint, msg) print(endpoint.id, msg) end)
--- ```
---@param endpoint endpoint_info
---@param msg string
events["Broker::peer_removed"] = function(endpoint, msg) end

--- Raised when the other side has ended a peering, or the link is lost.
---
--- From: Zeek's Broker framework.
---
--- ```lua
--- on("Broker::peer_lost", function(endpoint, msg) reporter.warning("lost %s: %s", endpoint.id, msg) end)
--- ```
---@param endpoint endpoint_info
---@param msg string
events["Broker::peer_lost"] = function(endpoint, msg) end

--- Raised when an endpoint can be reached, directly or by way of others.
---
--- From: Zeek's Broker framework.
---
--- ```lua
--- on("Broker::endpoint_discovered", function(endpoint, msg) print(endpoint.id, msg) end)
--- ```
---@param endpoint endpoint_info
---@param msg string
events["Broker::endpoint_discovered"] = function(endpoint, msg) end

--- Raised when the last way to an endpoint is gone.
---
--- From: Zeek's Broker framework.
---
--- ```lua
--- on("Broker::endpoint_unreachable", function(endpoint, msg) print(endpoint.id, msg) end)
--- ```
---@param endpoint endpoint_info
---@param msg string
events["Broker::endpoint_unreachable"] = function(endpoint, msg) end

--- Raised for any other change of a status.
---
--- From: Zeek's Broker framework.
---
--- ```lua
--- on("Broker::status", function(endpoint, msg) print(endpoint.id, msg) end)
--- ```
---@param endpoint endpoint_info
---@param msg string may be empty
events["Broker::status"] = function(endpoint, msg) end

--- Raised for an error of the framework, such as a peer that can't be reached. `code` is one of the
--- names of `broker.error`, as an enum.
---
--- From: Zeek's Broker framework.
---
--- ```lua
--- on("Broker::error", function(code, msg)
---   if code == types.enum "Broker::PEER_UNAVAILABLE" then print("still trying", msg) end
--- end)
--- ```
---@param code enum
---@param msg string
events["Broker::error"] = function(code, msg) end

--- Raised when a node of the cluster is there. A node on its own never sees it.
---
--- From: Zeek's Cluster framework.
---
--- ```lua
--- on("Cluster::node_up", function(name, id) print(name, "is up") end)
--- ```
---@param name string
---@param id string endpoint id
events["Cluster::node_up"] = function(name, id) end

--- Raised when a node of the cluster is gone. A node on its own never sees it.
---
--- From: Zeek's Cluster framework.
---
--- ```lua
--- on("Cluster::node_down", function(name, id) print(name, "is down") end)
--- ```
---@param name string
---@param id string endpoint id
events["Cluster::node_down"] = function(name, id) end

--- Raised when a node is linked with all nodes that it dials and that dial it: this node itself, and on the manager every other one,
--- too. A node on its own never sees it.
---
--- From: Zeek's Cluster framework.
---
--- ```lua
--- on("Cluster::node_fully_connected", function(name, id, resending) print(name, "is connected") end)
--- ```
---@param name string
---@param id string endpoint id
---@param resending boolean the cluster has started, as it was told by a manager that is gone
events["Cluster::node_fully_connected"] = function(name, id, resending) end

--- Raised once in the life of each process, when every node of the layout is connected; in a process that is started
--- again later, as soon as it is connected itself. A node on its own never sees it.
---
--- From: Zeek's Cluster framework, where processes that come later don't see it.
---
--- ```lua
--- on("Cluster::cluster_started", function() print("complete") end)
--- ```
events["Cluster::cluster_started"] = function() end

--- Raised in a supervisor when a node's process has been started, each time.
---
--- From: Zeek's Supervisor framework. There it is published as well.
---
--- ```lua
--- on("Supervisor::node_status", function(node, pid) print(node, "runs as process", pid) end)
--- ```
---@param node string
---@param pid integer
events["Supervisor::node_status"] = function(node, pid) end
