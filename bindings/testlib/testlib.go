package testlib

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/bindings/inputlib"
	"moonpeer/runtime/luatest"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
	"moonpeer/runtime/sim"
)

// Lib implements script.Module for the VM of one test file.
type Lib struct {
	Options
	Space *convert.Space
	File  string // the test file
	// Idle says where the test file expects nothing although it begins to, since the last call; "" if nowhere.
	Idle func() (place string)

	d      *script.Domain
	file   string
	conns  *inputlib.Connections
	meta   struct{ net, node, raised *lua.LTable }
	source map[string][]string // lines of files, when somebody has asked

	out strings.Builder // what the test prints, up to maxOutput

	open   *group // whose describe runs
	tests  []declared
	broken []luatest.Result

	mu      sync.Mutex
	running *attempt // nil: no test runs
}

// Open predefines describe, it, pending, before_each, after_each and sim.
func (l *Lib) Open(d *script.Domain) (err error) {
	l.d, l.file, l.open = d, l.File, &group{}
	if l.conns, err = inputlib.NewConnections(l.Space); err != nil {
		return err
	}
	for name, fn := range map[string]lua.LGFunction{
		"describe": l.describe, "it": l.it, "pending": l.pending, "before_each": l.beforeEach, "after_each": l.afterEach,
	} {
		d.SetGlobal(name, d.VM.NewFunction(name, fn))
	}
	l.openSim()
	if os, ok := d.L.GetGlobal("os").(*lua.LTable); ok {
		os.RawSetString("exit", d.VM.NewFunction("os.exit", func(L *lua.LState) int {
			L.RaiseError("os.exit: a test ends when its function does, or with an error")
			return 0
		}))
	}
	return nil
}

// Tests are what the file has declared. The file must have been loaded.
func (l *Lib) Tests() *luatest.File {
	f := &luatest.File{Broken: l.broken, Run: l.run, Interrupt: l.Interrupt, Close: func() {}}
	for _, t := range l.tests {
		f.Tests = append(f.Tests, t.Test)
	}
	return f
}

// Interrupt ends a test, if it is the one that runs.
func (l *Lib) Interrupt(t *luatest.Test, cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running != nil && slices.Equal(l.running.names, t.Names) {
		l.running.interrupt(cause)
	}
}

// Loaded says what is wrong with a file whose body has run.
func (l *Lib) Loaded() error {
	if place := l.Idle(); place != "" {
		return idleError(place)
	}
	return nil
}

// Failed makes the error of a file that could not be loaded.
func (l *Lib) Failed(err error) error {
	f := l.failure(err)
	if f.File == "" {
		f.File = l.file
	}
	return &luatest.FileError{Failure: *f}
}

// maxOutput is how much is kept of what a test prints.
const maxOutput = 1 << 20

// Stdout is where the test file prints.
func (l *Lib) Stdout() io.Writer { return printed{l} }

type printed struct{ l *Lib }

// Write implements io.Writer.
func (p printed) Write(b []byte) (int, error) {
	p.l.out.Write(b[:min(len(b), maxOutput-p.l.out.Len())])
	return len(b), nil
}

// Clock is the test's time, in ns since 1970: that of the network that it made last.
func (l *Lib) Clock() int64 {
	if l.running == nil || len(l.running.networks) == 0 {
		return sim.DefaultStart.UnixNano()
	}
	return l.running.networks[len(l.running.networks)-1].world.Wall()
}

// raise raises a Go error, which whoever runs the test finds again.
func (l *Lib) raise(L *lua.LState, err error) {
	ud := L.NewUserData()
	ud.Value, ud.Metatable = err, l.meta.raised
	L.Error(ud, 1)
}

// differing is an error that knows what was expected: expectlib.Failure is one.
type differing interface {
	error
	Place() (file string, line int)
	Difference() []luatest.DiffLine
}

