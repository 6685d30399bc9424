package luavm

import (
	"weak"

	lua "github.com/yuin/gopher-lua"
)

// compaction is a round over all tables that can be reached, spread over many calls of CompactTables.
type compaction struct {
	seen  map[any]struct{} // tables, functions and userdata of this round
	queue []lua.LValue
	table *lua.LTable // being gone through
	key   lua.LValue  // its last key
}

// CompactTables compacts tables that need it, see [NeedsCompaction], among those that can be reached
// from the globals and from more roots, such as the functions the host calls. It looks at no more than limit
// entries of tables and goes on from there the next time, so that a host can call it between events with a
// few thousand. It returns how many tables it has compacted.
//
// It does nothing while a call is in progress, or while there is a coroutine that has not ended: one
// of its functions might be iterating.
func (vm *VM) CompactTables(limit int, roots ...lua.LValue) int {
	if vm.calling || vm.coroutines.alive() {
		return 0
	}
	if vm.compaction == nil {
		vm.compaction = &compaction{seen: map[any]struct{}{}}
		vm.compaction.add(vm.main.G.Global)
		vm.compaction.add(vm.main.G.Registry)
	}
	c := vm.compaction
	for _, v := range roots {
		c.add(v)
	}
	compacted := 0
	for limit > 0 {
		if c.table == nil {
			if !c.next() {
				vm.compaction = nil
				break
			}
			if NeedsCompaction(c.table) {
				Compact(vm.main, c.table)
				compacted++
			}
		}
		limit = c.entries(limit)
	}
	return compacted
}

// next takes the next table from the queue.
func (c *compaction) next() bool {
	for len(c.queue) > 0 {
		v := c.queue[len(c.queue)-1]
		c.queue = c.queue[:len(c.queue)-1]
		switch x := v.(type) {
		case *lua.LTable:
			c.add(x.Metatable)
			c.table, c.key = x, lua.LNil
			return true
		case *lua.LUserData:
			c.add(x.Metatable)
		case *lua.LFunction:
			if x.Env != nil {
				c.add(x.Env)
			}
			for _, up := range x.Upvalues {
				if up != nil {
					c.add(up.Value())
				}
			}
		}
	}
	return false
}

// entries goes through at most limit entries of the table and returns how many more it might.
func (c *compaction) entries(limit int) int {
	if c.key != lua.LNil && c.table.RawGet(c.key) == lua.LNil {
		c.table = nil // the place is lost; what comes behind it waits for the next round
		return limit
	}
	for ; limit > 0; limit-- {
		k, v := c.table.Next(c.key)
		if k == lua.LNil {
			c.table = nil
			return limit - 1
		}
		c.add(k)
		c.add(v)
		c.key = k
	}
	return 0
}

// add queues what may lead to tables, once.
func (c *compaction) add(v lua.LValue) {
	switch v.(type) {
	case *lua.LTable, *lua.LUserData, *lua.LFunction:
		if _, ok := c.seen[v]; !ok {
			c.seen[v] = struct{}{}
			c.queue = append(c.queue, v)
		}
	}
}

// coroutineList knows the coroutines there are, without keeping them.
type coroutineList struct {
	all   []weak.Pointer[lua.LState]
	prune int // length at which the dead are taken out
}

func (l *coroutineList) add(th *lua.LState) {
	const few = 64
	if len(l.all) >= max(l.prune, few) {
		l.alive()
		l.prune = 2 * len(l.all)
	}
	l.all = append(l.all, weak.Make(th))
}

// alive tells whether there is a coroutine that has not ended. It forgets those that have.
func (l *coroutineList) alive() bool {
	kept := l.all[:0]
	for _, p := range l.all {
		if th := p.Value(); th != nil && !th.Dead {
			kept = append(kept, p)
		}
	}
	clear(l.all[len(kept):])
	l.all = kept
	return len(kept) > 0
}
