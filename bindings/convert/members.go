package convert

import (
	"maps"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// Members returns what a typed value or a record has behind a dot, and behind a colon, in alphabetical order. It only
// looks, for whoever completes names.
func (s *Space) Members(ud *lua.LUserData) (fields, methods []string) {
	if rt, _, ok := recordOf(ud); ok {
		for i := range rt.fields {
			fields = append(fields, rt.fields[i].Name)
		}
		slices.Sort(fields)
		return fields, nil
	}
	if f, ok := ud.Value.(Fielded); ok {
		for _, field := range f.LuaFields() {
			fields = append(fields, field.Name)
		}
		slices.Sort(fields)
		return fields, nil
	}
	if mt, ok := ud.Metatable.(*lua.LTable); ok {
		if m := s.kinds[mt]; m != nil {
			return slices.Sorted(maps.Keys(m.fields)), slices.Sorted(maps.Keys(m.methods))
		}
	}
	return nil, nil
}
