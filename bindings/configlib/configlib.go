package configlib

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/net/broker"
	"moonpeer/runtime/script"
)

// Lib implements script.Module.
type Lib struct {
	Space *convert.Space
	Names *namespacelib.Registry
	// Before is what this one takes over from when scripts are loaded anew; nil: nothing.
	Before *Lib
	// Cluster is whose options these are; nil: this node's alone.
	Cluster Cluster

	d      *script.Domain
	meta   *lua.LTable
	handle *lua.LTable
	preset map[string]preset // values given before the option is declared

	refused map[string]string // values from before a reload that a check has refused, with the reason
	unknown map[string]bool   // names that were set in the cluster and are none here
}

type preset struct{ text, location string }

// Preset gives an option its value before the scripts are loaded: text is read as the option's type when it is
// declared. Unused tells what was never declared.
func (l *Lib) Preset(id, text, location string) {
	if l.preset == nil {
		l.preset = map[string]preset{}
	}
	l.preset[id] = preset{text, location}
}

// PresetAssignment takes "EX::server=1.2.3.4", as --set has it; location says who set it.
func (l *Lib) PresetAssignment(set, location string) error {
	id, text, ok := strings.Cut(set, "=")
	if !ok || id == "" {
		return fmt.Errorf("%s: %s: write OPTION=VALUE, such as EX::server=10.0.0.1", location, set)
	}
	l.Preset(id, text, location)
	return nil
}

// Unused returns an error that names the presets for which no script declared an option.
func (l *Lib) Unused() error {
	var errs []error
	for _, id := range sorted(l.preset) {
		errs = append(errs, fmt.Errorf("%s: no loaded script declares an option %q%s", l.preset[id].location, id, script.DidYouMean(id, l.names())))
	}
	return errors.Join(errs...)
}

// Open predefines `config` and the namespace method.
func (l *Lib) Open(d *script.Domain) error {
	l.d, l.refused = d, map[string]string{}
	l.openObjects()
	l.Names.Method("option", l.declare)
	d.SetModule("config", map[string]lua.LValue{
		"get":  d.VM.NewFunction("config.get", l.configGet),
		"set":  d.VM.NewFunction("config.set", l.configSet),
		"list": d.VM.NewFunction("config.list", l.configList),
	})
	return nil
}

func (l *Lib) openObjects() {
	l.meta = l.d.Methods("option", map[string]lua.LGFunction{"get": l.get, "set": l.set, "on_change": l.onChange})
	l.meta.RawSetString("__tostring", l.d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString("option " + self(L).ID))
		return 1
	}))
	l.handle = l.d.Methods("change handler", map[string]lua.LGFunction{"off": func(L *lua.LState) int {
		if ud, ok := L.Get(1).(*lua.LUserData); ok {
			if h, ok := ud.Value.(*handler); ok {
				L.Push(lua.LBool(!h.off))
				h.off = true
				return 1
			}
		}
		L.ArgError(1, "expected what on_change returned")
		return 0
	}})
}

// declare is EX:option(name, type, default, {doc=, check=}).
func (l *Lib) declare(L *lua.LState, ns *namespacelib.Namespace) int {
	id := l.Names.CheckName(L, ns)
	typ, err := l.Space.ParseType(L.CheckString(3))
	if err != nil {
		L.ArgError(3, err.Error())
	}
	def, err := l.Space.Check(typ, L.Get(4))
	if err != nil {
		L.RaiseError("option %s: the default: %s", id, err.Error())
	}
	doc, check := optionOpts(L)
	e := l.Names.Declare(L, id, "option", typ.String(), func() (lua.LValue, any) {
		o := &Option{ID: id, Doc: doc, Location: "default", lib: l, typ: typ, value: def, check: check, script: l.d.Script()}
		ud, err := l.begin(o)
		if err != nil {
			L.RaiseError("%s", err.Error())
		}
		return ud, o
	})
	L.Push(e.Value)
	return 1
}

// begin gives a new option its value and returns its object.
func (l *Lib) begin(o *Option) (lua.LValue, error) {
	ud := l.d.L.NewUserData()
	ud.Value, ud.Metatable = o, l.meta
	if err := l.applyPreset(o); err != nil {
		return nil, err
	}
	if !l.recall(o) {
		l.catchUp(o)
	}
	return ud, nil
}

