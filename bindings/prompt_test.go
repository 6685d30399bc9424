package bindings_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonpeer/net/step"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// prompt opens a prompt and returns its number and its asker.
func (r *run) prompt() (uint64, *asker) {
	r.t.Helper()
	a := r.ask("prompt", "")
	if len(a.parts) != 1 || len(a.answers) != 0 {
		r.t.Fatalf("prompt: got %q, then %q, want one part", a.parts, a.answers)
	}
	return decoded[node.PromptOpened](r.t, a.parts[0]).Prompt, a
}

// at runs a text at a prompt.
func (r *run) at(prompt uint64, code string) node.Evaluated {
	r.t.Helper()
	r.evals++
	answer := r.answer("prompt.eval", fmt.Sprintf(`{"prompt":%d,"eval":%d,"name":"prompt","line":%d,"code":%q}`, prompt, r.evals, r.evals, code))
	return decoded[node.Evaluated](r.t, answer)
}

func TestPromptValues(t *testing.T) {
	r := start(t, outsidePolicy)
	p, _ := r.prompt()
	for _, tt := range []struct{ code, want string }{
		{"x = addr '10.0.0.1'", ""},
		{"x, nil", "10.0.0.1|nil"},
		{"set('addr'):add(x), { true }", "true|[T]"},
		{"{ 1, { a = { b = 1 } } }", "[1, {\n  [a] = {\n    [b] = 1\n  }\n}]"},
		{"{}", "[]"},
		{"print, function() end", "function ([Go])|function (prompt:6)"},
		{"timer", "timer: after every"},
		{"namespace 'EX'", "namespace EX"},
		{"timer.after('1 s', print)", "object with :cancel"},
		{"function f() end", ""},
	} {
		e := r.at(p, tt.code)
		if got := strings.Join(e.Values, "|"); got != tt.want || e.Error != "" {
			t.Errorf("%s: got %q, error %q, want %q", tt.code, got, e.Error, tt.want)
		}
	}
	long := r.at(p, "(function() local t = {} for i = 1, 100000 do t[i] = 'some text ' .. i end return t, ('x'):rep(1000000) end)()")
	if len(long.Values) != 2 || len(long.Values[0]) > 20_000 || !strings.HasSuffix(long.Values[0], " more)]") ||
		len(long.Values[1]) > 40_000 || !strings.HasSuffix(long.Values[1], " more bytes)") {
		t.Errorf("long values: got %d, of %d bytes", len(long.Values), len(strings.Join(long.Values, "")))
	}
}

// TestPromptExported: full names of what scripts export are values at a prompt, and are listed.
func TestPromptExported(t *testing.T) {
	r := start(t, `local B, A = namespace "B", namespace "A"
B:option("limit", "count", 5)
B:event("found", "")
A:set("hosts", "addr"):add(addr "10.0.0.1")
A:var("text", "string", ("long "):rep(1000))`)
	p, _ := r.prompt()
	for _, tt := range []struct{ code, want string }{
		{"B::limit", "5"},
		{" = A::hosts ;", "{\n10.0.0.1\n}"},
		{"B::limt", "prompt:3: no script exports B::limt (did you mean B::limit?)"},
		{"B::found", "prompt:4: B::found is declared as event and has no value"},
		{"B::limit + 1", "prompt:5: syntax error near '::'"},
	} {
		if e := r.at(p, tt.code); strings.Join(e.Values, "|")+e.Error != tt.want {
			t.Errorf("%s: got %q, error %q, want %q", tt.code, e.Values, e.Error, tt.want)
		}
	}
	for namespace, want := range map[string]string{"A": "A::hosts set[addr] 1 { 10.0.0.1 }, A::text string -1 " + strings.Repeat("long ", 11) + "long…", "None": "", "B::limit": ""} {
		var got []string
		for _, v := range decoded[[]node.Variable](t, r.answer("prompt.variables", fmt.Sprintf(`{"prompt":%d,"namespace":%q}`, p, namespace))) {
			size := -1
			if v.Size != nil {
				size = *v.Size
			}
			got = append(got, fmt.Sprint(v.Name, " ", v.Type, " ", size, " ", v.Text))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("variables of %s: got %q, want %q", namespace, got, want)
		}
	}
}

