package script

import (
	"regexp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Completion is what may stand at the end of a text.
type Completion struct {
	Start int      `json:"start"` // bytes of the text in front of the word that the names are for
	Names []string `json:"names"` // that begin with that word, in alphabetical order
}

// The bounds of a completion.
const (
	maxLooked  = 10_000 // keys of one table
	maxOffered = 500    // names
	maxWord    = 100    // bytes of a name
	maxTail    = 1_000  // bytes of the text that are looked at
	maxChain   = 20     // tables one behind the other by __index
)

var (
	// tail is a name, or a chain of them, at the end of a text: EX, broker.pe, timer.after, x:ad.
	tail = regexp.MustCompile(`((?:[A-Za-z_][A-Za-z0-9_]*[.:])*)([A-Za-z_][A-Za-z0-9_]*)?$`)
	word = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

var keywords = []string{"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil",
	"not", "or", "repeat", "return", "then", "true", "until", "while"}

// Complete returns the names that can stand at the end of a text: keywords, globals and the prompt's own behind nothing,
// members and methods behind a chain of names. It only looks: no metamethod is called, and no library's file runs.
func (p *Prompt) Complete(text string) Completion {
	from := max(0, len(text)-maxTail)
	at := tail.FindStringSubmatchIndex(text[from:])
	start := len(text)
	if at[4] >= 0 {
		start = from + at[4]
	}
	c := Completion{Start: start, Names: []string{}}
	chain, before := text[from+at[2]:from+at[3]], text[:from+at[2]]
	if before != "" && !strings.HasSuffix(before, "..") && strings.ContainsAny(before[len(before)-1:], ".:\"')]") {
		return c // a text, or a member of something that has no name
	}
	var names []string
	if chain == "" {
		names = slices.Concat(keywords, tableNames(p.env), p.d.loader.globals)
	} else {
		names = p.behind(chain)
	}
	c.Names = offered(names, text[start:])
	return c
}

// offered sorts out which names begin with a prefix.
func offered(names []string, prefix string) []string {
	out := []string{}
	for _, n := range names {
		if strings.HasPrefix(n, prefix) && len(n) <= maxWord {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxOffered)]
}

// behind returns what may follow a chain such as "broker." or "x.y:".
func (p *Prompt) behind(chain string) []string {
	methods := strings.HasSuffix(chain, ":")
	keys := strings.FieldsFunc(chain, func(r rune) bool { return r == '.' || r == ':' })
	v := p.env.RawGetString(keys[0])
	if v == lua.LNil {
		v = p.d.L.G.Global.RawGetString(keys[0])
		if lib := p.d.loader.lazy[keys[0]]; v == lua.LNil && lib != nil && len(keys) == 1 {
			return lib.members()
		}
	}
	for _, k := range keys[1:] {
		v = rawMember(v, k)
	}
	var names []string
	for t := range p.chain(v) {
		for k, m := range rawFields(t) {
			if _, isFunction := m.(*lua.LFunction); isFunction || !methods {
				names = append(names, k)
			}
		}
	}
	if ud, ok := v.(*lua.LUserData); ok && p.Members != nil {
		fields, more := p.Members(ud)
		names = append(names, more...)
		if !methods {
			names = append(names, fields...)
		}
	}
	return names
}

// chain walks the tables in which a value's members are looked up; a string's is the library of its name.
func (p *Prompt) chain(v lua.LValue) func(yield func(*lua.LTable) bool) {
	if _, ok := v.(lua.LString); ok {
		v = p.d.L.G.Global.RawGetString("string")
	}
	return tables(v)
}

// tables walks a table and those behind it by __index, beginning with the metatable's for what is no table.
func tables(v lua.LValue) func(yield func(*lua.LTable) bool) {
	return func(yield func(*lua.LTable) bool) {
		for range maxChain {
			var meta lua.LValue
			switch x := v.(type) {
			case *lua.LTable:
				if !yield(x) {
					return
				}
				meta = x.Metatable
			case *lua.LUserData:
				meta = x.Metatable
			default:
				return
			}
			mt, ok := meta.(*lua.LTable)
			if !ok {
				return
			}
			v = mt.RawGetString("__index")
		}
	}
}

// rawMember is v.key, as far as tables say it.
func rawMember(v lua.LValue, key string) lua.LValue {
	for t := range tables(v) {
		if m := t.RawGetString(key); m != lua.LNil {
			return m
		}
	}
	return lua.LNil
}

// rawFields walks the fields of a table whose keys are names, or of so many as are looked at.
func rawFields(t *lua.LTable) func(yield func(string, lua.LValue) bool) {
	return func(yield func(string, lua.LValue) bool) {
		begin := lua.LValue(lua.LNil)
		if n := t.MaxN(); n > 0 { // behind its list
			begin = lua.LNumber(n)
		}
		k, v := t.Next(begin)
		for i := 0; k != lua.LNil && i < maxLooked; i++ {
			if s, ok := k.(lua.LString); ok && word.MatchString(string(s)) && !yield(string(s), v) {
				return
			}
			k, v = t.Next(k)
		}
	}
}

// Methods returns the names of the methods that an object has by its tables, in alphabetical order.
func Methods(ud *lua.LUserData) []string { return tableNames(ud) }

// tableNames lists the fields of a table, and of those behind it, in alphabetical order.
func tableNames(v lua.LValue) (names []string) {
	for t := range tables(v) {
		for k := range rawFields(t) {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
