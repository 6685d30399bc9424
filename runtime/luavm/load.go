package luavm

import (
	"errors"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"moonpeer/runtime/luavm/internal/rewrite"
)

// maxInstructions is the size of the largest function: how far its jumps reach.
const maxInstructions = 1<<17 - 1

// Compile compiles a chunk of at most 256 KiB. The name stands in messages for the file, as it is. The
// result may be instantiated in any number of VMs, on any goroutines. The error is a *SyntaxError.
func Compile(name, src string) (*lua.FunctionProto, error) {
	p, err := compile(name, src, defaultMaxSource)
	if err != nil {
		return nil, err
	}
	p.Constants = append(p.Constants, &source{text: src})
	return p, nil
}

// Load compiles a chunk and makes a function of it, to be called for it to run. The error is a *SyntaxError.
// [Coverage] counts it if it wants files of that name.
func (vm *VM) Load(name, src string) (*lua.LFunction, error) { return vm.LoadFrom(name, 1, src) }

// LoadFrom is [VM.Load] for a chunk that begins on a later line of what name stands for: messages count from there, and
// nobody counts what it executes. Of several chunks of one name messages say what the last one calls its variables.
func (vm *VM) LoadFrom(name string, line int, src string) (_ *lua.LFunction, err error) {
	var proto *lua.FunctionProto
	if line == 1 {
		proto, err = vm.options.Coverage.open(vm, name, src)
	}
	if proto == nil && err == nil {
		proto, err = compile(name, src, vm.options.MaxSource)
	}
	if err != nil {
		var se *SyntaxError
		if errors.As(err, &se) {
			se.Line += line - 1
			se.Open.Line += line - 1
		}
		return nil, err
	}
	shiftLines(proto, line-1)
	vm.sources[name] = &source{text: src, before: line - 1}
	return vm.instantiate(proto), nil
}

// shiftLines has a function, and all within it, begin by lines later.
func shiftLines(p *lua.FunctionProto, by int) {
	if by == 0 {
		return
	}
	p.LineDefined += by
	p.LastLineDefined += by
	for i := range p.DbgSourcePositions {
		p.DbgSourcePositions[i] += by
	}
	for _, inner := range p.FunctionPrototypes {
		shiftLines(inner, by)
	}
}

// Unfinished tells whether a text that does not compile breaks off, so that it may with more lines: a block or a bracket
// is open, an operator waits for its right side. An expression is a whole text, as at a prompt. A chunk that is larger than [VM.Load] takes is not unfinished.
func Unfinished(src string) bool {
	if len(src) > defaultMaxSource {
		return false
	}
	statement, whole := breaksOff(src)
	expression, wholeExpression := breaksOff("return " + src)
	return (statement || expression) && !whole && !wholeExpression
}

