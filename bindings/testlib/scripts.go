package testlib

import (
	"io/fs"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/input/flow"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// Scripts is the inside of one simulated node, over all of its runs. bindings.Inside is it.
type Scripts interface {
	// Modules is the API of the node's scripts.
	Modules(*node.Node) []script.Module
	// Space is that of the node's VM, as is whatever else is a value here.
	Space() *convert.Space
	Value(id string) (lua.LValue, error)
	Raise(event string, args []lua.LValue) error
	// Connection is what the node's handlers get for c, which is for this node only.
	Connection(c *flow.Conn) lua.LValue
	SetOption(id string, v lua.LValue, location string, done func()) error
	Eval(text string) ([]lua.LValue, error)
	// Decode reads a message that the node has published.
	Decode(payload []byte) (event string, args []lua.LValue, ok bool)
	Describe(payload []byte) string
}

// Options say what the nodes of tests are made of.
type Options struct {
	// NewScripts returns the inside of a node that is to be made. tap sees what its scripts publish.
	NewScripts func(tap func(topic string, payload []byte)) Scripts
	Bundled    fs.FS           // policies by name
	Path       []string        // searched by require after the policy's folder
	Coverage   *luavm.Coverage // counts what nodes execute; nil: nobody does
	Cache      *script.Cache   // where compiled scripts are kept; nil: each world keeps its own
	// Layout reads the layout file of a cluster.
	Layout func(file string) (*cluster.Layout, error)
}
