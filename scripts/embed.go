// Package scripts holds what the binary brings along for scripts: libraries in Lua, and the editor definitions of the
// modules that are written in Go.
package scripts

import "embed"

// Meta is the definitions (LuaLS), one file a module.
//
//go:embed meta/*.lua
var Meta embed.FS
