package convert

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// AppendJSON appends v as plain JSON, the form of --json, of json.encode and of what people pipe: addresses,
// subnets, ports and enums are strings; times and intervals seconds in their shortest exact form; a set, a vector,
// a tuple and a list is an array, a table an object, or an array of pairs if it has other keys than strings; a
// record is an object without what is unset. Sets and tables are in Broker's order. nil is null, a byte that is
// not UTF-8 becomes U+FFFD. NaN, infinity, functions and tables inside themselves have no JSON form.
func (s *Space) AppendJSON(dst []byte, v lua.LValue) ([]byte, error) {
	w := jsonWriter{s: s, start: len(dst)}
	out, err := w.value(dst, v)
	if err != nil {
		return dst, err
	}
	return out, nil
}

type jsonWriter struct {
	s     *Space
	start int
	depth int
	err   error
}

// maxJSONDepth ends tables inside themselves.
const maxJSONDepth = 100

func (w *jsonWriter) enter(dst []byte) error {
	if w.depth++; w.depth > maxJSONDepth {
		return invalidData("nested deeper than %d values (a table inside itself?)", maxJSONDepth)
	}
	if len(dst)-w.start > maxEncoded {
		return invalidData("more than %d bytes", maxEncoded)
	}
	return nil
}

func (w *jsonWriter) leave() { w.depth-- }

func (w *jsonWriter) value(dst []byte, v lua.LValue) ([]byte, error) {
	var a atom
	if a.fromDefault(v) {
		return a.appendJSON(dst)
	}
	if err := w.enter(dst); err != nil {
		return dst, err
	}
	defer w.leave()
	switch v := v.(type) {
	case *lua.LTable:
		return w.table(dst, v)
	case *lua.LUserData:
		if rt, field, ok := recordOf(v); ok {
			return w.record(dst, rt, field)
		}
		switch ref := v.Value.(type) {
		case *tupleBox:
			return w.list(dst, len(ref.more), func(i int) lua.LValue { return ref.more[i] })
		case Container:
			return w.container(dst, ref)
		case Fielded:
			return w.fielded(dst, ref)
		}
	}
	return dst, invalidData("a %s has no JSON form", v.Type())
}

func (w *jsonWriter) list(dst []byte, n int, elem func(int) lua.LValue) (out []byte, err error) {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = w.value(dst, elem(i)); err != nil {
			return dst, insideIndex(i+1, err)
		}
	}
	return append(dst, ']'), nil
}

func (w *jsonWriter) record(dst []byte, rt *RecordType, field func(int) lua.LValue) (out []byte, err error) {
	dst = append(dst, '{')
	first := len(dst)
	for i := range rt.fields {
		v := nilIfUnset(field(i))
		if v == lua.LNil {
			continue
		}
		if len(dst) > first {
			dst = append(dst, ',')
		}
		dst = append(appendJSONString(dst, rt.fields[i].Name), ':')
		if dst, err = w.value(dst, v); err != nil {
			return dst, insideField(rt.fields[i].Name, err)
		}
	}
	return append(dst, '}'), nil
}

func (w *jsonWriter) container(dst []byte, c Container) ([]byte, error) {
	t := c.ContainerType()
	if t.Kind == KindVector {
		return w.vector(dst, t, c)
	}
	items := w.s.sorter.take()
	defer w.s.sorter.put(items)
	items.collect(c)
	items.sort()
	if t.Kind == KindSet {
		return w.set(dst, t, items)
	}
	return w.pairs(dst, items, t.Key, func(dst []byte, it *orderedItem) ([]byte, error) {
		return w.stored(dst, t.Elem, it.value)
	})
}

func (w *jsonWriter) vector(dst []byte, t *Type, c Container) (out []byte, err error) {
	dst = append(dst, '[')
	i := 0
	c.Each(func(_ []byte, v Stored) bool {
		if i++; i > 1 {
			dst = append(dst, ',')
		}
		dst, err = w.stored(dst, t.Elem, v)
		return err == nil
	})
	if err != nil {
		return dst, insideIndex(i, err)
	}
	return append(dst, ']'), nil
}

