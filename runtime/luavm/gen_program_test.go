package luavm

import (
	"fmt"
	"strings"
)

// programPrelude are the functions random programs call. C ends runaway loops and recursion; fmt prints
// values in a way that does not depend on how numbers and messages are written.
const programPrelude = `local FS,CN={},0
local function C() CN=CN+1 if CN>90 then error('LIMIT',0) end end
local function fmt(v) local t=type(v)
  if t=='number' then if v~=v then return 'nan' end if v==1/0 or v==-1/0 then return 'inf' end if v==0 then return '0' end
    if v>1e300 then return 'big' end return string.format('%.9g',v)
  elseif t=='string' then if v:find('[ :]') then return 'msg' end return #v>60 and '#'..#v or v
  elseif t=='table' then return 'T' elseif t=='function' then return 'F' end return tostring(v) end
local function P(...) local o={} for i=1,select('#',...) do o[i]=fmt((select(i,...))) end io.write(table.concat(o,' '),'\n') end
local function PT(t) local ks,o={},{} for k in pairs(t) do ks[#ks+1]=k end
  table.sort(ks,function(a,b) local x,y=type(a),type(b) if x~=y then return x<y end return a<b end)
  for i=1,#ks do o[i]=fmt(ks[i])..'='..fmt(t[ks[i]]) end io.write(table.concat(o,','),'\n') end
local function N(v) if type(v)=='number' and v==v and v<1e9 and v>-1e9 then return v end return 0 end
local function Z(v) if type(v)=='string' and #v<200 then return v end return '' end
local function I(...) return ... end local function two(a,b) return a,b,'t' end local function none() end
local function CALL(i,...) if FS[i] then return FS[i](...) end return 'nf',... end
local function IT(n) local i=0 return function() i=i+1 if i<=n then return i,i*2 end end end
local function IT2(s,c) if N(c)<N(s) and N(c)<4 then return N(c)+1,s end end
local mt={__add=function(a,b) return 'add' end,__mul=function(a,b) return 'mul' end,__mod=function() return 'mod' end,
  __concat=function(a,b) return 'cat' end,__unm=function() return 'unm' end,__lt=function(a,b) return true end,
  __le=function(a,b) return false end,__eq=function(a,b) return true end,__call=function(self,...) return 'called',... end,
  __index=function(t,k) return k end}
local M1,M2=setmetatable({},mt),setmetatable({},mt) local MC=M1
local MI=setmetatable({},{__index=function(t,k) return 'ix' end,__newindex=function(t,k,v) rawset(t,k,v) end})
`

// programScript makes n independent programs, each in a vararg function under pcall. With
// manyConstants, 340 constants precede the code of each, which forces those of the code out of the range of operands.
func programScript(seed uint64, n int, manyConstants bool) string {
	s := newScript(seed)
	s.line("%s", strings.TrimSuffix(programPrelude, "\n"))
	constants := ""
	if manyConstants {
		i := 0
		constants = " do local _={" + s.list(170, func() string { i++; return fmt.Sprintf("'c%d',%d.5", i, i+1000) }) + "} _=nil"
	}
	for i := range n {
		s.names = 0
		s.line("io.write('@@%d\\n') CN=0 FS={} g0,g1,g2=1,false,'s' gf=nil T={k=5,10,20}", i)
		s.line("O={m=function(self,...) return ... end,s=function(...) return ... end} MI.q=nil")
		s.line("P(pcall(function(...)%s", constants)
		s.indent++
		top := &block{vararg: true}
		s.block(top, s.between(4, 10))
		s.line("for i=1,6 do P(pcall(CALL,i,i)) end")
		visible := append(top.visible(), "g0")
		s.line("P(%s,T.k,T.m,T[1],T[2],g0,g1,g2)", strings.Join(visible[:min(8, len(visible))], ","))
		s.indent--
		if manyConstants {
			s.line("end")
		}
		s.line("end,1,nil,'z'))")
	}
	return s.String()
}

// block is a scope of a program being written.
type block struct {
	parent *block
	vars   []string
	vararg bool
	loop   bool
	depth  int
}

func (b *block) inner() *block {
	return &block{parent: b, vararg: b.vararg, loop: b.loop, depth: b.depth + 1}
}

func (b *block) function() *block { return &block{parent: b, depth: b.depth + 1} }

func (b *block) visible() []string {
	var all []string
	for ; b != nil; b = b.parent {
		all = append(all, b.vars...)
	}
	return all
}

func (s *script) block(b *block, n int) {
	for range n {
		s.statement(b)
	}
}

func (s *script) name(prefix string) string {
	s.names++
	return s.pick(fmt.Sprint(prefix, s.names), s.pick("a", "b", "c", "d", "x", "y", "z"))
}

