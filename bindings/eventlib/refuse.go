package eventlib

import lua "github.com/yuin/gopher-lua"

// Refused reports a message that could not be sent, with the file and line of the call: publishing never raises,
// and nobody looks at what it returns.
func (l *Lib) Refused(L *lua.LState, err error) {
	l.d.Reports.Errorf("%s: %v", l.d.VM.Where(L, 1), err)
}
