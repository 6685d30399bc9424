package testlib

import (
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/sim"
)

// networkMethods are those of what sim.network and sim.cluster return.
func (l *Lib) networkMethods() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"add":       onNetwork((*network).add),
		"node":      onNetwork((*network).node),
		"nodes":     onNetwork((*network).list),
		"get":       onNetwork((*network).get),
		"start":     onNetwork((*network).start),
		"run":       onNetwork((*network).run),
		"advance":   onNetwork((*network).passTime),
		"partition": onNetwork((*network).partition),
		"heal":      onNetwork((*network).heal),
		"link":      onNetwork((*network).link),
		"now":       onNetwork((*network).now),
		"holders":   onNetwork((*network).holders),
	}
}

// onNetwork makes a method of a function.
func onNetwork(fn func(*network, *lua.LState) int) lua.LGFunction {
	return func(L *lua.LState) int {
		if ud, ok := L.Get(1).(*lua.LUserData); ok {
			if n, ok := ud.Value.(*network); ok {
				n.live(L)
				return fn(n, L)
			}
		}
		L.ArgError(1, "expected a cluster or network (call with a colon: c:run())")
		return 0
	}
}

// live raises when the test that has made the network is over.
func (n *network) live(L *lua.LState) {
	if n.l.running != n.a || !slices.Contains(n.a.networks, n) {
		L.RaiseError("the nodes of another test are gone: make new ones in each, or in before_each")
	}
	if n.a.exploring && slices.Index(n.a.networks, n) < n.a.before {
		L.RaiseError("sim.explore: these nodes were made before it, with one seed for all: make them in its run")
	}
	n.a.halted(L)
}

// find returns the node of that name.
func (n *network) find(L *lua.LState, name string) *simNode {
	var names []string
	for _, s := range n.nodes {
		if s.name() == name {
			return s
		}
		names = append(names, s.name())
	}
	L.RaiseError("there is no node %q%s", name, near(name, names))
	return nil
}

// node is c:node(name).
func (n *network) node(L *lua.LState) int {
	L.Push(n.find(L, L.CheckString(2)).ud)
	return 1
}

// list is c:nodes(role): a list of nodes in the order of the layout; all of them without a role.
func (n *network) list(L *lua.LState) int {
	role := L.OptString(2, "")
	var words []string
	for _, r := range []cluster.Role{cluster.Logger, cluster.Manager, cluster.Proxy, cluster.Worker} {
		words = append(words, r.Word())
	}
	if role != "" && !slices.Contains(words, role) {
		L.ArgError(2, fmt.Sprintf("%q is no role%s", role, near(role, words)))
	}
	t := L.NewTable()
	for _, s := range n.nodes {
		if role == "" || s.role().Word() == role {
			t.Append(s.ud)
		}
	}
	L.Push(t)
	return 1
}

// get is c:get(id): the value of id on each node that runs, by the node's name.
func (n *network) get(L *lua.LState) int {
	id, t := L.CheckString(2), L.NewTable()
	if !slices.ContainsFunc(n.nodes, func(s *simNode) bool { return s.State() == sim.Running || s.State() == sim.Frozen }) {
		L.RaiseError("get %s: no node runs that could have it", id)
	}
	for _, s := range n.nodes {
		if s.State() == sim.Running || s.State() == sim.Frozen {
			t.RawSetString(s.name(), s.value(L, id))
		}
	}
	L.Push(t)
	return 1
}

// start is c:start(): it raises node_init on all nodes that were made with start = false, at the same moment.
func (n *network) start(*lua.LState) int {
	n.world.Start()
	return 0
}

func (n *network) run(L *lua.LState) int {
	n.settle(L)
	return 0
}

func (n *network) passTime(L *lua.LState) int {
	n.advance(L, 2)
	return 0
}

// now is c:now(): the wall clock of the world.
func (n *network) now(L *lua.LState) int {
	L.Push(n.l.Space.Time(broker.Timestamp(n.world.Wall())))
	return 1
}

// partition is c:partition({a, …}, {b, …}); without the second list it is from all others.
func (n *network) partition(L *lua.LState) int {
	a := n.names(L, 2)
	var b []string
	if L.Get(3) != lua.LNil {
		b = n.names(L, 3)
	} else {
		for _, s := range n.nodes {
			if !slices.Contains(a, s.name()) {
				b = append(b, s.name())
			}
		}
	}
	if err := n.world.Partition(a, b); err != nil {
		L.RaiseError("%s", err.Error())
	}
	return 0
}

func (n *network) heal(*lua.LState) int {
	n.world.Heal()
	return 0
}

// link is c:link(a, b, {delay=, jitter=, loss=}): how it is from now on between two nodes, or lists of them, both ways.
func (n *network) link(L *lua.LState) int {
	a, b := n.names(L, 2), n.names(L, 3)
	o := readOptions(L, "link", L.CheckTable(4))
	w := sim.Wire{Delay: o.duration("delay", usualDelay), Jitter: o.duration("jitter", 0), Loss: o.fraction("loss", 0)}
	o.done()
	if err := n.world.SetWires(a, b, w); err != nil {
		L.RaiseError("%s", err.Error())
	}
	return 0
}

// names reads a list of node names, or one.
func (n *network) names(L *lua.LState, i int) (names []string) {
	switch v := L.Get(i).(type) {
	case lua.LString:
		names = []string{string(v)}
	case *lua.LTable:
		for j := 1; j <= v.Len(); j++ {
			names = append(names, lua.LVAsString(v.RawGetInt(j)))
		}
	default:
		L.ArgError(i, "expected a list of nodes' names, got "+convert.Describe(v))
	}
	if len(names) == 0 {
		L.ArgError(i, "expected names of nodes, got an empty list")
	}
	for _, name := range names {
		n.find(L, name)
	}
	return names
}

// holders is c:holders(id): the value of id on each node that runs and where it is neither nil nor empty, by the node's
// name. In a cluster most nodes have nothing, which a test would have to write down for each.
func (n *network) holders(L *lua.LState) int {
	n.get(L)
	all := L.CheckTable(-1)
	t := L.NewTable()
	for name, v := all.Next(lua.LNil); name != lua.LNil; name, v = all.Next(name) {
		if own, isTable := v.(*lua.LTable); !isTable || !isEmpty(own) {
			t.RawSet(name, v)
		}
	}
	L.Push(t)
	return 1
}

func isEmpty(t *lua.LTable) bool {
	first, _ := t.Next(lua.LNil)
	return first == lua.LNil
}