func (s *script) variable(b *block) string {
	if all := b.visible(); len(all) > 0 && s.chance(.85) {
		return s.pick(all...)
	}
	return s.pick("g0", "g1", "g2", "T.k", "T.m", "T[1]", "T[2]")
}

func (s *script) target(b *block) string {
	if all := b.visible(); len(all) > 0 && s.chance(.5) {
		return s.pick(all...)
	}
	return s.pick("g0", "g1", "g2", "T.k", "T.m", "T[1]", "T[2]", "T[N("+s.variable(b)+")]", "MI.q", "T[g0 or 1]")
}

func (s *script) arithmetic(b *block, depth int) string {
	k := s.r.IntN(10)
	switch {
	case depth <= 0 || k < 2:
		return s.pick(s.number(0, 9), "(-3)", "N("+s.variable(b)+")", "0x1F", "1e2", ".5", "3.", "2^2", "010")
	case k < 7:
		return "(" + s.arithmetic(b, depth-1) + " " + s.pick("+", "-", "*", "/") + " " + s.arithmetic(b, depth-1) + ")"
	case k == 7:
		return "-(" + s.arithmetic(b, 0) + ")"
	case k == 8:
		return "#(" + s.text(b, depth-1) + ")"
	}
	return "N(" + s.value(b, depth-1) + ")"
}

func (s *script) text(b *block, depth int) string {
	k := s.r.IntN(6)
	switch {
	case depth <= 0 || k < 2:
		return s.pick("'q'", "'ab'", "''", "Z("+s.variable(b)+")", "[[x]]")
	case k < 4:
		return "(" + s.text(b, depth-1) + " .. " + s.text(b, depth-1) + ")"
	case k == 4:
		return "(" + s.text(b, depth-1) + " .. " + s.number(0, 9) + " .. " + s.text(b, depth-1) + ")"
	}
	return "(" + s.text(b, depth-1) + "):rep(" + s.number(0, 3) + ")"
}

func (s *script) condition(b *block, depth int) string {
	switch s.r.IntN(9) {
	case 0, 1:
		return s.arithmetic(b, depth-1) + " " + s.pick("<", ">", "<=", ">=", "==", "~=") + " " + s.arithmetic(b, depth-1)
	case 2:
		return s.text(b, depth-1) + " " + s.pick("<", ">", "==", "~=", "<=") + " " + s.text(b, depth-1)
	case 3:
		return "not (" + s.value(b, depth-1) + ")"
	case 4:
		return s.pick("true", "false", "nil", "1", "'s'")
	case 5:
		return "M1 " + s.pick("<", "<=", "==", ">", "~=") + " M2"
	case 6:
		if depth > 0 {
			return "(" + s.condition(b, depth-1) + ") " + s.pick("and", "or") + " (" + s.condition(b, depth-1) + ")"
		}
		return "g1"
	}
	return s.value(b, depth-1)
}

func (s *script) call(b *block, depth int) string {
	args := s.list(s.between(0, 3), func() string { return s.value(b, depth-1) })
	if b.vararg && s.chance(.3) {
		if args != "" {
			args += ","
		}
		args += "..."
	}
	some := args
	if some == "" {
		some = "nil"
	}
	if args != "" && s.chance(.1) {
		return "CALL(" + s.number(1, 6) + "," + args + ")"
	}
	return s.pick("I("+args+")", "two("+args+")", "none("+args+")", "CALL("+s.number(1, 6)+")", "O:m("+args+")",
		"O.s("+args+")", "MC("+args+")", "select('#',"+some+")", "pcall(I,"+some+")")
}

func (s *script) value(b *block, depth int) string {
	k := s.r.IntN(16)
	switch {
	case depth <= 0 || k < 3:
		return s.pick(s.variable(b), s.variable(b), s.number(0, 9), "'s'", "true", "false", "nil")
	case k < 5:
		return s.arithmetic(b, depth)
	case k == 5:
		return s.text(b, depth)
	case k < 8:
		return s.wrap(s.value(b, depth-1), 0) + " " + s.pick("and", "or") + " " + s.wrap(s.value(b, depth-1), 0)
	case k == 8:
		return "(" + s.condition(b, depth) + ")"
	case k < 11:
		return s.call(b, depth-1)
	case k == 11:
		return "(" + s.call(b, depth-1) + ")"
	case k == 12:
		return "not " + s.wrap(s.value(b, depth-1), 0)
	case k == 13 && b.vararg:
		return s.pick("(...)", "select('#',...)", "(select(2,...))", "N((...))")
	case k == 14:
		return s.pick("M1 + 1", "2 * M1", "M1 .. 'z'", "'z' .. M2", "-M1", "MI.foo", "MI[3]", "M1 % 2", "'10' + 1",
			"'0x10' * 1", "'7' - '010'")
	}
	return s.variable(b)
}
