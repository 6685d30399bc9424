package clusterlib

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/cluster"
)

var errNobody = errors.New("no node of the pool is up")

// publishHRW is cluster.publish_hrw(pool, key, event, …): true, or false and why.
func (l *Lib) publishHRW(L *lua.LState) int {
	l.Brokers.Effects(L, "cluster.publish_hrw")
	return l.publishTo(L, "publish_hrw", l.used(l.pool(L, 1)).HRW(l.digest(L, 2)))
}

// publishRR is cluster.publish_rr(pool, key, event, …): true, or false and why.
func (l *Lib) publishRR(L *lua.LState) int {
	l.Brokers.Effects(L, "cluster.publish_rr")
	return l.publishTo(L, "publish_rr", l.used(l.pool(L, 1)).RoundRobin(turnKey(L, 2)))
}

func (l *Lib) publishTo(L *lua.LState, fn string, s *cluster.Site) int {
	if s == nil { // an everyday thing: not reported
		L.Push(lua.LFalse)
		L.Push(lua.LString(errNobody.Error()))
		return 2
	}
	if err := l.deliver(L, s.Name, s.Topic); err != nil {
		err = fmt.Errorf("cluster.%s: %w", fn, err)
		l.Events.Refused(L, err)
		L.Push(lua.LFalse)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(lua.LTrue)
	return 1
}

// deliver brings the event at position 3 of the call to a node; to this one without the network.
func (l *Lib) deliver(L *lua.LState, node, topic string) error {
	if node == l.Cluster.Self() {
		return l.Brokers.RaiseHere(L, 3)
	}
	return l.Brokers.Send(L, l.Via, topic, 3)
}

// send is cluster.send(pool, key, event, …): to the node of the pool that is responsible for key, which may be this
// one; to the manager when none is up; raised here by a node of no cluster. It returns the name of the node that it
// went to, or nil and why it did not go.
func (l *Lib) send(L *lua.LState) int {
	l.Brokers.Effects(L, "cluster.send")
	pool, digest := l.pool(L, 1), l.digest(L, 2)
	to, topic := l.Cluster.Self(), ""
	if l.Cluster.Enabled() {
		if s := l.used(pool).Owner(digest); s != nil {
			to, topic = s.Name, s.Topic
		} else {
			to, topic = l.Cluster.Manager(), cluster.ManagerTopic
		}
	}
	err := l.reachable(to)
	if err == nil {
		err = l.deliver(L, to, topic)
	}
	if err != nil {
		err = fmt.Errorf("cluster.send: %w", err)
		l.Events.Refused(L, err)
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	if to == "" {
		to = l.NodeName
	}
	L.Push(lua.LString(to))
	return 1
}

// reachable says why a node does not get what is sent to it.
func (l *Lib) reachable(node string) error {
	if node == l.Cluster.Self() {
		return nil
	}
	if _, up := l.Cluster.Up(node); !up {
		return fmt.Errorf("no node of the pool is up, and neither is %s", node)
	}
	return nil
}
