package rewrite

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// Result is a rewritten chunk.
type Result struct {
	Stmts []ast.Stmt
	// Mark begins those string constants of the compiled chunk that stand for functions, and no
	// others. Behind it is one of the names [Builder] and [Concat]; the latter is followed, each after a
	// zero byte, by what the operands are called. Whoever runs the chunk puts the functions among
	// the constants: builder as table.go says; concat returns the concatenation of its arguments.
	Mark string
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
	return Result{w.stmts(stmts), r.mark}, nil
}

// fail ends the walk; Chunk returns the error. Both walks are deeply recursive and fail rarely.
func fail(at ast.PositionHolder, format string, args ...any) {
	panic(&Error{at.Line(), fmt.Sprintf(format, args...)})
}
