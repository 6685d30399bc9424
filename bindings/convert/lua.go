package convert

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// ArgRaise raises err as wrong use of argument n of a function. It does not return.
func ArgRaise(L *lua.LState, fn string, n int, err error) {
	L.RaiseError("bad argument #%d to '%s' (%s)", n, fn, err.Error())
}

// Outcome is an error of the world as scripts see it, the second result after nil: err.code is Broker's name of
// the error in capitals, err.message says what happened, and tostring(err) reads well.
func (s *Space) Outcome(err error) lua.LValue {
	code, message := broker.CodeOf(err), err.Error()
	if e, ok := errors.AsType[*broker.Error](err); ok && error(e) == err {
		message = strings.TrimPrefix(strings.TrimPrefix(message, code.String()), ": ")
	}
	return &lua.LUserData{
		Value:     &outcome{code: strings.ToUpper(code.String()), message: message},
		Env:       s.env,
		Metatable: s.outcomeMT,
	}
}

// Fail pushes nil and the error, the results of a function that the world let down, and returns 2.
func (s *Space) Fail(L *lua.LState, err error) int {
	L.Push(lua.LNil)
	L.Push(s.Outcome(err))
	return 2
}

// outcome is the Value of an error's userdata.
type outcome struct{ code, message string }

func (o *outcome) text() string {
	if o.message == "" {
		return o.code
	}
	return o.message + " (" + o.code + ")"
}

var outcomeMeta = kindMeta{
	word: "error",
	fields: map[string]func(*Space, *lua.LUserData) lua.LValue{
		"code":    func(_ *Space, ud *lua.LUserData) lua.LValue { return lua.LString(ud.Value.(*outcome).code) },
		"message": func(_ *Space, ud *lua.LUserData) lua.LValue { return lua.LString(ud.Value.(*outcome).message) },
	},
}
