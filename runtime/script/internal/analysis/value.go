package analysis

import (
	"slices"
	"strings"
)

// kinds is a set of kinds of Lua values. The empty set stands for what is not known: it may be anything.
type kinds uint32

const (
	kindNil kinds = 1 << iota
	kindBool
	kindNumber
	kindBig // a count or int that no number holds
	kindString
	kindTable
	kindFunction
	kindAddr
	kindSubnet
	kindPort
	kindTime
	kindInterval
	kindEnum
	kindTuple
	kindNone
	kindObject // anything else with methods or fields
)

// number is what a place for counts, ints or reals holds.
const number = kindNumber | kindBig

// wordsOf are the names of the kinds, in the order of their bits, with their articles.
var wordsOf = []string{
	"nil", "a boolean", "a number", "a big number", "a string", "a table", "a function", "an addr", "a subnet", "a port", "a time",
	"an interval", "an enum", "a tuple", "none", "an object",
}

// only tells whether it is one kind, nil aside; what is not known is none.
func (k kinds) only(one kinds) bool { return k != 0 && k != kindNil && k&^(one|kindNil) == 0 }

// differ tells whether no value is of both.
func (k kinds) differ(other kinds) bool { return k != 0 && other != 0 && k&other == 0 }

// value is what is known of a value before its line runs.
type value struct {
	kinds kinds
	class string // in the definitions, when it is certain
	fn    *entry // a function of the definitions

	name string // of a namespace or event: its full name; of a text: itself
	sure bool   // name is known
	typ  string // declared type: of an option or variable; of a container's elements or keys
	elem string // declared type of a map's or vector's values
}

// String describes a value for messages.
func (v value) String() string {
	switch {
	case v.class == "event" && v.sure:
		return "the event " + v.name
	case v.class != "" && v.kinds&kindObject != 0:
		return article(v.class)
	case v.kinds.only(number):
		return "a number"
	}
	var words []string
	for i, w := range wordsOf {
		if bit := kinds(1) << i; v.kinds&bit != 0 && (bit != kindNil || v.kinds == kindNil) && (bit != kindBig || v.kinds&kindNumber == 0) {
			words = append(words, w)
		}
	}
	return strings.Join(words, " or ")
}

// literal describes a value that is written as text in the source.
func (v value) literal(text string) string {
	return "the " + strings.TrimPrefix(v.String(), "a ") + " " + text
}

// article puts "a" or "an" in front of a word.
func article(word string) string {
	if strings.ContainsAny(word[:1], "aeio") {
		return "an " + word
	}
	return "a " + word
}

// union is what is one or the other.
func union(a, b value) value {
	switch {
	case a.kinds == 0 || b.kinds == 0:
		return value{}
	case a.kinds == kindNil:
		b.kinds |= kindNil
		return b
	case b.kinds == kindNil:
		a.kinds |= kindNil
		return a
	}
	if a.kinds &^= kindNil; a == b {
		return a
	}
	u := value{kinds: a.kinds | b.kinds}
	if a.class == b.class {
		u.class = a.class
	}
	return u
}

// valueKinds are the classes of the definitions that are kinds of their own.
var valueKinds = map[string]kinds{
	"addr": kindAddr, "subnet": kindSubnet, "port": kindPort, "time": kindTime, "interval": kindInterval, "enum": kindEnum,
	"tuple": kindTuple, "big": kindBig, "none": kindNone,
}

// luaTypes are the types of the definitions that are no classes.
var luaTypes = map[string]kinds{
	"nil": kindNil, "boolean": kindBool, "number": kindNumber, "integer": kindNumber, "string": kindString, "table": kindTable,
	"function": kindFunction,
}

// declaredKinds are the words of declared types.
var declaredKinds = map[string]kinds{
	"bool": kindBool, "count": number, "int": number, "real": number, "string": kindString, "addr": kindAddr, "subnet": kindSubnet,
	"port": kindPort, "time": kindTime, "interval": kindInterval, "enum": kindEnum,
}

// containerClasses are the classes of containers, whose contents have declared types.
var containerClasses = []string{"set", "map", "vector", "subnet_map"}

// declared is the value that a place holds whose type a script has declared: "addr", "set[addr, port]", "string?".
func declared(typ string) value {
	typ = strings.TrimSpace(typ)
	if whole, ok := strings.CutSuffix(typ, "?"); ok {
		v := declared(whole)
		if v.kinds != 0 {
			v.kinds |= kindNil
		}
		return v
	}
	if len(splitTypes(typ)) > 1 { // columns of a key
		return value{kinds: kindTuple, class: "tuple"}
	}
	if k, ok := declaredKinds[typ]; ok {
		v := value{kinds: k}
		if valueKinds[typ] != 0 {
			v.class = typ
		}
		return v
	}
	switch {
	case strings.HasPrefix(typ, "set["):
		return value{kinds: kindObject, class: "set", typ: inBrackets(typ)}
	case strings.HasPrefix(typ, "table["):
		v := value{kinds: kindObject, class: "map", typ: inBrackets(typ)}
		_, v.elem, _ = strings.Cut(typ[len("table[")+len(v.typ):], "] of ")
		return v
	case strings.HasPrefix(typ, "vector of "):
		return value{kinds: kindObject, class: "vector", elem: typ[len("vector of "):]}
	case strings.HasPrefix(typ, "tuple["):
		return value{kinds: kindTuple, class: "tuple"}
	case strings.Contains(typ, "::"):
		return value{kinds: kindObject | kindTable} // a record
	}
	return value{}
}

// inBrackets returns what stands between the first bracket and the one that closes it.
func inBrackets(typ string) string {
	begin, depth := strings.IndexByte(typ, '[')+1, 0
	for i := begin - 1; i < len(typ); i++ {
		switch typ[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return typ[begin:i]
			}
		}
	}
	return typ[begin:]
}

// splitTypes splits at the commas that are not within brackets.
func splitTypes(text string) (parts []string) {
	depth, begin := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(text[begin:i]))
				begin = i + 1
			}
		}
	}
	if last := strings.TrimSpace(text[begin:]); last != "" || begin > 0 {
		parts = append(parts, last)
	}
	return parts
}

// argument is one argument of an event.
type argument struct{ name, typ string }

// argumentsOf reads a signature as Event has it: "src: addr, n: count?".
func argumentsOf(signature string) (args []argument, required int) {
	for i, part := range splitTypes(signature) {
		a := argument{typ: part}
		if name, typ, ok := strings.Cut(part, ": "); ok {
			a = argument{name, typ}
		}
		if !strings.HasSuffix(a.typ, "?") {
			required = i + 1
		}
		args = append(args, a)
	}
	return args, required
}

// accepts are the kinds of values that a place of a declared type takes; 0 is all.
func accepts(typ string) kinds {
	v := declared(typ)
	switch {
	case v.kinds&kindInterval != 0:
		return v.kinds | kindNumber | kindString
	case v.kinds != 0 && slices.Contains(containerClasses, v.class):
		return v.kinds | kindTable
	case v.kinds != 0 && v.class == "tuple":
		return v.kinds | kindTable
	}
	return v.kinds
}
