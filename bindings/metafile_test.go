package bindings_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"moonpeer/runtime/luavm"
	"moonpeer/scripts"
)

// definitions are the editor definitions in scripts/meta, read line by line. They keep to a few forms, and a line of
// any other form is an error, so that nothing is overlooked:
//
//	---@class NAME                       what follows up to the next line of Lua are its @fields
//	NAME = {}    local NAME = {}         the variable that stands for the class above
//	function NAME(a, ...) end            a global
//	function VARIABLE.NAME(a) end        a function of a module
//	function VARIABLE:NAME(a) end        a method of an object
//	VARIABLE["NAME"] = function(a) end   a member whose name is no word: an event
type definitions struct {
	entries []*entry
	byName  map[string]*entry // "brokerlib.publish", "event.raise"; "on" for a global
	classes map[string]*class
	vars    map[string]string // variable to class, within a file
}

// class is one @class.
type class struct {
	name, parent, place string
	doc                 []string
}

// entry is one documented name.
type entry struct {
	class     string // "" for a global
	name      string
	place     string // file:line
	function  bool
	params    []string // of the declaration
	overloads []string
	typ       string   // of a field
	doc       []string // lines of the comment, without the dashes
}

// id is how messages and lists call the entry.
func (e *entry) id() string {
	if e.class == "" {
		return e.name
	}
	return e.class + "." + e.name
}

var (
	classLine    = regexp.MustCompile(`^---@class (\w+)(?:: (\w+))?$`)
	fieldLine    = regexp.MustCompile(`^---@field (\w+)(\??) (\S.*)$`)
	otherLine    = regexp.MustCompile(`^---@(param|return|field \[\w+\]|operator \w+(\(\w+\))?:|alias \w+|meta \w+)( |$)`)
	variableLine = regexp.MustCompile(`^(?:local )?([\w.]+) = \{\}$`)
	functionLine = regexp.MustCompile(`^function (?:(\w+)([.:]))?(\w+)\(([^)]*)\) end$`)
	indexedLine  = regexp.MustCompile(`^(\w+)\["([^"]+)"\] = function\(([^)]*)\) end$`)
	paramLine    = regexp.MustCompile(`^@param (\.\.\.|\w+)(\??) \S`)
)

// readDefinitions reads every file of scripts/meta.
func readDefinitions(t *testing.T) *definitions {
	t.Helper()
	d := &definitions{byName: map[string]*entry{}, classes: map[string]*class{}}
	files, err := fs.Glob(scripts.Meta, "meta/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatalf("no definitions: %v", err)
	}
	for _, file := range files {
		src, err := scripts.Meta.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := luavm.Compile(file, string(src)); err != nil {
			t.Errorf("%v", err)
		}
		if !strings.HasPrefix(string(src), "---@meta "+strings.TrimSuffix(path.Base(file), ".d.lua")+"\n") {
			t.Errorf("%s: does not begin with ---@meta and its name", file)
		}
		d.vars = map[string]string{}
		if err := d.read(path.Base(file), strings.Split(string(src), "\n")); err != nil {
			t.Errorf("%v", err)
		}
	}
	return d
}

// reader reads one file.
type reader struct {
	*definitions
	place     string // of the line
	cls       *class // whose fields or variable may follow
	doc       []string
	overloads []string
}

func (d *definitions) read(file string, lines []string) error {
	r := reader{definitions: d}
	for i, line := range lines {
		r.place = fmt.Sprintf("%s:%d", file, i+1)
		var err error
		switch {
		case line == "":
			r.doc, r.overloads, r.cls = nil, nil, nil
		case strings.HasPrefix(line, "---"):
			err = r.comment(line)
		case line == "--", strings.HasPrefix(line, "-- "): // for readers of the file only
		case strings.HasPrefix(line, "return "): // what require gives
		default:
			err = r.code(line)
			r.doc, r.overloads, r.cls = nil, nil, nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.place, err)
		}
	}
	return nil
}