func (w *jsonWriter) set(dst []byte, t *Type, items *ordered) (out []byte, err error) {
	dst = append(dst, '[')
	for i := range items.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = w.key(dst, t.Key, items.key(&items.items[i])); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// pairs writes a sorted table: an object if all keys are strings.
func (w *jsonWriter) pairs(dst []byte, items *ordered, key *Type,
	value func([]byte, *orderedItem) ([]byte, error)) (out []byte, err error) {
	object := key.Kind == KindString || key.Kind == KindAny && items.allStrings()
	open, shut := byte('['), byte(']')
	if object {
		open, shut = '{', '}'
	}
	dst = append(dst, open)
	for i := range items.items {
		it := &items.items[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		if !object {
			dst = append(dst, '[')
		}
		if dst, err = w.key(dst, key, items.key(it)); err != nil {
			return dst, err
		}
		if object {
			dst = append(dst, ':')
		} else {
			dst = append(dst, ',')
		}
		if dst, err = value(dst, it); err != nil {
			return dst, inside("["+string(appendKeyText(nil, key, items.key(it)))+"]", err)
		}
		if !object {
			dst = append(dst, ']')
		}
	}
	return append(dst, shut), nil
}

// allStrings reports whether all keys, of type any, are strings.
func (o *ordered) allStrings() bool {
	for i := range o.items {
		if o.key(&o.items[i])[0] != byte(broker.KindString)+1 {
			return false
		}
	}
	return true
}

func (w *jsonWriter) key(dst []byte, t *Type, key []byte) ([]byte, error) {
	form := keyForm{sep: ",", atom: func(dst []byte, a *atom) []byte {
		out, err := a.appendJSON(dst)
		if err != nil {
			w.err = err // an infinity
		}
		return out
	}}
	dst, _, _ = appendKeyForm(dst, t, key, true, &form)
	return dst, w.err
}

func (w *jsonWriter) stored(dst []byte, t *Type, st Stored) ([]byte, error) {
	var a atom
	if a.fromStored(t, st) {
		return a.appendJSON(dst)
	}
	return w.value(dst, w.s.FromStored(t, st))
}

func (w *jsonWriter) table(dst []byte, tb *lua.LTable) ([]byte, error) {
	n, err := arrayLen(tb)
	if err != nil {
		return dst, err
	}
	if n >= 0 {
		return w.list(dst, n, func(i int) lua.LValue { return tb.RawGetInt(i + 1) })
	}
	items := w.s.sorter.take()
	defer w.s.sorter.put(items)
	if err := items.collectTable(tb); err != nil {
		return dst, err
	}
	return w.pairs(dst, items, Any, func(dst []byte, it *orderedItem) ([]byte, error) {
		return w.value(dst, it.lua)
	})
}

// appendJSON appends a scalar.
func (a *atom) appendJSON(dst []byte) ([]byte, error) {
	switch a.kind {
	case broker.KindNone:
		return append(dst, "null"...), nil
	case broker.KindBoolean:
		return strconv.AppendBool(dst, a.bits != 0), nil
	case broker.KindCount:
		return strconv.AppendUint(dst, a.bits, 10), nil
	case broker.KindInteger:
		return strconv.AppendInt(dst, int64(a.bits), 10), nil
	case broker.KindReal:
		return appendJSONReal(dst, a.real())
	case broker.KindTimestamp, broker.KindTimespan:
		return appendSeconds(dst, int64(a.bits)), nil
	case broker.KindString, broker.KindEnum:
		return appendJSONString(dst, a.str), nil
	}
	dst = append(dst, '"')
	return append(a.appendPrint(dst), '"'), nil // addresses, subnets and ports need no escapes
}

func appendJSONReal(dst []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, fmt.Errorf("%s has no JSON form", appendReal(nil, f))
	}
	if abs := math.Abs(f); abs != 0 && abs < 1e-6 || abs >= 1e21 {
		return strconv.AppendFloat(dst, f, 'e', -1, 64), nil
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64), nil
}

// appendSeconds appends nanoseconds as seconds, with the decimals it takes.
func appendSeconds(dst []byte, ns int64) []byte {
	sec, frac := ns/1e9, ns%1e9
	if ns < 0 && sec == 0 {
		dst = append(dst, '-')
	}
	dst = strconv.AppendInt(dst, sec, 10)
	if frac == 0 {
		return dst
	}
	frac = max(frac, -frac)
	dst = append(dst, '.')
	start := len(dst)
	dst = append(dst, "000000000"...)
	for i := len(dst) - 1; i >= start; i-- {
		dst[i] = byte('0' + frac%10)
		frac /= 10
	}
	return bytes.TrimRight(dst, "0")
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends s in quotes.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n != 1 {
				i += n
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		dst = appendJSONEscape(dst, c)
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

func appendJSONEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return append(dst, "\uFFFD"...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
