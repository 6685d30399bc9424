package apidoc

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"moonpeer/scripts"
)

// Kind says what an Entry is.
type Kind string

// The kinds; doc.go shows their names.
const (
	Module   Kind = "module"
	Function Kind = "function"
	Method   Kind = "method"
	Field    Kind = "field"
	Class    Kind = "class"
	Event    Kind = "event"
	Alias    Kind = "alias"
	Topic    Kind = "topic"
)

// Entry is one documented name.
type Entry struct {
	Name  string `json:"name"` // as scripts and people write it
	Kind  Kind   `json:"kind"`
	Class string `json:"class,omitempty"`  // of a member, and of a module, the class in the definitions
	Short string `json:"-"`                // the last part of Name
	Base  string `json:"parent,omitempty"` // of a class: whose members it has, too

	Type      string      `json:"type,omitempty"` // of fields and aliases
	Optional  bool        `json:"optional,omitempty"`
	Signature             // of functions, methods and events
	Overloads []Signature `json:"overloads,omitempty"` // other ways to call it, or a class's value
	Also      []string    `json:"also,omitempty"`      // operators and indexed fields of a class, as they are written

	Comment
	File string `json:"file"`
	Line int    `json:"line"`
}

// Comment is what is said about an entry. Texts are Markdown, with the lines that the file has.
type Comment struct {
	Text     string    `json:"text,omitempty"`
	Raises   string    `json:"raises,omitempty"`
	From     string    `json:"from,omitempty"` // without the word
	Examples []Example `json:"examples,omitempty"`
}

// Example is one block of Lua.
type Example struct {
	Code string `json:"code"`
	Line int    `json:"line"` // of its first line
}

// Signature is what a call takes and gives.
type Signature struct {
	Params  []Param  `json:"params,omitempty"`
	Returns []Return `json:"returns,omitempty"`
}

// Param is one parameter; the one called "..." stands for any number of arguments.
type Param struct {
	Name     string `json:"name"`
	Type     string `json:"type,omitempty"`
	Optional bool   `json:"optional,omitempty"`
	Text     string `json:"text,omitempty"`
}

// Return is one result.
type Return struct {
	Type string `json:"type"`
	Name string `json:"name,omitempty"`
	Text string `json:"text,omitempty"`
}

// Callable tells whether it is a function, a method or an event.
func (e *Entry) Callable() bool { return e.Kind == Function || e.Kind == Method || e.Kind == Event }

// Place is where the entry stands.
func (e *Entry) Place() string { return fmt.Sprintf("%s:%d", e.File, e.Line) }

// Summary is the first sentence of what is said.
func (e *Entry) Summary() string {
	text, _, _ := strings.Cut(e.Text, "\n\n")
	text = strings.Join(strings.Fields(text), " ")
	for i := range len(text) {
		if text[i] == '.' && (i+1 == len(text) || text[i+1] == ' ') && i > 1 && text[i-2] != '.' {
			return text[:i+1]
		}
	}
	return text
}

// Docs is what all files say.
type Docs struct {
	Entries []*Entry // in the order of the files and their lines; a topic comes first in its file

	byName  map[string][]*Entry
	classes map[string]*Entry   // classes and modules by their name in the definitions
	members map[string][]*Entry // by class
}

var embedded = sync.OnceValues(func() (*Docs, error) {
	files, err := fs.Sub(scripts.Meta, "meta")
	if err != nil {
		return nil, err
	}
	return Read(files)
})

// Embedded returns what the definitions say that the program brings along. They are shared: don't change them.
func Embedded() (*Docs, error) { return embedded() }

// Read reads every definition in the top of a folder. Where something is wrong the others are read all the same, so that
// one error names all lines.
func Read(files fs.FS) (*Docs, error) {
	d := &Docs{byName: map[string][]*Entry{}, classes: map[string]*Entry{}, members: map[string][]*Entry{}}
	names, err := fs.Glob(files, "*.d.lua")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("no definitions (*.d.lua)")
	}
	var errs []error
	for _, name := range names {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if err := d.read(path.Base(name), string(src)); err != nil {
			errs = append(errs, err)
		}
	}
	return d, errors.Join(errs...)
}

// add takes an entry, which no other one of its kind may be.
func (d *Docs) add(e *Entry) error {
	for _, old := range d.byName[e.Name] {
		if old.Kind == e.Kind {
			return fmt.Errorf("%s is at %s already", e.Name, old.Place())
		}
	}
	d.Entries = append(d.Entries, e)
	d.byName[e.Name] = append(d.byName[e.Name], e)
	if e.Class != "" && e.Kind != Module {
		d.members[e.Class] = append(d.members[e.Class], e)
	}
	return nil
}

// Classes returns classes and modules by the name that they have in the definitions.
func (d *Docs) Classes() map[string]*Entry { return d.classes }

// Members returns what a class has, what it has from its parent last. The class is named as in the definitions:
// "brokerlib" for the module broker, "" for globals.
func (d *Docs) Members(class string) (all []*Entry) {
	if class == "" {
		for _, e := range d.Entries {
			if e.Kind == Function && e.Class == "" {
				all = append(all, e)
			}
		}
		return all
	}
	for seen := map[string]bool{}; class != "" && !seen[class]; {
		seen[class] = true
		for _, e := range d.members[class] {
			if !slices.ContainsFunc(all, func(o *Entry) bool { return o.Short == e.Short }) {
				all = append(all, e)
			}
		}
		c := d.classes[class]
		if c == nil {
			break
		}
		class = c.Base
	}
	return all
}

// ClassName is how the definitions call what a class or module has: the name for Members.
func (e *Entry) ClassName() string {
	switch e.Kind {
	case Class:
		return e.Name
	case Module:
		return e.Class
	}
	return ""
}

// Lookup returns the entries that a name may mean. Dots and colons are told apart where both exist ("event.raise",
// "event:raise"), members are found through the types of fields ("connection.id.orig_h", "broker.options.default_port")
// and of parents ("set:clear").
func (d *Docs) Lookup(name string) []*Entry {
	if found := d.byName[name]; found != nil {
		return found
	}
	at := strings.LastIndexAny(name, ".:")
	if at <= 0 || at == len(name)-1 {
		return nil
	}
	var found []*Entry
	for _, owner := range d.Lookup(name[:at]) {
		class := owner.ClassName()
		if owner.Kind == Field {
			class = owner.Type
		}
		if class == "" {
			continue
		}
		for _, m := range d.Members(class) {
			if m.Short == name[at+1:] && !slices.Contains(found, m) {
				found = append(found, m)
			}
		}
	}
	return found
}

// Arity returns the smallest and the largest number of arguments that "module.function", "class:method" or a global
// takes, all overloads considered; the largest is -1 where any number goes. What stands before a colon is not counted.
func (d *Docs) Arity(name string) (least, most int, ok bool) {
	for _, e := range d.Lookup(name) {
		if e.Callable() {
			least, most = e.Arity()
			return least, most, true
		}
	}
	return 0, 0, false
}

// Arity is Docs.Arity for an entry.
func (e *Entry) Arity() (least, most int) {
	least, most = e.Signature.arity()
	for _, o := range e.Overloads {
		l, m := o.arity()
		least = min(least, l)
		if m < 0 || most < 0 {
			most = -1
		} else {
			most = max(most, m)
		}
	}
	return least, most
}

func (s Signature) arity() (least, most int) {
	for i, p := range s.Params {
		switch {
		case p.Name == "...":
			return least, -1
		case !p.Optional:
			least = i + 1
		}
	}
	return least, len(s.Params)
}