// failure says why Lua has ended with an error.
func (l *Lib) failure(err error) *luatest.Failure {
	if x := (*exploreError)(nil); errors.As(err, &x) { // what matters is what has failed in it
		f := l.failure(x.err)
		f.Cause = err
		return f
	}
	f := &luatest.Failure{Message: err.Error(), Cause: err}
	var le *luavm.Error
	if errors.As(err, &le) {
		f.Message, f.Traceback = le.Message, le.Traceback
	}
	var stopped *stoppedError
	if errors.As(err, &stopped) && !strings.Contains(f.Message, stopped.Error()) {
		f.Message = stopped.Error() // and not what somebody has made of it on the way
	}
	var reported *scriptError
	if errors.As(err, &reported) && f.Traceback == "" {
		f.Traceback = reported.traceback()
	}
	var syntax *luavm.SyntaxError
	if d := differing(nil); errors.As(err, &d) {
		f.Message, f.Diff = d.Error(), d.Difference()
		f.File, f.Line = d.Place()
		if strings.Count(strings.TrimSpace(f.Traceback), "\n") <= 2 { // the place says it all: no function lies between
			f.Traceback = ""
		}
	} else if errors.As(err, &syntax) {
		f.Message, f.File, f.Line = syntax.Text(), syntax.File, syntax.Line
	} else if file, line := luatest.SplitPlace(f.Message); strings.HasPrefix(f.Message, fmt.Sprintf("%s:%d: ", file, line)) {
		f.File, f.Line = file, line
		f.Message = strings.TrimPrefix(f.Message, fmt.Sprintf("%s:%d: ", file, line))
	}
	f.Source = l.sourceLine(f.File, f.Line)
	return f
}

// maxSource is how large a file may be of which a line is shown.
const maxSource = 1 << 20

// sourceLine is a line of a file, "" if there is none: of the test, or of a policy.
func (l *Lib) sourceLine(file string, n int) string {
	if file == "" || n < 1 {
		return ""
	}
	lines, known := l.source[file]
	if !known {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Size() <= maxSource {
			if text, err := os.ReadFile(file); err == nil {
				lines = strings.Split(string(text), "\n")
			}
		}
		if l.source == nil {
			l.source = map[string][]string{}
		}
		l.source[file] = lines
	}
	if n > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[n-1])
}

func (l *Lib) simFunctions() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"node": l.simNode, "cluster": l.simCluster, "network": l.simNetwork, "connection": l.connection, "explore": l.explore, "seed": l.seed,
	}
}

// Names are the functions of sim and the methods of what they return, by the classes of the definitions, in alphabetical order.
func Names() map[string][]string {
	l := &Lib{}
	return map[string][]string{
		"simlib": slices.Sorted(maps.Keys(l.simFunctions())), "sim_network": slices.Sorted(maps.Keys(l.networkMethods())),
		"sim_node": slices.Sorted(maps.Keys(nodeMethods)),
	}
}

// openSim predefines the module sim.
func (l *Lib) openSim() {
	l.meta.raised = l.d.L.NewTable()
	l.meta.raised.RawSetString("__tostring", l.d.VM.NewFunction("tostring", func(L *lua.LState) int {
		L.Push(lua.LString(L.CheckUserData(1).Value.(error).Error()))
		return 1
	}))
	l.meta.raised.RawSetString("__metatable", lua.LFalse)
	l.meta.net = l.d.Methods("cluster", l.networkMethods())
	l.meta.node = l.nodeMeta()
	fns := l.simFunctions()
	fields := map[string]lua.LValue{}
	for _, name := range slices.Sorted(maps.Keys(fns)) {
		fields[name] = l.d.VM.NewFunction("sim."+name, fns[name])
	}
	l.d.SetModule("sim", fields)
}

// attempt is the test that runs. Nodes live in tests only.
func (l *Lib) attempt(L *lua.LState, what string) *attempt {
	if l.running == nil {
		L.RaiseError("%s: no test is running: nodes are made inside of it or before_each", what)
	}
	l.running.halted(L)
	return l.running
}
