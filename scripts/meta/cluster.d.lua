---@meta cluster

-- The cluster that this node belongs to. A node on its own has the same module: no role, empty pools, and
-- `cluster.send` that raises the event here, so that one policy runs in both worlds.

---@class clusterlib
---@field node string this node's name in the cluster, "" without one
---@field nodes table<string, cluster_node> every node of the layout, by name
---@field manager_topic string "zeek/cluster/manager"
---@field logger_topic string "zeek/cluster/logger"
---@field proxy_topic string "zeek/cluster/proxy"
---@field worker_topic string "zeek/cluster/worker"
---@field broadcast_topics string[] the four topics above: publish once to each to reach every node that this one is linked with
---@field proxy_pool pool all proxies
---@field worker_pool pool all workers
---@field logger_pool pool all loggers; without one the manager
---@field NONE "NONE" node type: no role, a node on its own
---@field CONTROL "CONTROL" node type: tells a running cluster what to do
---@field LOGGER "LOGGER" node type: writes logs
---@field MANAGER "MANAGER" node type: coordinates
---@field PROXY "PROXY" node type: keeps shares of state
---@field WORKER "WORKER" node type: reads traffic
cluster = {}

--- A node of the layout, one of `cluster.nodes`.
---@class cluster_node
---@field node_type string one of the node types
---@field ip string? where other nodes dial it; nil for a node that does not listen
---@field p integer? its UDP port

--- A pool of nodes that share work.
---@class pool
local pool = {}

--- Returns the names of the pool's members, in the same order on every node. Members are known when `node_init` has
--- run; a node on its own has none.
---
--- From: Zeek's Cluster framework (`Cluster::Pool`).
---
--- ```lua
--- print(#cluster.proxy_pool:nodes())  --> 0
--- ```
---@return string[]
function pool:nodes() end

--- Tells whether this node is part of a cluster.
---
--- From: Zeek's Cluster framework (`Cluster::is_enabled`).
---
--- ```lua
--- print(cluster.is_enabled())  --> false
--- ```
---@return boolean
function cluster.is_enabled() end

--- Returns this node's type, one of `cluster.NONE` to `cluster.WORKER`. It is known while files are loaded.
---
--- From: Zeek's Cluster framework (`Cluster::local_node_type`).
---
--- ```lua
--- print(cluster.local_node_type() == cluster.NONE)  --> true
--- ```
---@return string
function cluster.local_node_type() end

--- Returns the topic that only the node of that name subscribes to.
---
--- From: Zeek's Cluster framework (`Cluster::node_topic`). It ends in a slash, so that worker-1 does
--- not get what is for worker-10.
---
--- ```lua
--- print(cluster.node_topic "worker-1")  --> zeek/cluster/node/worker-1/
--- ```
---@param name string
---@return string topic
function cluster.node_topic(name) end

--- Returns the topic that only the node with that endpoint id subscribes to.
---
--- From: Zeek's Cluster framework (`Cluster::nodeid_topic`).
---
--- ```lua
--- print(cluster.nodeid_topic "6a1f")  --> zeek/cluster/nodeid/6a1f/
--- ```
---@param id string endpoint id
---@return string topic
function cluster.nodeid_topic(id) end

--- Returns how many nodes of a type the layout has.
---
--- From: Zeek's Cluster framework (`Cluster::get_node_count`).
---
--- ```lua
--- print(cluster.get_node_count(cluster.WORKER))  --> 0
--- ```
---@param node_type string
---@return integer
function cluster.get_node_count(node_type) end

--- Returns how many nodes of a type are up, as this node sees it: those that it is linked with, never itself.
---
--- From: Zeek's Cluster framework (`Cluster::get_active_node_count`).
---
--- ```lua
--- print(cluster.get_active_node_count(cluster.WORKER))  --> 0
--- ```
---@param node_type string
---@return integer
function cluster.get_active_node_count(node_type) end

--- Registers a pool, in the body of a file or in `node_init`; later raises. Every node computes the same members: pools in
--- the order of their topics, nodes in the order of their names, exclusive pools first. With the topic of a pool that is
--- always there (`zeek/cluster/pool/proxy`, `…/worker`, `…/logger`) it changes that one's settings. Settings that the layout can't meet
--- end the node when `node_init` has run.
---
--- From: Zeek's Cluster framework (`Cluster::register_pool`).
---
--- ```lua
--- local scanners = cluster.register_pool { topic = "zeek/cluster/pool/scanners", node_type = cluster.PROXY, max_nodes = 2 }
--- print(tostring(scanners))  --> pool zeek/cluster/pool/scanners
--- ```
---@param spec pool_spec
---@return pool
function cluster.register_pool(spec) end

--- What `cluster.register_pool` takes.
---@class pool_spec
---@field topic string all members subscribe to it
---@field node_type string `cluster.PROXY`, `cluster.WORKER` or `cluster.LOGGER`
---@field max_nodes integer? at most so many members; default all
---@field exclusive boolean? no other pool may have the members; needs `max_nodes`

--- Options of `cluster.create_store`.
---@class create_store_opts
---@field persistent? boolean the master keeps it on disk (backend "pebble", in the state directory), so that it survives its node; false when not given