// DeclareOwn declares an option of the program itself, whose value is empty or zero unless it is set. Lists have it when it is.
func (l *Lib) DeclareOwn(id, typ, doc string) (o *Option, err error) {
	t, err := l.Space.ParseType(typ)
	if err != nil {
		return nil, err
	}
	def, err := l.Space.Zero(t)
	if err != nil {
		return nil, err
	}
	o = &Option{ID: id, Doc: doc, Location: "default", own: true, lib: l, typ: t, value: def, script: l.d.Script()}
	e := l.Names.Declare(l.d.L, id, "option", t.String(), func() (v lua.LValue, _ any) {
		v, err = l.begin(o)
		return v, o
	})
	e.Place = "the core"
	return o, err
}

func (l *Lib) applyPreset(o *Option) error {
	p, ok := l.preset[o.ID]
	if !ok {
		return nil
	}
	delete(l.preset, o.ID)
	v, err := l.Space.ParseValue(p.text, o.typ)
	if err == nil {
		err = o.Set(v, p.location)
	}
	if err != nil {
		return fmt.Errorf("%s: option %s: %s", p.location, o.ID, strings.TrimPrefix(err.Error(), "option "+o.ID+": "))
	}
	return nil
}

func optionOpts(L *lua.LState) (doc string, check *lua.LFunction) {
	opts := L.OptTable(5, nil)
	if opts == nil {
		return "", nil
	}
	opts.ForEach(func(k, v lua.LValue) {
		var ok bool
		switch k.String() {
		case "doc":
			var s lua.LString
			s, ok = v.(lua.LString)
			doc = string(s)
		case "check":
			check, ok = v.(*lua.LFunction)
		default:
			L.ArgError(5, fmt.Sprintf("unknown option %q%s", k, script.DidYouMean(k.String(), []string{"doc", "check"})))
		}
		if !ok {
			L.ArgError(5, fmt.Sprintf("%s can't be a %s", k, v.Type()))
		}
	})
	return doc, check
}

// Lookup returns the option called id, or an error with a suggestion.
func (l *Lib) Lookup(id string) (*Option, error) {
	if e := l.Names.Lookup(id); e != nil {
		if o, ok := e.Go.(*Option); ok {
			return o, nil
		}
		return nil, fmt.Errorf("%s is no option but a %s (%s)", id, e.Kind, e.Place)
	}
	return nil, &broker.Error{Code: broker.NoSuchKey, Context: fmt.Sprintf("no option %q%s", id, script.DidYouMean(id, l.names()))}
}

func (l *Lib) names() []string {
	var names []string
	l.Names.Each(func(e *namespacelib.Export) {
		if _, ok := e.Go.(*Option); ok {
			names = append(names, e.ID)
		}
	})
	return names
}

// configGet is config.get(name): the value, or nil and a message.
func (l *Lib) configGet(L *lua.LState) int {
	o, err := l.Lookup(L.CheckString(1))
	if err != nil {
		return l.Space.Fail(L, err)
	}
	L.Push(o.value)
	return 1
}

// configSet is config.set(name, value, location): true, or false and a message. Text is read as the option's
// type.
func (l *Lib) configSet(L *lua.LState) int {
	o, err := l.Lookup(L.CheckString(1))
	if err != nil {
		return result(L, err)
	}
	v := L.Get(2)
	if s, ok := v.(lua.LString); ok && o.typ.Kind != convert.KindString {
		if v, err = l.Space.ParseValue(string(s), o.typ); err != nil {
			return result(L, fmt.Errorf("option %s: %w", o.ID, err))
		}
	}
	return result(L, o.Set(v, L.OptString(3, "config.set")))
}

// configList is config.list(): an array of tables with name, type, value, doc and location, in the order of
// declaration.
func (l *Lib) configList(L *lua.LState) int {
	list := L.NewTable()
	for _, name := range l.names() {
		o, _ := l.Lookup(name)
		if o.quiet() {
			continue
		}
		t := L.NewTable()
		t.RawSetString("name", lua.LString(o.ID))
		t.RawSetString("type", lua.LString(o.typ.String()))
		t.RawSetString("value", o.value)
		t.RawSetString("doc", lua.LString(o.Doc))
		t.RawSetString("location", lua.LString(o.Location))
		list.Append(t)
	}
	L.Push(list)
	return 1
}

func sorted(m map[string]preset) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
