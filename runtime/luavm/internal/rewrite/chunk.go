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
	// Sites is what [Counted] has marked.
	Sites Sites
}

// Error is a construct that cannot be compiled correctly, or exceeds a limit.
type Error struct {
	Line    int
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// Chunk rewrites the statements of a whole chunk, in place.
func Chunk(stmts []ast.Stmt) (Result, error) { return chunk(stmts, nil) }

// Counted is Chunk, and marks what is to be counted: all statements and conditions.
func Counted(stmts []ast.Stmt) (Result, error) { return chunk(stmts, newCounting()) }

func chunk(stmts []ast.Stmt, c *counting) (result Result, err error) {
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
	w := &rewriter{info: r.info, fn: r.main, counting: c}
	result = Result{Stmts: w.stmts(stmts), Mark: r.mark}
	if c != nil {
		result.Sites = c.Sites
	}
	return result, nil
}

// fail ends the walk; Chunk returns the error. Both walks are deeply recursive and fail rarely.
func fail(at ast.PositionHolder, format string, args ...any) {
	panic(&Error{at.Line(), fmt.Sprintf(format, args...)})
}
