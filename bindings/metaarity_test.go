package bindings_test

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// TestArity calls every function as its example does, but with one argument less than the definitions ask for, with no
// more than they ask for, and with one more than they allow. The first must show, the second must not be about an argument that
// is missing, and the third must not show: else the definitions tell the wrong number.
func TestArity(t *testing.T) {
	for _, e := range readDefinitions(t).Entries {
		switch {
		case !e.Callable() || e.Kind == apidoc.Event || len(e.Examples) == 0:
		case strings.HasPrefix(e.Name, "sync."): // in Lua: see TestArityOfLua
		case unreached[e.Name] != "":
		default:
			t.Run(e.Name, func(t *testing.T) {
				t.Parallel()
				tryArity(t, e)
			})
		}
	}
}

// unreached are functions whose examples don't call them here, and why.
var unreached = map[string]string{
	"supervisor.create":  "only in a supervisor",
	"supervisor.destroy": "only in a supervisor",
	"supervisor.restart": "only in a supervisor",
	"supervisor.status":  "only in a supervisor",
}

// otherwise are checks that fail although the definitions are right, and why.
var otherwise = map[string]string{
	"broker.make_event: least":   "without an argument it makes no event, and broker.publish says so",
	"broker.unpeer: more":        "it reads what broker.peer takes, and has no use for the retry",
	"cluster.publish_hrw: less":  "no node of the pool is up, so nobody asks for the event",
	"cluster.publish_rr: less":   "no node of the pool is up, so nobody asks for the event",
	"namespace:subnet_map: more": "options are refused, as it has none",
	"namespace:vector: more":     "options are refused, as it has none",
	"port: least":                "a number needs a protocol",
	"store:insert_into: more":    "nil is no value, and the last one may only be left out",
	"subnet_map: more":           "options are refused, as it has none",
	"vector: more":               "options are refused, as it has none",
}

func tryArity(t *testing.T, e *apidoc.Entry) {
	ex := newExample(e, e.Examples[0])
	least, most := e.Arity()
	calls := 0
	plain := ex.outcome(t, e.Name, func(L *lua.LState, self int) {
		calls++
		if n := L.GetTop() - self; n < least || most >= 0 && n > most {
			t.Errorf("%s: the example gives %d arguments, and it takes %d to %d", e.Place(), n, least, most)
		}
	})
	if calls == 0 {
		t.Errorf("%s: the example does not call it, or nothing is known to get at it", e.Place())
		return
	}
	check := func(name string, right func(got string) bool, args func(L *lua.LState, self int)) {
		got := ex.outcome(t, e.Name, args)
		if why := otherwise[e.Name+": "+name]; right(got) == (why != "") {
			t.Errorf("%s: it takes %d to %d arguments, and with %s (listed: %q) the example does\n%s\ninstead of\n%s",
				e.Place(), least, most, name, why, got, plain)
		}
	}
	if least > 0 {
		check("less", func(got string) bool { return got != plain }, func(L *lua.LState, self int) { L.SetTop(min(L.GetTop(), self+least-1)) })
	}
	check("least", func(got string) bool { return got == plain || !misses(got, least) },
		func(L *lua.LState, self int) { L.SetTop(min(L.GetTop(), self+least)) })
	if most >= 0 {
		check("more", func(got string) bool { return got == plain }, func(L *lua.LState, self int) {
			for L.GetTop() < self+most {
				L.Push(lua.LNil)
			}
			L.Push(L.NewUserData())
		})
	}
}

var badArgument = regexp.MustCompile(`argument #(\d+)`)

// misses tells whether an outcome complains about an argument behind the first n.
func misses(outcome string, n int) bool {
	for _, m := range badArgument.FindAllStringSubmatch(outcome, -1) {
		if at, err := strconv.Atoi(m[1]); err == nil && at > n {
			return true
		}
	}
	return false
}

// outcome is what an example prints and reports when args changes what the function of that name is called with.
func (ex *example) outcome(t *testing.T, name string, args func(L *lua.LState, self int)) string {
	t.Helper()
	prints, tells := ex.run(t, func(opts *node.Options) {
		before := opts.Modules
		opts.Modules = func(n *node.Node) []script.Module { return append(before(n), cut{name, args}) }
	})
	return "\t" + strings.Join(append(append(prints, "and reports"), tells...), "\n\t")
}

// cut is a module behind all others: it has args change what one of their functions is called with.
type cut struct {
	name string                        // "broker.publish", "set:add"
	args func(L *lua.LState, self int) // self is 1 for a method
}

// Open implements script.Module. What can't be made before scripts are loaded is made in front of all other handlers of
// node_init.
func (c cut) Open(d *script.Domain) error {
	if c.apply(d) == nil {
		return nil
	}
	opts := d.L.NewTable()
	opts.RawSetString("priority", lua.LNumber(1e6))
	hook := d.VM.NewFunction("cut", func(L *lua.LState) int {
		if err := c.apply(d); err != nil {
			L.RaiseError("%s", err.Error())
		}
		return 0
	})
	_, err := d.VM.Call(d.L.GetGlobal("on").(*lua.LFunction), 0, lua.LString("node_init"), hook, opts)
	return err
}

func (c cut) apply(d *script.Domain) error {
	expr, self := c.name, 0
	if class, method, ok := strings.Cut(c.name, ":"); ok {
		expr, self = "("+makers[class]+")."+method, 1
	}
	chunk, err := d.VM.Load("cut.lua", "return "+expr)
	if err != nil {
		return err
	}
	ret, err := d.VM.Call(chunk, 1)
	if err != nil {
		return err
	}
	fn, ok := ret[0].(*lua.LFunction)
	if !ok || !fn.IsG {
		return fmt.Errorf("%s is %s, not a function of Go", c.name, ret[0])
	}
	uncut := fn.GFunction
	fn.GFunction = func(L *lua.LState) int {
		c.args(L, self)
		return uncut(L)
	}
	return nil
}

// makers are expressions for an object of each class that has methods.
var makers = func() map[string]string {
	all := maps.Clone(objects)
	maps.Copy(all, map[string]string{
		"addr": `addr "10.0.0.1"`, "subnet": `subnet "10.0.0.0/8"`, "time": `time.unix(1)`, "tuple": `tuple(1)`,
		"big": `types.count "18446744073709551615"`, "namespace": `namespace "E"`, "container": `set "addr"`,
	})
	return all
}()

// TestArityOfTypes: the members of types without an example take what the globals do.
func TestArityOfTypes(t *testing.T) {
	d := readDefinitions(t)
	for name := range withoutExample {
		least, most, ok := d.Arity(name)
		wantLeast, wantMost, known := d.Arity(strings.TrimPrefix(name, "types."))
		if !ok || !known || least != wantLeast || most != wantMost {
			t.Errorf("%s takes %d to %d arguments, the global %d to %d", name, least, most, wantLeast, wantMost)
		}
	}
}

// TestArityOfLua compares the parameters of functions that are written in Lua.
func TestArityOfLua(t *testing.T) {
	w := &world{t: t, r: start(t, "")}
	found := 0
	for _, e := range readDefinitions(t).Entries {
		if e.Kind != apidoc.Function {
			continue
		}
		fn, ok := w.eval(e.Name).(*lua.LFunction)
		if !ok || fn.IsG {
			continue
		}
		found++
		if n := int(fn.Proto.NumParameters); n != len(e.Params) || fn.Proto.IsVarArg != 0 {
			t.Errorf("%s: %s has %d parameters, documented are %d", e.Place(), e.Name, n, len(e.Params))
		}
	}
	if found == 0 {
		t.Error("no module is written in Lua any more")
	}
}
