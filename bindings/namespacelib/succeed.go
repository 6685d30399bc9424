package namespacelib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// Left is something that a forced reload has dropped, as node_reloaded tells scripts.
type Left struct {
	ID    string
	Value lua.LValue // a value of the new VM
	Now   *Export    // what has its name now; nil if nothing has
}

// Unfit says why e, which is of the registry before a reload, has no heir in this one; "" if it has.
func (r *Registry) Unfit(e *Export) string {
	now := r.byID[e.ID]
	switch {
	case now == nil && e.late:
		return "it was declared while the node ran, which a reload does not do again (the body of a file declares)"
	case now == nil:
		return "it is no longer declared"
	case now.Kind != e.Kind || now.Type != e.Type:
		return fmt.Sprintf("it is declared as %s %s now (%s)", now.Kind, now.Type, now.Place)
	}
	was, ok := e.Go.(Holder)
	if is, isHolder := now.Go.(Holder); ok && isHolder && !was.ValueType().Equal(is.ValueType()) {
		return fmt.Sprintf("the fields of its type %s are others now (%s)", now.Type, now.Place)
	}
	return ""
}

// Leave notes that e, which is of the registry before a reload, is dropped with that value.
func (r *Registry) Leave(e *Export, v lua.LValue) {
	r.left = append(r.left, Left{ID: e.ID, Value: v, Now: r.byID[e.ID]})
}

// TakeLeft returns what Leave was told, once.
func (r *Registry) TakeLeft() []Left {
	left := r.left
	r.left = nil
	return left
}
