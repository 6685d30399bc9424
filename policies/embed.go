// Package policies holds the bundled policies, so that one binary can run them by name.
package policies

import "embed"

// FS has one folder a policy, each with an init.lua.
//
//go:embed */init.lua
var FS embed.FS