// breaksOff parses a text: it ends too early, or is a whole chunk, or neither.
func breaksOff(src string) (off, whole bool) {
	defer func() { // as in compile
		if recover() != nil {
			off, whole = false, false
		}
	}()
	_, err := parse.Parse(strings.NewReader(src), "")
	var e *parse.Error
	if !errors.As(err, &e) || e.Pos.Line != parse.EOF {
		return false, err == nil
	}
	return e.Message != "unterminated string" || strings.HasSuffix(src, `\`), false
}

// Instantiate makes a function of a chunk that [Compile] has compiled. Coverage counts it as it does what is loaded.
func (vm *VM) Instantiate(proto *lua.FunctionProto) *lua.LFunction {
	if n := len(proto.Constants); n > 0 {
		if s, ok := proto.Constants[n-1].(*source); ok {
			vm.sources[proto.SourceName] = s
			if counted, err := vm.options.Coverage.open(vm, proto.SourceName, s.text); err == nil && counted != nil {
				proto = counted // counters can't be those of other VMs
			}
		}
	}
	return vm.instantiate(proto)
}

func (vm *VM) instantiate(proto *lua.FunctionProto) *lua.LFunction {
	return vm.main.NewFunctionFromProto(proto)
}

func compile(name, src string, limit int) (*lua.FunctionProto, error) {
	proto, _, err := compileChunk(name, src, limit, rewrite.Chunk)
	return proto, err
}

// compileCounted is compile with counters.
func compileCounted(name, src string, limit int) (*lua.FunctionProto, rewrite.Sites, error) {
	return compileChunk(name, src, limit, rewrite.Counted)
}

type change func([]ast.Stmt) (rewrite.Result, error)

func compileChunk(name, src string, limit int, change change) (proto *lua.FunctionProto, sites rewrite.Sites, err error) {
	if len(src) > limit {
		return nil, sites, &SyntaxError{File: name, Line: 1, Message: fmt.Sprintf(
			"chunk has %d bytes, more than %d; put large data into a data file", len(src), limit)}
	}
	if strings.HasPrefix(src, "\x1bLua") {
		return nil, sites, &SyntaxError{File: name, Line: 1, Message: "compiled chunks are not supported"}
	}
	defer func() { // neither parser nor compiler should panic; input must not tell us otherwise
		if e := recover(); e != nil {
			proto, err = nil, &SyntaxError{File: name, Line: 1, Message: fmt.Sprintf("chunk can't be compiled: %v", e)}
		}
	}()
	chunk, err := parse.Parse(strings.NewReader(src), name)
	if err != nil {
		return nil, sites, syntaxError(name, src, err)
	}
	result, err := change(chunk)
	if err != nil {
		return nil, sites, syntaxError(name, src, err)
	}
	proto, err = lua.Compile(result.Stmts, name)
	if err == nil {
		err = finish(proto, result.Mark)
	}
	if err != nil {
		return nil, sites, syntaxError(name, src, err)
	}
	return proto, result.Sites, nil
}

// finish changes what the compiler has made, in a function and all within it.
func finish(p *lua.FunctionProto, mark string) error {
	if len(p.Code) > maxInstructions {
		return &rewrite.Error{Line: p.LineDefined, Message: "function is too large"}
	}
	for i, c := range p.Constants {
		s, _ := c.(lua.LString)
		if name, ok := strings.CutPrefix(string(s), mark); ok {
			p.Constants[i] = helper(name)
		}
	}
	markCalls(p)
	place(p)
	for _, inner := range p.FunctionPrototypes {
		if err := finish(inner, mark); err != nil {
			return err
		}
	}
	return nil
}

// helper returns the function that the rewritten source calls by a name.
func helper(name string) *lua.LFunction {
	if name == rewrite.Builder {
		return builderFunction
	}
	return newConcat(strings.Split(name, "\x00")[1:])
}

func syntaxError(name, src string, err error) *SyntaxError {
	e := &SyntaxError{File: name, Line: 1}
	var parsing *parse.Error
	var rewriting *rewrite.Error
	var compiling *lua.CompileError
	switch {
	case errors.As(err, &parsing):
		e.Line, e.Column = parsing.Pos.Line, parsing.Pos.Column
		e.Message = strings.Replace(parsing.Message, "parse error", "syntax error", 1)
		if e.Line == parse.EOF {
			e.Line, e.Column = 1+strings.Count(src, "\n"), 0
			e.Message += " near <eof>"
			if o, ok := unclosed(src); ok {
				e.Open = Open{o.opener, o.closer, o.line}
			}
		} else if parsing.Token != "" {
			e.Message += " near '" + shorten(parsing.Token) + "'"
			e.Message += foreignHint(lineOf(strings.Split(src, "\n"), e.Line), e.Column, parsing.Token)
		}
	case errors.As(err, &rewriting):
		e.Line, e.Message = rewriting.Line, rewriting.Message
	case errors.As(err, &compiling):
		e.Line, e.Message = compiling.Line, compiling.Message
	default:
		e.Message = err.Error()
	}
	e.Line = max(e.Line, 1)
	return e
}

// shorten keeps the beginning of a token that may be a long string.
func shorten(token string) string {
	const enough = 60
	if len(token) > enough {
		return token[:enough] + "..."
	}
	return token
}
