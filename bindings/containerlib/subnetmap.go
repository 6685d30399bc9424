package containerlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/runtime/container"
)

// SubnetMap is a map from subnets that finds the longest one around an address. To convert it is a table[subnet]
// of its values. It implements convert.Container and namespacelib.Replacer.
type SubnetMap struct {
	object
	m *container.SubnetMap
}

func (l *Lib) newSubnetMap(t *convert.Type) *SubnetMap {
	m := &SubnetMap{m: mustSubnetMap()}
	m.init(l, t, m, l.subMeta)
	return m
}

func mustSubnetMap() *container.SubnetMap {
	m, err := container.NewSubnetMap(0)
	if err != nil {
		panic(fmt.Sprintf("containerlib: %v", err)) // 0 is right
	}
	return m
}

var subnetMapMethods = common(map[string]lua.LGFunction{
	"set": subnetMapSet, "remove": subnetMapRemove, "lookup": subnetMapLookup, "covers": subnetMapCovers,
	"each": subnetMapEach,
})

func checkSubnetMap(L *lua.LState) *SubnetMap {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if m, ok := ud.Value.(*SubnetMap); ok {
			return m
		}
	}
	wrongSelf(L, "subnet_map", "m:lookup(addr)")
	return nil
}

// lua returns a stored value.
func (m *SubnetMap) lua(v container.Value) lua.LValue {
	return m.lib.Space.FromStored(m.typ.Elem, convert.Stored(v))
}

// subnet reads argument 1 of a method.
func (m *SubnetMap) subnet(L *lua.LState, method string) container.Subnet {
	n, ok := convert.AsSubnet(L.Get(2))
	if !ok {
		_, err := m.lib.Space.Check(convert.Scalar(convert.KindSubnet), L.Get(2))
		m.refuse(L, method, 1, err)
	}
	return container.Subnet{Net: n.Net, Len: n.Len}
}

func (m *SubnetMap) addr(L *lua.LState, method string) broker.Address {
	a, ok := convert.AsAddress(L.Get(2))
	if !ok {
		_, err := m.lib.Space.Check(convert.Scalar(convert.KindAddr), L.Get(2))
		m.refuse(L, method, 1, err)
	}
	return a
}

func (m *SubnetMap) subnetValue(n container.Subnet) lua.LValue {
	return m.lib.Space.Subnet(broker.Subnet{Net: n.Net, Len: n.Len})
}

// subnetMapSet is m:set(subnet, v).
func subnetMapSet(L *lua.LState) int {
	m := checkSubnetMap(L)
	n := m.subnet(L, "set")
	if L.Get(3) == lua.LNil {
		m.refuse(L, "set", 2, errNilValue)
	}
	st := m.value(L, m.typ.Elem, 3, "set")
	if _, _, err := m.m.Set(n, container.Value(st)); err != nil {
		m.refuse(L, "set", 1, err)
	}
	return 0
}

// subnetMapRemove is m:remove(subnet): the value of exactly this one, nil if it was not there.
func subnetMapRemove(L *lua.LState) int {
	m := checkSubnetMap(L)
	old, found := m.m.Remove(m.subnet(L, "remove"))
	if !found {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(m.lua(old))
	return 1
}

// subnetMapLookup is m:lookup(addr): value and subnet of the longest match, or nil.
func subnetMapLookup(L *lua.LState) int {
	m := checkSubnetMap(L)
	v, n, found := m.m.Lookup(m.addr(L, "lookup"))
	if !found {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(m.lua(v))
	L.Push(m.subnetValue(n))
	return 2
}

// subnetMapCovers is m:covers(addr).
func subnetMapCovers(L *lua.LState) int {
	m := checkSubnetMap(L)
	L.Push(lua.LBool(m.m.Covers(m.addr(L, "covers"))))
	return 1
}

// subnetMapEach is m:each(): an iterator over subnets and values.
func subnetMapEach(L *lua.LState) int {
	m := checkSubnetMap(L)
	it := m.m.Iter()
	L.Push(m.lib.d.VM.NewFunction("subnet_map:each", func(L *lua.LState) int {
		if !it.Next() {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(m.subnetValue(it.Subnet()))
		L.Push(m.lua(it.Value()))
		return 2
	}))
	return 1
}

func (m *SubnetMap) length() int { return m.m.Len() }

func (m *SubnetMap) clear() { m.m.Clear() }

// plain is m:to_table(): a table from subnets to values.
func (m *SubnetMap) plain(depth int) (*lua.LTable, error) {
	t := m.lib.d.L.NewTable()
	for it := m.m.Iter(); it.Next() && m.charge(1); {
		v, err := m.plainValue(m.typ.Elem, convert.Stored(it.Value()), depth)
		if err != nil {
			return nil, err
		}
		t.RawSet(m.subnetValue(it.Subnet()), v)
	}
	return t, nil
}

// Len implements convert.Container.
func (m *SubnetMap) Len() int { return m.m.Len() }

// Each implements convert.Container.
func (m *SubnetMap) Each(fn func(key []byte, v convert.Stored) bool) {
	for it := m.m.Iter(); it.Next(); {
		n := it.Subnet()
		if !fn(append(n.Net[:], n.Len), convert.Stored(it.Value())) {
			return
		}
	}
}

// Put implements convert.Container.
func (m *SubnetMap) Put(key []byte, v convert.Stored) bool {
	n, ok := subnetOfKey(key)
	if !ok {
		return false
	}
	if _, found := m.m.Get(n); found {
		return false
	}
	_, _, err := m.m.Set(n, container.Value(v))
	return err == nil
}

// subnetOfKey reads the key of a subnet as convert writes it: sixteen bytes and the length.
func subnetOfKey(key []byte) (n container.Subnet, ok bool) {
	if len(key) != len(n.Net)+1 {
		return n, false
	}
	return container.Subnet{Net: [16]byte(key), Len: key[16]}, true
}

// Replace implements namespacelib.Replacer. What another node has published arrives as a map; on_replaced is given
// the old contents as a subnet map.
func (m *SubnetMap) Replace(v lua.LValue) error {
	c, err := replacement[anyContainer](&m.object, v)
	if err != nil || c.base() == &m.object {
		return err
	}
	old := m.lib.newSubnetMap(m.typ)
	c.Each(func(key []byte, v convert.Stored) bool { return old.Put(key, v) })
	m.m.Swap(old.m)
	m.tellReplaced(&old.ud)
	return nil
}
