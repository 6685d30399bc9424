package apidoc_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/luavm"
	"moonpeer/scripts"
)

func embedded(t *testing.T) *apidoc.Docs {
	t.Helper()
	d, err := apidoc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestEmbedded: everything has a text, all types are known, and the files are Lua.
func TestEmbedded(t *testing.T) {
	d := embedded(t)
	for _, e := range d.Entries {
		whole := e.Kind != apidoc.Field && e.Kind != apidoc.Alias
		if whole && (e.Text == "" || e.Summary() == "") {
			t.Errorf("%s: %s %s says nothing", e.Place(), e.Kind, e.Name)
		}
		if e.Kind == apidoc.Class && e.Base != "" && d.Classes()[e.Base] == nil {
			t.Errorf("%s: there is no class %s", e.Place(), e.Base)
		}
		for i, p := range e.Params {
			if p.Name == "..." && i != len(e.Params)-1 {
				t.Errorf("%s: %s: ... is not the last parameter", e.Place(), e.Name)
			}
			if i > 0 && e.Params[i-1].Optional && !p.Optional && p.Name != "..." {
				t.Errorf("%s: %s: %s may not be left out, but what is before it may", e.Place(), e.Name, p.Name)
			}
		}
		if found := d.Lookup(e.Name); !slices.Contains(found, e) {
			t.Errorf("%s: Lookup(%q) has not found it", e.Place(), e.Name)
		}
	}
	files, err := fs.Glob(scripts.Meta, "meta/*.d.lua")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		src, err := scripts.Meta.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := luavm.Compile(file, string(src)); err != nil {
			t.Error(err)
		}
	}
}