--- Opens a store that the cluster shares and returns its handle: the master on one node, which all agree on, clones on the
--- others. A node on its own has the master. Call it on all nodes that use the store, and on the master's: in `node_init`,
--- and in `node_reloaded`. If this node has a store of that name already, its handle is returned without a word, the same as
--- before.
---
--- The master is on the manager, unless options say otherwise; they have to say the same on all nodes before it is opened, as in a
--- layout's `[options]` or with `--set`:
---
--- | option | |
--- |---|---|
--- | `Cluster::stores` | a table from names of stores to the nodes that have their masters: `{"logins": "logger-1"}` |
--- | `Cluster::default_master_node` | the node that has the masters of all others; empty: the manager |
---
--- Store commands go over one link, so it must be a node with which all are linked that use the store: the manager and the
--- loggers are with everybody, proxies not with each other, workers not with workers.
---
--- While the master's node is away, clones answer from their copies for 5 minutes and keep writes for 2 minutes. Nobody takes
--- its place.
---
--- Returns nil and an error when it can't be opened, as `store.master` does. Raises while files are loaded, for unknown options,
--- and when an option names a node that the layout does not have, or that this node is not linked with.
---
--- From: Zeek's Cluster framework (`Cluster::create_store`), where a second call on a node on its own warns, and the override is a record.
---
--- ```lua
--- local hits
--- local function open() hits = cluster.create_store("hits", { persistent = false }) end
--- on("node_init", open)
--- on("node_reloaded", open)
--- on("node_init", function()
---   print(hits, hits == cluster.create_store "hits")  --> store hits (master)  true
---   hits:increment "n"
---   print(hits:get "n")  --> 1
--- end)
--- ```
---@param name string
---@param opts? create_store_opts
---@return store? store
---@return error? err
function cluster.create_store(name, opts) end

--- Returns the topic of the node of a pool that is responsible for a key, by highest random weight: the same on every
--- node, and when a node goes only its keys move. This node itself is never chosen. Nil when no member is up.
---
--- A key is a boolean, number, string, address, subnet, port or time; anything else raises. An address and its text are
--- different keys.
---
--- From: Zeek's Cluster framework (`Cluster::hrw_topic`), bit for bit; Zeek's "" is nil here.
---
--- ```lua
--- print(cluster.hrw_topic(cluster.proxy_pool, addr "10.0.0.1"))  --> nil
--- ```
---@param pool pool
---@param key any
---@return string? topic
function cluster.hrw_topic(pool, key) end

--- Returns the topic of the node of a pool whose turn it is, with a counter of its own for each key. This node itself
--- may be chosen. Nil when no member is up.
---
--- From: Zeek's Cluster framework (`Cluster::rr_topic`); Zeek's "" is nil here.
---
--- ```lua
--- print(cluster.rr_topic(cluster.proxy_pool, "relay") or cluster.manager_topic)  --> zeek/cluster/manager
--- ```
---@param pool pool
---@param key? string default ""
---@return string? topic
function cluster.rr_topic(pool, key) end

--- Publishes an event to the node that `cluster.hrw_topic` names. When no member is up it returns false, and why.
--- Wrong arguments of the event are reported, not raised.
---
--- From: Zeek's Cluster framework (`Cluster::publish_hrw`).
---
--- ```lua
--- local EX = namespace "EX"
--- local found = EX:event("found", "client: addr")
--- on("node_init", function()
---   print(cluster.publish_hrw(cluster.proxy_pool, addr "10.0.0.1", found, addr "10.0.0.1"))  --> false  no node of the pool is up
--- end)
--- ```
---@param pool pool
---@param key any
---@param event event|string
---@param ... any
---@return boolean sent
---@return string? err
function cluster.publish_hrw(pool, key, event, ...) end

--- Publishes an event to the node that `cluster.rr_topic` names; when that is this node, the event is raised here. When no
--- member is up it returns false, and why.
---
--- From: Zeek's Cluster framework (`Cluster::publish_rr`), where a message to the node itself is lost.
---
--- ```lua
--- local EX = namespace "EX"
--- local found = EX:event("found", "client: addr")
--- on("node_init", function()
---   print(cluster.publish_rr(cluster.proxy_pool, "found", found, addr "10.0.0.1"))  --> false  no node of the pool is up
--- end)
--- ```
---@param pool pool
---@param key string
---@param event event|string
---@param ... any
---@return boolean sent
---@return string? err
function cluster.publish_rr(pool, key, event, ...) end

--- Sends an event to where a key belongs: to the node of the pool that is responsible for it; to the manager when none is
--- up; and on a node of no cluster it is raised here. This is the form for policies. A member of the pool is not linked with
--- the others, and keeps what it sends itself.
---
--- It returns the name of the node that the event went to; nil and why when neither a member nor the manager is up, which
--- is reported, too.
---
--- From: Moonpeer; the fallback is what `Cluster::publish_hrw` lacks.
---
--- ```lua
--- local EX = namespace "EX"
--- local found = EX:event("found", "client: addr")
--- found:on(function(client) print("found", client) end)
--- on("node_init", function()
---   print(cluster.send(cluster.proxy_pool, addr "10.0.0.1", found, addr "10.0.0.1"))  --> node
--- end)
--- --> found  10.0.0.1
--- ```
---@param pool pool
---@param key any
---@param event event|string
---@param ... any
---@return string? node
---@return string? err
function cluster.send(pool, key, event, ...) end

return cluster
