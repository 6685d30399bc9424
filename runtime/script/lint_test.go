package script

import (
	"slices"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	known := map[string]bool{"print": true, "broker": true, "on": true, "tostring": true, "addr": true, "_G": true}
	tests := []struct {
		name, src string
		want      []string // line:part of the text, fatal ones with a leading !
	}{
		{"clean", "local a = 1\nprint(a)\nlocal function f(x, ...) return x, arg, f end\nfor i, v in f() do print(i, v) end", nil},
		{"undeclared read", "local x\nprint(y)", []string{`!2:undeclared global "y"`}},
		{"undeclared read with a near name", "prinnt(1)", []string{`!1:did you mean print?`}},
		{"undeclared write", "x = 1", []string{`!1:assignment to undeclared global "x"`}},
		{"global function", "function f() end", []string{`!1:assignment to undeclared global "f"`}},
		{"predefined write", "print = 1", []string{`!1:"print" is predefined`}},
		{"predefined field write", "broker.publish = 1", []string{`!1:broker.publish is predefined`}},
		{"predefined method definition", "function broker.publish() end", []string{`!1:broker.publish is predefined`}},
		{"options may be assigned", "broker.options.x = 1", nil},
		{"a local hides the global", "local broker = {}\nbroker.x = 1\nlocal print = 1\nprint = 2", nil},
		{"scope ends", "do local x = 1 end\nprint(x)", []string{`!2:undeclared global "x"`}},
		{"repeat condition sees the body", "repeat local x = 1 until x == 1", nil},
		{"local function sees itself", "local function f() return f end", nil},
		{"local f = function does not", "local f = function() return f end", []string{`!1:undeclared global "f"`}},
		{"method has self", "local t = {}\nfunction t:m() return self end", nil},
		{"address compared", "local h = 1\nif h == \"10.0.0.1\" then end", []string{`2:comparison with the text "10.0.0.1"`}},
		{"literal on the left", "local h = 1\nreturn '80/tcp' ~= h", []string{`2:write port "80/tcp"`}},
		{"subnet", "local h = 1\nreturn h == '10.0.0.0/8'", []string{`2:a subnet`}},
		{"index", "local t = {}\nreturn t['::1']", []string{`2:index with the text "::1"`}},
		{"text compared with text", "local h = 1\nreturn tostring(h) == '10.0.0.1' or 'a' .. h == '10.0.0.1'", nil},
		{"no such function in a module", "broker.publsih()", []string{`1:broker has no "publsih" (did you mean publish?)`}},
		{"a local hides the module", "local broker = {}\nreturn broker.anything", nil},
		{"ordinary strings", "local h = 1\nreturn h == 'SF' or h == '' or h == '1/2' or h == 'a:b'", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var names []string
			for n := range known {
				names = append(names, n)
			}
			got := lint("f.lua", []byte(tt.src), func(n string) bool { return known[n] }, func(n string) string { return DidYouMean(n, names) },
				func(m string) []string { return map[string][]string{"broker": {"publish", "options"}}[m] })
			if len(got) != len(tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			for i, f := range got {
				want, fatal := strings.CutPrefix(tt.want[i], "!")
				line, text, _ := strings.Cut(want, ":")
				if f.Fatal != fatal || !strings.Contains(f.Text, text) || !strings.HasPrefix(f.String(), "f.lua:"+line+":") {
					t.Errorf("got %+v, want %s", f, tt.want[i])
				}
			}
		})
	}
}

func TestNearest(t *testing.T) {
	names := []string{"publish", "publish_id", "subscribe", "resp_h", "resp_p"}
	for name, want := range map[string]string{"publsih": "publish", "subscrib": "subscribe", "resp": "resp_h", "xyz": "", "publish_di": "publish_id"} {
		if got := Nearest(name, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
	if !slices.Contains(names, "publish") {
		t.Error("Nearest changed its candidates")
	}
}
