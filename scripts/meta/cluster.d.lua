---@meta cluster

-- The cluster as a node on its own answers it. Roles, pools and the liveness of nodes come with the
-- cluster itself.

---@class clusterlib
---@field node string this node's name in the cluster, "" without one
---@field manager_topic string "zeek/cluster/manager"
---@field logger_topic string "zeek/cluster/logger"
---@field proxy_topic string "zeek/cluster/proxy"
---@field worker_topic string "zeek/cluster/worker"
---@field broadcast_topics string[] the four topics above: publish once to each to reach every node
---@field NONE "NONE" node type: no role, a node on its own
---@field CONTROL "CONTROL" node type: tells a running cluster what to do
---@field LOGGER "LOGGER" node type: writes logs
---@field MANAGER "MANAGER" node type: coordinates
---@field PROXY "PROXY" node type: keeps shares of state
---@field WORKER "WORKER" node type: reads traffic
cluster = {}

--- Tells whether this node is part of a cluster. In this version it never is.
---
--- From: Zeek's Cluster framework (`Cluster::is_enabled`).
---
--- ```lua
--- print(cluster.is_enabled())  --> false
--- ```
---@return boolean
function cluster.is_enabled() end

--- Returns this node's type, one of `cluster.NONE` to `cluster.WORKER`.
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

return cluster
