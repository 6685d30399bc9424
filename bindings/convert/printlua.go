package convert

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// The bounds of a value in Lua's syntax.
const (
	maxLuaDepth = 12
	maxLuaItems = 5000 // of one table
	maxLua      = 256 << 10
)

// AppendLua appends v as a script would write it, for people who compare: addr "10.0.0.1", { "a", "b" }, { key = value }.
// What does not fit into width columns has a line for each element. A set is set("addr"):add(…), a map map("addr", "count")
// with its entries; what can't be written shows what it is. Depth and size are bounded, "…" stands for the rest.
func (s *Space) AppendLua(dst []byte, v lua.LValue, width int) []byte {
	p := luaPrinter{s: s, width: width, start: len(dst)}
	dst, _ = p.value(dst, v, 0, -1)
	return dst
}

type luaPrinter struct {
	s            *Space
	width, start int
	open         []any
}

// full tells whether no more is to be written.
func (p *luaPrinter) full(dst []byte) bool { return len(dst)-p.start > maxLua }

// value appends v; indent is how many columns its lines begin with. With an end of 0 or more it is to be on the line that dst ends
// with, which is not to be longer than end: it reports false as soon as it is.
func (p *luaPrinter) value(dst []byte, v lua.LValue, indent, end int) (_ []byte, fits bool) {
	if text, ok := p.scalar(v); ok {
		return append(dst, cutLua(text)...), true
	}
	n, ok := p.node(v)
	if !ok {
		return append(dst, AppendText(nil, v)...), true
	}
	id := any(v)
	if ud, isUserData := v.(*lua.LUserData); isUserData {
		id = ud.Value
	}
	if len(p.open) >= maxLuaDepth || p.full(dst) || slices.Contains(p.open, id) {
		return append(append(dst, n.head...), "{ … }"...), true
	}
	p.open = append(p.open, id)
	defer func() { p.open = p.open[:len(p.open)-1] }()
	if end >= 0 {
		return p.line(dst, n, indent, end)
	}
	begin := max(p.start, bytes.LastIndexByte(dst, '\n')+1)
	if line, fits := p.line(dst, n, indent, begin+p.width); fits {
		return line, true
	}
	return p.lines(dst, n, indent), true
}

// lines appends a table with a line for each element.
func (p *luaPrinter) lines(dst []byte, n *luaNode, indent int) []byte {
	dst = append(append(dst, n.head...), n.brackets[0])
	for i, it := range n.items {
		if p.full(dst) {
			n.more = true
			break
		}
		dst = append(append(dst, '\n'), strings.Repeat(" ", indent+2)...)
		dst = append(dst, it.key...)
		dst, _ = p.value(dst, it.value, indent+2, -1)
		if i < len(n.items)-1 || n.brackets == "{}" {
			dst = append(dst, ',')
		}
	}
	if n.more {
		dst = append(append(append(dst, '\n'), strings.Repeat(" ", indent+2)...), "…"...)
	}
	dst = append(append(dst, '\n'), strings.Repeat(" ", indent)...)
	return append(dst, n.brackets[1])
}

// line appends a table to the line that dst ends with, and reports false if that gets longer than end.
func (p *luaPrinter) line(dst []byte, n *luaNode, indent, end int) (_ []byte, fits bool) {
	from := len(dst)
	blank := ""
	if n.brackets == "{}" && len(n.items) > 0 {
		blank = " "
	}
	dst = append(append(append(dst, n.head...), n.brackets[0]), blank...)
	for i, it := range n.items {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if p.full(dst) {
			n.more = true
			break
		}
		if dst, fits = p.value(append(dst, it.key...), it.value, indent, end); !fits || len(dst) > end {
			return dst[:from], false
		}
	}
	if n.more {
		dst = append(bytes.TrimSuffix(dst, []byte(", ")), ", …"...)
	}
	dst = append(append(dst, blank...), n.brackets[1])
	if len(dst) > end {
		return dst[:from], false
	}
	return dst, true
}

// luaNode is what has elements.
type luaNode struct {
	head     string // in front of the first bracket
	brackets string
	items    []luaItem
	more     bool // there are more items
}

type luaItem struct {
	key   string // `name = `, `["a b"] = `, or nothing in a list
	value lua.LValue
}

// node takes apart what has elements.
func (p *luaPrinter) node(v lua.LValue) (*luaNode, bool) {
	switch v := v.(type) {
	case *lua.LTable:
		return p.tableNode(v), true
	case *lua.LUserData:
		if rt, field, ok := recordOf(v); ok {
			n := &luaNode{brackets: "{}"}
			for i := range rt.fields {
				if f := nilIfUnset(field(i)); f != lua.LNil {
					n.items = append(n.items, luaItem{rt.fields[i].Name + " = ", f})
				}
			}
			return n, true
		}
		if c, ok := v.Value.(Container); ok {
			return p.containerNode(c), true
		}
		if f, ok := v.Value.(Fielded); ok {
			return fieldedNode(f), true
		}
	}
	return nil, false
}

func (p *luaPrinter) tableNode(t *lua.LTable) *luaNode {
	length := listed(t)
	n := &luaNode{brackets: "{}", more: length > maxLuaItems}
	for i := 1; i <= min(length, maxLuaItems); i++ {
		n.items = append(n.items, luaItem{"", t.RawGetInt(i)})
	}
	var rest []lua.LValue
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		if i, ok := k.(lua.LNumber); ok && i >= 1 && i <= lua.LNumber(length) && i == lua.LNumber(int(i)) {
			continue
		}
		if len(n.items)+len(rest) >= maxLuaItems {
			n.more = true
			break
		}
		rest = append(rest, k)
	}
	slices.SortStableFunc(rest, func(a, b lua.LValue) int { return p.compareKeys(a, b) })
	for _, k := range rest {
		n.items = append(n.items, luaItem{p.key(k) + " = ", t.RawGet(k)})
	}
	return n
}

