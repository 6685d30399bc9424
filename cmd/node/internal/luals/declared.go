package luals

import (
	"fmt"
	"slices"
	"strings"

	"moonpeer/runtime/node"
)

// Declared returns a file of definitions of what scripts have declared.
func Declared(list []node.Declaration) string {
	var b strings.Builder
	b.WriteString("---@meta " + declaredName + "\n" + mark + "\n")
	for _, d := range list {
		if of, ok := kinds[d.Kind]; ok {
			fmt.Fprintf(&b, "\n--- The %s `%s`, declared at %s.\n", d.Kind, signature(d), d.Place)
			of.class(&b, d)
		}
	}
	namespaces(&b, list)
	handlers(&b, list)
	return b.String()
}

// signature is a declaration as scripts would write it.
func signature(d node.Declaration) string {
	switch d.Kind {
	case "event":
		return d.ID + d.Type
	case "record":
		return d.Type
	}
	return d.ID + ": " + d.Type
}

const declaredName = "declared"

// kind is how one kind of declaration is written.
type kind struct {
	base string // the class that it is one of; "" for records, as names that a record does not have are errors
	// fields are the members that know its types: "name fun(…)", self left out.
	fields func(d node.Declaration) []string
	// more are the parameters of the namespace's method, behind the name.
	more string
}

// kinds are those that have types. An enum is like all others.
var kinds = map[string]kind{
	"event":      {"event", eventFields, "signature: string"},
	"record":     {"", recordFields, "fields: string[][]"},
	"option":     {"option", optionFields, "type: typename, default: any, opts?: option_opts"},
	"var":        {"var", varFields, "type: typename, initial?: any"},
	"set":        {"set", setFields, "type: typename, opts?: container_opts"},
	"map":        {"map", mapFields, "key: typename, value: typename, opts?: container_opts"},
	"vector":     {"vector", vectorFields, "type: typename"},
	"subnet_map": {"subnet_map", subnetMapFields, "type: typename"},
}

// class writes the class of one declaration.
func (k kind) class(b *strings.Builder, d node.Declaration) {
	name := className(d.ID)
	b.WriteString("---@class " + name)
	if k.base != "" {
		b.WriteString(": " + k.base)
	}
	b.WriteString("\n")
	for _, f := range k.fields(d) {
		f = strings.ReplaceAll(f, "fun(self, ", "fun(self: "+name+", ")
		b.WriteString("---@field " + strings.ReplaceAll(f, "fun(self)", "fun(self: "+name+")") + "\n")
	}
	if d.Kind == "record" {
		fmt.Fprintf(b, "\n---@class %s.type: record_type\n---@overload fun(fields: %[1]s|table): %[1]s\n", name)
	}
}

// className is the class of what has that full name.
func className(id string) string {
	if !strings.Contains(id, "::") {
		return "global." + id
	}
	return strings.ReplaceAll(id, "::", ".")
}

// params writes an event's arguments with what a caller puts there, or a handler gets.
func params(d node.Declaration, handler bool) string {
	var out []string
	for i, p := range d.Parts {
		name := p.Name
		if name == "" {
			name = fmt.Sprintf("arg%d", i+1)
		}
		if slices.Contains(keywords, name) || slices.ContainsFunc(d.Parts[:i], func(o node.DeclaredPart) bool { return o.Name == name }) {
			name = fmt.Sprintf("%s_%d", name, i+1)
		}
		typ := p.Takes
		if handler {
			typ = p.Gives
		}
		if p.Optional && (handler || trailing(d.Parts[i:])) {
			name += "?"
		} else if p.Optional {
			typ += "|nil"
		}
		out = append(out, name+": "+typ)
	}
	return strings.Join(out, ", ")
}

// trailing tells whether all parts are optional, so that they may be left out.
func trailing(parts []node.DeclaredPart) bool {
	return !slices.ContainsFunc(parts, func(p node.DeclaredPart) bool { return !p.Optional })
}

// keywords can't be names of parameters.
var keywords = []string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "fun", "function", "if", "in", "local", "nil", "not", "or",
	"repeat", "return", "self", "then", "true", "until", "while",
}

func eventFields(d node.Declaration) []string {
	takes := params(d, false)
	between := ""
	if takes != "" {
		between = ", "
	}
	return []string{
		"raise fun(self" + between + takes + ")",
		"on fun(self, fn: fun(" + params(d, true) + "), opts?: handler_opts): handler",
		"schedule fun(self, delay: intervallike" + between + takes + "): scheduled",
	}
}

func recordFields(d node.Declaration) (fields []string) {
	for _, p := range d.Parts {
		name := p.Name
		if p.Optional {
			name += "?"
		}
		fields = append(fields, name+" "+p.Gives)
	}
	return fields
}

