// Package luavm is Lua 5.1 as it is specified, on unmodified gopher-lua v1.1.2, through its public API only.
package luavm
