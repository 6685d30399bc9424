package convert

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// FromJSON returns the Lua value of decoded JSON for a place of type t; a nil t is any. decoded consists of nil,
// bool, json.Number, string, []any and map[string]any. With a declared type it reads what AppendJSON writes, and
// for times and intervals their texts. Without one objects and arrays are plain Lua tables and null is nil, inside
// an array types.none.
func (s *Space) FromJSON(decoded any, t *Type) (lua.LValue, error) {
	r := jsonReader{s: s}
	if t == nil {
		t = Any
	}
	return r.value(decoded, t)
}

// DecodeJSON reads text as one JSON value with numbers kept exact, the form that FromJSON takes.
func DecodeJSON(text string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, &broker.Error{Code: broker.InvalidJSON, Err: err}
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, &broker.Error{Code: broker.InvalidJSON, Context: "text after the value"}
	}
	return v, nil
}

type jsonReader struct {
	s     *Space
	depth int
}

func (r *jsonReader) value(v any, t *Type) (lua.LValue, error) {
	if r.depth++; r.depth > maxJSONDepth {
		return nil, invalidData("nested deeper than %d values", maxJSONDepth)
	}
	defer func() { r.depth-- }()
	switch {
	case v == nil && (t.Optional || t.Kind == KindAny):
		return lua.LNil, nil
	case v == nil:
		return nil, &MismatchError{Want: t.String(), Got: "null"}
	case t.Kind == KindAny:
		return r.any(v)
	case t.Kind == KindTuple:
		return r.tuple(v, t)
	case t.Kind == KindRecord:
		return r.record(v, t)
	case t.Kind >= KindSet:
		return r.container(v, t)
	}
	d, err := r.scalar(v, t)
	if err != nil {
		return nil, err
	}
	return r.s.scalar(d), nil
}

func (r *jsonReader) any(v any) (lua.LValue, error) {
	switch v := v.(type) {
	case bool:
		return lua.LBool(v), nil
	case json.Number:
		return r.number(v)
	case string:
		return lua.LString(v), nil
	case []any:
		return r.list(v)
	case map[string]any:
		return r.object(v)
	}
	return nil, invalidData("%T is no JSON", v)
}

// number keeps integers exact as far as 64 bits go.
func (r *jsonReader) number(n json.Number) (lua.LValue, error) {
	text := string(n)
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return r.s.Count(u), nil
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return r.s.Int(i), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, invalidData("%s is too large for a number", text)
	}
	return luaNumber(f), nil
}

func (r *jsonReader) list(elems []any) (lua.LValue, error) {
	tb := &lua.LTable{Metatable: lua.LNil}
	for i, e := range elems {
		v, err := r.value(e, Any)
		if err != nil {
			return nil, insideIndex(i+1, err)
		}
		if v == lua.LNil {
			v = r.s.none
		}
		tb.Append(v)
	}
	return tb, nil
}

// object fills a table in the order of its keys, so that pairs does not depend on chance.
func (r *jsonReader) object(m map[string]any) (lua.LValue, error) {
	tb := &lua.LTable{Metatable: lua.LNil}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v, err := r.value(m[k], Any)
		if err != nil {
			return nil, insideField(k, err)
		}
		if v != lua.LNil {
			tb.RawSetString(k, v)
		}
	}
	return tb, nil
}

func (r *jsonReader) scalar(v any, t *Type) (broker.Data, error) {
	switch v := v.(type) {
	case bool:
		if t.Kind == KindBool {
			return broker.Boolean(v), nil
		}
	case string:
		switch t.Kind {
		case KindEnum:
			return broker.Enum(v), nil // the empty one, too
		case KindString, KindAddr, KindSubnet, KindPort, KindTime, KindInterval:
			return parseScalar(t.Kind, v)
		}
	case json.Number:
		switch t.Kind {
		case KindCount, KindInt:
			return parseScalar(t.Kind, integralText(string(v)))
		case KindReal:
			return parseScalar(t.Kind, string(v))
		case KindTime:
			n, err := broker.ParseInterval(string(v) + "s")
			return broker.Timestamp(n), err
		case KindInterval:
			return data(broker.ParseInterval(string(v) + "s"))
		}
	}
	return nil, &MismatchError{Want: t.String(), Got: describeJSON(v)}
}

