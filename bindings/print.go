package bindings

import (
	"encoding/json"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/namespacelib"
	"moonpeer/runtime/script"
)

// print appends what --print shows of an exported name: "ID = value" in Zeek's layout, or one JSON object.
func (a *all) print(dst []byte, id string, asJSON bool) ([]byte, bool) {
	e := a.names.Lookup(id)
	var h namespacelib.Holder
	if e != nil {
		h, _ = e.Go.(namespacelib.Holder)
	}
	if asJSON {
		return a.printJSON(dst, id, h)
	}
	dst = append(append(dst, id...), " = "...)
	if h == nil {
		return append(dst, "<unknown id>\n"...), false
	}
	return append(a.space.AppendPrint(dst, h.Current()), '\n'), true
}

func (a *all) printJSON(dst []byte, id string, h namespacelib.Holder) ([]byte, bool) {
	name, err := json.Marshal(id)
	if err != nil {
		return dst, false
	}
	dst = append(append(append(dst, `{"id":`...), name...), `,"value":`...)
	if h == nil {
		return append(dst, "null,\"error\":\"unknown id\"}\n"...), false
	}
	out, err := a.space.AppendJSON(dst, h.Current())
	if err != nil {
		out = append(dst, "null"...)
	}
	return append(out, "}\n"...), err == nil
}

// value returns the value of an exported name.
func (a *all) value(id string) (lua.LValue, error) {
	e := a.names.Lookup(id)
	if e == nil {
		return nil, fmt.Errorf("no script exports %s%s", script.Clip(id), script.DidYouMean(id, a.names.Names()))
	}
	h, ok := e.Go.(namespacelib.Holder)
	if !ok {
		return nil, fmt.Errorf("%s is declared as %s and has no value", id, e.Kind)
	}
	return h.Current(), nil
}

// near finds the exported variable whose name is most like id.
func (a *all) near(id string) string {
	var names []string
	a.names.Each(func(e *namespacelib.Export) {
		if _, ok := e.Go.(namespacelib.Holder); ok {
			names = append(names, e.ID)
		}
	})
	return script.Nearest(id, names)
}
