package clusterlib

import (
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/cluster"
)

// object returns the Lua object of a pool, the same one each time.
func (l *Lib) object(p *cluster.Pool) *lua.LUserData {
	ud := l.pools[p]
	if ud == nil {
		ud = l.d.L.NewUserData()
		ud.Value, ud.Metatable = p, l.meta
		l.pools[p] = ud
	}
	return ud
}

// pool returns argument i as a pool.
func (l *Lib) pool(L *lua.LState, i int) *cluster.Pool {
	if ud, ok := L.Get(i).(*lua.LUserData); ok {
		if p, ok := ud.Value.(*cluster.Pool); ok {
			return p
		}
	}
	L.ArgError(i, fmt.Sprintf("expected type Cluster::Pool for pool, such as cluster.proxy_pool, got %s", convert.Describe(L.Get(i))))
	return nil
}

// poolNodes is p:nodes(): the names of the members, in the pool's order.
func (l *Lib) poolNodes(L *lua.LState) int {
	t := L.NewTable()
	for _, s := range l.pool(L, 1).Sites() {
		t.Append(lua.LString(s.Name))
	}
	L.Push(t)
	return 1
}

// registerPool is cluster.register_pool{topic=, node_type=, max_nodes=, exclusive=}: the pool. Its members are known
// when node_init has run.
func (l *Lib) registerPool(L *lua.LState) int {
	spec := cluster.PoolSpec{MaxNodes: -1}
	L.CheckTable(1).ForEach(func(k, v lua.LValue) {
		ok := false
		switch k.String() {
		case "topic":
			spec.Topic, ok = lua.LVAsString(v), v.Type() == lua.LTString && v.String() != ""
		case "node_type":
			spec.Type, ok = cluster.ParseRole(v.String())
		case "max_nodes":
			n, isNumber := v.(lua.LNumber)
			ok = isNumber && n >= 0 && n <= math.MaxInt32 && n == lua.LNumber(int(n))
			spec.MaxNodes = int(n)
		case "exclusive":
			spec.Exclusive, ok = lua.LVAsBool(v), v.Type() == lua.LTBool
		default:
			L.RaiseError("cluster.register_pool: unknown field %q (there are topic, node_type, max_nodes and exclusive)", k.String())
		}
		if !ok {
			L.ArgError(1, fmt.Sprintf("%s can't be %s", k, convert.Describe(v)))
		}
	})
	if spec.Topic == "" || spec.Type == cluster.None {
		L.ArgError(1, "a pool needs a topic and a node_type (cluster.PROXY, cluster.WORKER or cluster.LOGGER)")
	}
	p, err := l.Cluster.Register(spec)
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	L.Push(l.object(p))
	return 1
}

// digest hashes argument i as a key.
func (l *Lib) digest(L *lua.LState, i int) uint32 {
	var err error
	if l.key, err = convert.AppendHRWKey(l.key[:0], L.Get(i)); err != nil {
		L.ArgError(i, err.Error())
	}
	return cluster.Digest(l.key)
}

// turnKey returns argument i as the name of a counter; without one it is "".
func turnKey(L *lua.LState, i int) string {
	if L.Get(i) == lua.LNil {
		return ""
	}
	s, ok := L.Get(i).(lua.LString)
	if !ok {
		L.ArgError(i, fmt.Sprintf("expected type string for key, got %s", convert.Describe(L.Get(i))))
	}
	return string(s)
}

// hrwTopic is cluster.hrw_topic(pool, key): the topic of the responsible node, nil when none is up.
func (l *Lib) hrwTopic(L *lua.LState) int {
	return pushTopic(L, l.used(l.pool(L, 1)).HRW(l.digest(L, 2)))
}

// rrTopic is cluster.rr_topic(pool, key): the topic of the node whose turn it is, nil when none is up.
func (l *Lib) rrTopic(L *lua.LState) int {
	return pushTopic(L, l.used(l.pool(L, 1)).RoundRobin(turnKey(L, 2)))
}

func pushTopic(L *lua.LState, s *cluster.Site) int {
	if s == nil {
		L.Push(lua.LNil)
	} else {
		L.Push(lua.LString(s.Topic))
	}
	return 1
}

// used warns once about a pool that a policy counts on and the layout leaves empty.
func (l *Lib) used(p *cluster.Pool) *cluster.Pool {
	if len(p.Sites()) == 0 && l.Cluster.Enabled() && !l.empty[p] {
		l.empty[p] = true
		l.d.Reports.Warnf("pool %q has no node in this layout: nothing is published to it, and cluster.send goes to the manager", p.Spec.Topic)
	}
	return p
}
