package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// Declarations returns the events that chunks declare with literal names and signatures: what is known of them when the
// body that declares them has not run to its end.
func Declarations(chunks []*Chunk, w *World) map[string]string {
	found := map[string]string{}
	for _, c := range chunks {
		k := &checker{Chunk: c, w: w}
		for _, e := range c.calls {
			fn, self := k.callee(e)
			if fn == nil || fn.Name != "namespace:event" || len(e.Args) != 2 {
				continue
			}
			v, _ := k.made(fn.Name, self, e.Args)
			if signature, ok := e.Args[1].(*ast.StringExpr); ok && v.sure {
				found[v.name] = signature.Value
			}
		}
		c.forget()
	}
	return found
}

// Handled is an event with a handler, as the domain knows it.
type Handled struct {
	Name string
	File string // of the first handler
	Line int    // 0: it is no function of a file
}

// Unraised returns warnings about the events that chunks declare and handle, and that no line of them raises or
// publishes. There are none when a chunk subscribes to a topic: then events come from elsewhere.
func Unraised(chunks []*Chunk, w *World, handled []Handled) (found []Finding) {
	m := mentions{declared: map[string]bool{}, raised: map[string]bool{}}
	for _, c := range chunks {
		if m.collect(&checker{Chunk: c, w: w}); m.elsewhere {
			return nil
		}
	}
	for _, h := range handled {
		if !m.declared[h.Name] || m.raised[h.Name] {
			continue
		}
		h = placed(chunks, w, h)
		f := Finding{File: h.File, Line: h.Line, Code: unraisedEvent, Text: fmt.Sprintf(
			"handler for event %q, which no script here raises or publishes (if it comes from another program, end this line with -- check: ignore %s)",
			h.Name, unraisedEvent)}
		if !silenced(chunks, f) {
			found = append(found, f)
		}
	}
	return found
}

// Undeclared returns warnings about handlers for events that nobody declares.
func Undeclared(chunks []*Chunk, w *World, handled []Handled) (found []Finding) {
	for _, h := range handled {
		if _, ok := w.Event(h.Name); ok || strings.HasPrefix(h.Name, "Input::") {
			continue
		}
		h = placed(chunks, w, h)
		f := Finding{File: h.File, Line: h.Line, Code: unknownEvent, Text: fmt.Sprintf("handler for event %q, which nobody declares%s",
			h.Name, w.near(h.Name, w.Events()))}
		if !silenced(chunks, f) {
			found = append(found, f)
		}
	}
	return found
}

// placed finds the line that registers a handler which is no function of a file, such as print.
func placed(chunks []*Chunk, w *World, h Handled) Handled {
	if h.Line > 0 {
		return h
	}
	for _, c := range chunks {
		k := &checker{Chunk: c, w: w}
		for _, e := range c.calls {
			fn, self := k.callee(e)
			if fn != nil && fn.Name == "on" && len(e.Args) > 0 {
				self = k.value(e.Args[0])
			}
			if fn != nil && (fn.Name == "on" || fn.Name == "event:on") && self.sure && self.name == h.Name {
				return Handled{h.Name, c.File, e.Line()}
			}
		}
	}
	return h
}

// silenced tells whether the file that a finding is about says that it is meant.
func silenced(chunks []*Chunk, f Finding) bool {
	at := slices.IndexFunc(chunks, func(c *Chunk) bool { return c.File == f.File })
	return at >= 0 && chunks[at].ignored.silences(f)
}

// mentions are what chunks say about events.
type mentions struct {
	declared  map[string]bool // with a name that can be read
	raised    map[string]bool // or handed on, who knows where
	elsewhere bool            // what is raised can't be told
}

// collect looks at one chunk. An event that is used for anything but to register a handler may be raised, and so may
// one whose full name stands somewhere.
func (m *mentions) collect(k *checker) {
	passive := map[ast.Expr]bool{} // where an event is named and not raised
	for _, e := range k.calls {
		fn, self := k.callee(e)
		if fn == nil {
			continue
		}
		switch fn.Name {
		case "broker.subscribe":
			m.elsewhere = true
		case "on":
			if len(e.Args) > 0 {
				passive[e.Args[0]] = true
			}
		case "event:on":
			passive[e.Receiver] = true
		case "namespace:event":
			if len(e.Args) > 0 {
				passive[e.Args[0]] = true
			}
			v, _ := k.made(fn.Name, self, e.Args)
			if m.declared[v.name] = m.declared[v.name] || v.sure; k.bound[e] {
				passive[e] = true
			}
		}
		if at, _ := eventAt(fn); at >= 0 && at < len(e.Args) {
			_, composed := e.Args[at].(*ast.StringConcatOpExpr)
			m.elsewhere = m.elsewhere || composed
		}
	}
	for _, e := range k.calls {
		if v := k.value(e); v.class == "event" && v.sure && !passive[e] {
			m.raised[v.name] = true
		}
	}
	for _, id := range k.names {
		if v := k.value(id); v.class == "event" && v.sure && !passive[id] {
			m.raised[v.name] = true
		}
	}
	for _, t := range k.texts {
		if !passive[t] {
			m.raised[t.Value] = true
		}
	}
}
