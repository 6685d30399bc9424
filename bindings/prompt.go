package bindings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/brokerlib"
	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// maxPrompted is about how many bytes of one value a prompt shows.
const maxPrompted = 16 << 10

// prompt is somebody at a prompt: node.Prompt.
type prompt struct {
	*script.Prompt
	a *all
}

func (a *all) newPrompt() prompt {
	p := prompt{a.d.NewPrompt(), a}
	p.Members = a.members
	return p
}

// Eval implements node.Prompt.
func (p prompt) Eval(name string, line int, text string) node.Evaluated {
	if id := exported.FindStringSubmatch(text); id != nil {
		v, err := p.a.value(id[1])
		if err != nil {
			return node.Evaluated{Values: []string{}, Error: fmt.Sprintf("%s:%d: %v", name, line, err)}
		}
		return evaluated([]lua.LValue{v}, nil, p.show)
	}
	values, err := p.Prompt.Eval(name, line, text)
	return evaluated(values, err, p.show)
}

// exported is the full name of something exported, by itself: not Lua, which has no such names, but what people type who
// know it from print.
var exported = regexp.MustCompile(`^\s*=?\s*([A-Za-z_]\w*(?:::[A-Za-z_]\w*)+)\s*;?\s*$`)

// The bounds of a list of variables.
const (
	maxVariables    = 1000
	maxVariableText = 60 // letters
)

// Variables implements node.Prompt.
func (p prompt) Variables(namespace string) []node.Variable {
	list := []node.Variable{}
	p.a.names.Each(func(e *namespacelib.Export) {
		h, ok := e.Go.(namespacelib.Holder)
		if !ok || namespace != "" && !strings.HasPrefix(e.ID, namespace+"::") || len(list) == maxVariables {
			return
		}
		v := h.Current()
		text := string(p.a.space.AppendShown(nil, v, maxVariableText))
		row := node.Variable{Name: e.ID, Type: h.ValueType().String(), Text: oneLine(text, maxVariableText)}
		if c, ok := convert.AsContainer(v); ok {
			n := c.Len()
			row.Size = &n
		}
		list = append(list, row)
	})
	slices.SortFunc(list, func(a, b node.Variable) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// oneLine makes one line of a value's text, cut after so many letters.
func oneLine(text string, most int) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > most {
		line = append(line[:most-1], '…')
	}
	return string(line)
}

// show is a value as print has it, for a screen; what that has only an address for is told by what it is.
func (p prompt) show(v lua.LValue) string {
	switch x := v.(type) {
	case *lua.LTable:
		if name, members := p.a.d.Module(v); name != "" {
			return name + ": " + strings.Join(members, " ")
		}
	case lua.LBool: // as print says it; T and F are for the inside of values
		return x.String()
	case *lua.LFunction:
		return "function (" + script.FunctionPlace(x) + ")"
	}
	text := string(p.a.space.AppendShown(nil, v, maxPrompted))
	if ud, ok := v.(*lua.LUserData); ok && strings.HasPrefix(text, addressOnly) {
		if text = p.a.d.Text(v); strings.HasPrefix(text, addressOnly) {
			if methods := script.Methods(ud); len(methods) > 0 {
				return "object with :" + strings.Join(methods, " :")
			}
		}
	}
	return text
}

// addressOnly is how the text of a value begins that has none.
const addressOnly = "userdata: "

// members returns what a userdata has behind a dot and a colon that no table of it says.
func (a *all) members(ud *lua.LUserData) (fields, methods []string) {
	if fields, methods = a.space.Members(ud); fields != nil || methods != nil {
		return fields, methods
	}
	return brokerlib.OptionNames(ud), a.names.Methods(ud)
}
