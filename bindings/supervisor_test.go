package bindings_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/step"
	"moonpeer/runtime/node"
	"moonpeer/runtime/supervisor"
)

// parent is a supervisor that only takes notes.
type parent struct {
	made  []node.NodeConfig
	calls []string
	fails error
	list  []node.SupervisedNode
}

func (p *parent) Create(c node.NodeConfig) error {
	p.made = append(p.made, c)
	return p.fails
}

func (p *parent) Destroy(name string) bool {
	p.calls = append(p.calls, "destroy "+name)
	return name == "grault"
}

func (p *parent) Restart(name string) bool {
	p.calls = append(p.calls, "restart "+name)
	return name == "grault"
}

func (p *parent) Status(name string) []node.SupervisedNode {
	p.calls = append(p.calls, "status "+name)
	return p.list
}

func (p *parent) Stop(code int) { p.calls = append(p.calls, fmt.Sprint("stop ", code)) }

// supervising runs src in a supervisor.
func supervising(t *testing.T, src string, change ...func(*node.Options)) (*run, *parent) {
	t.Helper()
	r := start(t, src, append(change, func(o *node.Options) { o.Supervises = true })...)
	if r.loaded != nil {
		t.Fatal(r.loaded)
	}
	p := &parent{}
	r.n.Supervisor = p
	return r, p
}

// lua evaluates an expression and returns what it prints.
func (r *run) lua(t *testing.T, text string) string {
	t.Helper()
	got := r.n.Eval(text)
	if got.Error != "" {
		t.Fatalf("%s: %s", text, got.Error)
	}
	return strings.Join(got.Values, " ")
}

// TestSupervisorCalls: what the functions hand on and return.
func TestSupervisorCalls(t *testing.T) {
	r, p := supervising(t, `print(supervisor.is_supervisor(), supervisor.is_supervised())`)
	if got := r.output(); !slices.Equal(got, []string{"true\tfalse"}) {
		t.Errorf("printed %q", got)
	}
	got := r.lua(t, `return supervisor.create { name = "grault", scripts = { "a.lua", "b" }, args = { "-n", 3 }, directory = "d",
		stdout_file = "out", stderr_file = "err", pcap_file = "x.pcap", env = { LANG = "C", N = 1 } } == "", supervisor.create { name = "x", scripts = "a.lua" } == ""`)
	if got != "T T" || len(p.made) != 2 {
		t.Fatalf("create returned %s, made %v", got, p.made)
	}
	want := node.NodeConfig{Name: "grault", Scripts: []string{"a.lua", "b"}, Args: []string{"-n", "3"}, Directory: "d",
		StdoutFile: "out", StderrFile: "err", PcapFile: "x.pcap", Env: map[string]string{"LANG": "C", "N": "1"}}
	if fmt.Sprintf("%+v", p.made[0]) != fmt.Sprintf("%+v", want) {
		t.Errorf("made %+v, want %+v", p.made[0], want)
	}
	if got := p.made[1].Scripts; !slices.Equal(got, []string{"a.lua"}) {
		t.Errorf("one script: %q", got)
	}
	p.fails = errors.New("node with name 'grault' already exists")
	if got := r.lua(t, `return supervisor.create { name = "grault" }`); got != p.fails.Error() {
		t.Errorf("create returned %s", got)
	}
	got = r.lua(t, `return supervisor.restart "nope", supervisor.restart "grault", supervisor.destroy "nope", supervisor.destroy "grault",
		supervisor.restart(), next(supervisor.status "nope")`)
	if want := []string{"restart nope", "restart grault", "destroy nope", "destroy grault", "restart ", "status nope"}; got != "F T F T F nil" ||
		!slices.Equal(p.calls, want) {
		t.Errorf("returned %s, called %q", got, p.calls)
	}
	p.calls = nil
	r.lua(t, `node.terminate(3)`)
	if !slices.Equal(p.calls, []string{"stop 3"}) || r.n.Terminated() {
		t.Errorf("called %q, the supervisor ends before its nodes: %v", p.calls, r.n.Terminated())
	}
}

// TestSupervisorMisuse: what raises, and the texts.
func TestSupervisorMisuse(t *testing.T) {
	tests := []struct{ src, want string }{
		{`supervisor.create "x"`, "table expected, got string"},
		{`supervisor.create { name = {} }`, "name: expected string, got table"},
		{`supervisor.create { name = "a\0b" }`, "name: string \"a\\x00b\" has a zero byte"},
		{`supervisor.create { script = "x" }`, "script: unknown field (did you mean scripts?) (there are name, "},
		{`supervisor.create { scripts = { a = 1 } }`, "scripts: expected a list of strings"},
		{`supervisor.create { scripts = { "a", {} } }`, "scripts: expected string, got table"},
		{`supervisor.create { env = 1 }`, "env: expected a table of variables, got number 1"},
		{`supervisor.create { env = { ["a=b"] = 1 } }`, `env: string "a=b" is no name of a variable`},
		{`supervisor.create { env = { 1 } }`, `env: number 1 is no name of a variable`},
		{`supervisor.create { env = { A = {} } }`, `env.A: expected string, got table`},
		{`supervisor.on_exit(1)`, "function expected, got number"},
		{`supervisor.on_exit(print).off(1)`, "expected what on_output or on_exit returned"},
		{`supervisor.node()`, "no supervisor has started this node"},
	}
	r, _ := supervising(t, "")
	for _, tt := range tests {
		if got := r.n.Eval(tt.src).Error; !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.src, got, tt.want)
		}
	}
	for _, call := range []string{`create { name = "x" }`, `destroy "x"`, `restart "x"`, `status()`} {
		word, _, _ := strings.Cut(strings.ReplaceAll(call, "()", ""), " ")
		loading := start(t, "supervisor."+call, func(o *node.Options) { o.Supervises = true })
		if want := "supervisor." + word + ": not while the file is loaded"; loading.loaded == nil || !strings.Contains(loading.loaded.Error(), want) {
			t.Errorf("%s: got %v, want %s", call, loading.loaded, want)
		}
		if got, want := start(t, "").n.Eval("supervisor."+call).Error, "supervisor."+word+": this node is no supervisor"; !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", call, got, want)
		}
	}
}

