package expectlib

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
)

var matchers = map[string]matcher{
	"to_equal":              {1, 1, toEqual},
	"to_be":                 {1, 1, toBe},
	"to_be_nil":             is("be nil", func(v lua.LValue) bool { return v == lua.LNil }),
	"to_be_true":            is("be true", func(v lua.LValue) bool { return v == lua.LTrue }),
	"to_be_false":           is("be false", func(v lua.LValue) bool { return v == lua.LFalse }),
	"to_be_truthy":          is("be true in an if", lua.LVAsBool),
	"to_be_falsy":           is("be false in an if", lua.LVIsFalse),
	"to_be_a":               {1, 1, toBeA},
	"to_be_empty":           {0, 0, toBeEmpty},
	"to_have_length":        {1, 1, toHaveLength},
	"to_have_key":           {1, 1, toHaveKey},
	"to_contain":            {1, 1, toContain},
	"to_have_same_elements": {1, 1, toHaveSameElements},
	"to_match":              {1, 1, toMatch},
	"to_raise":              {0, 1, toRaise},
	"to_be_near":            {1, 2, toBeNear},
	"to_be_greater_than":    compares("be greater than", func(n int) bool { return n > 0 }),
	"to_be_less_than":       compares("be less than", func(n int) bool { return n < 0 }),
	"to_be_at_least":        compares("be at least", func(n int) bool { return n >= 0 }),
	"to_be_at_most":         compares("be at most", func(n int) bool { return n <= 0 }),

	"to_have_been_called":       {0, 0, toHaveBeenCalled},
	"to_have_been_called_times": {1, 1, toHaveBeenCalledTimes},
	"to_have_been_called_with":  {0, many, toHaveBeenCalledWith},
}

// is makes a matcher of a look at the value alone.
func is(wanted string, holds func(lua.LValue) bool) matcher {
	return matcher{0, 0, func(c *call) bool {
		c.wanted = wanted
		return holds(c.value)
	}}
}

func toEqual(c *call) bool {
	c.want, c.wanted = c.arg(1), "equal "+c.short(c.arg(1))
	c.hint = c.differ(c.arg(1))
	return c.equal(c.value, c.arg(1), 0)
}

func toBe(c *call) bool {
	c.wanted = "be " + c.short(c.arg(1))
	c.hint = c.differ(c.arg(1))
	if _, isText := c.arg(1).(lua.LString); isText {
		c.want = c.arg(1)
	}
	if c.hint == "" && c.value != c.arg(1) && c.equal(c.value, c.arg(1), 0) {
		c.hint = "they are equal, and not the same: to_equal compares contents"
	}
	c.gaveUp = "" // that is about the hint
	return c.value == c.arg(1)
}

// alike explains two values that look the same and are of different kinds.
func (l *Lib) alike(a, b lua.LValue) string {
	if a == b || convert.Word(a) == convert.Word(b) || string(convert.AppendText(nil, a)) != string(convert.AppendText(nil, b)) {
		return ""
	}
	return fmt.Sprintf("one is %s, the other one %s", convert.Describe(a), convert.Describe(b))
}

func toBeA(c *call) bool {
	want := c.text(1)
	if !slices.Contains(words, want) {
		c.L.RaiseError("expect(v):to_be_a: nothing is %s%s (there are %s)", article(want), script.DidYouMean(want, words), strings.Join(words, ", "))
	}
	c.wanted = "be " + article(want)
	got := convert.Word(c.value)
	c.hint = "it is " + article(got)
	return got == want
}

// words are what convert.Word returns.
var words = []string{"nil", "boolean", "number", "string", "table", "function", "thread", "userdata", "none", "addr", "subnet", "port",
	"time", "interval", "enum", "tuple", "count", "int", "real", "record", "set", "map", "vector"}

func article(word string) string {
	if word != "" && strings.Contains("aeiou", word[:1]) {
		return "an " + word
	}
	return "a " + word
}

// count is how many elements a value has; ok is false for what has none.
func (c *call) count() (n int, ok bool) {
	switch v := c.value.(type) {
	case lua.LString:
		return len(v), true
	case *lua.LTable:
		return size(v), true
	}
	if k, ok := convert.AsContainer(c.value); ok {
		return k.Len(), true
	}
	return 0, false
}

func toBeEmpty(c *call) bool {
	c.wanted = "be empty"
	n, ok := c.count()
	if !ok {
		c.hint, c.unfit = "only texts, tables and containers are", true
	}
	return ok && n == 0
}

func toHaveLength(c *call) bool {
	want := c.whole(1)
	c.wanted = fmt.Sprintf("have length %d", want)
	n, ok := c.count()
	c.hint = fmt.Sprintf("it has %d", n)
	if !ok {
		c.hint, c.unfit = "only texts, tables and containers have one", true
	}
	return ok && n == want
}

func toHaveKey(c *call) bool {
	c.wanted = "have the key " + c.short(c.arg(1))
	t := c.plain(c.value)
	switch {
	case t == nil:
		c.hint, c.unfit = "only tables and containers have keys", true
		return false
	case !isSet(c.value):
		return t.RawGet(c.arg(1)) != lua.LNil
	}
	for i := 1; i <= t.Len(); i++ { // a set's elements are its keys
		if t.RawGetInt(i) == c.arg(1) {
			return true
		}
	}
	return false
}

