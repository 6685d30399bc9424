package supervisorlib

import (
	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/eventlib"
	"moonpeer/net/broker"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
	"moonpeer/runtime/supervisor"
)

// nodeStatus is the event that tells of each start of a process.
const nodeStatus = "Supervisor::node_status"

// Lib implements script.Module.
type Lib struct {
	Space  *convert.Space
	Events *eventlib.Lib
	Node   *node.Node

	d        *script.Domain
	meta     *lua.LTable
	onOutput hooks
	onExit   hooks
}

// Open predefines `supervisor` and declares its event.
func (l *Lib) Open(d *script.Domain) error {
	l.d = d
	l.openHooks()
	fields := map[string]lua.LValue{}
	for name, fn := range map[string]lua.LGFunction{
		"create": l.create, "destroy": l.destroy, "restart": l.restart, "status": l.status,
		"is_supervisor": l.isSupervisor, "is_supervised": l.isSupervised, "node": l.node,
		"on_output": func(L *lua.LState) int { return l.addHook(L, &l.onOutput, "on_output") },
		"on_exit":   func(L *lua.LState) int { return l.addHook(L, &l.onExit, "on_exit") },
	} {
		fields[name] = d.VM.NewFunction("supervisor."+name, fn)
	}
	d.SetModule("supervisor", fields)
	return l.Events.DeclareOwn(nodeStatus, "node: string, pid: count")
}

// supervisor returns what does the work, or raises where there is none.
func (l *Lib) supervisor(L *lua.LState, function string) node.Supervisor {
	switch {
	case !l.Node.Options().Supervises:
		L.RaiseError("supervisor.%s: this node is no supervisor (cluster --supervisor SCRIPT runs a script in one)", function)
	case !l.d.Ready() || l.Node.Supervisor == nil:
		L.RaiseError("supervisor.%s: not while the file is loaded (do it in node_init)", function)
	}
	return l.Node.Supervisor
}

// create is create{name = …, …}: "" when the node was taken, else why not.
func (l *Lib) create(L *lua.LState) int {
	c := checkConfig(L, 1)
	if err := l.supervisor(L, "create").Create(c); err != nil {
		L.Push(lua.LString(err.Error()))
		return 1
	}
	L.Push(lua.LString(""))
	return 1
}

// destroy is destroy(name): false when nobody has that name.
func (l *Lib) destroy(L *lua.LState) int {
	name := L.OptString(1, "")
	L.Push(lua.LBool(l.supervisor(L, "destroy").Destroy(name)))
	return 1
}

// restart is restart(name): false when nobody has that name.
func (l *Lib) restart(L *lua.LState) int {
	name := L.OptString(1, "")
	L.Push(lua.LBool(l.supervisor(L, "restart").Restart(name)))
	return 1
}

// status is status(name): a table by name, empty when nobody has that name.
func (l *Lib) status(L *lua.LState) int {
	name := L.OptString(1, "")
	nodes := L.NewTable()
	for _, n := range l.supervisor(L, "status").Status(name) {
		row := L.NewTable()
		row.RawSetString("node", configTable(L, n.Config))
		row.RawSetString("pid", unlessZero(n.PID))
		row.RawSetString("state", lua.LString(n.State.String()))
		row.RawSetString("restarts", lua.LNumber(n.Restarts))
		row.RawSetString("dropped", lua.LNumber(n.Dropped))
		if n.LastExit != nil {
			row.RawSetString("last_exit", l.exitTable(n.LastExit))
		}
		nodes.RawSetString(n.Config.Name, row)
	}
	L.Push(nodes)
	return 1
}

func (l *Lib) isSupervisor(L *lua.LState) int {
	L.Push(lua.LBool(l.Node.Options().Supervises))
	return 1
}

func (l *Lib) isSupervised(L *lua.LState) int {
	L.Push(lua.LBool(l.Node.Options().Supervised))
	return 1
}

// node is node(): how the supervisor has started this node.
func (l *Lib) node(L *lua.LState) int {
	opts := l.Node.Options()
	if !opts.Supervised {
		L.RaiseError("supervisor.node: no supervisor has started this node")
	}
	c := opts.SupervisedAs
	c.Name = opts.Name
	L.Push(configTable(L, c))
	return 1
}

// exitTable is an exit as scripts see it.
func (l *Lib) exitTable(e *supervisor.Exit) *lua.LTable {
	t, lines := l.d.L.NewTable(), l.d.L.NewTable()
	for _, line := range e.Tail {
		lines.Append(lua.LString(line))
	}
	t.RawSetString("name", lua.LString(e.Name))
	t.RawSetString("pid", unlessZero(e.PID))
	t.RawSetString("signal", unlessZero(e.Signal))
	if e.Signal == 0 && e.Err == nil {
		t.RawSetString("code", lua.LNumber(e.Code))
	}
	if e.Err != nil {
		t.RawSetString("error", lua.LString(e.Err.Error()))
	}
	t.RawSetString("premature", lua.LBool(e.Premature))
	t.RawSetString("ran", l.Space.Interval(broker.Timespan(e.Ran)))
	t.RawSetString("lines", lines)
	return t
}

// unlessZero is nil for the zero that stands for nothing.
func unlessZero(n int) lua.LValue {
	if n == 0 {
		return lua.LNil
	}
	return lua.LNumber(n)
}
