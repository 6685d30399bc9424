package analysis

import (
	"fmt"
	"strings"
	"testing"
)

// TestDeepFiles: a file of the largest size that is loaded takes time in proportion to it, however it is nested, and
// chains end where nobody looks any further.
func TestDeepFiles(t *testing.T) {
	const size = 256 << 10
	fill := func(part string) string { return strings.Repeat(part, size/len(part)/2) }
	var doubled strings.Builder
	doubled.WriteString("local v0 = interval(1)\n")
	for i := range 5000 {
		fmt.Fprintf(&doubled, "local v%d = v%d + v%d\n", i+1, i, i)
	}
	tests := map[string]string{
		"calls of methods":   "set('addr')" + fill(":to_table()"),
		"calls of functions": "return broker" + fill(".peers()"),
		"fields":             "return broker" + fill(".options"),
		"concatenation":      "return 'a'" + fill(" .. 'a'") + " == 5",
		"comparisons":        "return 1" + fill(" == 1"),
		"choices":            "return 1 == (1" + fill(" or 1") + ")",
		"sums":               "return time.now() - time.now()" + fill(" + interval(1)") + " > 5",
		"brackets":           "return 1 == " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000),
		"nested calls":       "return " + strings.Repeat("interval(", 20000) + "1" + strings.Repeat(")", 20000),
		"nested choices":     "return 1 == " + strings.Repeat("(1 or ", 20000) + "1" + strings.Repeat(")", 20000),
		"nested functions":   strings.Repeat("on('node_init', function() ", 3000) + strings.Repeat("end) ", 3000),
		"variables":          doubled.String(),
		"one variable":       "local x\n" + fill("x = set 'addr' "),
		"types":              "namespace('E'):event('e', '" + fill("set[") + "')",
		"optional types":     "namespace('E'):event('e', 'a" + fill("?") + "'):on(function(a) return a == 1 end)",
		"long names":         "local n = '" + strings.Repeat("x", size/2) + "'\n" + strings.Repeat("broker.publish('t', n) ", 5000),
		"long literals":      "local n = '" + strings.Repeat("x", size/2) + "'\n" + strings.Repeat("timer.after(n, 5) ", 5000),
		"long undeclared":    strings.Repeat("x"+strings.Repeat("y", 5000)+"()\n", 50),
		"many findings":      fill("y()\n") + fill("timer.after()\n"),
		"comments":           fill("-- check: ignore x\n"),
	}
	for name, src := range tests {
		t.Run(name, func(t *testing.T) {
			c := parsed(t, "f.lua", src)
			w := testWorld(t)
			found := c.Names(w)
			found = append(found, c.Check(testWorld(t, c))...)
			Unraised([]*Chunk{c}, w, nil)
			if len(found) > maxFindings {
				t.Errorf("%d findings", len(found))
			}
			for _, f := range found {
				if len(f.Text) > maxText+len("…") {
					t.Fatalf("a finding of %d bytes: %.100s", len(f.Text), f.Text)
				}
			}
		})
	}
}

// FuzzCheck: no text makes it fail.
func FuzzCheck(f *testing.F) {
	f.Add(ex + "found:on(function(src, n) if src == 'x' then broker.publish('t', found, n) end end)")
	f.Add("local s\ns = store.master('x', { backend = 5 })\nfor k in s:each() do s.put(k) end -- check: ignore unknown-event")
	f.Add("return (namespace 'E'):event('e', 's: set[addr, port]?, t: table[addr] of count'):raise({}, nil)")
	f.Fuzz(func(t *testing.T, src string) {
		c, err := Parse("f.lua", []byte(src))
		if err != nil {
			return
		}
		c.Names(testWorld(t))
		w := testWorld(t, c)
		c.Check(w)
		Unraised([]*Chunk{c}, w, []Handled{{"E::e", "f.lua", 1}})
	})
}
