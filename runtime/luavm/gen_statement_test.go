package luavm

import (
	"fmt"
	"strings"
)

// statement writes one random statement.
func (s *script) statement(b *block) {
	nested := b.depth <= 5
	switch k := s.r.IntN(34); {
	case k < 3:
		s.localStatement(b)
	case k < 6:
		s.line("%s = %s", s.target(b), s.value(b, 3))
	case k < 11:
		s.multipleAssignment(b)
	case k == 11:
		all := append(b.visible(), "0")
		s.line("P(%s)", strings.Join(all[:min(6, len(all))], ","))
	case k < 20 && nested:
		s.compound(b, k)
	case k < 25 && nested:
		s.functionStatement(b, k)
	case k == 25:
		s.constructor(b)
	case k == 26 && b.loop && s.chance(.5):
		if s.chance(.3) {
			s.line("do break end")
			return
		}
		s.line("if %s then local bz=%s FS[%d]=function() C() return bz end break end",
			s.condition(b, 1), s.value(b, 1), s.between(1, 6))
	case k == 27:
		v := s.pick(append(b.visible(), "g0")...)
		s.line("FS[%d] = function(...) C() %s = (%s==%d) and %s or %s return %s,... end",
			s.between(1, 6), v, v, s.between(0, 3), s.value(b, 1), v, v)
	case k == 28:
		c := s.pick("false", "nil", "true", "not true", "false and g0", "nil or g1", "true or g0")
		s.line("if %s then g0 = %s end", c, s.value(b, 1))
	case k == 29:
		s.line("P(%s)", s.value(b, 3))
	case k == 30:
		s.line("P(%s)", s.call(b, 2))
	case k == 31:
		s.line("do local _ = %s end", s.call(b, 2))
	default:
		n := s.name("v")
		s.line("local %s = %s", n, s.value(b, 3))
		b.vars = append(b.vars, n)
	}
}

func (s *script) localStatement(b *block) {
	names := s.distinct(s.between(1, 4), "v")
	values := make([]string, s.between(0, 4))
	for i := range values {
		values[i] = s.value(b, 2)
	}
	if len(values) > 0 && b.vararg && s.chance(.3) {
		values[len(values)-1] = "..."
	}
	text := "local " + strings.Join(names, ",")
	if len(values) > 0 {
		text += " = " + strings.Join(values, ",")
	}
	s.line("%s", text)
	b.vars = append(b.vars, names...)
}

// distinct returns up to n names without repetition.
func (s *script) distinct(n int, prefix string) []string {
	var names []string
	for range n {
		names = addDistinct(names, s.name(prefix))
	}
	return names
}

func addDistinct(names []string, name string) []string {
	for _, n := range names {
		if n == name {
			return names
		}
	}
	return append(names, name)
}

func (s *script) multipleAssignment(b *block) {
	var targets []string
	indexed := 0
	for range s.between(2, 4) {
		t := s.target(b)
		if strings.Contains(t, "T[") {
			if indexed++; indexed > 1 {
				continue // two might be the same element: which is stored last is not defined
			}
		}
		targets = addDistinct(targets, t)
	}
	values := make([]string, s.between(1, len(targets)+1))
	for i := range values {
		values[i] = s.pick(s.value(b, 2), s.pick(targets...))
	}
	if b.vararg && s.chance(.2) {
		values[len(values)-1] = "..."
	}
	s.line("%s = %s", strings.Join(targets, ","), strings.Join(values, ","))
}

func (s *script) body(b *block, n int, loop bool, vars ...string) {
	s.indent++
	inner := b.inner()
	inner.vars = vars
	inner.loop = loop || b.loop
	s.block(inner, s.between(1, n))
	if loop && s.chance(.15) {
		s.line("%s", s.pick("do break end", "if "+s.condition(inner, 1)+" then break end"))
	}
	s.indent--
}

