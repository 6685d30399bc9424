package testlib

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/sim/tracefile"
)

// exchange draws the last messages between the nodes, but for those by which a cluster has started; "" if there were none.
func (n *network) exchange() string {
	recent := slices.DeleteFunc(n.world.Recent(), func(e tracefile.Entry) bool { return e.At <= n.began && !e.Fault() })
	if !slices.ContainsFunc(recent, func(e tracefile.Entry) bool { return e.Message != nil }) {
		return ""
	}
	var b strings.Builder
	o := tracefile.Options{Width: exchangeWidth, Describe: n.nodes[0].in.Describe}
	for _, s := range n.nodes {
		o.Nodes = append(o.Nodes, s.name())
	}
	tracefile.Draw(&b, recent, o) // a builder takes everything
	return b.String()
}

// exchangeWidth is that of a drawing below a failure.
const exchangeWidth = 110

// textKeys are the keys of a table that are texts, sorted.
func textKeys(t *lua.LTable) (keys []string) {
	t.ForEach(func(k, _ lua.LValue) {
		if s, ok := k.(lua.LString); ok {
			keys = append(keys, string(s))
		}
	})
	slices.Sort(keys)
	return keys
}
