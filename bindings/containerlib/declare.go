package containerlib

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
)

// typeCache remembers what type texts mean: a constructor may stand in a handler.
type typeCache struct {
	space *convert.Space
	keys  map[string]*convert.Type
	elems map[string]*convert.Type
}

// maxTypes bounds the cache; a script that makes up more type texts than that is only slower.
const maxTypes = 1024

func (c *typeCache) key(text string) (*convert.Type, error) {
	return cached(&c.keys, text, c.space.ParseKeyType)
}

func (c *typeCache) elem(text string) (*convert.Type, error) {
	return cached(&c.elems, text, func(text string) (*convert.Type, error) {
		t, err := c.space.ParseType(text)
		if err == nil && t.Optional {
			err = fmt.Errorf("type %q: an element is never unset, leave the ? out", text)
		}
		return t, err
	})
}

func cached(m *map[string]*convert.Type, text string, parse func(string) (*convert.Type, error)) (*convert.Type, error) {
	if t := (*m)[text]; t != nil {
		return t, nil
	}
	t, err := parse(text)
	if err != nil {
		return nil, err
	}
	if *m == nil || len(*m) >= maxTypes {
		*m = map[string]*convert.Type{}
	}
	(*m)[text] = t
	return t, nil
}

// declaration reads the arguments of a constructor or of a namespace method, which has self and a name in front.
type declaration struct {
	l     *Lib
	L     *lua.LState
	word  string
	index int // of the last argument read
	self  int // 1 for a namespace method
}

// typ reads a type text.
func (d *declaration) typ(parse func(string) (*convert.Type, error)) *convert.Type {
	d.index++
	text, ok := d.L.Get(d.index).(lua.LString)
	if !ok {
		d.fail(fmt.Errorf(`expected a type such as "addr", got %s`, convert.Describe(d.L.Get(d.index))))
	}
	t, err := parse(string(text))
	if err != nil {
		d.fail(err)
	}
	return t
}

// options reads the options.
func (d *declaration) options() *options {
	d.index++
	o, err := d.l.readOptions(d.word, d.L.Get(d.index))
	if err != nil {
		d.fail(err)
	}
	return o
}

// noOptions refuses what is given to a kind that has none.
func (d *declaration) noOptions() {
	d.index++
	if d.L.Get(d.index) != lua.LNil {
		d.fail(errors.New("a " + d.word + " has no options; elements go in with " + adders[d.word]))
	}
}

func (d *declaration) fail(err error) { convert.ArgRaise(d.L, d.word, d.index-d.self, err) }

func (d *declaration) setType() *convert.Type { return convert.SetOf(d.typ(d.l.types.key)) }

func (d *declaration) mapType() *convert.Type {
	key := d.typ(d.l.types.key)
	return convert.TableOf(d.typ(d.l.types.elem), key)
}

func (d *declaration) vectorType() *convert.Type { return convert.VectorOf(d.typ(d.l.types.elem)) }

func (d *declaration) subnetMapType() *convert.Type {
	return convert.TableOf(d.typ(d.l.types.elem), convert.Scalar(convert.KindSubnet))
}

// set is set(type, opts).
func (l *Lib) set(L *lua.LState) int {
	d := declaration{l: l, L: L, word: "set"}
	typ := d.setType()
	L.Push(&l.newSet(typ, d.options()).ud)
	return 1
}

// makeMap is map(key type, value type, opts).
func (l *Lib) makeMap(L *lua.LState) int {
	d := declaration{l: l, L: L, word: "map"}
	typ := d.mapType()
	L.Push(&l.newMap(typ, d.options()).ud)
	return 1
}

// vector is vector(type).
func (l *Lib) vector(L *lua.LState) int {
	d := declaration{l: l, L: L, word: "vector"}
	typ := d.vectorType()
	d.noOptions()
	L.Push(&l.newVector(typ).ud)
	return 1
}

// subnetMap is subnet_map(value type).
func (l *Lib) subnetMap(L *lua.LState) int {
	d := declaration{l: l, L: L, word: "subnet_map"}
	typ := d.subnetMapType()
	d.noOptions()
	L.Push(&l.newSubnetMap(typ).ud)
	return 1
}

// declareSet is EX:set(name, type, opts).
func (l *Lib) declareSet(L *lua.LState, ns *namespacelib.Namespace) int {
	d := declaration{l: l, L: L, word: "set", index: 2, self: 1}
	typ := d.setType()
	o := d.options()
	return d.declare(ns, typ, o, func() anyContainer { return l.newSet(typ, o) })
}

// declareMap is EX:map(name, key type, value type, opts).
func (l *Lib) declareMap(L *lua.LState, ns *namespacelib.Namespace) int {
	d := declaration{l: l, L: L, word: "map", index: 2, self: 1}
	typ := d.mapType()
	o := d.options()
	return d.declare(ns, typ, o, func() anyContainer { return l.newMap(typ, o) })
}

// declareVector is EX:vector(name, type).
func (l *Lib) declareVector(L *lua.LState, ns *namespacelib.Namespace) int {
	d := declaration{l: l, L: L, word: "vector", index: 2, self: 1}
	typ := d.vectorType()
	d.noOptions()
	return d.declare(ns, typ, &options{}, func() anyContainer { return l.newVector(typ) })
}

// declareSubnetMap is EX:subnet_map(name, value type).
func (l *Lib) declareSubnetMap(L *lua.LState, ns *namespacelib.Namespace) int {
	d := declaration{l: l, L: L, word: "subnet_map", index: 2, self: 1}
	typ := d.subnetMapType()
	d.noOptions()
	return d.declare(ns, typ, &options{}, func() anyContainer { return l.newSubnetMap(typ) })
}

// declare returns the container of that name, new or old. The first declaration that gives options decides on them,
// whether or not it made the container; one that gives others later is told so.
func (d *declaration) declare(ns *namespacelib.Namespace, typ *convert.Type, o *options, create func() anyContainer) int {
	id := d.l.Names.CheckName(d.L, ns)
	place := d.l.d.VM.Where(d.L, 1)
	var n *named
	e := d.l.Names.Declare(d.L, id, d.word, typ.String(), func() (lua.LValue, any) {
		c := create()
		n = &named{id: id, self: c.base(), place: place, opts: *o}
		c.base().named = n
		return c.base().Current(), c
	})
	if n == nil && o.given() {
		d.again(e.Go.(anyContainer), o, place)
	}
	d.L.Push(e.Value)
	return 1
}

// intercepted tells whether a library has taken the container's changes over.
func intercepted(c anyContainer) bool {
	k, ok := c.(interface{ isDiverted() bool })
	return ok && k.isDiverted()
}

// again deals with the options of a container that is there already.
func (d *declaration) again(c anyContainer, o *options, place string) {
	n := c.base().named
	switch {
	case *o == n.opts:
	case intercepted(c):
		d.L.RaiseError("%s is given options here, too late: a library relies on those of %s", n.id, n.place)
	case n.opts.given():
		d.l.d.Reports.Warnf("%s: %s is declared with other options than at %s, which stay", place, n.id, n.place)
	default:
		n.opts, n.place = *o, place
		c.(interface{ reopen(*options) }).reopen(o) // only sets and maps have options
	}
}
