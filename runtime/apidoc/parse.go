package apidoc

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	classLine    = regexp.MustCompile(`^@class (\w+)(?:: (\w+))?$`)
	fieldLine    = regexp.MustCompile(`^@field (\w+)(\??) (\S.*)$`)
	alsoLine     = regexp.MustCompile(`^@(?:field (\[\w+\] \S.*)|(operator \w+(?:\(\w+\))?: \S.*))$`)
	aliasLine    = regexp.MustCompile(`^@alias (\w+) (\S.*)$`)
	paramLine    = regexp.MustCompile(`^@param (\.\.\.|\w+)(\??) (\S.*)$`)
	genericLine  = regexp.MustCompile(`^@generic (\w+): (\S+)$`)
	ignoredLine  = regexp.MustCompile(`^@(?:async|deprecated|diagnostic|nodiscard|see)(?: |$)`)
	variableLine = regexp.MustCompile(`^(local )?([\w.]+) = \{\}$`)
	functionLine = regexp.MustCompile(`^function (?:(\w+)([.:]))?(\w+)\(([^)]*)\) end$`)
	indexedLine  = regexp.MustCompile(`^(\w+)\["([^"]+)"\] = function\(([^)]*)\) end$`)
)

// reader reads one file.
type reader struct {
	*Docs
	file  string
	line  int
	vars  map[string]*Entry // variable to class
	class *Entry            // whose fields or variable may follow

	// What the entry that follows has.
	comment   []commentLine
	params    []Param
	returns   []Return
	overloads []Signature
	generic   map[string]string // a letter that stands for a type
}

// read reads a file's text. It goes on behind a line that is wrong.
func (d *Docs) read(file, text string) error {
	r := &reader{Docs: d, file: file, vars: map[string]*Entry{}, generic: map[string]string{}}
	name := strings.TrimSuffix(file, ".d.lua")
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if lines[0] != "---@meta "+name {
		return fmt.Errorf("%s:1: does not begin with ---@meta %s", file, name)
	}
	head := headComment(lines)
	var errs []error
	for i, line := range lines[1:] {
		r.line = i + 2
		if err := r.read(line); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", file, r.line, err))
		}
	}
	if err := r.about(name, head); err != nil {
		errs = append(errs, fmt.Errorf("%s: %w", file, err))
	}
	return errors.Join(errs...)
}

// headComment returns the comment below the first line, which is about the whole file.
func headComment(lines []string) (head []commentLine) {
	for i, line := range lines[1:] {
		text, ok := strings.CutPrefix(line, "--")
		switch {
		case line == "" && len(head) == 0:
		case !ok || strings.HasPrefix(text, "-"):
			return head
		default:
			head = append(head, commentLine{strings.TrimPrefix(text, " "), i + 2})
		}
	}
	return head
}

// about puts a file's head before what its module says, or makes a topic of it.
func (r *reader) about(name string, head []commentLine) error {
	if len(head) == 0 {
		return nil
	}
	c, err := newComment(head)
	if err != nil {
		return err
	}
	for _, class := range r.vars {
		if class.Kind == Module && class.Name == name {
			class.Text = strings.TrimSpace(c.Text + "\n\n" + class.Text)
			return nil
		}
	}
	return r.add(&Entry{Name: name, Short: name, Kind: Topic, Comment: c, File: r.file, Line: head[0].line})
}

func (r *reader) read(line string) error {
	switch {
	case line == "":
		r.reset()
	case strings.HasPrefix(line, "---"):
		return r.annotation(strings.TrimPrefix(line[3:], " "))
	case line == "--", strings.HasPrefix(line, "-- "): // for readers of the file only
	case strings.HasPrefix(line, "return "): // what require gives
	default:
		err := r.code(line)
		r.reset()
		return err
	}
	return nil
}

func (r *reader) reset() {
	r.comment, r.params, r.returns, r.overloads, r.generic, r.class = nil, nil, nil, nil, map[string]string{}, nil
}

// cutType is the function of that name, with the type that a letter stands for.
func (r *reader) cutType(s string) (typ, text string) {
	typ, text = cutType(s)
	if bound := r.generic[typ]; bound != "" {
		typ = bound
	}
	return typ, text
}

// entry returns a new one with the comment before it.
func (r *reader) entry(kind Kind) (*Entry, error) {
	c, err := newComment(r.comment)
	r.comment = nil
	return &Entry{Kind: kind, Comment: c, File: r.file, Line: r.line}, err
}

// annotation reads a line that begins with three dashes.
func (r *reader) annotation(text string) error {
	if !strings.HasPrefix(text, "@") {
		r.comment = append(r.comment, commentLine{text, r.line})
		return nil
	}
	if m := match(classLine, "@class ", text); m != nil {
		return r.readClass(m[1], m[2])
	}
	if m := match(fieldLine, "@field ", text); m != nil {
		return r.readField(m[1], m[2] != "", m[3])
	}
	if m := match(alsoLine, "@", text); m != nil && r.class != nil {
		r.class.Also = append(r.class.Also, m[1]+m[2])
		return nil
	}
	if m := match(aliasLine, "@alias ", text); m != nil {
		e, err := r.entry(Alias)
		if err != nil {
			return err
		}
		e.Name, e.Short = m[1], m[1]
		e.Type, _ = cutType(m[2])
		return r.add(e)
	}
	if m := match(paramLine, "@param ", text); m != nil {
		p := Param{Name: m[1], Optional: m[2] != ""}
		p.Type, p.Text = r.cutType(m[3])
		r.params = append(r.params, p)
		return nil
	}
	if rest, ok := strings.CutPrefix(text, "@return "); ok {
		result := Return{}
		result.Type, rest = r.cutType(rest)
		result.Name, result.Text, _ = strings.Cut(rest, " ")
		r.returns = append(r.returns, result)
		return nil
	}
	if rest, ok := strings.CutPrefix(text, "@overload "); ok {
		return r.readOverload(rest)
	}
	if m := match(genericLine, "@generic ", text); m != nil {
		r.generic[m[1]] = m[2]
		return nil
	}
	if ignoredLine.MatchString(text) {
		return nil
	}
	return fmt.Errorf("can't read %q", "---"+text)
}