func (s *script) compound(b *block, k int) {
	switch k {
	case 12:
		s.line("if %s then", s.condition(b, 2))
		s.body(b, 3, false)
		if s.chance(.3) {
			s.line("elseif %s then", s.condition(b, 2))
			s.body(b, 2, false)
		}
		if s.chance(.5) {
			s.line("else")
			s.body(b, 3, false)
		}
		s.line("end")
	case 13:
		s.whileLoop(b)
	case 14, 15:
		s.repeatLoop(b)
	case 16:
		v, start := s.name("i"), s.between(-1, 3)
		s.line("for %s = %d,%d%s do C()", v, start, start+s.between(-2, 3), s.pick("", ",1", ",2", ",-1", ",0.5"))
		s.body(b, 3, true, v)
		s.line("end")
	case 17, 18:
		s.genericLoop(b)
	default:
		s.line("do")
		s.body(b, 4, false)
		s.line("end")
	}
}

func (s *script) whileLoop(b *block) {
	c := fmt.Sprint("w", s.r.IntN(10000))
	counting := fmt.Sprintf("%s < %d", c, s.between(1, 4))
	condition := s.condition(b, 1)
	switch s.r.IntN(4) {
	case 0: // a literal at the left makes the condition's code begin with a jump
		counting = s.pick("(false and g0) or ", "(nil or true) and ", "(not nil) and ", "(true or g1) and ") + counting
		s.line("local %s = 0 while %s do %s = %s + 1 C()", c, counting, c, c)
	default:
		s.line("local %s = 0 while %s and (%s) do %s = %s + 1 C()", c, counting, condition, c, c)
	}
	s.body(b, 3, true)
	s.line("end")
	if s.chance(.3) {
		s.line("while %s do", s.pick("true", "1"))
		s.body(b, 2, false)
		s.line("do break end")
		s.line("end")
	}
}

func (s *script) repeatLoop(b *block) {
	c := fmt.Sprint("r", s.r.IntN(10000))
	s.line("local %s = 0", c)
	if s.chance(.2) {
		s.line("repeat until %s(function() %s=%s+1 C() return %s>2 end)()", s.pick("", "(false and g0) or ", "nil or "), c, c, c)
		return
	}
	s.line("repeat")
	s.indent++
	inner := b.inner()
	inner.loop = true
	s.block(inner, s.between(1, 3))
	s.line("local z%s = %s %s = %s + 1 C()", c, s.value(inner, 1), c, c)
	s.indent--
	s.line("until %s > %d or (z%s == %s)", c, s.between(0, 3), c, s.value(inner, 1))
}

func (s *script) genericLoop(b *block) {
	k, v := fmt.Sprint("k", s.r.IntN(100)), fmt.Sprint("e", s.r.IntN(100))
	names, vars := k+","+v, []string{k, v}
	if s.chance(.25) {
		names, vars = k, vars[:1]
	}
	n := s.arithmetic(b, 1)
	s.line("for %s in %s do C() if CN>40 and not tonumber(%s) then break end", names, s.pick(
		"ipairs({1,2,"+n+"})", "next,{7}", "next,{7,8},nil", "pairs({"+n+"})", "IT(3)", "(IT(2))", "IT2,3,0",
		"IT2,two(3)", "IT2,3,(I(1))", "IT2,I(2,0,5)", "next,(I({4}))", "I,nil", "next,{6},nil,8"), k)
	s.body(b, 3, true, vars...)
	s.line("end")
}

func (s *script) functionStatement(b *block, k int) {
	switch k {
	case 20:
		n := s.name("f")
		if s.chance(.5) {
			b.vars = append(b.vars, n)
			s.function(b, "local function "+n)
		} else {
			s.function(b, "local "+n+" = function")
			b.vars = append(b.vars, n)
		}
		s.line("FS[%d] = %s", s.between(1, 6), n)
	case 21:
		s.function(b, s.pick("function O:m", "function O.s", "function gf"))
	case 22:
		s.function(b, fmt.Sprintf("FS[%d] = function", s.between(1, 6)))
	case 23:
		s.protectedCall(b)
	default:
		s.coroutine(b)
	}
}

