package configlib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
)

// Each calls fn for each option in the order of declaration.
func (l *Lib) Each(fn func(*Option)) {
	l.Names.Each(func(e *namespacelib.Export) {
		if o, ok := e.Go.(*Option); ok {
			fn(o)
		}
	})
}

// EachListed is Each without the program's own options that are what they are by default.
func (l *Lib) EachListed(fn func(*Option)) {
	l.Each(func(o *Option) {
		if !o.quiet() {
			fn(o)
		}
	})
}

// SetText reads a text as the option's type and sets it. done is called when it has its value.
func (l *Lib) SetText(id, text, location string, done func()) error {
	o, err := l.Lookup(id)
	if err != nil {
		return err
	}
	v := lua.LValue(lua.LString(text))
	if o.typ.Kind != convert.KindString {
		if v, err = l.Space.ParseValue(text, o.typ); err != nil {
			return fmt.Errorf("option %s: %w", id, err)
		}
	}
	return o.Put(v, location, done)
}
