package bindings

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/brokerlib"
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
	values, err := p.Prompt.Eval(name, line, text)
	return evaluated(values, err, p.show)
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
