package bindings_test

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/brokerlib"
	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
)

// names are what is really there, by name; true for functions.
type names map[string]bool

// TestDefinitions compares the names in scripts/meta with those of the modules and objects, both ways.
func TestDefinitions(t *testing.T) {
	d := readDefinitions(t)
	r := start(t, `namespace "E":option("o", "count", 1, { doc = "d" })`)
	if r.loaded != nil {
		t.Fatal(r.loaded)
	}
	w := &world{t: t, r: r, names: map[string]names{}}
	w.globals()
	w.objects()
	w.values()
	w.records()
	w.events()
	for _, c := range slices.Sorted(maps.Keys(w.names)) {
		if d.Classes()[c] == nil && c != "" {
			t.Errorf("scripts/meta has no class %s", c)
			continue
		}
		compare(t, c, d.members(c), w.names[c])
	}
	for _, c := range d.sortedClasses() {
		if _, ok := w.names[c]; !ok && abstract[c] == "" {
			t.Errorf("%s: nothing tells what class %s really has", d.Classes()[c].Place(), c)
		}
	}
}

// abstract are classes of the definitions that no single thing has the names of.
var abstract = map[string]string{
	"container":       "what set, map, vector and subnet_map have in common",
	"none":            "has no fields",
	"record":          "has the fields of its declaration",
	"record_type":     "is only called",
	"cluster_node":    "a row of the layout, which a node on its own does not have: see clusterlib's tests",
	"pool_spec":       "a table that scripts write: see TestOptionTables",
	"option_opts":     "a table that scripts write: see TestOptionTables",
	"container_opts":  "a table that scripts write: see TestOptionTables",
	"rate_opts":       "a table that scripts write: see TestOptionTables",
	"handler_opts":    "a table that scripts write: see TestOptionTables",
	"subscribe_opts":  "a table that scripts write: see TestOptionTables",
	"node_config":     "a table that scripts write: see TestOptionTables",
	"node_exit":       "what only a supervisor tells: see TestSupervisorTables",
	"supervised_node": "what only a supervisor tells: see TestSupervisorTables",
	"listen_opts":     "a table that scripts write: see TestOptionTables",

	"store_master_opts": "a table that scripts write: see TestOptionTables",
	"store_clone_opts":  "a table that scripts write: see TestOptionTables",
	"store_write_opts":  "a table that scripts write: see TestOptionTables",
	"store_bind_opts":   "a table that scripts write: see TestOptionTables",
	"create_store_opts": "a table that scripts write: see TestOptionTables",
	"sync_stored_opts":  "a table that scripts write: see TestOptionTables",
}

func compare(t *testing.T, class string, documented map[string]*apidoc.Entry, real names) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(real)) {
		e := documented[name]
		switch {
		case e == nil:
			t.Errorf("%s.%s is there, and scripts/meta has no entry for it", class, name)
		case real[name] != (e.Kind == apidoc.Function || e.Kind == apidoc.Method):
			t.Errorf("%s: %s.%s is a function: %v, documented as a %s", e.Place(), class, name, real[name], e.Kind)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(documented)) {
		if _, ok := real[name]; !ok {
			t.Errorf("%s: there is no %s.%s", documented[name].Place(), class, name)
		}
	}
}

// world collects what is really there by class of the definitions.
type world struct {
	t     *testing.T
	r     *run
	names map[string]names
}

// eval returns the value of a Lua expression.
func (w *world) eval(expr string) lua.LValue {
	w.t.Helper()
	fn, err := w.r.n.Domain.VM.Load("p.lua", "return "+expr)
	if err != nil {
		w.t.Fatal(err)
	}
	ret, err := w.r.n.Domain.VM.Call(fn, 1)
	if err != nil {
		w.t.Fatalf("%s: %v", expr, err)
	}
	return ret[0]
}

// namesIn returns the names in a table, or in the table behind a read-only view or an object.
func namesIn(v lua.LValue) names {
	t, ok := v.(*lua.LTable)
	if ud, isUD := v.(*lua.LUserData); isUD {
		if mt, isTable := ud.Metatable.(*lua.LTable); isTable {
			t, ok = mt.RawGetString("__index").(*lua.LTable)
		}
	} else if ok && t.Metatable != lua.LNil {
		if behind, isTable := t.Metatable.(*lua.LTable).RawGetString("__index").(*lua.LTable); isTable {
			t = behind
		}
	}
	if !ok {
		return nil
	}
	found := names{}
	t.ForEach(func(k, v lua.LValue) { found[k.String()] = v.Type() == lua.LTFunction })
	return found
}

// replaced are the functions of Lua's own that have an entry because they do something else here.
var replaced = []string{"print", "require"}