// comment reads a line of a definition's comment.
func (r *reader) comment(line string) error {
	if m := classLine.FindStringSubmatch(line); m != nil {
		if r.classes[m[1]] != nil {
			return fmt.Errorf("class %s is there twice", m[1])
		}
		r.cls = &class{name: m[1], parent: m[2], place: r.place, doc: r.doc}
		r.classes[m[1]] = r.cls
		r.doc = nil
		return nil
	}
	if m := fieldLine.FindStringSubmatch(line); m != nil {
		if r.cls == nil {
			return errors.New("a field of no class")
		}
		return r.add(&entry{class: r.cls.name, name: m[1], place: r.place, typ: m[3]})
	}
	if overload, ok := strings.CutPrefix(line, "---@overload "); ok {
		r.overloads = append(r.overloads, overload)
		return nil
	}
	if strings.HasPrefix(line, "---@") && !otherLine.MatchString(line) {
		return fmt.Errorf("can't read %q", line)
	}
	r.doc = append(r.doc, strings.TrimPrefix(strings.TrimPrefix(line, "---"), " "))
	return nil
}

// code reads a line of Lua: a function, or what a variable stands for.
func (r *reader) code(line string) error {
	e := &entry{place: r.place, function: true, doc: r.doc, overloads: r.overloads}
	var variable, sep, params string
	if m := variableLine.FindStringSubmatch(line); m != nil {
		if r.cls == nil {
			return fmt.Errorf("no ---@class above %q", line)
		}
		r.vars[m[1]] = r.cls.name
		return nil
	} else if m := functionLine.FindStringSubmatch(line); m != nil {
		variable, sep, e.name, params = m[1], m[2], m[3], m[4]
	} else if m := indexedLine.FindStringSubmatch(line); m != nil {
		variable, e.name, params = m[1], m[2], m[3]
	} else {
		return fmt.Errorf("can't read %q", line)
	}
	if variable != "" {
		if e.class = r.vars[variable]; e.class == "" {
			return fmt.Errorf("nothing says which class %s is", variable)
		}
		if isModule := strings.HasSuffix(e.class, "lib"); sep == "." && !isModule || sep == ":" && isModule {
			return fmt.Errorf("functions of modules have a dot, methods of objects a colon, not %s%s%s", variable, sep, e.name)
		}
	}
	if params != "" {
		e.params = strings.Split(params, ", ")
	}
	return r.add(e)
}

func (d *definitions) add(e *entry) error {
	if old := d.byName[e.id()]; old != nil {
		return fmt.Errorf("%s is at %s already", e.id(), old.place)
	}
	d.byName[e.id()] = e
	d.entries = append(d.entries, e)
	return nil
}

// members returns the entries of a class and its parent by name; of the globals, that is functions, for "".
func (d *definitions) members(class string) map[string]*entry {
	found := map[string]*entry{}
	for _, e := range d.entries {
		if e.class == class {
			found[e.name] = e
		}
	}
	if c := d.classes[class]; c != nil && c.parent != "" {
		maps.Copy(found, d.members(c.parent))
	}
	return found
}

// sortedClasses returns the classes by name.
func (d *definitions) sortedClasses() []*class {
	return slices.SortedFunc(maps.Values(d.classes), func(a, b *class) int { return strings.Compare(a.name, b.name) })
}

// TestDefinitionsAreWhole: every function says what it does, and describes exactly the parameters that it has.
func TestDefinitionsAreWhole(t *testing.T) {
	for _, e := range readDefinitions(t).entries {
		if !e.function {
			continue
		}
		var described []string
		says := false
		for _, line := range e.doc {
			switch m := paramLine.FindStringSubmatch(line); {
			case m != nil:
				described = append(described, m[1])
			case strings.HasPrefix(line, "@param"):
				t.Errorf("%s: %s: can't read %q", e.place, e.id(), line)
			case !strings.HasPrefix(line, "@"):
				says = says || line != ""
			}
		}
		if !says {
			t.Errorf("%s: %s: says nothing", e.place, e.id())
		}
		if !slices.Equal(described, e.params) {
			t.Errorf("%s: %s: describes the parameters %q, has %q", e.place, e.id(), described, e.params)
		}
	}
}