// TestPromptPrintsAndReports: what a text prints and what is reported meanwhile comes with its answer, an error with where.
func TestPromptPrintsAndReports(t *testing.T) {
	r := start(t, outsidePolicy)
	p, _ := r.prompt()
	e := r.at(p, "print 'out' reporter.warning('careful') return 1")
	want := []node.Message{{Level: "warning", Text: "prompt:1: careful"}}
	if e.Printed != "out\n" || !slices.Equal(e.Messages, want) {
		t.Errorf("got %+v, want it printed, and %v", e, want)
	}
	if got := r.errs.String(); got != "warning: prompt:1: careful\n" {
		t.Errorf("the node's own log: got %q", got)
	}
	if out := r.output(); out != nil {
		t.Errorf("the node itself has printed %q", out)
	}
	r.at(p, "function fails()\n  error 'no'\nend")
	e = r.at(p, "fails()")
	if e.Error != "prompt:3: no" || !strings.Contains(e.Traceback, "prompt:3: in main chunk") {
		t.Errorf("error: got %q\n%s", e.Error, e.Traceback)
	}
	if e := r.at(p, "print 'later'"); e.Messages != nil {
		t.Errorf("messages of another text: %v", e.Messages)
	}
}

// TestPromptIsItsAskers: names belong to one prompt, and go with its asker.
func TestPromptIsItsAskers(t *testing.T) {
	r := start(t, outsidePolicy)
	p, asker := r.prompt()
	other, _ := r.prompt()
	r.at(p, "mine = 1")
	if e := r.at(other, "mine"); !strings.Contains(e.Error, `undeclared global "mine"`) {
		t.Errorf("another prompt: got %+v", e)
	}
	if e := r.at(p, "mine"); len(e.Values) != 1 {
		t.Errorf("the same: got %+v", e)
	}
	r.n.Inbox().Put(step.ControlClosed{At: r.n.ControlPort(), Asker: asker})
	r.turn()
	if got := r.answer("prompt.eval", fmt.Sprintf(`{"prompt":%d,"eval":9,"name":"p","line":1,"code":"mine"}`, p)); !strings.Contains(got, "is not open") {
		t.Errorf("after its asker has left: got %s", got)
	}
	for range 15 {
		r.prompt()
	}
	if got := r.answer("prompt", ""); got != "1 16 prompts are open already" {
		t.Errorf("too many: got %s", got)
	}
	for _, params := range []string{`{"prompt":2,"line":0}`, `{"prompt":2,"line":2000000000}`, `{"prompt":-1}`, `{"x":1}`, `[`, ``,
		fmt.Sprintf(`{"prompt":2,"line":1,"name":%q}`, strings.Repeat("x", 2000))} {
		if got := r.answer("prompt.eval", params); !strings.HasPrefix(got, "-32602 ") {
			t.Errorf("%s: got %s", params, got)
		}
	}
}

// TestPromptAfterReload: its names were the old scripts', and it says so once.
func TestPromptAfterReload(t *testing.T) {
	r := start(t, outsidePolicy)
	p, _ := r.prompt()
	r.at(p, "mine = 1")
	if err := r.reload(outsidePolicy); err != nil {
		t.Fatal(err)
	}
	e := r.at(p, "1")
	if len(e.Values) != 1 || len(e.Messages) != 1 || !strings.Contains(e.Messages[0].Text, "loaded anew") {
		t.Errorf("after the reload: got %+v", e)
	}
	if e := r.at(p, "mine"); e.Error == "" || len(e.Messages) != 0 {
		t.Errorf("then: got %+v", e)
	}
}

