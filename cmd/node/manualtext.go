package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/apidoc"
)

// manual writes entries for people.
type manual struct {
	c    *console.Console
	docs *apidoc.Docs
}

// write writes one entry: how it is called, what it says, its parameters or members, and its examples.
func (m *manual) write(e *apidoc.Entry) error {
	m.title(e)
	m.text(e.Text)
	if err := m.signature(e.Signature); err != nil {
		return err
	}
	if err := m.options(e); err != nil {
		return err
	}
	if err := m.members(e); err != nil {
		return err
	}
	m.text(e.Raises)
	if twin := e.Class + ":" + twinPrefix + e.Short; e.Kind == apidoc.Method && m.docs.Lookup(twin) != nil {
		m.text("Also as " + twinPrefix + e.Short + ".")
	}
	if e.From != "" {
		m.text("From: " + e.From)
	}
	for _, x := range e.Examples {
		m.line("")
		for _, line := range strings.Split(x.Code, "\n") {
			m.line(m.code(line))
		}
	}
	return nil
}

func (m *manual) line(text string) { fmt.Fprintln(m.c.Stdout(), text) }

var luaComment = regexp.MustCompile(`--[ >!].*$`)

// code indents a line of Lua, and has its comment stand back.
func (m *manual) code(line string) string {
	if line == "" {
		return ""
	}
	return "    " + luaComment.ReplaceAllStringFunc(line, m.c.Paints().Dim)
}

// title writes the name as it is used, and each other way to call it.
func (m *manual) title(e *apidoc.Entry) {
	name := e.Name
	switch {
	case e.Kind == apidoc.Event:
		name = fmt.Sprintf("on(%q, function(%s) end)", e.Name, call(e.Signature))
	case e.Callable():
		name += "(" + call(e.Signature) + ")"
	case e.Type != "":
		name += optionalMark(e.Optional) + ": " + e.Type
	case e.Base != "":
		name += ": " + e.Base
	}
	m.line(m.c.Paints().Bold(name) + "  " + m.c.Paints().Dim(string(e.Kind)))
	for _, o := range e.Overloads {
		var parts []string
		for _, p := range o.Params {
			if strings.HasPrefix(p.Type, `"`) && !strings.Contains(p.Type, "|") {
				parts = append(parts, p.Type)
				continue
			}
			parts = append(parts, p.Name+optionalMark(p.Optional)+": "+p.Type)
		}
		m.line("  or " + e.Name + "(" + strings.Join(parts, ", ") + ")")
	}
}

// call is a parameter list without types.
func call(s apidoc.Signature) string {
	var names []string
	for _, p := range s.Params {
		names = append(names, p.Name+optionalMark(p.Optional))
	}
	return strings.Join(names, ", ")
}

func optionalMark(optional bool) string {
	if optional {
		return "?"
	}
	return ""
}

// contents writes what there is of one kind: modules and topics with what they are about, of others only the names.
func (m *manual) contents(title string, kind apidoc.Kind, list []*apidoc.Entry) error {
	m.line(m.c.Paints().Bold(title))
	if kind == apidoc.Module || kind == apidoc.Topic {
		t := m.c.Table()
		t.Wrap()
		for _, e := range list {
			t.Row("  "+e.Name, e.Summary())
		}
		return t.Write()
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name)
	}
	for _, line := range console.Wrap(strings.Join(names, ", "), m.c.TextWidth()-2) {
		m.line("  " + line)
	}
	return nil
}

// text writes paragraphs and lists, wrapped; what is indented is left as it is.
func (m *manual) text(text string) {
	if text == "" {
		return
	}
	for _, paragraph := range strings.Split(text, "\n\n") {
		m.line("")
		for _, part := range paragraphParts(paragraph) {
			if strings.HasPrefix(part, "  ") {
				m.line("  " + part)
				continue
			}
			indent := ""
			if strings.HasPrefix(part, "* ") {
				indent = "  "
			}
			for i, line := range console.Wrap(part, m.c.TextWidth()) {
				if i > 0 {
					line = indent + line
				}
				m.line(line)
			}
		}
	}
}

// paragraphParts divides a paragraph into running text, the entries of a list, and lines that are indented.
func paragraphParts(paragraph string) (parts []string) {
	running := false
	for _, line := range strings.Split(paragraph, "\n") {
		inList := len(parts) > 0 && strings.HasPrefix(parts[len(parts)-1], "* ")
		switch {
		case strings.HasPrefix(line, "  ") && !inList:
			parts, running = append(parts, line), false
		case strings.HasPrefix(line, "* ") || !running:
			parts, running = append(parts, line), true
		default:
			parts[len(parts)-1] += "\n" + line
		}
	}
	return parts
}

