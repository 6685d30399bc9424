package luavm

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// randomPattern makes patterns of all kinds of items, a few of them wrong.
func randomPattern(r *rand.Rand) string {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	single := func() string {
		return pick("a", "b", "c", ".", "%a", "%d", "%s", "%w", "%x", "%p", "%u", "%l", "%c", "%A", "%W", "%D", "%.", "%%",
			"[ab]", "[^ab]", "[a-c]", "[%a_]", "[^%s]", "[]a]", "[^]a]", "[a-]", "[-a]", "[%-a]", "[a%]]", "[b-a]", "[%w-z]", "-", " ", "1", "]", "^", "$")
	}
	var b strings.Builder
	if r.IntN(5) == 0 {
		b.WriteByte('^')
	}
	open := 0
	for range r.IntN(6) {
		switch r.IntN(14) {
		case 0:
			b.WriteByte('(')
			open++
		case 1:
			if open > 0 || r.IntN(20) == 0 {
				b.WriteByte(')')
				open--
			}
		case 2:
			b.WriteString(pick("()", "%b()", "%bab", "%f[%w]", "%f[^a]", "%1", "%f[%z]"))
		case 3:
			b.WriteString(pick("%", "[", "[a", "%b", "%bx", "%f", "[%", "%2", "[^", "%0", "a**", "a?+"))
		default:
			b.WriteString(single() + pick("", "", "*", "+", "-", "?"))
		}
	}
	for ; open > 0 && r.IntN(20) > 0; open-- {
		b.WriteByte(')')
	}
	if r.IntN(6) == 0 {
		b.WriteByte('$')
	}
	return b.String()
}

func randomSubject(r *rand.Rand) string {
	const letters = "aaabbbcc ()()_-.%12Zé\n]^$["
	b := make([]byte, r.IntN(14))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

const patternPrelude = `local function fmt(v) if type(v)=='string' then return (('%q'):format(v):gsub('[\n\128-\255]',function(c) return '\\'..c:byte() end)) end return tostring(v) end
local function R(i,...) local o={} for j=1,select('#',...) do o[j]=fmt((select(j,...))) end io.write(i,' ',table.concat(o,' '),'\n') end
local function G(s,p) local o={} for a,b,c in s:gmatch(p) do o[#o+1]=fmt(a)..fmt(b)..fmt(c) if #o>40 then break end end return table.concat(o,'|') end
local function T(i,s,p,n,r) io.write('@@',i,'\n') R('find',pcall(string.find,s,p,n)) R('match',pcall(string.match,s,p,n))
  R('gmatch',pcall(G,s,p)) R('gsub',pcall(string.gsub,s,p,r)) R('gsub2',pcall(string.gsub,s,p,function(...) return select('#',...)..fmt((...)) end,2)) end
`

// TestPatternsAgainstReference compares every function that takes patterns on random patterns and subjects, errors included.
func TestPatternsAgainstReference(t *testing.T) {
	needReference(t)
	t.Parallel()
	const perSeed = 2000
	total := 0
	for seed := range uint64(seeds(t, 2)) {
		r := rand.New(rand.NewPCG(seed, 7))
		var src strings.Builder
		src.WriteString(patternPrelude)
		calls := make([]string, perSeed)
		for i := range calls {
			replacement := []string{"x", "%0", "<%1>", "%%", "%2", ""}[r.IntN(6)]
			calls[i] = fmt.Sprintf("T(%d,%s,%s,%d,%s)\n", i, quote(randomSubject(r)), quote(randomPattern(r)), r.IntN(9)-2, quote(replacement))
			src.WriteString(calls[i])
		}
		want := splitParts(runReference(t, src.String()))
		got := splitParts(runOurs(t, Options{}, src.String()))
		for i, call := range calls {
			total++
			if name := fmt.Sprint(i); got[name] != want[name] || want[name] == "" {
				t.Errorf("seed %d: %s\nours\n%sreference\n%s", seed, call, got[name], want[name])
			}
		}
	}
	t.Logf("%d patterns compared, five functions each", total)
	_ = 0
}

// quote writes s as a Lua string of bytes.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range len(s) {
		fmt.Fprintf(&b, "\\%03d", s[i])
	}
	b.WriteByte('\'')
	return b.String()
}