// listed is how many of a table's values are written without their keys: as far as half of them at least are there.
func listed(t *lua.LTable) int {
	n, there, first := t.Len(), 0, -1
	for i := 1; i <= n; i++ {
		if t.RawGetInt(i) != lua.LNil {
			there++
		} else if first < 0 {
			first = i - 1
		}
	}
	if 2*there < n {
		return first
	}
	return n
}

// compareKeys puts texts in front, and all else in the order of what it looks like, numbers by their value.
func (p *luaPrinter) compareKeys(a, b lua.LValue) int {
	x, xNumber := a.(lua.LNumber)
	y, yNumber := b.(lua.LNumber)
	if xNumber && yNumber {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	if s, d := rank(a), rank(b); s != d {
		return s - d
	}
	if s, ok := a.(lua.LString); ok {
		return strings.Compare(string(s), string(b.(lua.LString)))
	}
	return strings.Compare(p.key(a), p.key(b))
}

func rank(k lua.LValue) int {
	switch k.Type() {
	case lua.LTString:
		return 0
	case lua.LTNumber:
		return 1
	}
	return 2
}

// cutLua cuts what is too large for all that is written.
func cutLua(text string) string {
	if len(text) <= maxLua {
		return text
	}
	return strings.ToValidUTF8(text[:maxLua], "") + " …"
}

func (p *luaPrinter) key(k lua.LValue) string {
	if s, ok := k.(lua.LString); ok && isFieldName(string(s)) && !luaWords[string(s)] {
		return string(s)
	}
	if text, ok := p.scalar(k); ok {
		return "[" + cutLua(text) + "]"
	}
	return "[" + string(AppendText(nil, k)) + "]"
}

func (p *luaPrinter) containerNode(c Container) *luaNode {
	t := c.ContainerType()
	n := &luaNode{head: constructor(t) + " ", brackets: "{}"}
	if t.Kind == KindSet {
		n.head, n.brackets = constructor(t)+":add", "()"
	}
	c.Each(func(key []byte, st Stored) bool {
		if len(n.items) == maxLuaItems {
			n.more = true
			return false
		}
		switch t.Kind {
		case KindSet:
			n.items = append(n.items, luaItem{"", p.s.KeyToLua(t.Key, key)})
		case KindVector:
			n.items = append(n.items, luaItem{"", p.s.FromStored(t.Elem, st)})
		default:
			n.items = append(n.items, luaItem{p.key(p.s.KeyToLua(t.Key, key)) + " = ", p.s.FromStored(t.Elem, st)})
		}
		return true
	})
	return n
}

// constructor is what makes an empty container.
func constructor(t *Type) string {
	switch t.Kind {
	case KindSet:
		return fmt.Sprintf("set(%q)", t.Key)
	case KindVector:
		return fmt.Sprintf("vector(%q)", t.Elem)
	}
	return fmt.Sprintf("map(%q, %q)", t.Key, t.Elem)
}

// scalar is what has no elements, a tuple included.
func (p *luaPrinter) scalar(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case *lua.LNilType, lua.LBool:
		return v.String(), true
	case lua.LNumber:
		return string(appendNumber(nil, float64(v))), true
	case lua.LString:
		return Quote(string(v)), true
	case *lua.LFunction:
		if v.IsG || v.Proto == nil {
			return "function: [Go]", true
		}
		return fmt.Sprintf("function: %s:%d", v.Proto.SourceName, v.Proto.LineDefined), true
	case *lua.LUserData:
		return p.userdata(v)
	}
	return "", false
}

func (p *luaPrinter) userdata(ud *lua.LUserData) (string, bool) {
	switch b := ud.Value.(type) {
	case *addrBox:
		return "addr " + strconv.Quote(b.v.String()), true
	case *subnetBox:
		return "subnet " + strconv.Quote(b.v.String()), true
	case *portBox:
		return "port " + strconv.Quote(b.v.String()), true
	case *intervalBox:
		return "interval " + strconv.Quote(broker.FormatInterval(b.v)), true
	case *timeBox:
		return "time.unix(" + string(b.v.AppendSeconds(nil)) + ")", true
	case *enumBox:
		return "types.enum " + strconv.Quote(string(b.v)), true
	case *numberBox:
		word := map[Kind]string{KindCount: "count", KindInt: "int", KindReal: "real"}[b.v.kind]
		return "types." + word + " " + strconv.Quote(string(AppendText(nil, ud))), true
	case *tupleBox:
		parts := make([]string, len(b.more))
		for i, v := range b.more {
			parts[i], _ = p.scalar(v)
		}
		return "tuple(" + strings.Join(parts, ", ") + ")", true
	case *noneValue:
		return "types.none", true
	case Container:
		return constructor(b.ContainerType()), b.Len() == 0
	}
	return "", false
}

// Quote writes a text as Lua would have it, on one line: what is not printable or not UTF-8 as \ddd.
func Quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError && size == 1, r < ' ', r >= 0x7f && r <= 0x9f:
			for _, c := range []byte(text[i : i+size]) {
				fmt.Fprintf(&b, `\%03d`, c)
			}
		default:
			b.WriteRune(r)
		}
		i += size
	}
	b.WriteByte('"')
	return b.String()
}

// luaWords can't be the name of a field without quotes.
var luaWords = map[string]bool{
	"and": true, "break": true, "do": true, "else": true, "elseif": true, "end": true, "false": true, "for": true, "function": true,
	"if": true, "in": true, "local": true, "nil": true, "not": true, "or": true, "repeat": true, "return": true, "then": true,
	"true": true, "until": true, "while": true,
}
