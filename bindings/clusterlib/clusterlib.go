// Package clusterlib is the Lua module `cluster` as a node on its own answers it: there is no cluster, this node
// has no role, and the topics have their names. Roles, pools and liveness come with the cluster itself.
package clusterlib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/eventlib"
	"moonpeer/runtime/script"
)

// roles are the node types, as constants that are their own names.
var roles = []string{"NONE", "CONTROL", "LOGGER", "MANAGER", "PROXY", "WORKER"}

// Lib implements script.Module.
type Lib struct{ Events *eventlib.Lib }

// Open predefines `cluster` and declares its events.
func (l *Lib) Open(d *script.Domain) error {
	text := func(s string) lua.LGFunction {
		return func(L *lua.LState) int {
			L.Push(lua.LString(s + L.CheckString(1) + "/"))
			return 1
		}
	}
	fields := map[string]lua.LValue{
		"is_enabled": d.VM.NewFunction("cluster.is_enabled", func(L *lua.LState) int {
			L.Push(lua.LFalse)
			return 1
		}),
		"local_node_type": d.VM.NewFunction("cluster.local_node_type", func(L *lua.LState) int {
			L.Push(lua.LString("NONE"))
			return 1
		}),
		"node_topic":    d.VM.NewFunction("cluster.node_topic", text("zeek/cluster/node/")),
		"nodeid_topic":  d.VM.NewFunction("cluster.nodeid_topic", text("zeek/cluster/nodeid/")),
		"manager_topic": lua.LString("zeek/cluster/manager"),
		"logger_topic":  lua.LString("zeek/cluster/logger"),
		"proxy_topic":   lua.LString("zeek/cluster/proxy"),
		"worker_topic":  lua.LString("zeek/cluster/worker"),
		"node":          lua.LString(""),
	}
	broadcast := d.L.NewTable()
	for _, name := range []string{"logger_topic", "manager_topic", "proxy_topic", "worker_topic"} {
		broadcast.Append(fields[name])
	}
	fields["broadcast_topics"] = broadcast
	for _, r := range roles {
		fields[r] = lua.LString(r)
	}
	d.SetModule("cluster", fields)
	for _, e := range [][2]string{
		{"Cluster::node_up", "name: string, id: string"}, {"Cluster::node_down", "name: string, id: string"}, {"Cluster::cluster_started", ""},
	} {
		if err := l.Events.DeclareOwn(e[0], e[1]); err != nil {
			return err
		}
	}
	return nil
}
