package script

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"moonpeer/runtime/luavm"
)

// Prompt is somebody who gives a domain one text after the other. What is assigned to an undeclared name is kept in the
// prompt's own table, where its later texts find it, and no script does.
type Prompt struct {
	// Members returns what can follow a dot and a colon behind a userdata whose fields are no table's; nil: nothing can.
	// It is asked for completion, and must have no effect.
	Members func(ud *lua.LUserData) (fields, methods []string)

	d   *Domain
	env *lua.LTable
}

// NewPrompt makes a prompt whose table is empty.
func (d *Domain) NewPrompt() *Prompt {
	p := &Prompt{d: d, env: d.L.NewTable()}
	mt := d.L.NewTable()
	mt.RawSetString("__index", d.L.G.Global)
	mt.RawSetString("__newindex", d.VM.NewFunction("prompt", func(L *lua.LState) int {
		name, ok := L.Get(2).(lua.LString)
		switch {
		case ok && d.loader.known[string(name)]:
			L.RaiseError("%q is predefined and can't be assigned (use another name)", string(name))
		case L.Get(2) == lua.LNil:
			L.RaiseError("table index is nil")
		}
		p.env.RawSet(L.Get(2), L.Get(3))
		return 0
	}))
	mt.RawSetString("__metatable", lua.LFalse)
	p.env.Metatable = mt
	return p
}

// Eval runs a text: an expression, of which the values are returned, the same behind a "=", or a chunk. Messages call it
// name and count lines from line. It has a handler's budget. Its error is returned and not reported: it is no script's.
func (p *Prompt) Eval(name string, line int, text string) ([]lua.LValue, error) {
	fn, err := p.load(name, line, text)
	if err != nil {
		return nil, err
	}
	fn.Env = p.env
	return p.d.VM.Call(fn, lua.MultRet)
}

// returnWord makes a chunk of an expression.
const returnWord = "return "

func (p *Prompt) load(name string, line int, text string) (*lua.LFunction, error) {
	rest, asked := cutEquals(text)
	fn, err := p.d.VM.LoadFrom(name, line, returnWord+rest)
	if err == nil {
		// A call must not become a tail call, of which tracebacks do not say where it stands.
		kept, err := p.d.VM.LoadFrom(name, line, returnWord+"(function(...) return ... end)("+rest+"\n)")
		if err == nil {
			return kept, nil
		}
		return fn, nil
	}
	if asked {
		return nil, err
	}
	fn, other := p.d.VM.LoadFrom(name, line, text)
	if other != nil && further(err, other) {
		return nil, err
	}
	return fn, other
}

// further tells whether the parser came further with a text as an expression than as a statement: then it was to be one. An
// error without a column is one behind the parser's last word.
func further(expression, statement error) bool {
	var e, s *luavm.SyntaxError
	if !errors.As(expression, &e) || !errors.As(statement, &s) || s.Column == 0 {
		return false
	}
	return e.Column == 0 || e.Line > s.Line || e.Line == s.Line && e.Column-len(returnWord) > s.Column
}

// cutEquals takes the "=" off a text that begins with one: Lua's own prompt has it for "return".
func cutEquals(text string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(strings.TrimLeft(text, " \t"), "="); ok {
		return rest, true
	}
	return text, false
}

// ChunkLocals returns the locals that a text declares outside of every block and function: those that are gone when it
// has run at a prompt.
func ChunkLocals(text string) (names []string) {
	if len(text) > maxSource {
		return nil
	}
	chunk, err := parse.Parse(strings.NewReader(text), "")
	if err != nil {
		return nil
	}
	for _, s := range chunk {
		if l, ok := s.(*ast.LocalAssignStmt); ok {
			names = append(names, l.Names...)
		}
	}
	return names
}

// Module returns what a predefined module shows of itself: its name, and the names in it. Of a library that is what its
// file says. name is "" for a value that is none.
func (d *Domain) Module(v lua.LValue) (name string, members []string) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return "", nil
	}
	for _, n := range d.loader.globals {
		if d.L.G.Global.RawGetString(n) != lua.LValue(t) {
			continue
		}
		if n == "_G" || standard[n] {
			return n, tableNames(t)
		}
		return n, d.loader.members(n)
	}
	return "", nil
}
