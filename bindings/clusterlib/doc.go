// Package clusterlib is the Lua module `cluster`: what a policy knows of the cluster that its node belongs to, pools of
// nodes, and publishing to the node that is responsible for a key (zeek/frameworks.md §3, lua-api §6).
//
// A node of no cluster has the same module: no role, empty pools, and cluster.send that raises the event here.
package clusterlib
