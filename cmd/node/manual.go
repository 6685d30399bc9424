package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
)

type docCommand struct {
	JSON   bool   `name:"json" help:"Write one line of JSON."`
	Search string `name:"search" placeholder:"TEXT" help:"List what says these words, best first."`
	Name   string `arg:"" name:"name" optional:"" free:"" help:"A function, method, module, class, event or option; also what Zeek calls it. Without one, the modules."`
}

func (c *docCommand) examples() string {
	return `
%[1]s doc broker.publish
%[1]s doc set:add
%[1]s doc timer
%[1]s doc Cluster::publish_hrw
%[1]s doc '&create_expire'
%[1]s doc --search "how often"`
}

// docAnswer is what --json writes for a name.
type docAnswer struct {
	Name    string          `json:"name"`
	Entries []*apidoc.Entry `json:"entries"`
	Members []*apidoc.Entry `json:"members,omitempty"` // of modules and classes among them
	Related []string        `json:"related,omitempty"` // what else speaks of a name of Zeek's
	Manual  string          `json:"manual,omitempty"`  // where Lua's own functions are described
}

// docLine is one of what --json lists.
type docLine struct {
	Name    string      `json:"name"`
	Kind    apidoc.Kind `json:"kind"`
	Summary string      `json:"summary"`
}

// Run implements node doc.
func (c *docCommand) Run(inv *invocation) error {
	docs, err := apidoc.Embedded()
	if err != nil {
		return err
	}
	switch {
	case c.Search != "" && c.Name != "":
		return usagef("doc", "a name and --search exclude each other")
	case c.Search != "":
		return c.search(inv, docs)
	case c.Name == "":
		return c.contents(inv, docs)
	}
	found, related := docs.Find(c.Name)
	if len(found) == 0 {
		if own := apidoc.LuaOf(strings.TrimSuffix(c.Name, "()")); own != "" {
			return c.lua(inv, own)
		}
		if isLua(c.Name) {
			return c.lua(inv, c.Name)
		}
	}
	if len(found) == 0 {
		return c.unknown(inv, docs)
	}
	if c.JSON {
		return inv.console.JSON(newDocAnswer(c.Name, docs, found, related))
	}
	return c.show(inv, docs, found, related)
}

func newDocAnswer(name string, docs *apidoc.Docs, found, related []*apidoc.Entry) docAnswer {
	a := docAnswer{Name: name, Entries: found}
	for _, e := range found {
		if class := e.ClassName(); class != "" {
			a.Members = append(a.Members, docs.Members(class)...)
		}
	}
	for _, e := range related {
		a.Related = append(a.Related, e.Name)
	}
	return a
}

// shownWhole is how many entries of one name are shown with all that they say: set is a function and a class.
const shownWhole = 3

func (c *docCommand) show(inv *invocation, docs *apidoc.Docs, found, related []*apidoc.Entry) error {
	if len(found) > shownWhole {
		return listed(inv.console, found, len(found))
	}
	for i, e := range found {
		if i > 0 {
			fmt.Fprintln(inv.console.Stdout())
		}
		if err := (&manual{inv.console, docs}).write(e); err != nil {
			return err
		}
	}
	var names []string
	for _, e := range related {
		names = append(names, e.Name)
	}
	for _, e := range found {
		for _, class := range returned(docs, e) {
			if !slices.Contains(names, class) && !slices.ContainsFunc(found, func(f *apidoc.Entry) bool { return f.Name == class }) {
				names = append(names, class)
			}
		}
	}
	if f := found[0]; f.Kind == apidoc.Field && len(found) == 1 {
		names = append(names, docs.Classes()[f.Class].Name)
	}
	if len(names) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(inv.console.Stdout(), "\nSee also: %s\n", strings.Join(names, ", "))
	return err
}

// returned names the classes of what a function returns: what can be done with it stands there.
func returned(docs *apidoc.Docs, e *apidoc.Entry) (classes []string) {
	for _, r := range e.Returns {
		if c := docs.Classes()[strings.TrimSuffix(r.Type, "?")]; c != nil && c.Kind == apidoc.Class {
			classes = append(classes, c.Name)
		}
	}
	return classes
}

// isLua tells whether Lua itself has a function or library of that name.
func isLua(name string) bool {
	vm := luavm.New(luavm.Options{}).State()
	library, field, member := strings.Cut(name, ".")
	v := vm.GetGlobal(library)
	if member && v.Type().String() == "table" {
		v = vm.GetField(v, field)
	}
	kind := v.Type().String()
	return kind == "function" || kind == "table" && !member
}

