package analysis

import (
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"moonpeer/runtime/apidoc"
)

// handlers looks at what is registered for events, before all else: what an event takes is what the parameters of its
// handlers are.
func (k *checker) handlers() {
	if k.w.Event == nil || k.w.API == nil {
		return
	}
	for _, e := range k.calls {
		fn, self := k.callee(e)
		if fn == nil {
			continue
		}
		switch {
		case fn.Name == "on" && len(e.Args) >= 2:
			k.handler(k.value(e.Args[0]), e.Args[1])
		case fn.Name == "event:on" && e.Receiver != nil && len(e.Args) >= 1:
			k.handler(self, e.Args[0])
		}
	}
	k.forget()
}

// handler tells the parameters of a function what they are.
func (k *checker) handler(ev value, handler ast.Expr) {
	f := k.ownFunction(handler)
	if f == nil || !ev.sure {
		return
	}
	args, ok := k.eventArguments(ev.name)
	if !ok {
		return
	}
	params := k.params[f]
	if len(params) > len(args) {
		k.add(f.Line(), handlerArity, Warning, "event %s has %s, its handler has %d parameters: %s is always nil",
			ev.name, expected(len(args), len(args)), len(params), f.ParList.Names[len(args)])
	}
	for i, p := range params {
		if i < len(args) {
			p.given = args[i].value
		} else {
			p.given = value{kinds: kindNil}
		}
	}
}

// ownFunction returns the function that an expression is: written there, or a local's that has no other use.
func (k *checker) ownFunction(e ast.Expr) *ast.FunctionExpr {
	if id, ok := e.(*ast.IdentExpr); ok {
		v := k.uses[id]
		if v == nil || v.param || v.uses != 1 || len(v.sources) != 1 {
			return nil
		}
		e = v.sources[0].expr
	}
	f, _ := e.(*ast.FunctionExpr)
	return f
}

// eventArgument is an argument of an event and what a handler gets.
type eventArgument struct {
	argument
	value value
}

// eventArguments returns what an event has: one of the node's own as the definitions have it, one of a script's as it is
// declared.
func (k *checker) eventArguments(name string) (args []eventArgument, ok bool) {
	own := k.w.API.events[name]
	if own == nil && strings.HasPrefix(name, "Input::") {
		own = k.w.API.events["Input::<path>"]
	}
	if own != nil {
		for _, p := range own.Params {
			args = append(args, eventArgument{argument{name: p.Name}, k.w.API.value(p.Type)})
		}
		return args, true
	}
	signature, ok := k.w.Event(name)
	if !ok {
		return nil, false
	}
	list, _ := argumentsOf(signature)
	for _, a := range list {
		args = append(args, eventArgument{a, declared(a.typ)})
	}
	return args, true
}

// event looks at a call that takes an event, perhaps with its arguments.
func (k *checker) event(e *ast.FuncCallExpr, fn *entry, self value, args []ast.Expr) {
	at, first := eventAt(fn)
	if k.w.Event == nil || fn.Name == "on" || at >= len(args) || at < 0 && first < 0 {
		return
	}
	ev := self
	if at >= 0 {
		ev = k.value(args[at])
	}
	if !ev.sure || ev.class != "event" && !ev.kinds.only(kindString) {
		return
	}
	signature, ok := k.w.Event(ev.name)
	switch {
	case !ok && ev.class == "" && k.w.Complete:
		k.unknown(e.Line(), fn, ev.name)
	case ok && first >= 0 && first <= len(args):
		k.eventCall(e, ev.name, signature, args[first:])
	}
}

// eventAt returns where a function takes an event, and the first of the event's arguments; each is -1 where there is none.
// A method's event is its object.
func eventAt(fn *entry) (event, first int) {
	last := len(fn.Params) - 1
	if last < 0 || fn.Kind == apidoc.Event {
		return -1, -1
	}
	if fn.Params[last].Name != "..." {
		last = -1
	}
	if fn.Class == "event" && fn.Kind == apidoc.Method {
		return -1, last
	}
	for i, p := range fn.Params {
		for typ := range strings.SplitSeq(p.Type, "|") {
			switch {
			case typ != "eventlike" && typ != "event":
			case i+1 == last:
				return i, last
			default:
				return i, -1
			}
		}
	}
	return -1, -1
}

// unknown warns about an event that nobody declares.
func (k *checker) unknown(line int, fn *entry, name string) {
	if strings.HasPrefix(name, "Input::") || k.w.API.events[name] != nil {
		return
	}
	k.add(line, unknownEvent, Warning, "%s: nobody declares the event %q%s; a declaration says what it takes: %s",
		fn.Name, clip(name, maxQuoted), k.w.near(name, k.w.Events()), declaration(clip(name, maxQuoted)))
}

// declaration writes how an event of that name is declared.
func declaration(name string) string {
	if at := strings.LastIndex(name, "::"); at > 0 {
		return fmt.Sprintf("namespace(%q):event(%q, …)", name[:at], name[at+2:])
	}
	return fmt.Sprintf("namespace():event(%q, …)", name)
}

// eventCall compares what an event is given with what it takes.
func (k *checker) eventCall(e *ast.FuncCallExpr, name, signature string, given []ast.Expr) {
	args, required := argumentsOf(signature)
	if n, open := k.count(given); n > len(args) || n < required && !open {
		if signature == "" {
			signature = "none"
		}
		k.add(e.Line(), wrongArity, Error, "event %s takes %s, this call has %d (%s)", name, expected(required, len(args)), n, signature)
		return
	}
	for i, g := range given {
		if i >= len(args) { // an open end, which may give nothing
			return
		}
		got := k.value(g)
		if !accepts(args[i].typ).differ(got.kinds) {
			continue
		}
		k.add(g.Line(), wrongKind, Error, "event %s: argument #%d%s is %s, want %s%s", name, i+1, inParens(args[i].name),
			k.operand(g, got, "%s, %s"), args[i].typ, constructed(args[i].typ, g))
	}
}

func inParens(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}

// constructed says how a value of a declared type is made of a literal text, " (write …)".
func constructed(typ string, e ast.Expr) string {
	lit, ok := e.(*ast.StringExpr)
	if !ok {
		return ""
	}
	switch typ = strings.TrimSuffix(typ, "?"); typ {
	case "enum":
		return fmt.Sprintf(" (write types.enum %q)", lit.Value)
	case readsAs(lit.Value):
		return fmt.Sprintf(" (write %s %q)", typ, lit.Value)
	}
	return ""
}
