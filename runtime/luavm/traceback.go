package luavm

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// ownTrace in the place of a stack trace keeps gopher-lua from making one, which costs microseconds, and
// marks errors that have no position they should not have.
const ownTrace = "-"

const (
	traceHeader = "stack traceback:"
	traceTop    = 12 // lines kept at the top of a long traceback
	traceBottom = 10 // and at its bottom
)

// Traceback describes the stack of L from a level on, as debug.traceback does.
func (vm *VM) Traceback(L *lua.LState, level int) string {
	return joinTrace(vm.traceLines(L, level))
}

func joinTrace(lines []string) string {
	if len(lines) > traceTop+traceBottom {
		short := append([]string{}, lines[:traceTop]...)
		short = append(short, "...")
		lines = append(short, lines[len(lines)-traceBottom:]...)
	}
	var b strings.Builder
	b.WriteString(traceHeader)
	for _, l := range lines {
		b.WriteString("\n\t")
		b.WriteString(l)
	}
	return b.String()
}

func (vm *VM) traceLines(L *lua.LState, level int) []string {
	const few = 100 // lost levels that are walked one by one; more come from a tail recursion
	var lines []string
	tail := false
	for ; ; level++ {
		f, ok := vm.rawFrameAt(L, level)
		if !ok {
			return lines
		}
		if f.isHelper() {
			continue
		}
		if !f.lost {
			lines = append(lines, vm.traceLine(f))
			tail = false
			continue
		}
		if !tail {
			lines = append(lines, "(tail call): ?")
			tail = true
		}
		if rest := levels(f.thread) - f.level; rest > few {
			level += rest - 3
		}
	}
}

func (vm *VM) traceLine(f frame) string {
	if f.fn.IsG {
		return "[G]: in function '" + f.goName() + "'"
	}
	return fmt.Sprintf("%s:%d: in %s", f.debug.Source, f.debug.CurrentLine, vm.frameName(f))
}

// frameName names the function of a Lua frame.
func (vm *VM) frameName(f frame) string {
	if f.debug.What == "main" {
		if l := vm.linkOf(f.thread); l != nil && l.label != "" {
			return l.label
		}
	} else if n, _ := calledBy(f.debug.Name); n != "" {
		return "function '" + n + "'"
	}
	return functionName(f.fn)
}

func functionName(fn *lua.LFunction) string {
	if fn.IsG || fn.Proto.LineDefined == 0 {
		return "main chunk"
	}
	return fmt.Sprintf("function <%s:%d>", fn.Proto.SourceName, fn.Proto.LineDefined)
}

// goName is the name a Go function was called by, or else registered under.
func (f frame) goName() string {
	if n, _ := calledBy(f.debug.Name); f.debug.What != "main" && n != "" {
		return n
	}
	if n := FunctionName(f.fn); n != "" {
		return n
	}
	return "?"
}

// traceWords turns gopher-lua's words into ours.
var traceWords = strings.NewReplacer("function (anonymous)", "function '?'", "function "+noName, "function '?'",
	"function '"+methodMark, "function '", "(tailcall): ?", "(tail call): ?")

// callTraceback makes the traceback of a failed call from Go. The frames are gone by now; gopher-lua has
// described them. Its last line says [G], the one before is the function that was called.
func (vm *VM) callTraceback(err error, l link) string {
	var lines []string
	if ae, ok := err.(*lua.ApiError); ok {
		lines = strings.Split(strings.TrimPrefix(ae.StackTrace, traceHeader), "\n\t")[1:]
	}
	if n := len(lines) - 1; n >= 0 && strings.HasPrefix(lines[n], "[G]") {
		lines = lines[:n]
	}
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasSuffix(l, concatName) })
	for i, line := range lines {
		lines[i] = traceWords.Replace(line)
	}
	if n := len(lines) - 1; n >= 0 && l.label != "" {
		lines[n] = strings.Replace(lines[n], "in main chunk", "in "+l.label, 1)
	}
	if l.parent != vm.main {
		lines = append(lines, vm.traceLines(l.parent, 0)...)
	}
	return joinTrace(lines)
}

// manyLevels is from how many levels on gopher-lua must not make the traceback: it writes one line for each tail call
// there was, and a function that calls itself so for seconds has been called a hundred million times.
const manyLevels = 10_000

// shortenTrace is called when the budget is used up. A stack with very many levels is described here and now.
func (vm *VM) shortenTrace() {
	L := vm.current()
	if levels(L) < manyLevels {
		return
	}
	trace := traceHeader + "\n\t" + strings.Join(vm.traceLines(L, 0), "\n\t")
	L.Panic = func(L *lua.LState) { // PCall puts the old one back
		panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: L.Get(-1), StackTrace: trace})
	}
}

// hasLuaFrame tells whether a stack trace of gopher-lua's has a line for a Lua function. Where we kept it
// from making one, the answer is yes: then the message is as it should be.
func hasLuaFrame(trace string) bool {
	if trace == ownTrace {
		return true
	}
	for line := range strings.Lines(strings.TrimPrefix(trace, traceHeader)) {
		line = strings.TrimSpace(line)
		if line != "" && line != "..." && !strings.HasPrefix(line, "[G]") && !strings.HasPrefix(line, "(tailcall)") {
			return true
		}
	}
	return false
}
