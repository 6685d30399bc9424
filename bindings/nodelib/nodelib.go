// Package nodelib is the Lua module `node`: what a script knows of the process that it runs in.
package nodelib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/script"
)

// Node is what the module needs of the node.
type Node interface {
	Name() string
	Args() []string
	// Terminate ends the node in good order with an exit code.
	Terminate(code int)
}

// Lib implements script.Module.
type Lib struct{ Node Node }

// Open predefines `node`.
func (l Lib) Open(d *script.Domain) error {
	args := d.L.NewTable()
	for i, a := range l.Node.Args() {
		args.RawSetInt(i+1, lua.LString(a))
	}
	d.SetModule("node", map[string]lua.LValue{
		"name": lua.LString(l.Node.Name()),
		"args": args,
		"terminate": d.VM.NewFunction("node.terminate", func(L *lua.LState) int {
			given := float64(L.OptNumber(1, 0))
			code := int(given)
			if !(given >= 0 && given <= 125) || float64(code) != given {
				L.ArgError(1, fmt.Sprintf("an exit code is a whole number from 0 to 125, got %v", given))
			}
			if !d.Ready() {
				L.RaiseError("node.terminate: not while the file is loaded (do it in node_init)")
			}
			l.Node.Terminate(code)
			return 0
		}),
	})
	return nil
}