// TestPromptInterrupted: an interruption ends the text that it names, before it runs and while it does, and no other.
func TestPromptInterrupted(t *testing.T) {
	r := start(t, outsidePolicy, func(o *node.Options) { o.Limits.Instructions = 1 << 40 })
	p, _ := r.prompt()
	interrupt := func(eval uint64) {
		a := &asker{}
		if !r.n.Urgent(step.ControlRequest{Method: "prompt.interrupt", Params: fmt.Appendf(nil, `{"prompt":%d,"eval":%d}`, p, eval), Asker: a}) || len(a.answers) != 1 {
			t.Errorf("an interruption is not urgent, or unanswered: %q", a.answers)
		}
	}
	interrupt(1)
	if e := r.at(p, "1"); e.Error != "interrupted" || len(e.Values) != 0 {
		t.Errorf("before it runs: got %+v", e)
	}
	if e := r.at(p, "2"); len(e.Values) != 1 {
		t.Errorf("the next: got %+v", e)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for r.n.Domain.VM.Running() == 0 {
		}
		interrupt(3)
	}()
	e := r.at(p, "while true do end")
	<-done
	if e.Error != "prompt:3: interrupted: by the prompt's user" {
		t.Errorf("while it runs: got %+v", e)
	}
	interrupt(3)
	if e := r.at(p, "4"); len(e.Values) != 1 {
		t.Errorf("after that: got %+v", e)
	}
	for _, params := range []string{"", "[", `{"prompt":77}`} {
		r.n.Urgent(step.ControlRequest{Method: "prompt.interrupt", Params: []byte(params), Asker: &asker{}})
	}
	if r.n.Urgent(step.ControlRequest{Method: "status", Asker: &asker{}}) {
		t.Error("status is urgent")
	}
}

// late is a prompt whose text is interrupted and then does not compile.
type late struct {
	node.Prompt
	interrupt func()
}

func (l late) Eval(string, int, string) node.Evaluated {
	l.interrupt()
	return node.Evaluated{Values: []string{}, Error: "syntax error"}
}

// TestPromptInterruptedInVain: an interruption of a text that never ran hits no handler.
func TestPromptInterruptedInVain(t *testing.T) {
	r := start(t, outsidePolicy)
	r.n.NewPrompt = func() node.Prompt {
		return late{interrupt: func() {
			r.n.Urgent(step.ControlRequest{Method: "prompt.interrupt", Params: []byte(`{"prompt":1,"eval":1}`), Asker: &asker{}})
		}}
	}
	p, _ := r.prompt()
	if e := r.at(p, "x"); e.Error != "syntax error" {
		t.Errorf("got %+v", e)
	}
	if got := r.answer("eval", `{"code":"(function() local n = 0 for i = 1, 100000 do n = n + 1 end return n end)()"}`); !strings.Contains(got, `"values":["100000"]`) {
		t.Errorf("what runs next: got %s", got)
	}
}

// TestPromptCompletes looks at what the real modules and values offer.
func TestPromptCompletes(t *testing.T) {
	r := start(t, outsidePolicy)
	p, _ := r.prompt()
	r.at(p, `EX = namespace "EX" a = addr "10.0.0.1" s = set("addr") e = EX:event "x" i = interval "5 s"`)
	for _, tt := range []struct {
		text string
		some []string
	}{
		{"bro", []string{"broker"}},
		{"broker.pub", []string{"publish", "publish_id"}},
		{"broker.options.peer_c", []string{"peer_counts_as_iosource"}},
		{"a:is_v", []string{"is_v4", "is_v6"}},
		{"EX:opt", []string{"option"}},
		{"s:ad", []string{"add"}},
		{"e:ra", []string{"raise"}},
		{"i.s", []string{"sec"}},
		{"sync.st", []string{"stored"}},
		{"nothing.", []string{}},
	} {
		answer := r.answer("prompt.complete", fmt.Sprintf(`{"prompt":%d,"text":%q}`, p, tt.text))
		c := decoded[script.Completion](t, answer)
		if len(tt.some) == 0 && len(c.Names) > 0 || slices.ContainsFunc(tt.some, func(n string) bool { return !slices.Contains(c.Names, n) }) {
			t.Errorf("%s: got %s, want %q", tt.text, answer, tt.some)
		}
	}
}
