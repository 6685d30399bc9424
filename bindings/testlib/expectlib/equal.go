package expectlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
)

// maxDepth is how deep values are compared.
const maxDepth = 200

// comparison is what one use of a matcher compares. It remembers pairs of tables, so that those that lie in themselves, or in
// many places, end and take no longer than they are large: what is being compared is taken to be equal. What was found
// equal meanwhile is forgotten again when that turns out to be wrong.
type comparison struct {
	l      *Lib
	seen   map[pair]bool
	equals []pair // of seen: what was taken to be equal, in this order
	gaveUp string // why it can't tell; "": it can
}

// pair are two tables that are compared; part: the first one is only to have what the second one has.
type pair struct {
	a, b *lua.LTable
	part bool
}

// once compares two tables, unless they were.
func (c *comparison) once(p pair, compare func() bool) bool {
	if equal, ok := c.seen[p]; ok {
		return equal
	}
	if c.seen == nil {
		c.seen = map[pair]bool{}
	}
	before := len(c.equals)
	c.seen[p], c.equals = true, append(c.equals, p)
	if compare() {
		return true
	}
	for _, wrong := range c.equals[before:] {
		delete(c.seen, wrong)
	}
	c.equals = c.equals[:before]
	c.seen[p] = false
	return false
}

// deep tells whether values lie too deep in others to be compared.
func (c *comparison) deep(depth int) bool {
	if depth > maxDepth {
		c.gaveUp = fmt.Sprintf("values that lie more than %d deep in others are not compared", maxDepth)
	}
	return depth > maxDepth
}

func (c *comparison) equal(a, b lua.LValue, depth int) bool {
	if a == b {
		return true
	}
	if x, ok := a.(lua.LNumber); ok {
		y, ok := b.(lua.LNumber)
		return ok && x != x && y != y // not a number is what was expected
	}
	if c.deep(depth) {
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
		c.gaveUp = fmt.Sprintf("of lists in any order %d tables at most are compared, and these have %d", maxPairs, len(rest))
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
	return c.once(pair{a, b, false}, func() bool {
		n := 0
		for k, v := a.Next(lua.LNil); k != lua.LNil; k, v = a.Next(k) {
			n++
			if c.l.d.VM.Charge(1) != nil || !c.equal(v, b.RawGet(k), depth+1) {
				return false
			}
		}
		return n == size(b)
	})
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
	if !ok {
		return c.equal(v, part, depth)
	}
	t := c.plain(v)
	if t == nil || c.deep(depth) {
		return false
	}
	return c.once(pair{t, want, true}, func() bool {
		for k, w := want.Next(lua.LNil); k != lua.LNil; k, w = want.Next(k) {
			if !c.has(t.RawGet(k), w, depth+1) {
				return false
			}
		}
		return true
	})
}
