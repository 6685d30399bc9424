package luavm

import (
	"strings"
	"testing"
)

// regressions are the shortest programs known for each defect of gopher-lua v1.1.2. Each is a chunk of its own,
// and its text must stay as it is: some defects depend on the numbers of labels.
var regressions = []struct {
	name, program, want string
}{
	{"swap", `local a,b=1,2 a,b=b,a print(a,b)`, "2 1"},
	{"index keeps old value", `local i,t=1,{} i,t[i]=i+1,20 print(i,t[1],t[2])`, "2 20 nil"},
	{"and of a call", `local function N() end local ok=true ok=N() and true print(ok)`, "nil"},
	{"call into last parameter", `local function g(x) return x*2,9 end local function f(a) a=(g(a)) return a end print(f(5))`, "10"},
	{"varargs into a local", `local function d(...) local x,y,w=1,2,3 x=(...) return x,y,w end print(d(7,8))`, "7 2 3"},
	{"for with two expressions", `do local a,b,c,d,e,f,g=1,2,3,4,5,6,7 end local n=0 for k,v in next,{1,2,3} do n=n+1 end print(n)`, "3"},
	{"break first in a loop", `for k in pairs{a=1,b=2} do break end print'x' for k in pairs{a=1,b=2} do break end print'y'`, "x\ny"},
	{"false condition first in a loop", `local n=0 for k in pairs{1,2,3} do if false then print(k) end n=n+1 end print(n)`, "3"},
	{"literal operand first in a loop", `local s,r,n=0,0,0 repeat r=0 repeat local d=(true or n) or s r=r+1 n=n+1 until r>1 or s==9 s=s+1 until s>1 or r==9 print(n,r,s)`, "4 2 2"},
	{"literal operand first in a while", `local n=0 while (false and n) or n<3 do n=n+1 end print(n)`, "3"},
	{"literal operand first in an empty repeat", `local k=0 repeat until (false and k) or (function() k=k+1 return k>2 end)() print(k)`, "3"},
	{"local f is not its own", `f=1 local f=function() return type(f) end print(f())`, "number"},
	{"keyed call last", `local function c() return 7,8 end print(#{1,2,k=c()})`, "2"},
	{"keyed after 50", fifty("k=c()") + ` print(t[1],t.k,#t)`, "1 7 50"},
	{"open list after 50", fifty("c()") + ` print(#t,t[1],t[51],t[52])`, "52 1 7 8"},
	{"25,551 positional", `local t={` + strings.Repeat("1,", 25_550) + `2} print(#t,t[1],t[25550],t[25551])`, "25551 1 1 2"},
	{"calls at the ends of parts", `local function c() return 7,8 end local t={` + strings.Repeat("c(),", 100) + `k=c()} print(#t,t[49],t[50],t[98],t[99],t.k)`, "100 7 7 7 7 7"},
	{"nils at the end of an open list", fifty("(function() return 1,nil,3,nil end)()") + ` print(t[51],t[52],t[53],t[54])`, "1 nil 3 nil"},
	{"keys computed in order", `local o='' local function k(x) o=o..x return x end local t={` + strings.Repeat("1,", 50) + `[k'a']=k'b',[k'c']=k'd',k'e'} print(o,t.a,t.c,t[51])`, "abcde b d e"},
	{"break out of a block with a closure", `local F while true do if true then local y=1 F=function() return y end break end end local z,w=2,3 print(F())`, "1"},
	{"error keeps captured locals", `local n=0 local function inc() n=n+1 end for i=1,3 do pcall(function() inc() error'x' end) end n=n+10 inc() print(n)`, "14"},
	{"closure out of a failed xpcall", `local e print((xpcall(function() local v=5 e=function() v=v+1 return v end error'e' end,function() return 'H' end)),e(),e())`, "false 6 7"},
	{"closure beside a failed pcall", `for i=1,3 do local u=i local g=function() u=u+1 return u end pcall(error,'x') u=u+10 io.write(g(),' ') end`, "12 13 14"},
	{"error in a handler", `print((xpcall(function() error('a',0) end,function() error('b',0) end)))`, "false"},
	{"yield under pcall", `print((pcall(coroutine.wrap(function() return pcall(coroutine.yield,1) end))))`, "true"},
	{"pcall of itself", `local function p() return pcall(p) end print(type(p()))`, "boolean"},
	{"level of an error", `local function lvl() error('L2',2) end print(pcall(lvl))`, "false L2"},
	{"numerals", `print(0010, '010'+0, tonumber('1e3'))`, "10 10 1000"},
	{"running under pcall", `local co=coroutine.create(function() local r=coroutine.running() pcall(function() coroutine.wrap(function() coroutine.yield() end)() end) return coroutine.running()==r end) print(coroutine.resume(co))`, "true true"},
	{"yield by a tail call", `local co=coroutine.wrap(function() return coroutine.yield(1) end) print(co(), co(5))`, "1 5"},
	{"yield in a metamethod", `local co=coroutine.wrap(function() local t=setmetatable({},{__index=function(t,k) return coroutine.yield(k) end}) return t.foo end) print((pcall(co)))`, "false"},
	{"yield in an iterator", `local co=coroutine.wrap(function() for k in coroutine.yield do end end) print((pcall(co)))`, "false"},
	{"yield in a callback", `local co=coroutine.wrap(function() table.sort({3,2,1},coroutine.yield) end) print((pcall(co)))`, "false"},
	{"call in parentheses last in a for", `local n=0 for k in next,{5},((function() end)()) do n=n+1 end print(n)`, "1"},
	{"field of a constant", `local t={} print((pcall(function() local u=t; ("x").y=1 end)), t.y)`, "false nil"},
	{"running after a resume under pcall", `local co=coroutine.create(function() local r=coroutine.running() return select(2,pcall(function() coroutine.wrap(function() coroutine.yield() end)() return coroutine.running()==r end)) end) print(coroutine.resume(co))`, "true true"},
	{"level through xpcall", `print(xpcall(function() error('x',3) end,function(m) return m end))`, "false test.lua:1: x"},
	{"level of a tail call", `local function f() error('x',2) end local function g() return f() end print(pcall(function() g() end))`, "false x"},
	{"level behind a tail call", `local function f() error('x',3) end local function g() return f() end print(pcall(function() g() end))`, "false test.lua:1: x"},
	{"level through pcall", `print(pcall(function() error('x',3) end))`, "false test.lua:1: x"},
	{"stack overflow keeps closures", `local esc pcall(function() local v=5 esc=function() return v end local function r() return 1+r() end r() end) print(esc())`, "5"},
}

// fifty is a constructor with 50 positional elements and then others.
func fifty(rest string) string {
	elements := make([]string, 50)
	for i := range elements {
		elements[i] = strings.Repeat("1+", i) + "1"
	}
	return `local function c() return 7,8 end local t={` + strings.Join(elements, ",") + "," + rest + `}`
}

func TestRegressions(t *testing.T) {
	t.Parallel()
	for _, c := range regressions {
		t.Run(c.name, func(t *testing.T) {
			got := normalize(runOurs(t, Options{Budget: 10_000_000}, c.program))
			if got != c.want {
				t.Errorf("%s\ngot  %q\nwant %q", c.program, got, c.want)
			}
		})
	}
}

// TestRegressionsInReference checks what we want against the reference implementation.
func TestRegressionsInReference(t *testing.T) {
	needReference(t)
	t.Parallel()
	for _, c := range regressions {
		if got := normalize(runReference(t, c.program)); got != c.want {
			t.Errorf("%s: %s\ngot  %q\nwant %q", c.name, c.program, got, c.want)
		}
	}
}

// normalize makes blanks of tabs and cuts off what is at the end.
func normalize(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\t", " "))
}
