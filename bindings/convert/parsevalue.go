package convert

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// ParseValue reads a value from a command line. Without a type (nil, any) that is kind:text, as in addr:10.0.0.1,
// else JSON if it parses, else a string. A declared type coerces: its own text form (10.0.0.1, 80/tcp, 5 min) is
// taken first, then JSON; a string is taken as it stands unless it is a JSON string; sets, tables, vectors and
// records are JSON.
func (s *Space) ParseValue(text string, t *Type) (lua.LValue, error) {
	if t == nil || t.Kind == KindAny {
		return s.parseUntyped(text)
	}
	kind, rest, _ := strings.Cut(text, ":")
	if t.Kind < KindTuple && kind == t.Kind.String() {
		return s.Parse(t.Kind, rest)
	}
	decoded, jsonErr := DecodeJSON(text)
	if t.Kind == KindString {
		switch decoded := decoded.(type) {
		case string:
			return lua.LString(decoded), nil
		case nil:
			if t.Optional && jsonErr == nil {
				return lua.LNil, nil
			}
		}
		return lua.LString(text), nil
	}
	if t.Kind < KindTuple {
		v, err := s.Parse(t.Kind, text)
		if err == nil || jsonErr != nil {
			return v, err
		}
	}
	if jsonErr != nil {
		return nil, fmt.Errorf("%q is not a value of type %s: want JSON, as in %s", text, t, jsonExample(t))
	}
	return s.FromJSON(decoded, t)
}

func (s *Space) parseUntyped(text string) (lua.LValue, error) {
	if word, rest, ok := strings.Cut(text, ":"); ok {
		if k, err := ScalarNamed(word); err == nil {
			return s.ParseKind(k, rest)
		}
	}
	if decoded, err := DecodeJSON(text); err == nil {
		return s.FromJSON(decoded, nil)
	}
	return lua.LString(text), nil
}

// ParseKind is Parse for a value that keeps its kind where none is declared, as types.int and types.real do.
func (s *Space) ParseKind(k Kind, text string) (lua.LValue, error) {
	v, err := s.Parse(k, text)
	if err != nil {
		return nil, err
	}
	switch k {
	case KindInt:
		i, _ := AsInt(v)
		v = s.IntOfKind(i)
	case KindReal:
		f, _ := AsReal(v)
		v = s.RealOfKind(f)
	}
	return v, nil
}

func jsonExample(t *Type) string {
	switch t.Kind {
	case KindTable:
		if t.Key.Kind == KindString {
			return `{"key":…}`
		}
		return `[[key,value],…]`
	case KindRecord:
		return `{"field":…}`
	}
	return `["…","…"]`
}
