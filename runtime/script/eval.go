package script

import (
	lua "github.com/yuin/gopher-lua"
)

// Eval runs a text in the domain, of whoever looks into a running node: an expression, of which the values are
// returned, or a chunk. It has a handler's budget. Its error is returned and not reported: it is no script's.
func (d *Domain) Eval(text string) ([]lua.LValue, error) {
	fn, err := d.VM.Load("eval", "return "+text)
	if err != nil {
		if fn, err = d.VM.Load("eval", text); err != nil {
			return nil, err
		}
	}
	return d.VM.Call(fn, lua.MultRet)
}
