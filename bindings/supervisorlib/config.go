package supervisorlib

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// fields are those of a node's table.
var fields = []string{"name", "scripts", "args", "directory", "stdout_file", "stderr_file", "pcap_file", "env"}

// checkConfig reads argument i as a node's table, and raises for what is none.
func checkConfig(L *lua.LState, i int) (c node.NodeConfig) {
	t := L.CheckTable(i)
	t.ForEach(func(k, v lua.LValue) {
		to := reader{L, i, k.String()}
		switch k.String() {
		case "name":
			c.Name = to.text(v)
		case "scripts":
			c.Scripts = to.texts(v)
		case "args":
			c.Args = to.texts(v)
		case "directory":
			c.Directory = to.text(v)
		case "stdout_file":
			c.StdoutFile = to.text(v)
		case "stderr_file":
			c.StderrFile = to.text(v)
		case "pcap_file":
			c.PcapFile = to.text(v)
		case "env":
			c.Env = to.variables(v)
		default:
			there := strings.Join(fields[:len(fields)-1], ", ") + " and " + fields[len(fields)-1]
			to.raise("unknown field%s (there are %s)", script.DidYouMean(k.String(), fields), there)
		}
	})
	return c
}

// reader reads the value of one field.
type reader struct {
	L     *lua.LState
	arg   int
	field string
}

func (r reader) raise(format string, args ...any) {
	r.L.ArgError(r.arg, r.field+": "+fmt.Sprintf(format, args...))
}

// text is a string, or a number in its place, as everywhere in Lua. One with a zero byte can't be handed to a process.
func (r reader) text(v lua.LValue) string {
	if !lua.LVCanConvToString(v) {
		r.raise("expected string, got %s", convert.Describe(v))
	}
	s := lua.LVAsString(v)
	if strings.ContainsRune(s, 0) {
		r.raise("%s has a zero byte", convert.Describe(v))
	}
	return s
}

// texts is a list, or a single text.
func (r reader) texts(v lua.LValue) (list []string) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return []string{r.text(v)}
	}
	n := 0
	t.ForEach(func(_, _ lua.LValue) { n++ })
	if n != t.Len() {
		r.raise("expected a list of strings")
	}
	for i := 1; i <= n; i++ {
		list = append(list, r.text(t.RawGetInt(i)))
	}
	return list
}

// variables is a table from names to values.
func (r reader) variables(v lua.LValue) map[string]string {
	t, ok := v.(*lua.LTable)
	if !ok {
		r.raise("expected a table of variables, got %s", convert.Describe(v))
	}
	env := map[string]string{}
	t.ForEach(func(k, v lua.LValue) {
		name := r.text(k)
		if k.Type() != lua.LTString || name == "" || strings.Contains(name, "=") {
			r.raise("%s is no name of a variable", convert.Describe(k))
		}
		env[name] = reader{r.L, r.arg, r.field + "." + name}.text(v)
	})
	return env
}

// configTable is a node's table, as create takes it; fields that say nothing are left out.
func configTable(L *lua.LState, c node.NodeConfig) *lua.LTable {
	t := L.NewTable()
	for name, text := range map[string]string{
		"name": c.Name, "directory": c.Directory, "stdout_file": c.StdoutFile, "stderr_file": c.StderrFile, "pcap_file": c.PcapFile,
	} {
		if text != "" {
			t.RawSetString(name, lua.LString(text))
		}
	}
	for name, texts := range map[string][]string{"scripts": c.Scripts, "args": c.Args} {
		list := L.NewTable()
		for _, text := range texts {
			list.Append(lua.LString(text))
		}
		t.RawSetString(name, list)
	}
	env := L.NewTable()
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		env.RawSetString(name, lua.LString(c.Env[name]))
	}
	t.RawSetString("env", env)
	return t
}
