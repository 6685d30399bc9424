package script

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Describe shows the event that is being handled with its arguments as one text, cut where they are long or many.
func (d *Domain) Describe() string {
	if d.current == nil {
		return ""
	}
	return d.describe(d.current, d.currentArgs)
}

func (d *Domain) describe(ev *Event, args []lua.LValue) string {
	texts := func(yield func(string) bool) {
		for _, a := range args {
			if !yield(d.Text(a)) {
				return
			}
		}
	}
	return EventText(ev.Name, len(args), texts)
}

// Text is what tostring gives for a value, unless that would run a script's code: for a table, its type.
func (d *Domain) Text(v lua.LValue) string {
	if f, ok := d.L.GetMetaField(v, "__tostring").(*lua.LFunction); ok && !f.IsG {
		return v.Type().String()
	}
	return d.L.ToStringMeta(v).String()
}

// EventText shows an event as a call of its name, cut where its arguments are long or many: they may be what others sent.
// No more of args are asked for than are shown; n is how many there are.
func EventText[T string | []byte](name T, n int, args func(yield func(string) bool)) string {
	var b strings.Builder
	b.WriteString(Clip(name) + "(")
	i := 0
	for a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		if b.Len() > maxText {
			fmt.Fprintf(&b, "… %d more", n-i)
			break
		}
		b.WriteString(Clip(a))
		i++
	}
	return b.String() + ")"
}
