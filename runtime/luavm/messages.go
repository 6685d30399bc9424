package luavm

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"moonpeer/runtime/luavm/internal/rewrite"
)

// gopher-lua's messages don't name the variable that was nil, nor in most cases the type. When an error with
// such a message leaves a protected call, it is put into the words of the reference implementation; the name
// is looked up in the source of the line, if only one fits. The source is parsed for it once, at the first such error.

// source is the text of a chunk. It is kept as a constant of a compiled chunk, which VMs share.
type source struct {
	text      string
	before    int // lines in front of it that are not the text's
	once      sync.Once
	names     map[int][]rewrite.Name
	functions map[int]string
}

// String and Type make source a constant; no instruction refers to it.
func (*source) String() string       { return "source" }
func (*source) Type() lua.LValueType { return lua.LTUserData }

func (s *source) line(n int) []rewrite.Name {
	s.once.Do(s.parse)
	return s.names[n-s.before]
}

// function returns the name of the only function that begins on a line, empty if there are several or it has none.
func (s *source) function(line int) string {
	s.once.Do(s.parse)
	return s.functions[line-s.before]
}

func (s *source) parse() {
	if chunk, err := parse.Parse(strings.NewReader(s.text), ""); err == nil {
		s.names, s.functions = rewrite.Names(chunk)
	}
}

// namesOn returns what is used on a line, given as "file:line: ".
func (vm *VM) namesOn(position string) []rewrite.Name {
	position = strings.TrimSuffix(position, ": ")
	i := strings.LastIndexByte(position, ':')
	if i < 0 {
		return nil
	}
	n, err := strconv.Atoi(position[i+1:])
	if s := vm.sources[position[:i]]; s != nil && err == nil {
		return s.line(n)
	}
	return nil
}

// rewording is a message of the interpreter and how to say it better.
type rewording struct {
	sign    string // part of the message, to tell quickly that it is not this one
	pattern *regexp.Regexp
	say     func(names []rewrite.Name, m []string) string
}

var rewordings = []rewording{
	{"attempt to index a non-table", regexp.MustCompile(`attempt to index a non-table object\((\w+)\) with key '(?s:(.*))'$`), sayIndex},
	{"attempt to call a non-function", regexp.MustCompile(`attempt to call a non-function object$`), sayCall},
	{"cannot perform ", regexp.MustCompile(`cannot perform (\w+) operation between (\w+) and (\w+)$`), sayArithmetic},
	{"__unm undefined", regexp.MustCompile(`__unm undefined$`), sayNegation},
	{"__len undefined", regexp.MustCompile(`__len undefined$`), sayLength},
	{"attempt to compare ", regexp.MustCompile(`attempt to compare (\w+) with (\w+)$`), sayComparison},
	{"for statement ", regexp.MustCompile(`for statement (\w+) must be a number$`), sayFor},
	{"registry overflow", regexp.MustCompile(`registry overflow$`), func([]rewrite.Name, []string) string { return stackOverflow }},
}

// translate puts a message of the interpreter into other words.
func (vm *VM) translate(message lua.LString) lua.LString {
	for _, r := range rewordings {
		if !strings.Contains(string(message), r.sign) {
			continue
		}
		at := r.pattern.FindStringSubmatchIndex(string(message))
		if at == nil {
			return message
		}
		position := string(message[:at[0]])
		if position != "" && !strings.HasSuffix(position, " ") {
			return message
		}
		var m []string
		for i := 0; i < len(at); i += 2 {
			m = append(m, string(message[at[i]:at[i+1]]))
		}
		// The interpreter puts a blank behind "file:line:".
		return lua.LString(position + r.say(vm.namesOn(position), m))
	}
	return message
}

// only returns the name of what is used in a way, if all that is has the same one.
func only(names []rewrite.Name, fits func(rewrite.Name) bool, pick func(rewrite.Name) string) string {
	found := ""
	for i, n := range slices.DeleteFunc(slices.Clone(names), func(n rewrite.Name) bool { return !fits(n) }) {
		name := pick(n)
		if i > 0 && name != found {
			return ""
		}
		found = name
	}
	return found
}

func left(n rewrite.Name) string  { return n.Name }
func right(n rewrite.Name) string { return n.Other }

func isKind(k rewrite.NameKind) func(rewrite.Name) bool {
	return func(n rewrite.Name) bool { return n.Kind == k }
}

// value is "local 'x' (a nil value)", or less where less is known.
func value(name, kind string) string {
	if name == "" {
		return "a " + kind + " value"
	}
	return name + " (a " + kind + " value)"
}

func sayIndex(names []rewrite.Name, m []string) string {
	kind, key := m[1], m[2]
	name := only(names, func(n rewrite.Name) bool { return n.Kind == rewrite.Indexed && n.Key == key }, left)
	if name == "" && !hasKey(names, key) {
		name = only(names, func(n rewrite.Name) bool { return n.Kind == rewrite.Indexed && n.Key == "" }, left)
	}
	if name == "" {
		return "attempt to index " + value("", kind) + " with key '" + key + "'"
	}
	return "attempt to index " + value(name, kind)
}

func hasKey(names []rewrite.Name, key string) bool {
	for _, n := range names {
		if n.Kind == rewrite.Indexed && n.Key == key {
			return true
		}
	}
	return false
}

// sayCall does not know the type; where several calls are on the line, it names all.
func sayCall(names []rewrite.Name, _ []string) string {
	if name := only(names, isKind(rewrite.Called), left); name != "" {
		return "attempt to call " + name + " (not a function)"
	}
	var all []string
	for _, n := range names {
		if n.Kind == rewrite.Called && n.Name != "" {
			all = append(all, n.Name)
		}
	}
	const few = 4
	if len(all) == 0 || len(all) > few {
		return "attempt to call a value that is not a function"
	}
	return "attempt to call a value that is not a function (" + strings.Join(all, " or ") + ")"
}

func sayArithmetic(names []rewrite.Name, m []string) string {
	operator := map[string]string{"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "pow": "^"}[m[1]]
	kind, pick := m[2], left
	if kind == "number" {
		kind, pick = m[3], right
	}
	fits := func(n rewrite.Name) bool { return n.Kind == rewrite.Calculated && n.Key == operator }
	return "attempt to perform arithmetic on " + value(only(names, fits, pick), kind)
}

func sayNegation(names []rewrite.Name, _ []string) string {
	if name := only(names, isKind(rewrite.Negated), left); name != "" {
		return "attempt to perform arithmetic on " + name + " (not a number)"
	}
	return "attempt to negate a value that is not a number"
}

func sayLength(names []rewrite.Name, _ []string) string {
	if name := only(names, isKind(rewrite.Measured), left); name != "" {
		return "attempt to get length of " + name + " (no string or table)"
	}
	return "attempt to get length of a value that is no string or table"
}

func sayComparison(_ []rewrite.Name, m []string) string {
	if m[1] == m[2] {
		return "attempt to compare two " + m[1] + " values"
	}
	return m[0]
}

func sayFor(_ []rewrite.Name, m []string) string {
	what := m[1]
	if what == "init" {
		what = "initial value"
	}
	return "'for' " + what + " must be a number"
}