func (s *script) function(b *block, head string) {
	params := s.distinct(s.between(0, 3), "p")
	inner := b.function()
	inner.vars = append([]string{}, params...)
	inner.vararg = s.chance(.4)
	if inner.vararg {
		params = append(params, "...")
	}
	s.line("%s(%s) C()", head, strings.Join(params, ","))
	s.indent++
	s.block(inner, s.between(1, 4))
	if s.chance(.8) {
		s.returnStatement(inner)
	}
	s.indent--
	s.line("end")
}

func (s *script) returnStatement(b *block) {
	k := s.r.IntN(7)
	switch {
	case k == 0:
		s.line("return %s", s.call(b, 1))
	case k == 1:
		s.line("return (%s)", s.call(b, 1))
	case k == 2 && b.vararg:
		s.line("return ...")
	case k == 3:
		s.line("return %s, %s", s.value(b, 2), s.call(b, 1))
	case k == 4 && b.vararg:
		s.line("return (...)")
	default:
		s.line("return %s", s.list(s.between(1, 3), func() string { return s.value(b, 2) }))
	}
}

func (s *script) protectedCall(b *block) {
	inner := b.function()
	if s.chance(.5) {
		inner.vararg = true
		s.line("P(pcall(function(...) C()")
		s.indent++
		s.block(inner, s.between(1, 4))
		s.line("%s", s.pick("if "+s.condition(inner, 1)+" then error("+s.pick("{k=1}", "nil", "7", "g0")+",0) end",
			"error('u',0)", "local q=nil; q.x=1", "return "+s.value(inner, 2)))
		s.indent--
		s.line("end,%s))", s.value(b, 1))
		return
	}
	s.line("P(xpcall(function() C()")
	s.indent++
	s.block(inner, s.between(1, 3))
	s.line("%s", s.pick("error('e',0)", "error({})", "return 1,2", "local z=nil+1"))
	s.indent--
	s.line("end, function(m) %s end))", s.pick("return type(m)", "return 'h',2", "g0=5 return nil"))
}

func (s *script) coroutine(b *block) {
	inner := b.function()
	inner.vararg = true
	s.line("do local co=coroutine.wrap(function(...) C()")
	s.indent++
	s.block(inner, s.between(1, 2))
	s.line("local y1,y2 = coroutine.yield(%s,2) P('y',y1,y2)", s.value(inner, 1))
	inner.vars = append(inner.vars, "y1")
	s.block(inner, 1)
	s.line("%s", s.pick("return "+s.value(inner, 1), "return coroutine.yield("+s.value(inner, 1)+")"))
	s.indent--
	s.line("end) P(pcall(co,%s)) P(pcall(co,%s,3)) P((pcall(co))) end", s.value(b, 1), s.value(b, 1))
}

func (s *script) constructor(b *block) {
	n := []int{1, 3, 48, 49, 50, 51, 52, 99, 100, 101, 150}[s.r.IntN(11)]
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprint(i)
	}
	for range s.between(0, 2) {
		items[s.r.IntN(n)] = s.pick(s.value(b, 1), "I(4)", "two(5,6)")
	}
	for range s.between(0, 3) {
		i := s.between(0, len(items))
		keyed := s.pick("k", "m", "['k']") + "=" + s.pick(s.value(b, 1), "two(1,2)")
		items = append(items[:i], append([]string{keyed}, items[i:]...)...)
	}
	tail := s.pick("", "", ",two(8,9)", ",none()", ",I(4)", ",I(1,nil,3)")
	if b.vararg && s.chance(.3) {
		tail = ",..."
	}
	s.line("do local tt={%s%s} PT(tt) end", strings.Join(items, ","), tail)
}
