package clusterlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/brokerlib"
	"moonpeer/bindings/configlib"
	"moonpeer/bindings/convert"
	"moonpeer/bindings/eventlib"
	"moonpeer/bindings/storelib"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/script"
)

// Cluster is what the module needs of the node's cluster.
type Cluster interface {
	Enabled() bool
	Self() string
	Manager() string
	Role() cluster.Role
	Layout() *cluster.Layout
	Count(cluster.Role) int
	Active(cluster.Role) int
	Register(cluster.PoolSpec) (*cluster.Pool, error)
	Up(name string) (cluster.Member, bool)
}

// Lib implements script.Module.
type Lib struct {
	Space    *convert.Space
	Events   *eventlib.Lib
	Brokers  *brokerlib.Lib
	Cluster  Cluster
	Standard struct{ Proxies, Workers, Loggers *cluster.Pool }
	NodeName string // what a node of no cluster is called
	// Via publishes over the cluster's backend.
	Via eventlib.Publisher
	// Options and Stores are for create_store.
	Options *configlib.Lib
	Stores  *storelib.Lib

	d     *script.Domain
	pools map[*cluster.Pool]*lua.LUserData
	meta  *lua.LTable
	empty map[*cluster.Pool]bool // warned about

	masters, defaultMaster *configlib.Option // where stores have their masters
	key                    []byte
}

// roles are the constants, in Zeek's order.
var roles = []cluster.Role{cluster.None, cluster.Control, cluster.Logger, cluster.Manager, cluster.Proxy, cluster.Worker}

// Open predefines `cluster` and declares its events.
func (l *Lib) Open(d *script.Domain) error {
	l.d, l.pools, l.empty = d, map[*cluster.Pool]*lua.LUserData{}, map[*cluster.Pool]bool{}
	l.meta = d.Methods("pool", map[string]lua.LGFunction{"nodes": l.poolNodes})
	l.meta.RawSetString("__tostring", d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString("pool " + l.pool(L, 1).Spec.Topic))
		return 1
	}))
	fields := map[string]lua.LValue{
		"node":          lua.LString(l.Cluster.Self()),
		"nodes":         l.nodes(),
		"manager_topic": lua.LString(cluster.ManagerTopic),
		"logger_topic":  lua.LString(cluster.LoggerTopic),
		"proxy_topic":   lua.LString(cluster.ProxyTopic),
		"worker_topic":  lua.LString(cluster.WorkerTopic),
		"proxy_pool":    l.object(l.Standard.Proxies),
		"worker_pool":   l.object(l.Standard.Workers),
		"logger_pool":   l.object(l.Standard.Loggers),
	}
	broadcast := d.L.NewTable()
	for _, topic := range cluster.BroadcastTopics {
		broadcast.Append(lua.LString(topic))
	}
	fields["broadcast_topics"] = broadcast
	for _, r := range roles {
		fields[r.String()] = lua.LString(r.String())
	}
	for name, fn := range l.functions() {
		fields[name] = d.VM.NewFunction("cluster."+name, fn)
	}
	d.SetModule("cluster", fields)
	if err := l.declareStores(); err != nil {
		return err
	}
	for _, e := range [][2]string{
		{"node_up", "name: string, id: string"}, {"node_down", "name: string, id: string"},
		{"node_fully_connected", "name: string, id: string, resending: bool"}, {"cluster_started", ""},
	} {
		if err := l.Events.DeclareOwn("Cluster::"+e[0], e[1]); err != nil {
			return err
		}
	}
	return nil
}

func (l *Lib) functions() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"is_enabled": func(L *lua.LState) int {
			L.Push(lua.LBool(l.Cluster.Enabled()))
			return 1
		},
		"local_node_type": func(L *lua.LState) int {
			L.Push(lua.LString(l.Cluster.Role().String()))
			return 1
		},
		"node_topic": func(L *lua.LState) int {
			L.Push(lua.LString(cluster.NodeTopic(L.CheckString(1))))
			return 1
		},
		"nodeid_topic": func(L *lua.LState) int {
			L.Push(lua.LString(cluster.NodeIDTopic(L.CheckString(1))))
			return 1
		},
		"get_node_count": func(L *lua.LState) int {
			L.Push(lua.LNumber(l.Cluster.Count(role(L, 1))))
			return 1
		},
		"get_active_node_count": func(L *lua.LState) int {
			L.Push(lua.LNumber(l.Cluster.Active(role(L, 1))))
			return 1
		},
		"register_pool": l.registerPool,
		"hrw_topic":     l.hrwTopic,
		"rr_topic":      l.rrTopic,
		"publish_hrw":   l.publishHRW,
		"publish_rr":    l.publishRR,
		"send":          l.send,
		"create_store":  l.createStore,
	}
}

// role returns argument i as a role.
func role(L *lua.LState, i int) cluster.Role {
	text := L.CheckString(i)
	r, ok := cluster.ParseRole(text)
	if !ok {
		L.ArgError(i, fmt.Sprintf("%q is no node type%s", text, didYouMean(text)))
	}
	return r
}

func didYouMean(text string) string {
	var names []string
	for _, r := range roles {
		names = append(names, r.String())
	}
	return script.DidYouMean(text, names)
}

// nodes is cluster.nodes: the layout, by name.
func (l *Lib) nodes() *lua.LTable {
	t := l.d.L.NewTable()
	layout := l.Cluster.Layout()
	if layout == nil {
		return t
	}
	for _, n := range layout.Nodes() {
		row := l.d.L.CreateTable(0, 4)
		row.RawSetString("node_type", lua.LString(n.Role.String()))
		if n.Port != 0 {
			row.RawSetString("ip", lua.LString(n.Host))
			row.RawSetString("p", lua.LNumber(n.Port))
		}
		t.RawSetString(n.Name, row)
	}
	return t
}

// Happened raises the event that stands for e.
func (l *Lib) Happened(e cluster.Event) {
	raise := func(name string, args ...lua.LValue) { l.d.Raise(l.d.Event("Cluster::"+name), args) }
	switch e.Kind {
	case cluster.NodeUp:
		raise("node_up", lua.LString(e.Name), lua.LString(e.ID))
	case cluster.NodeDown:
		raise("node_down", lua.LString(e.Name), lua.LString(e.ID))
	case cluster.FullyConnected:
		raise("node_fully_connected", lua.LString(e.Name), lua.LString(e.ID), lua.LBool(e.Resending))
	case cluster.Started:
		raise("cluster_started")
	}
}
