package pattern

import (
	"strings"
	"testing"
)

// limited is a host that gives up after some steps.
type limited struct{ steps int }

type (
	failed  string
	outworn struct{}
)

func (h *limited) Steps(n int) {
	if h.steps -= n; h.steps < 0 {
		panic(outworn{})
	}
}

func (h *limited) Fail(message string) { panic(failed(message)) }

// find looks for the first match and returns its bounds, or what went wrong.
func find(subject, pattern string, steps int) (from, to int, problem string) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case failed:
			problem = string(e)
		case outworn:
			problem = "too many steps"
		default:
			panic(e)
		}
	}()
	p, anchored := strings.CutPrefix(pattern, "^")
	m := New(subject, p, &limited{steps})
	for at := 0; at <= len(subject); at++ {
		if end := m.Match(at); end >= 0 {
			for i := range max(1, m.Captures()) {
				m.Capture(i, at, end)
			}
			return at, end, ""
		}
		if anchored {
			break
		}
	}
	return -1, -1, ""
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		subject, pattern string
		from, to         int
		problem          string
	}{
		{"hello", "l+", 2, 4, ""},
		{"hello", "^l", -1, -1, ""},
		{"hello", "o$", 4, 5, ""},
		{"hello", "", 0, 0, ""},
		{"a$", "$$", 1, 2, ""},
		{"x = (a (b)) c", "%b()", 4, 11, ""},
		{"THE (quick)", "%f[%a]%a+%f[%A]", 0, 3, ""},
		{"aXa", "(.)X%1", 0, 3, ""},
		{"a\x00b", "%z", 1, 2, ""},
		{"a\x00b", "\x00b", 1, 3, ""},
		{"\xff", "%a", -1, -1, ""},
		{"\xff", "[\x80-\xff]", 0, 1, ""},
		{"x", "%", 0, 0, "malformed pattern (ends with '%')"},
		{"x", "[x", 0, 0, "malformed pattern (missing ']')"},
		{"x", "(x", 0, 1, "unfinished capture"},
		{"x", "x)", 0, 0, "invalid pattern capture"},
		{"x", "%1", 0, 0, "invalid capture index"},
		{"x", "%bx", 0, 0, "unbalanced pattern"},
		{"x", "%f", 0, 0, "missing '[' after '%f' in pattern"},
		{"x", strings.Repeat("()", 33), 0, 0, "too many captures"},
		{strings.Repeat("x", 20_000), strings.Repeat("x?", 20_000), 0, 0, "pattern too complex"},
		{strings.Repeat("a", 30), strings.Repeat("a-", 10) + "b", 0, 0, "too many steps"},
		{strings.Repeat("a", 20_000), ".*b", 0, 0, "too many steps"},
		{strings.Repeat("a", 300), ".-.-.-b", 0, 0, "too many steps"},
		{strings.Repeat("(", 100_000), "%b()", 0, 0, "too many steps"},
	} {
		from, to, problem := find(c.subject, c.pattern, 1_000_000)
		if problem != c.problem || problem == "" && (from != c.from || to != c.to) {
			t.Errorf("%.20q in %.20q: got %d %d %q, want %d %d %q", c.pattern, c.subject, from, to, problem, c.from, c.to, c.problem)
		}
	}
}

func TestHasSpecials(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]bool{"": false, "abc": false, "a b_c,": false, "a.c": true, "a-b": true, "%": true, "^": true, "x]": false, "x)": false, "(": true, "a+": true} {
		if got := HasSpecials(p); got != want {
			t.Errorf("%q: got %v, want %v", p, got, want)
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	host := &limited{1 << 40}
	if n := testing.AllocsPerRun(100, func() {
		m := New("key=value", "(%w+)=(%w+)$", host)
		if m.Match(0) != 9 {
			t.Fatal("no match")
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

// FuzzMatch checks that any pattern ends in bounded work, without a panic of our own, and within the subject.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{"", "abc", "a(b)c", "%a+", "[%a-z]", "[^]]*", "%b()%f[x]", "(()%1)", "^x$", "a-b*c?", "%", "[", "[%", "(", ")", "%f", "[a-"} {
		f.Add("abc (x) 12", s)
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, subject, pattern string) {
		from, to, _ := find(subject, pattern, 100_000)
		if from > to || to > len(subject) {
			t.Fatalf("match from %d to %d in %d bytes", from, to, len(subject))
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	host := &limited{1 << 60}
	for _, c := range []struct{ name, subject, pattern string }{
		{"captures", "key=value", "(%w+)=(%w+)$"},
		{"class", strings.Repeat("abc def ", 100), "%a+%s%d"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.subject)))
			for b.Loop() {
				m := New(c.subject, c.pattern, host)
				for at := 0; at <= len(c.subject) && m.Match(at) < 0; at++ {
				}
			}
		})
	}
}
