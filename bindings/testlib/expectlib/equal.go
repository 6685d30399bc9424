package expectlib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
)

// maxDepth is how deep values are compared.
const maxDepth = 200

// equal compares by content.
func (l *Lib) equal(a, b lua.LValue) bool { return (&comparison{l: l}).equal(a, b, 0) }

// comparison remembers which tables are being compared: two that lie in themselves are equal as far as they were seen.
type comparison struct {
	l    *Lib
	seen map[[2]*lua.LTable]bool
}

func (c *comparison) equal(a, b lua.LValue, depth int) bool {
	if a == b {
		return true
	}
	if x, ok := a.(lua.LNumber); ok {
		y, ok := b.(lua.LNumber)
		return ok && x != x && y != y // not a number is what was expected
	}
	if depth > maxDepth {
		return false
	}
	if isSet(a) || isSet(b) {
		return c.sets(a, b, depth)
	}
	x, y := c.plain(a), c.plain(b)
	return x != nil && y != nil && c.tables(x, y, depth)
}

// plain is a table as it is, and a container or record as a table.
func (c *comparison) plain(v lua.LValue) *lua.LTable {
	if t, ok := v.(*lua.LTable); ok {
		return t
	}
	ud, ok := v.(*lua.LUserData)
	if !ok {
		return nil
	}
	own, err := c.l.Space.Plain(ud)
	t, ok := own.(*lua.LTable)
	if err != nil || !ok {
		return nil
	}
	return t
}

func isSet(v lua.LValue) bool {
	c, ok := convert.AsContainer(v)
	return ok && c.ContainerType().Kind == convert.KindSet
}

// sets compares two of which one is a set, and the other one too, or a list.
func (c *comparison) sets(a, b lua.LValue, depth int) bool {
	x, y := c.plain(a), c.plain(b)
	return x != nil && y != nil && size(x) == x.Len() && size(y) == y.Len() && c.unordered(x, y, depth)
}

// unordered compares two lists whatever their order. Elements that are their own keys, as most are, are found at once.
func (c *comparison) unordered(a, b *lua.LTable, depth int) bool {
	n := a.Len()
	if n != b.Len() {
		return false
	}
	left := map[lua.LValue]int{}
	for i := 1; i <= n; i++ {
		left[b.RawGetInt(i)]++
	}
	var rest []lua.LValue
	for i := 1; i <= n; i++ {
		v := a.RawGetInt(i)
		if left[v] > 0 {
			left[v]--
			continue
		}
		rest = append(rest, v)
	}
	var others []lua.LValue
	for i := 1; i <= n && len(rest) > 0; i++ {
		if v := b.RawGetInt(i); left[v] > 0 {
			left[v]--
			others = append(others, v)
		}
	}
	return c.pairs(rest, others, depth)
}

// maxPairs is how many elements are compared each with each.
const maxPairs = 2000

// pairs finds an equal one in others for each of rest.
func (c *comparison) pairs(rest, others []lua.LValue, depth int) bool {
	if len(rest) > maxPairs {
		return false
	}
	used := make([]bool, len(others))
next:
	for _, v := range rest {
		for i, o := range others {
			if !used[i] && c.equal(v, o, depth+1) {
				used[i] = true
				continue next
			}
		}
		return false
	}
	return true
}

// tables compares entries, without asking metatables.
func (c *comparison) tables(a, b *lua.LTable, depth int) bool {
	if c.seen == nil {
		c.seen = map[[2]*lua.LTable]bool{}
	}
	pair := [2]*lua.LTable{a, b}
	if c.seen[pair] {
		return true
	}
	c.seen[pair] = true
	n := 0
	for k, v := a.Next(lua.LNil); k != lua.LNil; k, v = a.Next(k) {
		n++
		if c.l.d.VM.Charge(1) != nil || !c.equal(v, b.RawGet(k), depth+1) {
			return false
		}
	}
	return n == size(b)
}

// size is how many entries a table has.
func size(t *lua.LTable) (n int) {
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		n++
	}
	return n
}

// has tells whether t has all entries of part: those that are tables again only what they are asked for.
func (c *comparison) has(v, part lua.LValue, depth int) bool {
	want, ok := part.(*lua.LTable)
	if !ok || depth > maxDepth {
		return c.equal(v, part, depth)
	}
	t := c.plain(v)
	if t == nil {
		return false
	}
	for k, w := want.Next(lua.LNil); k != lua.LNil; k, w = want.Next(k) {
		if !c.has(t.RawGet(k), w, depth+1) {
			return false
		}
	}
	return true
}
