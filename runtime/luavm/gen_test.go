package luavm

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// script writes random Lua source. The same seed gives the same text.
type script struct {
	r      *rand.Rand
	lines  []string
	indent int
	names  int
}

func newScript(seed uint64) *script { return &script{r: rand.New(rand.NewPCG(seed, 51))} }

func (s *script) String() string { return strings.Join(s.lines, "\n") + "\n" }

func (s *script) line(format string, args ...any) {
	s.lines = append(s.lines, strings.Repeat("  ", s.indent)+fmt.Sprintf(format, args...))
}

func (s *script) pick(from ...string) string { return from[s.r.IntN(len(from))] }

func (s *script) chance(p float64) bool { return s.r.Float64() < p }

// between returns a number from low to high, both included.
func (s *script) between(low, high int) int { return low + s.r.IntN(high-low+1) }

func (s *script) number(low, high int) string { return fmt.Sprint(s.between(low, high)) }

// list joins n things.
func (s *script) list(n int, one func() string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = one()
	}
	return strings.Join(all, ",")
}

// wrap puts an operand into parentheses, where it may do without only sometimes.
func (s *script) wrap(e string, without float64) string {
	if !strings.Contains(e, " ") || s.chance(without) {
		return e
	}
	return "(" + e + ")"
}

// logicScript makes n statements with and/or/not expressions over calls, fields, locals, globals and literals,
// stored into every kind of target and used as conditions.
func logicScript(seed uint64, n int) string {
	s := newScript(seed)
	s.line(`local function T() return true end local function F() return false end local function N() return nil end
local function V(v) return v end g1=true g0=false local t0={} local a={f=false,g=true} local x,y=1,2 local p,q=true,false
local function rec(i,v) io.write('@@',i,'\n',tostring(v),'\n') end`)
	for i := range n {
		s.logicStatement(i)
	}
	return s.String()
}

func (s *script) logicStatement(i int) {
	e := s.logic(s.between(1, 4))
	start := s.pick("true", "false", "nil", "7")
	switch s.r.IntN(7) {
	case 0:
		s.line("do local r=%s; r = %s; rec(%d,r) end", start, e, i)
	case 1:
		s.line("do local r = %s; rec(%d,r) end", e, i)
	case 2:
		s.line("do local u={v=%s}; u.v = %s; rec(%d,u.v) end", start, e, i)
	case 3:
		s.line("do local z=(function() return %s end)(); rec(%d,z) end", e, i)
	case 4:
		s.line("do local r=%s; if %s then r='T' else r='F' end rec(%d,r) end", start, e, i)
	case 5:
		s.line("do local n=0; while n < 2 and (%s) do n=n+1 end rec(%d,n) n=0 while %s do n=n+1 if n>2 then break end end rec('%dw',n) n=0 repeat n=n+1 until n>2 or (%s) rec('%dr',n) end",
			e, i, e, i, e, i)
	default:
		s.line("do local r,s=%s,0; r, s = %s, r; rec(%d,r) rec('%db',s) end", start, e, i, i)
	}
}

func (s *script) logic(depth int) string {
	if depth == 0 || s.chance(.2) {
		return s.pick("T()", "F()", "N()", "V(3)", "a.f", "a.g", "a.n", "p", "q", "true", "false", "nil", "1", "'s'",
			"(x>y)", "(y>x)", "(x==1)", "(x<y)", "not p", "not F()", "not nil", "g1", "g0", "(T())", "(#t0 > 0)")
	}
	switch k := s.r.Float64(); {
	case k < .45:
		return s.wrap(s.logic(depth-1), .35) + " and " + s.wrap(s.logic(depth-1), .35)
	case k < .9:
		return s.wrap(s.logic(depth-1), .35) + " or " + s.wrap(s.logic(depth-1), .35)
	}
	return "not " + s.wrap(s.logic(depth-1), .35)
}

// assignmentScript makes n blocks of multiple assignments to locals and a field, with caught errors between.
func assignmentScript(seed uint64, n int) string {
	s := newScript(seed)
	s.line(`local function F(x) return x end local function two() return 'A','B' end local t={k=5}
local function S(i,...) local o={} for i=1,select('#',...) do o[i]=tostring((select(i,...))) end io.write('@@',i,'\n',table.concat(o,' '),'\n') end`)
	for i := range n {
		vars := make([]string, s.between(1, 5))
		values := make([]string, len(vars))
		for j := range vars {
			vars[j], values[j] = fmt.Sprint("v", j), fmt.Sprint(j+1)
		}
		s.line("do local %s = %s", strings.Join(vars, ","), strings.Join(values, ","))
		for range s.between(1, 3) {
			s.assignment(vars)
		}
		s.line("S(%d,t.k,%s) t.k=5 end", i, strings.Join(vars, ","))
	}
	return s.String()
}

func (s *script) assignment(vars []string) {
	targets := make([]string, 0, len(vars))
	for _, i := range s.r.Perm(len(vars))[:s.between(1, len(vars))] {
		targets = append(targets, vars[i])
	}
	if s.chance(.3) {
		targets[s.r.IntN(len(targets))] = "t.k"
	}
	values := make([]string, s.between(1, len(targets)+1))
	for i := range values {
		values[i] = s.assignedValue(vars)
	}
	if s.chance(.2) {
		values[len(values)-1] = "two()"
	}
	if s.chance(.15) {
		s.line("pcall(error,'x')")
	}
	s.line("%s = %s", strings.Join(targets, ","), strings.Join(values, ","))
}

func (s *script) assignedValue(vars []string) string {
	v, w := s.pick(vars...), s.pick(vars...)
	return s.pick(v, "("+v+" or 0)", "F("+v+")", "(F("+v+"))", "("+v+" and "+w+")", s.number(0, 9), "nil", "t.k",
		"(t.k and "+v+")", "("+v+" == "+w+")", "not "+v, "(two())")
}
