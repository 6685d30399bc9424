package bindings_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"moonpeer/net/step"
	"moonpeer/runtime/node"
)

// asker takes what a node answers.
type asker struct {
	parts, answers []string
	behind         bool
}

func (a *asker) Begin() bool { return true }

func (a *asker) Part(body []byte) bool {
	if !a.behind {
		a.parts = append(a.parts, string(body))
	}
	return !a.behind
}

func (a *asker) Behind() bool      { return a.behind }
func (a *asker) Reply(body []byte) { a.answers = append(a.answers, string(body)) }
func (a *asker) Refuse(code int, why string) {
	a.answers = append(a.answers, fmt.Sprintf("%d %s", code, why))
}

// ask puts a question to the node; its answer may take turns.
func (r *run) ask(method, params string) *asker {
	r.t.Helper()
	a := &asker{}
	r.n.Inbox().Put(step.ControlRequest{At: r.n.ControlPort(), Method: method, Params: []byte(params), Asker: a})
	r.turn()
	return a
}

// answer is the one answer to a question.
func (r *run) answer(method, params string) string {
	r.t.Helper()
	a := r.ask(method, params)
	if len(a.answers) != 1 {
		r.t.Fatalf("%s %s: got %d answers %q, want 1", method, params, len(a.answers), a.answers)
	}
	return a.answers[0]
}

func decoded[T any](t testing.TB, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

const outsidePolicy = `
local EX = namespace "EX"
local seen = EX:set("seen", "addr")
seen:add(addr "10.0.0.1")
local limit = EX:option("limit", "count", 5, { doc = "how many", check = function(v) if v > 10 then return false, "too many" end end })
EX:option("name", "string", "a")
EX:event("found", "a: addr, s: string"):on(function(a) print("found", a) end)
on("node_init", function() broker.subscribe "/ex" end)`

func TestPrintFromOutside(t *testing.T) {
	r := start(t, outsidePolicy)
	for _, tt := range []struct{ params, want string }{
		{`{"id":"EX::seen"}`, `{"text":"EX::seen = {\n10.0.0.1\n}","known":true}`},
		{`{"id":"EX::unheard_of"}`, `{"text":"EX::unheard_of = \u003cunknown id\u003e","known":false}`},
		{`{"id":"EX::seen","json":true}`, `{"json":{"id":"EX::seen","value":["10.0.0.1"]},"known":true}`},
		{`{"id":"EX::sen"}`, `{"text":"EX::sen = \u003cunknown id\u003e","known":false,"near":"EX::seen"}`},
		{`{"id":"EX::unheard_of","json":true}`, `{"json":{"id":"EX::unheard_of","value":null,"error":"unknown id"},"known":false}`},
		{`{"id":5}`, `-32602 print: params: json: cannot unmarshal number into Go struct field .id of type string`},
		{`[`, `-32602 print: params: unexpected EOF`},
	} {
		if got := r.answer("print", tt.params); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.params, got, tt.want)
		}
	}
}

func TestConfigFromOutside(t *testing.T) {
	r := start(t, outsidePolicy)
	list := decoded[[]node.OptionValue](t, r.answer("config.list", ""))
	var limit node.OptionValue
	for _, o := range list {
		if o.Name == "EX::limit" {
			limit = o
		}
	}
	if limit.Type != "count" || limit.Text != "5" || string(limit.Value) != "5" || limit.Doc != "how many" || limit.Location != "default" {
		t.Errorf("got %+v in %d", limit, len(list))
	}
	set := decoded[node.OptionValue](t, r.answer("config.set", `{"name":"EX::limit","text":"7","location":"the test"}`))
	got := decoded[node.OptionValue](t, r.answer("config.get", `{"name":"EX::limit"}`))
	if got.Text != "7" || got.Location != "the test" || set.Text != "7" {
		t.Errorf("got %+v and %+v", set, got)
	}
	if got := decoded[node.OptionValue](t, r.answer("config.set", `{"name":"EX::name","text":"7"}`)); got.Text != "7" || string(got.Value) != `"7"` {
		t.Errorf("got %+v", got)
	}
	for _, tt := range []struct{ method, params, want string }{
		{"config.set", `{"name":"EX::limit","text":"11"}`, "1 option EX::limit: too many"},
		{"config.set", `{"name":"EX::limit","text":"x"}`, "1 option EX::limit: "},
		{"config.set", `{"name":"EX::limt","text":"1"}`, `6 no option "EX::limt" (did you mean EX::limit?)`},
		{"config.get", `{"name":"EX::limt"}`, `6 no option "EX::limt" (did you mean EX::limit?)`},
	} {
		if got := r.answer(tt.method, tt.params); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s %s: got %s, want %s", tt.method, tt.params, got, tt.want)
		}
	}
}

