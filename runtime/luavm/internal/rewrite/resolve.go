package rewrite

import (
	"strings"
	"unicode"

	"github.com/yuin/gopher-lua/ast"

	"moonpeer/runtime/luavm/internal/numeral"
)

// Limits on what is compiled. The compiler looks constants up one by one and folds chains of
// operators from every level anew, so both are quadratic; source this large is data, not a program.
const (
	maxConstants = 16384 // distinct ones per function
	maxExprDepth = 1000
	maxStmtDepth = 2000
	maxUpvalues  = 255 // the compiler counts them in a byte
	countAfter   = 4096
)

// variable is one local variable, parameter or loop variable.
type variable struct {
	name     string
	fn       *function
	captured bool // by a closure
	last     bool // the last parameter of fn
}

// scope is one block. Its variables are searched from the last, as a later one hides an earlier one.
type scope struct {
	vars   []*variable
	parent *scope
	fn     *function
	loop   ast.Stmt // the loop whose body this is, else nil
}

// function is what is known of a function body, or of the chunk itself.
type function struct {
	parent      *function
	vararg      bool
	jump        ast.Stmt // a goto or label, nil when there is none
	hasCaptured bool     // some local of this function is captured
	upvalues    map[*variable]struct{}
	ownName     string // f in local f = function … end
	usesOwnName bool   // and its body mentions that name free
	occurrences int    // of constants
	constants   map[string]struct{}
}

// leaving is a break and the blocks between it and its loop.
type leaving struct {
	loop   ast.Stmt
	scopes []*scope
}

// info is what the second walk needs to know.
type info struct {
	locals    map[*ast.IdentExpr]*variable // names that are locals of the function they occur in
	functions map[*ast.FunctionExpr]*function
	closing   map[ast.Stmt]struct{} // loops with a break that leaves a block with captured locals
	concats   map[*ast.StringConcatOpExpr]string
	mark      string // no string of the chunk begins with it
}

type resolver struct {
	info
	main      *function
	scope     *scope
	fn        *function
	all       []*function
	leavings  []leaving
	exprDepth int
	stmtDepth int
	names     map[int][]Name               // nil: not asked for
	defined   map[*ast.FunctionExpr]string // likewise: what functions are called
}

func newResolver() *resolver {
	r := &resolver{info: info{
		locals:    map[*ast.IdentExpr]*variable{},
		functions: map[*ast.FunctionExpr]*function{},
		closing:   map[ast.Stmt]struct{}{},
		concats:   map[*ast.StringConcatOpExpr]string{},
		mark:      "\x00luavm:",
	}}
	r.main = &function{vararg: true}
	r.fn = r.main
	r.all = append(r.all, r.main)
	return r
}

func (r *resolver) chunk(stmts []ast.Stmt) {
	r.block(stmts, nil)
	for _, f := range r.all {
		// Every goto closes all upvalues of its function, and so parts closures from living locals.
		if f.jump != nil && f.hasCaptured {
			fail(f.jump, "goto is not supported in a function whose locals are captured by closures")
		}
	}
	for _, l := range r.leavings {
		for _, s := range l.scopes {
			for _, v := range s.vars {
				if v.captured {
					r.closing[l.loop] = struct{}{}
				}
			}
		}
	}
}

func (r *resolver) push(loop ast.Stmt) {
	r.scope = &scope{parent: r.scope, fn: r.fn, loop: loop}
}

func (r *resolver) pop() { r.scope = r.scope.parent }

func (r *resolver) declare(name string) {
	r.scope.vars = append(r.scope.vars, &variable{name: name, fn: r.fn})
}

func (r *resolver) declareAll(names []string) {
	for _, n := range names {
		r.declare(n)
	}
}

// lookup finds the variable a name refers to, nil for a global.
func (r *resolver) lookup(name string) *variable {
	for s := r.scope; s != nil; s = s.parent {
		for i := len(s.vars) - 1; i >= 0; i-- {
			if s.vars[i].name == name {
				return s.vars[i]
			}
		}
	}
	return nil
}

func (r *resolver) ident(e *ast.IdentExpr) {
	v := r.lookup(e.Value)
	if v != nil && v.fn == r.fn {
		r.locals[e] = v
		return
	}
	var owner *function
	if v == nil {
		r.constant(e, e.Value)
	} else {
		v.captured = true
		owner = v.fn
		owner.hasCaptured = true
	}
	for f := r.fn; f != owner; f = f.parent {
		if f.ownName == e.Value {
			f.usesOwnName = true
		}
		if v != nil {
			if f.upvalues == nil {
				f.upvalues = map[*variable]struct{}{}
			}
			f.upvalues[v] = struct{}{}
		}
	}
}

// constant counts a constant of the current function. Only in very large functions it is worth
// knowing which are equal.
func (r *resolver) constant(at ast.PositionHolder, text string) {
	f := r.fn
	if f.occurrences++; f.occurrences <= countAfter {
		return
	}
	if f.constants == nil {
		f.constants = map[string]struct{}{}
	}
	f.constants[text] = struct{}{}
	if len(f.constants) > maxConstants-countAfter {
		fail(at, "function has more than %d constants; put large data into a data file", maxConstants)
	}
}

func (r *resolver) number(e *ast.NumberExpr) {
	v, ok := numeral.Parse(e.Value)
	if !ok {
		// The lexer takes one more character, or the end of the file, for a part of an exponent.
		fail(e, "malformed number near '%s'", strings.TrimRightFunc(e.Value, func(c rune) bool {
			return c != '.' && !unicode.IsLetter(c) && !unicode.IsDigit(c)
		}))
	}
	e.Value = numeral.Canonical(v)
	r.constant(e, e.Value)
}

func (r *resolver) string(e *ast.StringExpr) {
	if strings.HasPrefix(e.Value, r.mark) {
		r.mark = e.Value + "\x00"
	}
	r.constant(e, e.Value)
}

func (r *resolver) function(e *ast.FunctionExpr, method bool, ownName string) {
	f := &function{parent: r.fn, vararg: e.ParList.HasVargs, ownName: ownName}
	r.fn = f
	r.all = append(r.all, f)
	r.functions[e] = f
	r.push(nil)
	if method {
		r.declare("self")
	}
	r.declareAll(e.ParList.Names)
	if n := len(r.scope.vars); n > 0 {
		r.scope.vars[n-1].last = true
	}
	if e.ParList.HasVargs {
		r.declare("arg")
	}
	r.stmts(e.Stmts)
	r.pop()
	if len(f.upvalues) > maxUpvalues {
		fail(e, "function refers to more than %d local variables of the functions around it", maxUpvalues)
	}
	r.fn = f.parent
}
