package luavm

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Error is an error that left Lua.
type Error struct {
	Value     lua.LValue // what was raised; never nil
	Message   string     // of a string: "file:line: text"
	Traceback string     // "stack traceback:" and one line per level, joined over protected calls
	cause     error
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns why the VM ended the call (matching ErrBudget or ErrInterrupted), or the Go
// error that was raised as a userdata.
func (e *Error) Unwrap() error { return e.cause }

// SyntaxError is a chunk that does not compile.
type SyntaxError struct {
	File    string
	Line    int
	Column  int // 0 when not known
	Message string
	Open    Open // of a chunk that breaks off: what is open
}

// Open is a block or bracket that has no end; the zero value is none.
type Open struct {
	Opener string // the word or bracket that begins it
	Closer string // what is missing
	Line   int    // where it begins
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text()) }

// Text is the error without its place: the message, and what is open.
func (e *SyntaxError) Text() string {
	if e.Open.Opener == "" {
		return e.Message
	}
	return fmt.Sprintf("%s ('%s' expected to close '%s' at line %d)", e.Message, e.Open.Closer, e.Open.Opener, e.Open.Line)
}

// newError makes an Error of what a protected call returned.
func (vm *VM) newError(err error, l link) *Error {
	e := &Error{Value: vm.raised(err)}
	e.Message = vm.describe(e.Value)
	e.Traceback = vm.callTraceback(err, l)
	e.cause = vm.counter.failure
	if ud, ok := e.Value.(*lua.LUserData); ok && e.cause == nil {
		e.cause, _ = ud.Value.(error)
	}
	return e
}

// raised returns the value of an error that a protected call returned.
func (vm *VM) raised(err error) lua.LValue {
	ae, ok := err.(*lua.ApiError)
	if !ok {
		return lua.LString(err.Error())
	}
	s, isString := ae.Object.(lua.LString)
	switch {
	case ae.Object == nil:
		return lua.LNil
	case !isString || ae.StackTrace == ownTrace:
		return ae.Object
	case strings.HasPrefix(string(s), " ") && !hasLuaFrame(ae.StackTrace):
		s = s[1:] // the interpreter puts a position and a blank in front, also when there is no position
	}
	return vm.translate(s)
}

// describe returns a text for the value of an error.
func (vm *VM) describe(v lua.LValue) string {
	switch x := v.(type) {
	case lua.LString, lua.LNumber:
		return x.String()
	}
	if f, ok := vm.main.GetMetaField(v, "__tostring").(*lua.LFunction); ok {
		if s, err := vm.CallValue(f, []lua.LValue{v}); err == nil && lua.LVCanConvToString(s) {
			return s.String()
		}
	}
	return "(error object is a " + v.Type().String() + " value)"
}