func TestEval(t *testing.T) {
	r := start(t, outsidePolicy, func(o *node.Options) { o.Limits.Instructions = 10_000_000 })
	eval := func(code string) node.Evaluated {
		t.Helper()
		text, _ := json.Marshal(map[string]string{"code": code})
		return decoded[node.Evaluated](t, r.answer("eval", string(text)))
	}
	for _, tt := range []struct {
		code, printed string
		values        string
		err           string
	}{
		{"1 + 1, nil, 'x'", "", "2|nil|x", ""},
		{`print "hello" return namespace("EX"):set("seen", "addr")`, "hello\n", "{\n10.0.0.1\n}", ""},
		{"", "", "", ""},
		{"local function f() error 'no' end f()", "", "", "eval:1: no"},
		{"while true do end", "", "", "instructions"},
		{"undeclared = 1", "", "", `"undeclared"`},
		{"if", "", "", "eval:1: "},
		{"node.terminate(3.5)", "", "", "whole number"},
	} {
		got := eval(tt.code)
		if got.Printed != tt.printed || strings.Join(got.Values, "|") != tt.values || !strings.Contains(got.Error, tt.err) || (tt.err == "") != (got.Error == "") {
			t.Errorf("%s: got %+v", tt.code, got)
		}
	}
	if got := eval("local function f() error 'no' end f()"); !strings.Contains(got.Traceback, "function 'f'") {
		t.Errorf("got traceback %q", got.Traceback)
	}
	if got := eval("local t = {} for i = 1, 1000 do t[i] = i end return unpack(t)"); len(got.Values) != 101 || got.Values[100] != "… 900 more" {
		t.Errorf("got %d values, the last %q", len(got.Values), got.Values[len(got.Values)-1])
	}
	if got := eval("local s = string.rep('x', 65535) for i = 1, 100 do print(s) end"); len(got.Printed) > 2<<20 {
		t.Errorf("%d bytes of output", len(got.Printed))
	}
	// What was registered stays, and its errors are a script's.
	eval(`on("EX::found", function(a, s) error("in " .. s) end)`)
	eval(`event.raise("EX::found", addr "10.0.0.9", "eval")`)
	if got := r.output(); len(got) != 1 || !strings.HasPrefix(got[0], "found\t10.0.0.9") {
		t.Errorf("the node printed %q", got)
	}
	if errs := r.errs.String(); strings.Count(errs, "error: ") != 1 || !strings.Contains(errs, "in eval") {
		t.Errorf("the node reported %q", errs)
	}
}

func TestTrace(t *testing.T) {
	r := start(t, outsidePolicy)
	a := r.ask("trace", `{"prefix":"/ex"}`)
	publish := func(topic, arg string) {
		t.Helper()
		code, _ := json.Marshal(map[string]string{"code": fmt.Sprintf("broker.publish(%q, 'EX::found', addr '10.0.0.1', %q)", topic, arg)})
		if got := decoded[node.Evaluated](t, r.answer("eval", string(code))); got.Error != "" {
			t.Fatal(got.Error)
		}
	}
	lines := func() (out []node.TraceLine) {
		for _, p := range a.parts {
			out = append(out, decoded[node.TraceLine](t, p))
		}
		a.parts = nil
		return out
	}
	if got := lines(); len(got) != 1 || got[0].Kind != "begin" {
		t.Errorf("got %+v", got)
	}
	publish("/ex/a", "x\ny")
	publish("/other", "x")
	got := lines()
	if len(got) != 2 || got[0].Kind != "publish" || got[1].Kind != "drop" || got[1].Reason != "unwanted" {
		t.Fatalf("got %+v", got)
	}
	if p := got[0]; p.Topic != "/ex/a" || p.Event != `EX::found(10.0.0.1, "x\ny")` || !strings.HasPrefix(p.ID, r.n.Hub.ID().String()+":") || p.Time < 1.7e9 {
		t.Errorf("got %+v", p)
	}
	publish("/ex", strings.Repeat("x", 5000))
	publish("/ex", strings.Repeat("x", 100_000))
	for _, l := range lines() {
		if len(l.Event) > 1100 || !strings.HasPrefix(l.Event, "EX::found(") {
			t.Errorf("got %d bytes: %.100s", len(l.Event), l.Event)
		}
	}
	a.behind = true
	publish("/ex", "a")
	publish("/ex", "b")
	a.behind = false
	publish("/ex", "c")
	if got := lines(); len(got) != 2 || got[0].Missed != 4 || got[1].Missed != 0 {
		t.Errorf("got %+v", got)
	}
	r.n.Inbox().Put(step.ControlClosed{At: r.n.ControlPort(), Asker: a})
	r.turn()
	publish("/ex", "d")
	if got := lines(); len(got) != 0 || len(a.answers) != 0 {
		t.Errorf("got %+v and %q after the asker has gone", got, a.answers)
	}
	for range 16 {
		r.ask("trace", "")
	}
	if got := r.answer("trace", ""); !strings.Contains(got, "too many") {
		t.Errorf("got %s", got)
	}
}