func (r *reader) readClass(name, parent string) error {
	if old := r.classes[name]; old != nil {
		return fmt.Errorf("class %s is at %s already", name, old.Place())
	}
	e, err := r.entry(Class)
	if err != nil {
		return err
	}
	e.Name, e.Short, e.Base = name, name, parent
	e.Overloads, r.overloads = r.overloads, nil
	r.class, r.classes[name] = e, e
	return r.add(e)
}

func (r *reader) readField(name string, optional bool, rest string) error {
	if r.class == nil {
		return errors.New("a field of no class")
	}
	e, err := r.entry(Field)
	if err != nil {
		return err
	}
	e.Name, e.Short, e.Class, e.Optional = r.class.Name+"."+name, name, r.class.Name, optional
	var text string
	if e.Type, text = cutType(rest); text != "" {
		e.Text = strings.TrimSpace(e.Text + "\n\n" + text)
	}
	return r.add(e)
}

func (r *reader) readOverload(typ string) error {
	s, ok := parseFun(typ)
	if !ok {
		return fmt.Errorf("can't read the function %q", typ)
	}
	if r.class != nil {
		r.class.Overloads = append(r.class.Overloads, s)
	} else {
		r.overloads = append(r.overloads, s)
	}
	return nil
}

// code reads a line of Lua: a function, or what a variable stands for.
func (r *reader) code(line string) error {
	if m := variableLine.FindStringSubmatch(line); m != nil {
		if r.class == nil {
			return fmt.Errorf("no ---@class above %q", line)
		}
		r.vars[m[2]] = r.class
		if m[1] == "" {
			r.becomesModule(r.class, m[2])
		}
		return nil
	}
	var variable, sep, name, params string
	if m := match(functionLine, "function ", line); m != nil {
		variable, sep, name, params = m[1], m[2], m[3], m[4]
	} else if m := indexedLine.FindStringSubmatch(line); m != nil {
		variable, name, params = m[1], m[2], m[3]
	} else {
		return fmt.Errorf("can't read %q", line)
	}
	e, err := r.entry(Function)
	if err != nil {
		return err
	}
	e.Name, e.Short = name, name
	if variable != "" {
		if err := r.belongs(e, variable, sep); err != nil {
			return err
		}
	}
	e.Returns, e.Overloads = r.returns, r.overloads
	if e.Params, err = r.parameters(params); err != nil {
		return fmt.Errorf("%s: %w", e.Name, err)
	}
	return r.add(e)
}

// becomesModule renames a class that turned out to be a predefined table, and its fields.
func (r *reader) becomesModule(class *Entry, name string) {
	rename := func(e *Entry, name string) {
		list := r.byName[e.Name]
		for i, o := range list {
			if o == e {
				list = append(list[:i:i], list[i+1:]...)
				break
			}
		}
		if r.byName[e.Name] = list; len(list) == 0 {
			delete(r.byName, e.Name)
		}
		e.Name = name
		r.byName[name] = append(r.byName[name], e)
	}
	class.Class, class.Kind = class.Name, Module
	rename(class, name)
	class.Short = name
	for _, m := range r.members[class.Class] {
		rename(m, name+"."+m.Short)
	}
}

// belongs makes a function a member of what the variable stands for.
func (r *reader) belongs(e *Entry, variable, sep string) error {
	class := r.vars[variable]
	if class == nil {
		return fmt.Errorf("nothing says which class %s is", variable)
	}
	isModule := class.Kind == Module
	if sep == "." && !isModule || sep == ":" && isModule {
		return fmt.Errorf("functions of modules have a dot, methods of objects a colon, not %s%s%s", variable, sep, e.Short)
	}
	switch sep {
	case "":
		e.Kind, e.Class = Event, class.Name
	case ".":
		e.Name, e.Class = class.Name+"."+e.Short, class.Class
	case ":":
		e.Name, e.Class, e.Kind = class.Name+":"+e.Short, class.Name, Method
	}
	return nil
}

// parameters compares the list in the line of Lua with the annotations.
func (r *reader) parameters(list string) ([]Param, error) {
	var names []string
	for _, p := range r.params {
		names = append(names, p.Name)
	}
	if described := strings.Join(names, ", "); described != list {
		return nil, fmt.Errorf("describes the parameters (%s), has (%s)", described, list)
	}
	return r.params, nil
}

// match is FindStringSubmatch for what begins with a prefix, which most lines do not: the definitions are read when a node
// starts.
func match(re *regexp.Regexp, prefix, text string) []string {
	if !strings.HasPrefix(text, prefix) {
		return nil
	}
	return re.FindStringSubmatch(text)
}