// signature writes a table of what goes in and comes out.
func (m *manual) signature(s apidoc.Signature) error {
	if len(s.Params)+len(s.Returns) == 0 {
		return nil
	}
	m.line("")
	t := m.c.Table()
	t.Wrap()
	for _, p := range s.Params {
		typedRow(t, p.Name+optionalMark(p.Optional), p.Type, p.Text)
	}
	for _, r := range s.Returns {
		typedRow(t, "returns", r.Type, strings.TrimSpace(r.Name+" "+r.Text))
	}
	return t.Write()
}

// widestType is how wide a type may be to have a column.
const widestType = 30

// typedRow adds a row about something with a type.
func typedRow(t *console.Table, name, typ, text string) {
	if len(typ) > widestType {
		if text != "" {
			typ += "; "
		}
		typ, text = "", typ+text
	}
	t.Row("  "+name, typ, text)
}

var typeName = regexp.MustCompile(`\w+`)

// options writes the fields of tables of options that a function takes, and what other types there are to look at.
func (m *manual) options(e *apidoc.Entry) error {
	if !e.Callable() {
		return nil
	}
	var see []string
	for _, p := range slices.Concat([]apidoc.Signature{e.Signature}, e.Overloads) {
		for _, p := range p.Params {
			for _, word := range typeName.FindAllString(p.Type, -1) {
				c := m.docs.Classes()[word]
				if c == nil || slices.Contains(see, word) {
					continue
				}
				see = append(see, word)
				if c.Kind == apidoc.Class && takesOptions(word) {
					m.line("")
					m.line(word + ":")
					if err := m.table(slices.Concat(indexed(c), m.docs.Members(word))); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// takesOptions tells whether a class is a table of options by its name.
func takesOptions(class string) bool {
	return strings.HasSuffix(class, "_opts") || strings.HasSuffix(class, "_spec") || strings.HasSuffix(class, "_config")
}

// members writes what a module or class has.
func (m *manual) members(e *apidoc.Entry) error {
	class := e.ClassName()
	if class == "" {
		return nil
	}
	var fields, functions []*apidoc.Entry
	for _, member := range m.docs.Members(class) {
		if member.Kind == apidoc.Field {
			fields = append(fields, member)
		} else {
			functions = append(functions, member)
		}
	}
	fields = append(fields, indexed(e)...)
	shown := withoutTwins(functions)
	for _, list := range [][]*apidoc.Entry{shown, fields} {
		if len(list) == 0 {
			continue
		}
		m.line("")
		if err := m.table(list); err != nil {
			return err
		}
	}
	if len(shown) < len(functions) {
		m.text("Each also as " + twinPrefix + "…, such as " + twinPrefix + shown[0].Short + ".")
	}
	return nil
}

// indexed returns the operators and the fields without a name that a class has.
func indexed(e *apidoc.Entry) (fields []*apidoc.Entry) {
	for _, also := range e.Also {
		field := &apidoc.Entry{Kind: apidoc.Field}
		if field.Short, field.Type, _ = strings.Cut(also, ": "); strings.HasPrefix(also, "[") {
			field.Short, field.Type, _ = strings.Cut(also, " ")
			field.Type, field.Text, _ = strings.Cut(field.Type, " ")
		}
		fields = append(fields, field)
	}
	return fields
}

// twinPrefix begins the name of an expectation that says the opposite of another one.
const twinPrefix = "never_"

// withoutTwins leaves out what another entry of the list says already.
func withoutTwins(list []*apidoc.Entry) []*apidoc.Entry {
	return slices.DeleteFunc(slices.Clone(list), func(e *apidoc.Entry) bool {
		of, ok := strings.CutPrefix(e.Short, twinPrefix)
		return ok && slices.ContainsFunc(list, func(o *apidoc.Entry) bool { return o.Class == e.Class && o.Short == of })
	})
}

// table writes a line for each member.
func (m *manual) table(list []*apidoc.Entry) error {
	t := m.c.Table()
	t.Wrap()
	for _, e := range list {
		switch {
		case e.Kind == apidoc.Event:
			t.Row("  "+e.Name, e.Summary())
		case e.Callable():
			t.Row("  "+e.Short+"("+call(e.Signature)+")", e.Summary())
		default:
			typedRow(t, e.Short+optionalMark(e.Optional), e.Type, e.Text)
		}
	}
	return t.Write()
}
