package containerlib

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/container"
	"moonpeer/runtime/script"
)

// options are what a script gives a set or a map.
type options struct {
	expiry   container.Expiry
	interval interval
	maxSize  int // 0: none given
	onExpire *lua.LFunction
	onChange *lua.LFunction
}

var optionNames = []string{"create_expire", "read_expire", "write_expire", "on_expire", "on_change", "max_size"}

var expiries = map[string]container.Expiry{
	"create_expire": container.OnCreate, "read_expire": container.OnRead, "write_expire": container.OnWrite,
}

// adders are how elements get into a container.
var adders = map[string]string{
	"set": `set("addr"):add(a, b)`, "map": `m:set(k, v)`, "vector": `v:push(v)`, "subnet_map": `m:set(subnet, v)`,
}

// readOptions reads an options table; nil is none. word is the kind of container.
func (l *Lib) readOptions(word string, v lua.LValue) (*options, error) {
	o := &options{}
	if v == lua.LNil {
		return o, nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf(`expected a table of options such as { create_expire = "1 day" }, got %s (elements go in with %s)`,
			convert.Describe(v), adders[word])
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		name, ok := k.(lua.LString)
		if !ok {
			return nil, fmt.Errorf("the table is for options, elements go in with %s", adders[word])
		}
		if err := l.readOption(o, word, string(name), v); err != nil {
			return nil, err
		}
	}
	if o.onExpire != nil && o.expiry == container.NoExpiry {
		return nil, errors.New("on_expire needs one of create_expire, read_expire, write_expire")
	}
	return o, nil
}

func (l *Lib) readOption(o *options, word, name string, v lua.LValue) (err error) {
	if expiry, ok := expiries[name]; ok {
		if o.expiry != container.NoExpiry {
			return fmt.Errorf("a %s can only have one of read_expire, write_expire, create_expire", word)
		}
		o.expiry = expiry
		if o.interval, err = l.toInterval(v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	ok := false
	switch name {
	case "on_expire":
		o.onExpire, ok = v.(*lua.LFunction)
	case "on_change":
		o.onChange, ok = v.(*lua.LFunction)
	case "max_size":
		n, isCount := convert.AsCount(v)
		if !isCount || n == 0 || n > maxSize {
			return fmt.Errorf("max_size: expected a number from 1 to %d, got %s", maxSize, convert.Describe(v))
		}
		o.maxSize = int(n)
		return nil
	default:
		return fmt.Errorf("unknown option %q%s; elements go in with %s", name, script.DidYouMean(name, optionNames), adders[word])
	}
	if !ok {
		return fmt.Errorf("%s: expected a function, got %s", name, convert.Describe(v))
	}
	return nil
}

// maxSize is the most entries a table can have.
const maxSize = 1 << 28

// given reports whether there is any.
func (o *options) given() bool { return *o != options{} }