// integralText drops a fraction of zeros, which some writers put behind every number.
func integralText(text string) string {
	if whole, frac, ok := strings.Cut(text, "."); ok && strings.Trim(frac, "0") == "" {
		return whole
	}
	return text
}

func (r *jsonReader) tuple(v any, t *Type) (lua.LValue, error) {
	elems, ok := v.([]any)
	if !ok || len(elems) != len(t.Columns) {
		return nil, &MismatchError{Want: t.String(), Got: describeJSON(v)}
	}
	vals := make([]lua.LValue, len(elems))
	for i, c := range t.Columns {
		var err error
		if vals[i], err = r.value(elems[i], c); err != nil {
			return nil, insideIndex(i+1, err)
		}
	}
	return r.s.Tuple(vals...)
}

func (r *jsonReader) record(v any, t *Type) (lua.LValue, error) {
	rt := t.Record()
	if rt == nil {
		return nil, undeclared(t)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, &MismatchError{Want: t.String(), Got: describeJSON(v)}
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if _, ok := rt.index[k]; !ok {
			return nil, rt.noField(k)
		}
	}
	rec := r.s.NewRecord(rt)
	for i := range rt.fields {
		f := &rt.fields[i]
		e, given := m[f.Name]
		if !given {
			if !f.Type.Optional && f.Type.Kind != KindAny {
				return nil, missing(rt, f)
			}
			continue
		}
		field, err := r.value(e, f.Type)
		if err == nil {
			err = rec.SetField(i, field)
		}
		if err != nil {
			return nil, insideField(f.Name, err)
		}
	}
	return rec.Value(), nil
}

// container reads an array, or for a table an object or an array of pairs.
func (r *jsonReader) container(v any, t *Type) (lua.LValue, error) {
	if r.s.NewContainer == nil {
		return nil, invalidData("no %s here", t)
	}
	switch v := v.(type) {
	case []any:
		c := r.s.NewContainer(t, len(v))
		for i, e := range v {
			if err := r.put(c, t, e); err != nil {
				return nil, insideIndex(i+1, err)
			}
		}
		return r.s.wrap(c), nil
	case map[string]any:
		if t.Kind == KindTable && t.Key.Kind < KindTuple {
			return r.objectContainer(v, t)
		}
	}
	return nil, &MismatchError{Want: t.String(), Got: describeJSON(v)}
}

func (r *jsonReader) put(c Container, t *Type, e any) error {
	var key, elem any = e, e
	if t.Kind == KindTable {
		pair, ok := e.([]any)
		if !ok || len(pair) != 2 {
			return &MismatchError{Want: "a pair [key, value]", Got: describeJSON(e)}
		}
		key, elem = pair[0], pair[1]
	}
	var k lua.LValue
	var err error
	if t.Key != nil {
		if k, err = r.value(key, t.Key); err != nil {
			return err
		}
	}
	return r.putKey(c, t, k, elem)
}

func (r *jsonReader) putKey(c Container, t *Type, k lua.LValue, elem any) error {
	var key []byte
	var st Stored
	var err error
	if t.Key != nil {
		if key, err = r.s.AppendKey(nil, t.Key, k); err != nil {
			return err
		}
	}
	if t.Elem != nil {
		v, err := r.value(elem, t.Elem)
		if err != nil {
			return err
		}
		if st, err = r.s.ToStored(t.Elem, v); err != nil {
			return err
		}
	}
	if !c.Put(key, st) {
		return fmt.Errorf("%s comes twice", Describe(k))
	}
	return nil
}

// objectContainer reads an object as a table, its keys by their text.
func (r *jsonReader) objectContainer(m map[string]any, t *Type) (lua.LValue, error) {
	c := r.s.NewContainer(t, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		k := lua.LValue(lua.LString(name))
		if t.Key.Kind != KindAny {
			var err error
			if k, err = r.s.Parse(t.Key.Kind, name); err != nil {
				return nil, err
			}
		}
		if err := r.putKey(c, t, k, m[name]); err != nil {
			return nil, insideField(name, err)
		}
	}
	return r.s.wrap(c), nil
}

func describeJSON(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return "number " + string(v)
	case string:
		return Describe(lua.LString(v))
	case []any:
		return fmt.Sprintf("an array of %d", len(v))
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("%T", v)
}
