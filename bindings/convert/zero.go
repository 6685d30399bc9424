package convert

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// ZeroStored returns what a place of type t holds before anything is set: unset if it is optional or any, else
// Broker's default value: false, 0, "", ::, ::/0, 0/?, the empty enum, an empty container. A record or a tuple has
// none.
func (s *Space) ZeroStored(t *Type) (Stored, error) {
	switch {
	case t.Optional || t.Kind == KindAny:
		return None, nil
	case t.Kind < KindTuple:
		a := atom{kind: wireKinds[t.Kind]}
		return a.toStored(false), nil
	case t.Kind == KindTuple || t.Kind == KindRecord:
		return Stored{}, fmt.Errorf("a %s has no default value", t)
	case s.NewContainer == nil:
		return Stored{Ref: &lua.LTable{Metatable: lua.LNil}}, nil
	}
	return Stored{Ref: s.NewContainer(t, 0)}, nil
}

// Zero returns the Lua value of ZeroStored; what is unset is nil.
func (s *Space) Zero(t *Type) (lua.LValue, error) {
	st, err := s.ZeroStored(t)
	if err != nil || st.IsNone() {
		return lua.LNil, err
	}
	return s.FromStored(t, st), nil
}

// BrokerKind returns the kind that values of type t have on the wire, and false for any.
func (t *Type) BrokerKind() (broker.Kind, bool) { return wireKinds[t.Kind], t.Kind != KindAny }
