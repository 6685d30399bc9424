package clusterlib

import (
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/storelib"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/script"
)

// declareStores declares the options that say which node has the master of a store.
func (l *Lib) declareStores() (err error) {
	if l.masters, err = l.Options.DeclareOwn("Cluster::stores", "table[string] of string",
		"the node that has the master of a store, by the store's name, for cluster.create_store"); err != nil {
		return err
	}
	l.defaultMaster, err = l.Options.DeclareOwn("Cluster::default_master_node", "string",
		"the node that has the masters of all other stores; empty: the manager")
	return err
}

// createStore is cluster.create_store(name, {persistent=}): the handle of a store whose master is on the node that all agree
// on, or nil and why it can't be opened.
func (l *Lib) createStore(L *lua.LState) int {
	persistent, err := persistence(L.Get(2))
	if err != nil {
		convert.ArgRaise(L, "cluster.create_store", 2, err)
	}
	o := storelib.MasterOptions{Backend: "memory"}
	if persistent {
		o.Backend = "pebble"
	}
	if !l.Cluster.Enabled() {
		return l.Stores.OpenFor(L, "cluster.create_store", true, o)
	}
	node, err := l.masterOf(L.CheckString(1))
	if err != nil {
		L.RaiseError("cluster.create_store: %s", err.Error())
	}
	return l.Stores.OpenFor(L, "cluster.create_store", node == l.Cluster.Self(), o)
}

// persistence reads the options of create_store.
func persistence(v lua.LValue) (persistent bool, err error) {
	if v == lua.LNil {
		return false, nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return false, fmt.Errorf("expected a table of options, got %s", convert.Describe(v))
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if k != lua.LString("persistent") {
			return false, fmt.Errorf("unknown option %q%s (there is only persistent)", k.String(), script.DidYouMean(k.String(), []string{"persistent"}))
		}
		b, ok := v.(lua.LBool)
		if !ok {
			return false, fmt.Errorf("persistent: expected a boolean, got %s", convert.Describe(v))
		}
		persistent = bool(b)
	}
	return persistent, nil
}

// masterOf returns the node that has the master of a store. It must be one that this node is linked with, or this node.
func (l *Lib) masterOf(store string) (string, error) {
	name, from := l.chosen(store), "Cluster::stores"
	if name == "" {
		name, from = lua.LVAsString(l.defaultMaster.Current()), l.defaultMaster.ID
	}
	if name == "" {
		return l.Cluster.Manager(), nil // every layout has one, and everybody is linked with it
	}
	layout := l.Cluster.Layout()
	if layout.Node(name) == nil {
		var names []string
		for _, n := range layout.Nodes() {
			names = append(names, n.Name)
		}
		return "", fmt.Errorf("%s says that store %q has its master on %q, which the layout does not have%s", from, store, name, script.DidYouMean(name, names))
	}
	if self := l.Cluster.Self(); self != name && !slices.ContainsFunc(layout.Linked(self), func(n *cluster.Node) bool { return n.Name == name }) {
		return "", fmt.Errorf("%s says that store %q has its master on %s, with which %s is not linked: only the manager and loggers are with all", from, store, name, self)
	}
	return name, nil
}

// chosen is what Cluster::stores says of a store; "": nothing.
func (l *Lib) chosen(store string) (node string) {
	c, ok := convert.AsContainer(l.masters.Current())
	if !ok {
		return ""
	}
	t := c.ContainerType()
	c.Each(func(key []byte, v convert.Stored) bool {
		if l.Space.KeyToLua(t.Key, key) == lua.LString(store) {
			node = lua.LVAsString(l.Space.FromStored(t.Elem, v))
			return false
		}
		return true
	})
	return node
}