// luaSections are where the manual of Lua describes its libraries.
var luaSections = map[string]string{
	"coroutine": "5.2", "string": "5.4", "table": "5.5", "math": "5.6", "io": "5.7", "os": "5.8", "debug": "5.9",
}

// lua tells where a function or library of Lua's own is described that has the name that was asked for, or stands for it.
func (c *docCommand) lua(inv *invocation, own string) error {
	url := "https://www.lua.org/manual/5.1/manual.html#" + cmp.Or(luaSections[own], "pdf-"+own)
	if c.JSON {
		return inv.console.JSON(docAnswer{Name: c.Name, Entries: []*apidoc.Entry{}, Manual: url})
	}
	what := own + " is Lua's own"
	if own != c.Name {
		what = fmt.Sprintf("%s of Zeek's is Lua's own %s here", c.Name, own)
	}
	_, err := fmt.Fprintf(inv.console.Stdout(), "%s: %s\n", what, url)
	return err
}

// unknown says what may have been meant.
func (c *docCommand) unknown(inv *invocation, docs *apidoc.Docs) error {
	if near := nearName(c.Name, docs.Names()); near != "" {
		return fmt.Errorf("nothing is called %q (did you mean %s?)", c.Name, near)
	}
	if n := len(docs.Search(c.Name)); n > 0 {
		return fmt.Errorf("nothing is called %q, but %d entries speak of it: %s doc --search %[1]q lists them", c.Name, n, inv.program)
	}
	return fmt.Errorf("nothing is called %q: %s doc lists the modules, %[2]s doc --search TEXT what speaks of something", c.Name, inv.program)
}

// nearName returns the name that one letter or two make of what somebody has typed; empty if there is none, and of so few
// letters that they are any name. What is further off would be taken for an answer.
func nearName(name string, names []string) string {
	const least, most = 4, 2
	best, bestAt := "", most+1
	if len(name) < least {
		return ""
	}
	slices.Sort(names)
	for _, n := range names {
		if at := script.Distance(strings.ToLower(name), strings.ToLower(n)); at < bestAt {
			best, bestAt = n, at
		}
	}
	return best
}

// mostFound is how many lines a search writes.
const mostFound = 25

func (c *docCommand) search(inv *invocation, docs *apidoc.Docs) error {
	found := docs.Search(c.Search)
	if c.JSON {
		return inv.console.JSON(map[string]any{"search": c.Search, "found": docLines(found)})
	}
	if len(found) == 0 {
		return fmt.Errorf("nothing says %q; try one word of it", c.Search)
	}
	return listed(inv.console, found, mostFound)
}

func docLines(entries []*apidoc.Entry) []docLine {
	lines := []docLine{}
	for _, e := range entries {
		lines = append(lines, docLine{e.Name, e.Kind, e.Summary()})
	}
	return lines
}

// listed writes a line for each of the first entries.
func listed(c *console.Console, entries []*apidoc.Entry, most int) error {
	entries = withoutTwins(entries)
	t := c.Table("name", "what", "")
	t.Wrap()
	for _, e := range entries[:min(most, len(entries))] {
		t.Row(e.Name, string(e.Kind), e.Summary())
	}
	err := t.Write()
	if more := len(entries) - most; more > 0 {
		_, moreErr := fmt.Fprintf(c.Stderr(), "info: %d more; --json has all\n", more)
		err = errors.Join(err, moreErr)
	}
	return err
}

// contents lists what there is: modules, then topics, then what has no module.
func (c *docCommand) contents(inv *invocation, docs *apidoc.Docs) error {
	parts := []struct {
		title string
		kind  apidoc.Kind
		list  []*apidoc.Entry
	}{{title: "Modules", kind: apidoc.Module}, {title: "Topics", kind: apidoc.Topic}, {title: "Globals"}, {title: "Events", kind: apidoc.Event}}
	for i := range parts {
		p := &parts[i]
		for _, e := range docs.Entries {
			if p.kind == e.Kind || p.kind == "" && e.Kind == apidoc.Function && e.Class == "" {
				p.list = append(p.list, e)
			}
		}
	}
	if c.JSON {
		all := map[string][]docLine{}
		for _, p := range parts {
			all[strings.ToLower(p.title)] = docLines(p.list)
		}
		return inv.console.JSON(all)
	}
	m := &manual{inv.console, docs}
	for i, p := range parts {
		if i > 0 {
			m.line("")
		}
		if err := m.contents(p.title, p.kind, p.list); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(inv.console.Stdout(), "\n%s doc NAME tells more, %[1]s doc --search TEXT finds what says something.\n", inv.program)
	return err
}
