package luavm

import lua "github.com/yuin/gopher-lua"

// init lowers how far an array of gopher-lua reaches. t[n] = v stores all elements up to n; with its own
// limit of 67 million, one assignment takes 10 s and 2.8 GB, and n may well be a number that somebody
// sent: seen[bytes] = true. Elements from this limit on are in the hash part, where only # does not count
// them. It is a variable of gopher-lua, the same for the whole process, and is set before any state exists.
func init() { lua.MaxArrayIndex = 1 << 22 }