// toContain finds a part of a text, an element of a list or container, a key of a map, of a list of tables one that has some
// entries, or those entries in a table that is no list.
func toContain(c *call) bool {
	want := c.arg(1)
	c.wanted = "contain " + c.short(want)
	if text, ok := c.value.(lua.LString); ok {
		return strings.Contains(string(text), c.text(1))
	}
	t := c.plain(c.value)
	if t == nil {
		c.hint, c.unfit = "only texts, tables and containers do", true
		return false
	}
	if k, ok := convert.AsContainer(c.value); ok && k.ContainerType().Kind == convert.KindTable && t.RawGet(want) != lua.LNil {
		return true
	}
	if size(t) != t.Len() && t.RawGet(want) != lua.LNil { // a map's copy
		return true
	}
	if part, isTable := want.(*lua.LTable); isTable && size(part) == 0 { // else everything would have what is in it
		for i := 1; i <= t.Len(); i++ {
			if c.equal(t.RawGetInt(i), want, 0) {
				return true
			}
		}
		return false
	}
	if _, fields := want.(*lua.LTable); fields && t.Len() == 0 && c.has(c.value, want, 0) {
		return true
	}
	for i := 1; i <= t.Len(); i++ {
		v := t.RawGetInt(i)
		if c.has(v, want, 0) {
			return true
		}
		if h := c.alike(v, want); h != "" {
			c.hint = h
		}
	}
	return false
}

func toHaveSameElements(c *call) bool {
	c.want, c.wanted = c.arg(1), "have the elements of "+c.short(c.arg(1))
	a, b := c.plain(c.value), c.plain(c.arg(1))
	for _, t := range []*lua.LTable{a, b} {
		if t == nil || size(t) != t.Len() {
			c.hint, c.unfit = "only lists and containers of single elements have any", true
			return false
		}
	}
	return c.unordered(a, b, 0)
}

func toMatch(c *call) bool {
	pattern := c.text(1)
	c.wanted = "match " + convert.Quote(pattern)
	text, ok := c.value.(lua.LString)
	if !ok {
		c.hint, c.unfit = "only a text does", true
		return false
	}
	find, _ := c.L.GetField(c.L.GetGlobal("string"), "find").(*lua.LFunction)
	found, err := c.d.VM.CallValue(find, []lua.LValue{text, lua.LString(pattern)})
	if err != nil {
		c.L.RaiseError("expect(v):to_match: %s", err.Error())
	}
	if strings.Contains(string(text), pattern) {
		c.hint = "it contains it, which to_contain finds: in a pattern ^ $ ( ) % . [ ] * + - ? mean something"
	}
	return found != lua.LNil
}

// toRaise calls the value. What ends the test ends it here, too.
func toRaise(c *call) bool {
	fn, ok := c.value.(*lua.LFunction)
	c.wanted, c.actual = "raise an error", "the function"
	if !ok {
		c.actual, c.hint, c.unfit = c.short(c.value), "expect(function() … end):to_raise()", true
		return false
	}
	want := c.L.OptString(2, "")
	if want != "" {
		c.wanted = "raise an error with " + convert.Quote(want)
	}
	_, err := c.d.VM.Call(fn, 0)
	if err == nil {
		c.hint = "it returned"
		return false
	}
	if errors.Is(err, luavm.ErrInterrupted) || errors.Is(err, luavm.ErrBudget) {
		c.L.RaiseError("%s", err.Error())
	}
	var raised *luavm.Error
	if f := (*Failure)(nil); want == "" && errors.As(err, &f) && errors.As(err, &raised) {
		c.L.Error(raised.Value, 0) // an expectation that was not met is no error that a test waits for, unless it says which
	}
	c.hint = "it raised " + convert.Quote(err.Error())
	return strings.Contains(err.Error(), want)
}

func toBeNear(c *call) bool {
	want, tolerance := c.L.CheckNumber(2), c.L.OptNumber(3, 1e-9)
	c.wanted = fmt.Sprintf("be within %v of %v", tolerance, want)
	n, ok := c.value.(lua.LNumber)
	if !ok {
		c.hint, c.unfit = "only a number is", true
	}
	return ok && math.Abs(float64(n-want)) <= float64(tolerance)
}

// compares makes a matcher of an order.
func compares(wanted string, holds func(int) bool) matcher {
	return matcher{1, 1, func(c *call) bool {
		c.wanted = wanted + " " + c.short(c.arg(1))
		n, err := convert.Compare(c.value, c.arg(1))
		if isNaN(c.value) || isNaN(c.arg(1)) {
			err = errors.New("what is not a number is neither")
		}
		if err != nil {
			c.hint, c.unfit = err.Error(), true
		}
		return err == nil && holds(n)
	}}
}

func isNaN(v lua.LValue) bool {
	n, ok := v.(lua.LNumber)
	return ok && n != n
}