// globals finds everything predefined that Lua itself does not have: functions and modules.
func (w *world) globals() {
	own := luavm.New(luavm.Options{}).State().G.Global
	w.names[""] = names{}
	for _, name := range replaced {
		w.names[""][name] = true
	}
	for _, name := range w.r.n.Domain.Libraries() {
		w.eval(name) // runs it
	}
	w.r.n.Domain.L.G.Global.ForEach(func(k, v lua.LValue) {
		switch name := k.String(); {
		case own.RawGet(k) != lua.LNil || w.names[""][name]:
		case v.Type() == lua.LTFunction:
			w.names[""][name] = true
		default:
			w.names[name+"lib"] = namesIn(v)
		}
	})
}

// objects are what functions return: by class an expression that makes one.
var objects = map[string]string{
	"event":           `namespace "E":event("e", "")`,
	"handler":         `on("node_init", function() end)`,
	"scheduled":       `namespace "E":event("e", ""):schedule(1)`,
	"var":             `namespace "E":var("v", "count", 1)`,
	"option":          `namespace "E":option("o", "count", 1)`,
	"option_handler":  `namespace "E":option("o", "count", 1):on_change(function() end)`,
	"option_info":     `config.list()[1]`,
	"timer":           `timer.after(1, function() end)`,
	"regex":           `regex.new "a"`,
	"set":             `set "addr"`,
	"map":             `map("addr", "count")`,
	"vector":          `vector "addr"`,
	"subnet_map":      `subnet_map "count"`,
	"rate_limit":      `rate.limit "1 per s"`,
	"rate_window":     `rate.window "1 s"`,
	"rate_distinct":   `rate.distinct "1 s"`,
	"broker_error":    `broker.error`,
	"pool":            `cluster.proxy_pool`,
	"supervisor_hook": `supervisor.on_exit(function() end)`,
	"store":           `store.master "s"`,
	"store_watcher":   `store.master("s"):on_change(function() end)`,
	"request":         `store.master("s"):put(1, 1)`,
}

// objects finds what objects have.
func (w *world) objects() {
	for class, expr := range objects {
		w.names[class] = namesIn(w.eval(expr))
		if len(w.names[class]) == 0 {
			w.t.Errorf("%s has no names", expr)
		}
	}
	w.names["broker_options"] = names{}
	for _, name := range w.list(`(function() local t = {} for k in pairs(broker.options) do t[#t + 1] = k end return t end)()`) {
		w.names["broker_options"][name] = false
	}
	w.names["prepared_event"] = w.said(`broker.make_event("E::e").zz`, `\(it has (.*)\)`)
	for class, v := range map[string]any{"peer_info": brokerlib.PeerInfo{}, "peering_stats": brokerlib.PeeringStats{}, "lane_stats": brokerlib.LaneStats{}} {
		w.names[class] = names{}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			w.names[class][f.Tag.Get("luar")] = false
		}
	}
}

// list returns the strings in a Lua list.
func (w *world) list(expr string) (all []string) {
	w.eval(expr).(*lua.LTable).ForEach(func(_, v lua.LValue) { all = append(all, v.String()) })
	return all
}

// said takes the names from an error's text, where it lists them: a, b and c.
func (w *world) said(expr, pattern string) names {
	w.t.Helper()
	text := w.eval(`select(2, pcall(function() return ` + expr + ` end))`).String()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		w.t.Errorf("%s: no names in %q", expr, text)
		return nil
	}
	found := names{}
	for _, name := range strings.Split(strings.ReplaceAll(m[1], " and ", ", "), ", ") {
		found[name] = false
	}
	return found
}

// values are made by package convert, whose tables of methods are closed, and namespaces by many packages: their
// names are read from the source.
func (w *world) values() {
	for word, members := range kindMembers(w.t) {
		if len(members) > 0 {
			w.names[word] = members
		}
	}
	w.names["namespace"] = names{}
	for _, name := range namespaceMethods(w.t) {
		w.names["namespace"][name] = true
	}
}

// records are declared by the core: who declares one differently is told the fields.
func (w *world) records() {
	for class, name := range map[string]string{
		"connection": "connection", "conn_id": "conn_id", "conn_side": "conn_side",
		"endpoint_info": "Broker::EndpointInfo", "network_info": "Broker::NetworkInfo",
	} {
		space, word := "", name
		if before, after, ok := strings.Cut(name, "::"); ok {
			space, word = before, after
		}
		expr := fmt.Sprintf(`namespace(%q):record(%q, {{"zz", "string"}})`, space, word)
		w.names[class] = names{}
		for field := range w.said(expr, `is declared as `+name+` \{(.*)\} already`) {
			before, _, _ := strings.Cut(field, ":")
			w.names[class][before] = false
		}
	}
}

// events are those that somebody else than a script has declared, and the one that has any path.
func (w *world) events() {
	w.names["events"] = names{"Input::<path>": false}
	w.r.n.Domain.Events(func(ev *script.Event) {
		if ev.Declared() && ev.Place == "the core" {
			w.names["events"][ev.Name] = false
		}
	})
}