func TestLookup(t *testing.T) {
	d := embedded(t)
	tests := []struct{ name, want string }{ // kind and name of each
		{"broker.publish", "function broker.publish"},
		{"broker", "module broker"},
		{"broker.PEERED", "field broker.PEERED"},
		{"broker.options.default_port", "field broker_options.default_port"},
		{"set", "function set, class set"},
		{"set:add", "method set:add"},
		{"set.add", "method set:add"},
		{"set:clear", "method container:clear"},
		{"event.raise", "function event.raise"},
		{"event:raise", "method event:raise"},
		{"connection.id.orig_h", "field conn_id.orig_h"},
		{"node_init", "event node_init"},
		{"Broker::peer_added", "event Broker::peer_added"},
		{"intervallike", "alias intervallike"},
		{"containers", "topic containers"},
		{"on", "function on"},
		{"nothing", ""},
		{"nothing.at.all", ""},
		{"broker.", ""},
		{".publish", ""},
		{"", ""},
	}
	for _, tt := range tests {
		var got []string
		for _, e := range d.Lookup(tt.name) {
			got = append(got, string(e.Kind)+" "+e.Name)
		}
		if got := strings.Join(got, ", "); got != tt.want {
			t.Errorf("Lookup(%q): got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestArity(t *testing.T) {
	d := embedded(t)
	tests := []struct {
		name        string
		least, most int
		ok          bool
	}{
		{"timer.after", 2, 2, true},
		{"broker.publish", 2, -1, true},
		{"broker.listen", 0, 3, true}, // address, port, retry; or a table
		{"on", 2, 3, true},
		{"set:add", 1, -1, true},
		{"set:has", 1, 1, true},
		{"set:clear", 0, 0, true},
		{"port", 1, 2, true},
		{"broker", 0, 0, false},
		{"broker.PEERED", 0, 0, false},
		{"nothing", 0, 0, false},
	}
	for _, tt := range tests {
		least, most, ok := d.Arity(tt.name)
		if least != tt.least || most != tt.most || ok != tt.ok {
			t.Errorf("Arity(%q): got %d, %d, %v, want %d, %d, %v", tt.name, least, most, ok, tt.least, tt.most, tt.ok)
		}
	}
}

// TestRead reads a file that has each form once.
func TestRead(t *testing.T) {
	d, err := apidoc.Read(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	one := func(name string, kind apidoc.Kind) *apidoc.Entry {
		t.Helper()
		for _, e := range d.Lookup(name) {
			if e.Kind == kind {
				return e
			}
		}
		t.Fatalf("there is no %s %s", kind, name)
		return nil
	}
	raise := one("thing:raise", apidoc.Method)
	texts := map[string][2]string{
		"text":           {raise.Text, "Raises the thing. It goes up.\n\nMore."},
		"raises":         {raise.Raises, "Raises when it is heavy. Twice.\n\nRaises also\nin winter."},
		"from":           {raise.From, "Zeek's `Thing::raise`,\npartly."},
		"example":        {raise.Examples[0].Code, "thing.new():raise(1)\n  --> up"},
		"summary":        {raise.Summary(), "Raises the thing."},
		"module":         {one("thing", apidoc.Module).Text, "All about things.\n\n  a  table\n\nThings are heavy."},
		"its example":    {one("thing", apidoc.Module).Examples[0].Code, "print(thing.MAX)"},
		"alias":          {one("thinglike", apidoc.Alias).Type, "string|thing"},
		"field type":     {one("thing_opts.hook", apidoc.Field).Type, "fun(a: any, b?: any): boolean, string?"},
		"field text":     {one("thing_opts.hook", apidoc.Field).Text, "is called. With both"},
		"indexed fields": {one("thing_opts", apidoc.Class).Also[0], "[string] any more"},
		"operators":      {one("thing", apidoc.Class).Also[0], "operator add(number): thing"},
		"parent":         {one("thing", apidoc.Class).Base, "other"},
		"param":          {raise.Params[0].Type, `"a b"|integer`},
		"param text":     {raise.Params[0].Text, "how far"},
		"result":         {raise.Returns[0].Type + "/" + raise.Returns[0].Name + "/" + raise.Returns[0].Text, "thing?/self/the thing itself"},
		"overload":       {raise.Overloads[1].Params[1].Type, "fun(x: integer, y: integer): boolean"},
		"iterator":       {one("thing.new", apidoc.Function).Returns[1].Type, "fun(): integer, any"},
		"generic":        {one("thing.new", apidoc.Function).Params[0].Type, "thing|set"},
		"generic result": {one("thing.new", apidoc.Function).Returns[0].Type, "thing|set"},
		"event":          {one("Thing::up", apidoc.Event).Params[0].Name, "t"},
		"module's field": {one("thing.MAX", apidoc.Field).Text, "the most"},
	}
	for what, pair := range texts {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %q, want %q", what, pair[0], pair[1])
		}
	}
	if raise.Examples[0].Line != 32 || raise.Line != 41 {
		t.Errorf("the example is in line %d and the method in %d, want 32 and 41", raise.Examples[0].Line, raise.Line)
	}
	if least, most := raise.Arity(); least != 0 || most != -1 {
		t.Errorf("arity %d, %d, want 0, -1", least, most)
	}
}

func TestReadRefuses(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"another first line", "-- x\n", "a.d.lua:1: does not begin with ---@meta a"},
		{"unknown annotation", "---@meta a\n---@strange x\n", `a.d.lua:2: can't read "---@strange x"`},
		{"unknown Lua", "---@meta a\nlocal x = 1\n", `a.d.lua:2: can't read "local x = 1"`},
		{"a field of nothing", "---@meta a\n\n---@field x integer\n", "a.d.lua:3: a field of no class"},
		{"a variable of nothing", "---@meta a\na = {}\n", `a.d.lua:2: no ---@class above "a = {}"`},
		{"a method of nothing", "---@meta a\nfunction A:b() end\n", "a.d.lua:2: nothing says which class A is"},
		{"a class twice", "---@meta a\n---@class a\n\n---@class a\n", "a.d.lua:4: class a is at a.d.lua:2 already"},
		{"a function twice", "---@meta a\nfunction f() end\nfunction f() end\n", "a.d.lua:3: f is at a.d.lua:2 already"},
		{"a method with a dot", "---@meta a\n---@class a\nlocal A = {}\nfunction A.b() end\n", "a.d.lua:4: functions of modules have a dot"},
		{"a parameter too many", "---@meta a\n---@param x any\nfunction f() end\n", "a.d.lua:3: f: describes the parameters (x), has ()"},
		{"a parameter too few", "---@meta a\nfunction f(x) end\n", "a.d.lua:2: f: describes the parameters (), has (x)"},
		{"an overload that is none", "---@meta a\n---@overload fun(x\nfunction f() end\n", `a.d.lua:2: can't read the function "fun(x"`},
		{"an example without an end", "---@meta a\n--- ```lua\n--- x()\nfunction f() end\n", "the block that begins in line 2 has no end"},
		{"another kind of block", "---@meta a\n--- ```json\n--- ```\nfunction f() end\n", "line 2: a block that begins or ends with"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := apidoc.Read(fstest.MapFS{"a.d.lua": {Data: []byte(tt.src)}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := apidoc.Read(fstest.MapFS{}); err == nil {
		t.Error("no files, and no error")
	}
}