// part returns what goes into one of the places and what comes out, nil where it may be.
func part(d node.Declaration, i int) (takes, gives string) {
	if i >= len(d.Parts) {
		return "any", "any"
	}
	p := d.Parts[i]
	if p.Optional {
		return p.Takes + "|nil", p.Gives + "|nil"
	}
	return p.Takes, p.Gives
}

func optionFields(d node.Declaration) []string {
	takes, gives := part(d, 0)
	return []string{
		"get fun(self): " + gives,
		"set fun(self, value: " + takes + ", location?: string): boolean, string?",
		"on_change fun(self, fn: fun(new: " + gives + ", old: " + gives + "): any, string?): option_handler",
	}
}

func varFields(d node.Declaration) []string {
	takes, gives := part(d, 0)
	return []string{
		"get fun(self): " + gives,
		"set fun(self, value: " + takes + ")",
		"on_replaced fun(self, fn: fun(new: " + gives + ", old: " + gives + "))",
	}
}

func setFields(d node.Declaration) []string {
	takes, gives := part(d, 0)
	return []string{
		"add fun(self, v: " + takes + ", ...: " + takes + "): boolean",
		"has fun(self, v: " + takes + "): boolean",
		"remove fun(self, v: " + takes + "): boolean",
		"each fun(self): fun(): " + gives,
	}
}

func mapFields(d node.Declaration) []string {
	key, keys := part(d, 0)
	value, values := part(d, 1)
	fields := []string{
		"get fun(self, k: " + key + "): " + values + "|nil",
		"get fun(self, k: " + key + ", default: " + values + "): " + values,
		"set fun(self, k: " + key + ", v: " + value + ")",
		"has fun(self, k: " + key + "): boolean",
		"remove fun(self, k: " + key + "): " + values + "|nil",
		"ensure fun(self, k: " + key + ", make: fun(): " + value + "): " + values,
		"each fun(self): fun(): " + keys + ", " + values,
	}
	return fields
}

func vectorFields(d node.Declaration) []string {
	takes, gives := part(d, 0)
	return []string{
		"get fun(self, i: integer): " + gives + "|nil",
		"set fun(self, i: integer, v: " + takes + ")",
		"push fun(self, v: " + takes + ", ...: " + takes + ")",
		"pop fun(self): " + gives + "|nil",
		"each fun(self): fun(): integer, " + gives,
	}
}

func subnetMapFields(d node.Declaration) []string {
	value, values := part(d, 1)
	return []string{
		"set fun(self, s: subnet, v: " + value + ")",
		"remove fun(self, s: subnet): " + values + "|nil",
		"lookup fun(self, a: addr): " + values + "|nil, subnet|nil",
		"each fun(self): fun(): subnet, " + values,
	}
}

// namespaces writes a class for each namespace, with one more method for each name that is declared in it.
func namespaces(b *strings.Builder, list []node.Declaration) {
	var order []string
	methods := map[string][]string{}
	for _, d := range list {
		k, ok := kinds[d.Kind]
		if !ok {
			continue
		}
		space, name := "", d.ID
		if at := strings.LastIndex(d.ID, "::"); at >= 0 {
			space, name = d.ID[:at], d.ID[at+2:]
		}
		if methods[space] == nil {
			order = append(order, space)
		}
		result := className(d.ID)
		if d.Kind == "record" {
			result += ".type"
		}
		methods[space] = append(methods[space], fmt.Sprintf("---@field %s fun(self: %s, name: %q, %s): %s", d.Kind, namespaceClass(space), name, k.more, result))
	}
	var overloads []string
	for _, space := range order {
		class := namespaceClass(space)
		fmt.Fprintf(b, "\n---@class %s: namespace\n%s\n", class, strings.Join(methods[space], "\n"))
		arg := ""
		if space != "" {
			arg = fmt.Sprintf("name: %q", space)
		}
		overloads = append(overloads, "---@overload fun("+arg+"): "+class)
	}
	if overloads != nil {
		b.WriteString("\n" + strings.Join(overloads, "\n") + "\n---@param name? string\n---@return namespace\nfunction namespace(name) end\n")
	}
}

func namespaceClass(space string) string {
	if space == "" {
		return "namespace_global"
	}
	return "namespace_" + strings.ReplaceAll(space, "::", ".")
}

// handlers writes what on takes by the events' full names.
func handlers(b *strings.Builder, list []node.Declaration) {
	some := false
	for _, d := range list {
		if d.Kind != "event" {
			continue
		}
		if !some {
			b.WriteString("\n")
			some = true
		}
		fmt.Fprintf(b, "---@overload fun(name: %q, fn: fun(%s), opts?: handler_opts): handler\n", d.ID, params(d, true))
	}
	if some {
		b.WriteString("---@param ev eventlike\n---@param fn fun(...)\n---@param opts? handler_opts\n---@return handler\nfunction on(ev, fn, opts) end\n")
	}
}
