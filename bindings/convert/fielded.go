package convert

import lua "github.com/yuin/gopher-lua"

// Fielded is a Go value in a userdata that is no record of this package, whose fields scripts read and nothing else. It says
// what they are, so that print, JSON and a prompt show them as they show a record's.
type Fielded interface {
	// LuaFields returns the fields in the order in which they are shown. A value that is Fielded itself is the userdata
	// that [FieldedValue] makes.
	LuaFields() []LuaField
}

// LuaField is one field of a [Fielded].
type LuaField struct {
	Name  string
	Value lua.LValue
}

// FieldedValue wraps a field that has fields. It is for showing: scripts get another userdata, with a metatable.
func FieldedValue(f Fielded) lua.LValue { return &lua.LUserData{Value: f} }

// FieldedText is what tostring gives for f: its fields as print shows a record's.
func FieldedText(f Fielded) string {
	p := printer{most: maxPrint}
	return string(p.fielded(nil, f))
}

func (p *printer) fielded(dst []byte, f Fielded) []byte {
	dst = append(dst, '[')
	for i, field := range f.LuaFields() {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = p.value(append(append(dst, field.Name...), '='), field.Value)
	}
	return append(dst, ']')
}

func (w *jsonWriter) fielded(dst []byte, f Fielded) (out []byte, err error) {
	dst = append(dst, '{')
	for i, field := range f.LuaFields() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONString(dst, field.Name), ':')
		if dst, err = w.value(dst, field.Value); err != nil {
			return dst, insideField(field.Name, err)
		}
	}
	return append(dst, '}'), nil
}

func fieldedNode(f Fielded) *luaNode {
	n := &luaNode{brackets: "{}"}
	for _, field := range f.LuaFields() {
		n.items = append(n.items, luaItem{field.Name + " = ", field.Value})
	}
	return n
}
