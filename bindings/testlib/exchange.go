package testlib

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// exchange draws the last messages between the nodes.
func (n *network) exchange() string { return "" }

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
