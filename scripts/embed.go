// Package scripts holds what the binary brings along for scripts: libraries in Lua, and the editor definitions of all
// modules.
package scripts

import "embed"

// Libraries are the modules that are written in Lua, one folder each.
//
//go:embed base/*/*.lua
var Libraries embed.FS

// Meta is the definitions (LuaLS), one file a module.
//
//go:embed meta/*.lua
var Meta embed.FS
