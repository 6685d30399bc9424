package containerlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
)

// replacement returns the container that takes the place of o's contents. It must hold exactly o's type: keys of
// type any look different from others.
func replacement[C anyContainer](o *object, v lua.LValue) (c C, err error) {
	v, err = o.lib.Space.Check(o.typ, v)
	if err != nil {
		return c, fmt.Errorf("%s: %w", o.name(), err)
	}
	got, _ := convert.AsContainer(v)
	c, ok := got.(C)
	if !ok || !got.ContainerType().Equal(o.typ) {
		return c, fmt.Errorf("%s: %w", o.name(), &convert.MismatchError{Want: o.typ.String(), Got: convert.Describe(v)})
	}
	return c, nil
}

var (
	_ namespacelib.Replacer = (*Set)(nil)
	_ namespacelib.Replacer = (*Map)(nil)
	_ namespacelib.Replacer = (*Vector)(nil)
	_ namespacelib.Replacer = (*SubnetMap)(nil)
)
