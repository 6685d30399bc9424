package analysis

import (
	"slices"
	"strings"

	"moonpeer/runtime/apidoc"
)

// entry is one name of the definitions.
type entry = apidoc.Entry

// API is the definitions by what a syntax tree asks for. It is not changed once it is made.
type API struct {
	globals map[string]*entry            // functions
	modules map[string]string            // classes
	classes map[string]*entry            // and modules, by class
	members map[string]map[string]*entry // by class, what parents have included
	aliases map[string]string
	events  map[string]*entry
}

// NewAPI returns the API that docs describe.
func NewAPI(docs *apidoc.Docs) *API {
	a := &API{
		globals: map[string]*entry{}, modules: map[string]string{}, classes: docs.Classes(),
		members: map[string]map[string]*entry{}, aliases: map[string]string{}, events: map[string]*entry{},
	}
	for _, e := range docs.Entries {
		switch {
		case e.Kind == apidoc.Function && e.Class == "":
			a.globals[e.Name] = e
		case e.Kind == apidoc.Module:
			a.modules[e.Name] = e.Class
		case e.Kind == apidoc.Alias:
			a.aliases[e.Name] = e.Type
		case e.Kind == apidoc.Event:
			a.events[e.Name] = e
		case e.Class != "":
			if a.members[e.Class] == nil {
				a.members[e.Class] = map[string]*entry{}
			}
			a.members[e.Class][e.Short] = e
		}
	}
	return a
}

// member returns what a class or its parents have under a name, nil for nothing.
func (a *API) member(class, name string) *entry {
	for range 4 { // more parents than there are
		if e := a.members[class][name]; e != nil {
			return e
		}
		c := a.classes[class]
		if c == nil || c.Base == "" {
			return nil
		}
		class = c.Base
	}
	return nil
}

// closed tells whether a class has no other names than those of the definitions.
func (a *API) closed(class string) bool {
	c := a.classes[class]
	if c == nil || a.members[class] == nil {
		return false
	}
	return !slices.ContainsFunc(c.Also, func(also string) bool { return strings.HasPrefix(also, "[string]") })
}

// listed tells whether a table of a class has elements at 1, 2, … beside its names.
func (a *API) listed(class string) bool {
	return slices.ContainsFunc(a.classes[class].Also, func(also string) bool { return strings.HasPrefix(also, "[integer]") })
}

// namesOf returns the names that a class has.
func (a *API) namesOf(class string) (names []string) {
	for class != "" {
		for name := range a.members[class] {
			names = append(names, name)
		}
		c := a.classes[class]
		if c == nil {
			break
		}
		class = c.Base
	}
	slices.Sort(names)
	return names
}

// options returns the class whose fields a parameter's table may have, "" for what is no table of options.
func (a *API) options(typ string) string {
	class := strings.TrimSuffix(typ, "?")
	if valueKinds[class] != 0 || a.members[class] == nil || a.classes[class] == nil || !a.closed(class) {
		return ""
	}
	for _, e := range a.members[class] {
		if e.Kind != apidoc.Field {
			return ""
		}
	}
	return class
}

// value is what a type of the definitions holds: "string|addr", "store?", "string[]", "fun(): any".
func (a *API) value(typ string) value {
	if v, ok := a.simple(typ); ok {
		return v
	}
	var v value
	for i, part := range alternatives(typ) {
		one, _ := a.simple(part)
		if i == 0 {
			v = one
		} else {
			v = union(v, one)
		}
	}
	return v
}

// simple is value for a type of one part.
func (a *API) simple(typ string) (value, bool) {
	switch {
	case strings.HasPrefix(typ, "fun("):
		return value{kinds: kindFunction}, true
	case len(alternatives(typ)) > 1:
		return value{}, false
	}
	whole, optional := strings.CutSuffix(typ, "?")
	v := a.named(whole)
	if optional && v.kinds != 0 {
		v.kinds |= kindNil
	}
	return v, true
}

// named is value for a word, a literal, or a list or table of others.
func (a *API) named(typ string) value {
	switch {
	case typ == "":
		return value{}
	case luaTypes[typ] != 0:
		return value{kinds: luaTypes[typ]}
	case valueKinds[typ] != 0:
		return value{kinds: valueKinds[typ], class: typ}
	case typ == "true", typ == "false":
		return value{kinds: kindBool}
	case typ[0] == '"':
		return value{kinds: kindString}
	case typ[0] >= '0' && typ[0] <= '9':
		return value{kinds: kindNumber}
	case a.aliases[typ] != "":
		return a.value(a.aliases[typ])
	case a.classes[typ] != nil:
		return value{kinds: kindObject | kindTable, class: typ}
	case strings.HasSuffix(typ, "[]"), strings.HasPrefix(typ, "table<"):
		return value{kinds: kindTable | kindObject}
	}
	return value{} // any
}

// alternatives splits a type at the bars that are not within brackets.
func alternatives(typ string) (parts []string) {
	depth, begin := 0, 0
	for i := range len(typ) {
		switch typ[i] {
		case '(', '<', '{':
			depth++
		case ')', '>', '}':
			depth--
		case '|':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(typ[begin:i]))
				begin = i + 1
			}
		}
	}
	return append(parts, strings.TrimSpace(typ[begin:]))
}