// TestSupervisedNode: a node knows how it was started, in the form that create takes.
func TestSupervisedNode(t *testing.T) {
	r := start(t, `local n = supervisor.node()
print(supervisor.is_supervised(), n.name, n.scripts[1], n.args[1], n.env.LANG, n.directory, n.pcap_file)`, func(o *node.Options) {
		o.Name, o.Supervised = "grault", true
		o.SupervisedAs = node.NodeConfig{Scripts: []string{"p.lua"}, Args: []string{"x"}, Env: map[string]string{"LANG": "C"}, Directory: "d"}
	})
	if got := r.output(); !slices.Equal(got, []string{"true\tgrault\tp.lua\tx\tC\td\tnil"}) {
		t.Errorf("printed %q (%v)", got, r.loaded)
	}
}

// TestSupervisorHooks: events, hooks in their order, answers, handles, errors.
func TestSupervisorHooks(t *testing.T) {
	r, _ := supervising(t, `
on("Supervisor::node_status", function(node, pid) print("status", node, pid) end)
supervisor.on_output(function(node, stream, line)
  if line == "boom" then error "hook" end
  return line ~= "secret"
end)
local h = supervisor.on_output(function(node, stream, line) print(node, stream, line) end)
supervisor.on_exit(function(e) e.lines = nil end)
supervisor.on_exit(function(e)
  print(e.name, e.pid, e.code, e.signal, e.premature, e.ran, table.concat(e.lines, "|"), e.error)
  h:off()
end)`)
	h := r.n.SupervisorHooks()
	h.Started("grault", 12)
	r.turn()
	shown := []bool{h.Said("grault", step.Stdout, []byte("text")), h.Said("grault", step.Stderr, []byte("secret")), h.Said("grault", step.Stdout, []byte("boom"))}
	h.Exited(supervisor.Exit{Name: "grault", PID: 12, Code: -1, Signal: 9, Premature: true, Ran: 2 * time.Second, Tail: []string{"a", "b"}})
	h.Exited(supervisor.Exit{Name: "grault", Code: -1, Err: errors.New("no such file")})
	h.Exited(supervisor.Exit{Name: "grault", PID: 12})
	h.Said("grault", step.Stdout, []byte("after off"))
	want := []string{"status\tgrault\t12", "grault\tstdout\ttext", "grault\tstderr\tsecret", "grault\tstdout\tboom",
		"grault\t12\tnil\t9\ttrue\t2 s\ta|b\tnil", "grault\tnil\tnil\tnil\tfalse\t0 s\t\tno such file", "grault\t12\t0\tnil\tfalse\t0 s\t\tnil"}
	if got := r.output(); !slices.Equal(got, want) {
		t.Errorf("printed %q, want %q", got, want)
	}
	if !slices.Equal(shown, []bool{true, false, true}) {
		t.Errorf("shown %v: what a hook refuses is not, what one fails at is", shown)
	}
	if !strings.Contains(r.errs.String(), "hook") {
		t.Errorf("the error was not reported: %q", r.errs.String())
	}
}

// TestSupervisorHookBudget: an endless hook costs its budget three times, and then nothing.
func TestSupervisorHookBudget(t *testing.T) {
	r, _ := supervising(t, `local calls = 0
supervisor.on_output(function() calls = calls + 1 print(calls) while true do end end)`, func(o *node.Options) { o.Limits.Instructions = 1000 })
	for range 10 {
		if !r.n.SupervisorHooks().Said("grault", step.Stdout, []byte("x")) {
			t.Fatal("not shown")
		}
	}
	if got := r.output(); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("called %q times", got)
	}
	if want := "hook supervisor.on_output is switched off: it used up its budget 3 times in a row"; !strings.Contains(r.errs.String(), want) {
		t.Errorf("reported %q, want %q", r.errs.String(), want)
	}
}

// TestSupervisorTables: what a supervisor tells has the fields that scripts/meta describes.
func TestSupervisorTables(t *testing.T) {
	d := readDefinitions(t)
	r, p := supervising(t, "")
	exits := []*supervisor.Exit{{PID: 1}, {PID: 1, Signal: 9}, {Err: errors.New("x")}}
	row, exit := names{}, names{}
	for _, e := range exits {
		p.list = []node.SupervisedNode{{Config: node.NodeConfig{Name: "a"}, Status: supervisor.Status{PID: 1, LastExit: e}}}
		fn, err := r.n.Domain.VM.Load("p.lua", `return supervisor.status().a`)
		if err != nil {
			t.Fatal(err)
		}
		ret, err := r.n.Domain.VM.Call(fn, 1)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(row, namesIn(ret[0]))
		maps.Copy(exit, namesIn(ret[0].(*lua.LTable).RawGetString("last_exit")))
	}
	compare(t, "supervised_node", d.members("supervised_node"), row)
	compare(t, "node_exit", d.members("node_exit"), exit)
}
