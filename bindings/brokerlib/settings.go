package brokerlib

import (
	"fmt"
	"os"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/runtime/script"
)

// settings hold the values of broker.options.
type settings struct {
	lib    *Lib
	byName map[string]*setting
	names  []string
}

type setting struct {
	option
	typ   *convert.Type
	value lua.LValue
	// loaded is the value when the bodies of the files had run.
	loaded lua.LValue
	fixed  bool // an environment variable decided: assignments are ignored with a line in the log
	said   bool
}

func newSettings(l *Lib) (*settings, error) {
	s := &settings{lib: l, byName: map[string]*setting{}}
	for _, o := range options {
		typ, err := l.Space.ParseType(o.typ)
		if err != nil {
			return nil, err
		}
		v, err := l.Space.FromData(o.def, typ)
		if err != nil {
			return nil, err
		}
		set := &setting{option: o, typ: typ, value: v, loaded: v}
		s.byName[o.name] = set
		s.names = append(s.names, o.name)
		if err := s.fromEnvironment(set); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// fromEnvironment takes the documented variables, which win over scripts (frameworks.md §1.3, decision 21). The
// retries are whole seconds, as Zeek reads them.
func (s *settings) fromEnvironment(set *setting) error {
	text, ok := os.LookupEnv(set.env)
	if set.env == "" || !ok || text == "" {
		return nil
	}
	v, err := s.lib.Space.ParseValue(text, set.typ)
	if err != nil {
		return fmt.Errorf("environment variable %s: %w", set.env, err)
	}
	if err := set.check(v); err != nil {
		return fmt.Errorf("environment variable %s: %w", set.env, err)
	}
	set.value, set.loaded, set.fixed = v, v, true
	return nil
}

// leastRetry is the shortest time between two tries that is taken, 0 apart, which means none: less is a busy loop.
const leastRetry = broker.Timespan(10e6)

// check says what is wrong with a value of the option's type.
func (o *option) check(v lua.LValue) error {
	if n, ok := v.(lua.LNumber); ok && float64(n) < o.min {
		return fmt.Errorf("%v is less than %v", n, o.min)
	}
	if t, ok := convert.AsInterval(v); ok {
		switch {
		case t < broker.Timespan(o.min*1e9):
			return fmt.Errorf("%s is less than %v s", v, o.min)
		case strings.HasSuffix(o.name, "_retry") && t > 0 && t < leastRetry:
			return fmt.Errorf("%s is less than 10 ms, and not 0", v)
		}
	}
	if text := v.String(); len(o.oneOf) > 0 && !slices.Contains(o.oneOf, text) {
		return fmt.Errorf("%q is none of %s", text, strings.Join(o.oneOf, ", "))
	}
	return nil
}

// object is broker.options: names are read and assigned, and a misspelt one raises.
func (s *settings) object() *lua.LUserData {
	d := s.lib.d
	mt := d.L.NewTable()
	mt.RawSetString("__index", d.VM.NewFunction("broker.options", func(L *lua.LState) int {
		L.Push(s.find(L).value)
		return 1
	}))
	mt.RawSetString("__newindex", d.VM.NewFunction("broker.options", func(L *lua.LState) int {
		set := s.find(L)
		if err := s.assign(set, L.Get(3)); err != nil {
			L.RaiseError("broker.options.%s: %s", set.name, err.Error())
		}
		return 0
	}))
	mt.RawSetString("__pairs", d.VM.NewFunction("pairs", s.pairs))
	mt.RawSetString("__metatable", lua.LFalse)
	ud := d.L.NewUserData()
	ud.Value, ud.Metatable = s, mt
	return ud
}

// OptionNames returns the names of broker.options, if that is what ud is.
func OptionNames(ud *lua.LUserData) []string {
	if s, ok := ud.Value.(*settings); ok {
		return s.names
	}
	return nil
}

func (s *settings) find(L *lua.LState) *setting {
	name := L.Get(2).String()
	set := s.byName[name]
	if set == nil {
		L.RaiseError("broker.options has no %q%s", name, script.DidYouMean(name, s.names))
	}
	return set
}

func (s *settings) pairs(L *lua.LState) int {
	i := 0
	L.Push(s.lib.d.VM.NewFunction("next", func(L *lua.LState) int {
		if i == len(s.names) {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LString(s.names[i]))
		L.Push(s.byName[s.names[i]].value)
		i++
		return 2
	}))
	return 1
}

func (s *settings) assign(set *setting, v lua.LValue) error {
	v, err := s.lib.Space.Check(set.typ, v)
	if err != nil {
		return err
	}
	if err := set.check(v); err != nil {
		return err
	}
	if set.fixed {
		if !set.said {
			set.said = true
			s.lib.d.Reports.Infof("broker.options.%s: the environment variable %s decides, the assignment is ignored", set.name, set.env)
		}
		return nil
	}
	if set.inert && !set.said && v != set.value {
		set.said = true
		s.lib.d.Reports.Infof("option broker.options.%s has no effect in this implementation (it tunes threads that do not exist here)", set.name)
	}
	set.value = v
	if !s.lib.d.Ready() {
		set.loaded = v
	}
	switch set.name {
	case "forward_messages":
		s.lib.Hub.SetForwarding(lua.LVAsBool(v))
	case "disable_ssl":
		s.lib.d.Reports.Infof("option broker.options.disable_ssl has no meaning for QUIC, which is always encrypted; it is for TCP")
	}
	return nil
}

func (s *settings) bool(name string) bool { return lua.LVAsBool(s.byName[name].value) }

func (s *settings) text(name string) string { return lua.LVAsString(s.byName[name].value) }

func (s *settings) interval(name string) broker.Timespan {
	t, _ := convert.AsInterval(s.byName[name].value)
	return t
}

func (s *settings) port(name string) broker.Port {
	p, _ := convert.AsPort(s.byName[name].value)
	return p
}
