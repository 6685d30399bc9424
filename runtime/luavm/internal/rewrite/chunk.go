package rewrite

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// Result is a rewritten chunk.
type Result struct {
	Stmts []ast.Stmt
	// Builder is a string constant that stands for a function in the functions of the chunk,
	// or empty. After compilation whoever runs the chunk puts the function in its place among the
	// constants: it is called with a table, the number of positional elements the table has,
	// and returns a function that adds to it; see table.go.
	Builder string
}

// Error is a construct that cannot be compiled correctly, or exceeds a limit.
type Error struct {
	Line    int
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// Chunk rewrites the statements of a whole chunk, in place.
func Chunk(stmts []ast.Stmt) (result Result, err error) {
	defer func() {
		if e := recover(); e != nil {
			failure, ok := e.(*Error)
			if !ok {
				panic(e)
			}
			err = failure
		}
	}()
	r := newResolver()
	r.chunk(stmts)
	w := &rewriter{info: r.info, fn: r.main}
	out := w.stmts(stmts)
	if w.builderUsed {
		result.Builder = r.builder
	}
	result.Stmts = out
	return result, nil
}

// fail ends the walk; Chunk returns the error. Both walks are deeply recursive and fail rarely.
func fail(at ast.PositionHolder, format string, args ...any) {
	panic(&Error{at.Line(), fmt.Sprintf(format, args...)})
}
