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
	p := d.enter(nil, "eval", fn)
	values, err := d.VM.Call(fn, lua.MultRet)
	p.leave(d.VM, err)
	return values, err
}
