package containerlib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/runtime/container"
)

// lifetime is a container.Interval that is more than a number: that of an option object, or of tables with hooks,
// which must be able to look at their entries without letting them go (keyed.walk). Tables with the same lifetime
// share it, as a sweep asks each once.
type lifetime struct {
	fixed  int64
	option namespacelib.Holder // in place of fixed, if not nil
	off    bool                // nothing expires just now
}

// Nanoseconds implements container.Interval. An option that is unset means no end, like a negative one.
func (t *lifetime) Nanoseconds() int64 {
	switch {
	case t.off:
		return -1
	case t.option == nil:
		return t.fixed
	}
	d, ok := convert.AsInterval(t.option.Current())
	if !ok {
		return -1
	}
	return int64(d)
}

// maxLifetimes is how many lifetimes are shared. A script that makes up more of them has only slower sweeps.
const maxLifetimes = 4096

// lifetime returns the lifetime for what an options table says.
func (l *Lib) lifetime(i interval) *lifetime {
	var key any = i.fixed
	if i.option != nil {
		key = i.option
	}
	t := l.lifetimes[key]
	if t == nil {
		t = &lifetime{fixed: i.fixed, option: i.option}
		if len(l.lifetimes) < maxLifetimes {
			l.lifetimes[key] = t
		}
	}
	return t
}

// interval is a length of time as an options table has it.
type interval struct {
	fixed  int64
	option namespacelib.Holder
	object lua.LValue // the option as scripts see it
}

// toInterval reads an interval or an option object that holds one.
func (l *Lib) toInterval(v lua.LValue) (interval, error) {
	if ud, ok := v.(*lua.LUserData); ok {
		if h, ok := ud.Value.(namespacelib.Holder); ok {
			if t := h.ValueType(); t.Kind != convert.KindInterval {
				return interval{}, &convert.MismatchError{Want: "interval", Got: "an option of type " + t.String()}
			}
			return interval{option: h, object: v}, nil
		}
	}
	v, err := l.Space.Check(convert.Scalar(convert.KindInterval), v)
	if err != nil {
		return interval{}, err
	}
	d, _ := convert.AsInterval(v)
	return interval{fixed: int64(d)}, nil
}

var _ container.Interval = (*lifetime)(nil)
