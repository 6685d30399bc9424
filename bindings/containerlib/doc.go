// Package containerlib is the containers of scripts: the globals set, map, vector and subnet_map, the namespace
// methods of the same names, and the objects that they return.
//
//	local EX = namespace "EX"
//	local known = EX:set("known", "addr", { create_expire = "1 day" })
//	local seen  = EX:map("seen", "addr", "set[addr]", { write_expire = "1 hr", max_size = 100000 })
//
//	if known:add(c.id.orig_h) then … end
//	seen:ensure(src, function() return set("addr", { create_expire = "5 min" }) end):add(dst)
//
// # What is where
//
// The entries lie in runtime/container, as keys of bytes and values of 64 bits or a reference: that is where order,
// expiry, bounds and hooks are decided. bindings/convert makes keys and stored values of Lua values and back. This
// package is what lies between: arguments, messages, and the userdata.
//
//	set         Set        container.Table, keys only
//	map         Map        container.Table
//	vector      Vector     container.Vector
//	subnet_map  SubnetMap  container.SubnetMap; to convert it is a table[subnet]
//
// Each is a convert.Container, so that it is encoded, printed and decoded without becoming Lua values, and a
// namespacelib.Replacer, so that publish_id reaches it. The userdata is part of the Go object: a container is the
// same Lua value wherever it turns up. What is decoded becomes a container without options.
//
// # Methods
//
//	set         add(v, …) has(v) remove(v) union(t) intersect(t) minus(t)
//	map         get(k, default) set(k, v) has(k) remove(k) incr(k, n) ensure(k, fn)
//	vector      get(i) set(i, v) push(v, …) pop()
//	subnet_map  set(subnet, v) remove(subnet) lookup(addr) covers(addr)
//	all         #x clear() to_table() each() on_replaced(fn)
//
// A wrong type raises, on lookup, too, and names container, method and argument. What takes several values checks
// all before it takes one. A vector is nil beyond its end, and v:set(#v + 1, x) appends. tostring says what it is
// and how many are in it; print shows them.
//
// # Options
//
// Sets and maps take one of create_expire, read_expire and write_expire, and on_expire, on_change and max_size. An
// interval may be an option object (or a variable), which is asked each time it matters. Hooks are called with
// Domain.Call, on behalf of the script that made the container: their errors are reported and count as 0, they
// share the budget of the handler that caused them, and they may do anything to the container. on_change is told
// the new value of a new entry, and for all else the one that was lost.
//
// No read shows an overdue entry: it ends when it is met. The package sweep ends the others, on the node's clock, in
// steps, with no timer while nothing can end. What looks at a container in the middle of encoding or printing
// (Container.Each) lets nothing end, as no script may run then.
//
// #x ends up to 100,000 overdue entries first; should there be more at once, the rest is counted.
//
// # Declaring twice
//
// The same declaration again returns the same container. Options may be left out then; the first declaration that
// gives any decides, also when it comes after the container was made, and one that gives others is warned about.
//
// # Reload
//
// When scripts are loaded anew, a container with a name takes the contents of the one that had the name before, a
// pointer each, and keeps its own options: what begins to expire counts from then. What the body of a file has put in
// meanwhile is added where the key is missing. Containers in containers change hands with them, without their hooks.
//
// # Libraries
//
// Bundled libraries find hooks under the name Private (library.go) that scripts do not: to be asked before a script changes
// a named set or map, and to change one without asking. While somebody is asked, clear, ensure and publish_id, which are
// no change of one entry, are refused, and so are options that come later. Containers that a library keeps for itself (own) are
// no loss when a reload does without them.
//
// Package storelib keeps a named set or map in a store: Kept is how it sees one, Keeper how it hears of changes, one entry
// at a time or all at once. It sees those that scripts make, also within hooks, and what max_size drops.
//
// All of this belongs to the loop's goroutine.
package containerlib
