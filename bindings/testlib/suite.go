package testlib

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luatest"
)

// group is a describe, or the file.
type group struct {
	name   string
	line   int // of the describe
	parent *group
	tags   []string
	before []*lua.LFunction
	after  []*lua.LFunction
}

// names are those of the groups around and its own.
func (g *group) names() []string {
	if g == nil || g.parent == nil {
		return nil
	}
	return append(g.parent.names(), g.name)
}

// path is the group with those around it, outermost first.
func (g *group) path() []*group {
	if g == nil {
		return nil
	}
	return append(g.parent.path(), g)
}

// lines are where the groups around and it begin.
func (g *group) lines() []int {
	if g == nil || g.parent == nil {
		return nil
	}
	return append(g.parent.lines(), g.line)
}

func (g *group) allTags() []string {
	var tags []string
	for _, p := range g.path() {
		tags = append(tags, p.tags...)
	}
	return tags
}

// declared is an it.
type declared struct {
	luatest.Test
	in *group
	fn *lua.LFunction
}

// describe(name, opts, fn) runs fn, which declares tests. An error in it is that of its tests, which are then left out.
func (l *Lib) describe(L *lua.LState) int {
	l.declaring(L, "describe")
	name, tags, fn := l.head(L, "describe", true)
	outer, before := l.open, len(l.tests)
	g := &group{name: name, line: l.line(L), parent: outer, tags: tags}
	l.open = g
	_, err := l.d.VM.Call(fn, 0)
	l.open = outer
	if err != nil {
		r := luatest.Result{Names: g.names(), Tags: g.allTags(), Line: g.line, Around: outer.lines(), Outcome: luatest.Broken, Failure: l.failure(err)}
		for _, t := range l.tests[before:] {
			r.Lost = append(r.Lost, t.Test)
		}
		l.tests = l.tests[:before]
		l.broken = append(l.broken, r)
	}
	return 0
}

// it(name, opts, fn) declares a test; without fn it is pending.
func (l *Lib) it(L *lua.LState) int {
	l.declaring(L, "it")
	name, tags, fn := l.head(L, "it", false)
	t := l.test(L, name, tags)
	t.Pending, t.Why = fn == nil, "it has no function"
	l.declare(L, declared{Test: t, in: l.open, fn: fn})
	return 0
}

// pending(name, fn) declares a test that is not run; in a test, pending(why) ends it.
func (l *Lib) pending(L *lua.LState) int {
	why := L.OptString(1, "")
	if l.running != nil {
		l.raise(L, &pendingError{why})
	}
	name, tags, _ := l.head(L, "pending", false)
	t := l.test(L, name, tags)
	t.Pending = true
	l.declare(L, declared{Test: t, in: l.open})
	return 0
}

// test is one that is declared here, in the describe that is open.
func (l *Lib) test(L *lua.LState, name string, tags []string) luatest.Test {
	return luatest.Test{
		Names: append(l.open.names(), name), Tags: append(l.open.allTags(), tags...), Line: l.line(L), Around: l.open.lines(),
	}
}

// pendingError is what pending raises in a test.
type pendingError struct{ why string }

func (e *pendingError) Error() string { return "pending: " + e.why }

func (l *Lib) declare(L *lua.LState, t declared) {
	same := func(o declared) bool { return slices.Equal(o.Names, t.Names) }
	i := slices.IndexFunc(l.tests, same)
	if i < 0 {
		l.tests = append(l.tests, t)
		return
	}
	l.broken = append(l.broken, luatest.Result{Names: t.Names, Tags: t.Tags, Line: t.Line, Around: t.Around,
		Outcome: luatest.Broken, Failure: &luatest.Failure{
			Message: fmt.Sprintf("there is a test of this name already, in line %d: it can't be told apart, so this one is not run", l.tests[i].Line),
			File:    l.file, Line: t.Line}})
}

// before_each(fn) and after_each(fn) register what runs before and after each test of the describe, or of the file.
func (l *Lib) beforeEach(L *lua.LState) int {
	l.declaring(L, "before_each")
	l.open.before = append(l.open.before, L.CheckFunction(1))
	return 0
}

func (l *Lib) afterEach(L *lua.LState) int {
	l.declaring(L, "after_each")
	l.open.after = append(l.open.after, L.CheckFunction(1))
	return 0
}

// declaring raises when a test runs.
func (l *Lib) declaring(L *lua.LState, what string) {
	if l.running != nil {
		L.RaiseError("%s: a test is running, which declares nothing", what)
	}
}

// head reads name, options and function of a declaration.
func (l *Lib) head(L *lua.LState, what string, needed bool) (name string, tags []string, fn *lua.LFunction) {
	name = L.CheckString(1)
	if strings.TrimSpace(name) == "" {
		L.ArgError(1, "a name is not empty")
	}
	i := 2
	if L.Get(2) == lua.LNil && L.GetTop() > 2 {
		L.ArgError(2, "expected options or a function, got nil")
	}
	if t, ok := L.Get(2).(*lua.LTable); ok {
		o := readOptions(L, what, t)
		tags = o.texts("tags")
		o.done()
		i = 3
	}
	if needed || L.Get(i) != lua.LNil {
		fn = L.CheckFunction(i)
	}
	if L.GetTop() > i {
		L.ArgError(i+1, "nothing comes behind the function: options stand in front of it")
	}
	return name, tags, fn
}

// line is where the test file calls.
func (l *Lib) line(L *lua.LState) int {
	_, line := luatest.SplitPlace(l.d.VM.Where(L, 1))
	return line
}
