package namespacelib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
)

// Holder is what Export.Go implements for things that have a value: variables, options, containers. It is what
// `--print` and publish_id work on.
type Holder interface {
	// Current returns the value as scripts see it.
	Current() lua.LValue
	// ValueType returns its declared type.
	ValueType() *convert.Type
}

// Replacer is a Holder whose value another node may replace with publish_id. v fits ValueType. Containers keep
// their options.
type Replacer interface {
	Holder
	Replace(v lua.LValue) error
}
