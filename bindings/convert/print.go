package convert

import (
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// AppendPrint appends v as Zeek prints it: a set as { and its elements in Broker's order, joined by a comma at the
// line's end, and }; a table's elements as [key] = value; a vector as [a, b]; a record as
// [f=v, g=<uninitialized>]; an empty set or table with one blank line between the braces. Scalars are their text,
// strings raw, booleans T and F. Plain Lua tables look like the vectors and tables they would be sent as.
func (s *Space) AppendPrint(dst []byte, v lua.LValue) []byte {
	p := printer{s: s, start: len(dst), most: maxPrint}
	return p.value(dst, v)
}

// AppendShown is AppendPrint for who reads it off a screen: what lies inside of another value is indented, a string has at
// most so many bytes, and no item begins behind as many. The text says how much was left out.
func (s *Space) AppendShown(dst []byte, v lua.LValue, most int) []byte {
	p := printer{s: s, start: len(dst), most: most, shown: true}
	return p.value(dst, v)
}

// The bounds of one value's text. What lies deeper, beyond or inside itself is "...".
const (
	maxPrintDepth = 20
	maxPrint      = 64 << 20
)

type printer struct {
	s     *Space
	start int
	most  int   // bytes
	shown bool  // see AppendShown
	open  []any // what is being printed, outermost first
}

// cut tells, and writes, that the rest of so many items is left out.
func (p *printer) cut(dst []byte, rest int) ([]byte, bool) {
	if !p.shown || len(dst)-p.start <= p.most {
		return dst, false
	}
	return append(strconv.AppendInt(append(dst, "... ("...), int64(rest), 10), " more)"...), true
}

// line ends a line; the next one is indented by what is open around the braces, or, behind the last item, one less.
func (p *printer) line(dst []byte, last int) []byte {
	dst = append(dst, '\n')
	if p.shown {
		for range len(p.open) - 1 - last {
			dst = append(dst, "  "...)
		}
	}
	return dst
}

// enter notes that the insides of v are printed; false when they must not be.
func (p *printer) enter(dst []byte, v lua.LValue) bool {
	var id any = v
	if ud, ok := v.(*lua.LUserData); ok {
		id = ud.Value
	}
	if len(p.open) == maxPrintDepth || len(dst)-p.start > p.most || slices.Contains(p.open, id) {
		return false
	}
	p.open = append(p.open, id)
	return true
}

func (p *printer) value(dst []byte, v lua.LValue) []byte {
	var a atom
	if n, ok := v.(lua.LNumber); ok {
		return appendNumber(dst, float64(n))
	}
	if v != lua.LNil && a.fromDefault(v) {
		return p.atom(dst, &a)
	}
	if !p.enter(dst, v) {
		return append(dst, "..."...)
	}
	defer func() { p.open = p.open[:len(p.open)-1] }()
	switch v := v.(type) {
	case *lua.LNilType:
		return append(dst, "<uninitialized>"...)
	case *lua.LTable:
		return p.table(dst, v)
	case *lua.LUserData:
		if rt, field, ok := recordOf(v); ok {
			return p.record(dst, rt, field)
		}
		switch ref := v.Value.(type) {
		case *tupleBox:
			return p.list(dst, ref.more)
		case Container:
			return p.container(dst, ref)
		case Fielded:
			return p.fielded(dst, ref)
		}
	}
	return AppendText(dst, v)
}

// atom writes a scalar.
func (p *printer) atom(dst []byte, a *atom) []byte {
	at := len(dst)
	dst = a.appendPrint(dst)
	over := len(dst) - at - p.most
	if !p.shown || over <= 0 {
		return dst
	}
	return append(strconv.AppendInt(append(dst[:at+p.most], "... ("...), int64(over), 10), " more bytes)"...)
}

func (p *printer) list(dst []byte, vals []lua.LValue) []byte {
	dst = append(dst, '[')
	for i, v := range vals {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = p.value(dst, v)
	}
	return append(dst, ']')
}

func (p *printer) record(dst []byte, rt *RecordType, field func(int) lua.LValue) []byte {
	dst = append(dst, '[')
	for i := range rt.fields {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(append(dst, rt.fields[i].Name...), '=')
		v := nilIfUnset(field(i))
		if n, ok := v.(lua.LNumber); ok && rt.fields[i].Type.Kind == KindReal {
			dst = appendReal(dst, float64(n))
			continue
		}
		dst = p.value(dst, v)
	}
	return append(dst, ']')
}

func (p *printer) container(dst []byte, c Container) []byte {
	t := c.ContainerType()
	if t.Kind == KindVector {
		dst = append(dst, '[')
		i := 0
		c.Each(func(_ []byte, v Stored) bool {
			if i++; i > 1 {
				dst = append(dst, ", "...)
			}
			var over bool
			if dst, over = p.cut(dst, c.Len()-i+1); !over {
				dst = p.stored(dst, t.Elem, v)
			}
			return !over
		})
		return append(dst, ']')
	}
	items := p.s.sorter.take()
	defer p.s.sorter.put(items)
	items.collect(c)
	items.sort()
	return p.braces(dst, items, t.Key, t.Kind == KindTable, func(dst []byte, it *orderedItem) []byte {
		return p.stored(dst, t.Elem, it.value)
	})
}

// braces writes a set or a table, sorted.
func (p *printer) braces(dst []byte, items *ordered, key *Type, table bool,
	value func([]byte, *orderedItem) []byte) []byte {
	dst = append(dst, '{')
	for i := range items.items {
		it := &items.items[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		var over bool
		if dst, over = p.cut(p.line(dst, 0), len(items.items)-i); over {
			break
		}
		if !table {
			dst = appendKeyText(dst, key, items.key(it))
			continue
		}
		dst = p.tableKey(dst, key, items.key(it))
		dst = value(append(dst, " = "...), it)
	}
	if len(items.items) == 0 {
		dst = append(dst, '\n')
	}
	return append(p.line(dst, 1), '}')
}

// tableKey writes [key], and [a, b] for a tuple, not [[a, b]].
func (p *printer) tableKey(dst []byte, t *Type, key []byte) []byte {
	at := len(dst)
	dst = appendKeyText(append(dst, '['), t, key)
	if len(dst) > at+1 && dst[at+1] == '[' && (t.Kind == KindTuple || key[0] == byte(broker.KindVector)+1) {
		return append(dst[:at], dst[at+1:]...)
	}
	return append(dst, ']')
}

func (p *printer) stored(dst []byte, t *Type, st Stored) []byte {
	var a atom
	if a.fromStored(t, st) {
		return p.atom(dst, &a)
	}
	return p.value(dst, p.s.FromStored(t, st))
}

// table writes a plain Lua table.
func (p *printer) table(dst []byte, tb *lua.LTable) []byte {
	if n, err := arrayLen(tb); err == nil && n >= 0 {
		dst = append(dst, '[')
		for i := 1; i <= n; i++ {
			if i > 1 {
				dst = append(dst, ", "...)
			}
			var over bool
			if dst, over = p.cut(dst, n-i+1); over {
				break
			}
			dst = p.value(dst, tb.RawGetInt(i))
		}
		return append(dst, ']')
	}
	items := p.s.sorter.take()
	defer p.s.sorter.put(items)
	if err := items.collectTable(tb); err != nil {
		return append(dst, tb.String()...) // keys that have no text of their own
	}
	return p.braces(dst, items, Any, true, func(dst []byte, it *orderedItem) []byte {
		return p.value(dst, it.lua)
	})
}

// appendPrint appends a scalar as Zeek prints it.
func (a *atom) appendPrint(dst []byte) []byte {
	switch a.kind {
	case broker.KindNone:
		return append(dst, "<uninitialized>"...)
	case broker.KindBoolean:
		if a.bits != 0 {
			return append(dst, 'T')
		}
		return append(dst, 'F')
	case broker.KindCount:
		return strconv.AppendUint(dst, a.bits, 10)
	case broker.KindInteger:
		return strconv.AppendInt(dst, int64(a.bits), 10)
	case broker.KindReal:
		return appendReal(dst, a.real())
	case broker.KindAddress:
		return a.addr.AppendText(dst)
	case broker.KindSubnet:
		return a.subnet().AppendText(dst)
	case broker.KindPort:
		return a.port().AppendText(dst)
	case broker.KindTimestamp:
		return broker.Timestamp(a.bits).AppendSeconds(dst)
	case broker.KindTimespan:
		return append(dst, broker.FormatInterval(broker.Timespan(a.bits))...)
	}
	return append(dst, a.str...) // string, enum
}
