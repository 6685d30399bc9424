package bindings_test

import (
	"slices"
	"strings"
	"testing"

	"moonpeer/runtime/node"
)

// TestModules runs small policies and compares what they print. errs is part of what is reported, "" for nothing.
func TestModules(t *testing.T) {
	tests := []struct {
		name, src string
		want      []string
		errs      string
	}{
		{"str", `
print(table.concat(str.split("a,b,,c", ","), "|"), "[" .. str.trim("  x \n") .. "]")
print(str.starts_with("abc", "ab"), str.ends_with("abc", "bc"), str.starts_with("abc", "b"))
print(str.entropy(""), str.entropy("aaaa"), str.entropy("abcd"))
print(str.domain("a.b.example.co.uk"), str.domain("www.Example.com."), str.domain("localhost"))
print(str.escape("a\nb\\c\0\255é"))`,
			[]string{"a|b||c\t[x]", "true\ttrue\tfalse", "0\t0\t2", "example.co.uk\texample.com\tlocalhost", `a\x0ab\x5cc\x00\xffé`}, ""},
		{"hash and base64", `
print(hash.md5("abc"), hash.sha1("abc")) print(hash.sha256(""), hash.fnv1a32("a"))
print(base64.encode("hello"), base64.decode("aGVsbG8="), base64.decode("aGVsbG8"))
print((base64.decode("!!")))`,
			[]string{
				"900150983cd24fb0d6963f7d28e17f72\ta9993e364706816aba3e25717850c26c9cd0d89d",
				"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\te40c292c",
				"aGVsbG8=\thello\thello", "nil",
			}, ""},
		{"regex", `
local r = regex.new "(\\w+)@(\\w+)(\\.com)?"
print(r:match "me ann@host") print(r:find "me ann@host") print(r:match "nobody")
print(r:gsub("a@b c@d", "$2:$1")) print(r:gsub("a@b", function(x, y) return y .. x end))
print(regex.new("b+"):match "abbb")`,
			[]string{"ann\thost\tnil", "4\t11\tann\thost\tnil", "nil", "b:a d:c\t2", "ba\t1", "bbb"}, ""},
		{"regex that is none", `regex.new "("`, nil, "missing closing )"},
		{"json", `
print(json.encode { 1, "a", addr "10.0.0.1" }) print(json.encode { a = port "80/tcp", b = { true } })
local v = json.decode '{"a":[1,2,{"b":null}],"c":"x"}' print(v.a[2], v.c)
print(json.decode "{")`, []string{`[1,"a","10.0.0.1"]`, `{"a":"80/tcp","b":[true]}`, "2\tx", "nil\tunexpected EOF (INVALID_JSON)"}, ""},
		{"timers", `
local n = 0
local every = timer.every("1 min", function() n = n + 1 print("tick", n) end)
timer.after(90, function() print "90 s" end)
local never = timer.after("10 s", function() print "never" end)
on("node_init", function() print(never:cancel(), never:cancel()) end)
timer.after("150 s", function() print(every:cancel()) end)`,
			[]string{"true\tfalse", "tick\t1", "90 s", "tick\t2", "true"}, ""},
		{"delays beyond the end of time", `
timer.after("90000 days", function() print "never" end)
namespace "E":event("e", ""):schedule(9e9)
local t
t = timer.every("100 s", function() print "tick" t:cancel() end)`, []string{"tick"}, ""},
		{"raised before it is declared", `
event.raise("E::e", 1, 2) event.raise("E::e", addr "::1")
namespace "E":event("e", "a: addr"):on(function(a) print(a) end)`, []string{"::1"}, "event E::e, raised before it was declared"},
		{"what a script reports is written each time", `
on("node_init", function() for _ = 1, 3 do reporter.info "same" end end)`, nil, "info: "},
		{"regex is bounded", `regex.new(("(a)"):rep(200))`, nil, "at most 100 groups"},
		{"base64 over lines", `print(base64.decode "aGVs\nbG8=\n")`, []string{"hello"}, ""},
		{"schedule", `
local e = namespace "E":event("e", "n: count")
e:on(function(n) print("e", n) end)
on("node_init", function()
  e:schedule("10 s", 1)
  local s = e:schedule(20, 2)
  print(s:cancel(), s:cancel())
end)`, []string{"true\tfalse", "e\t1"}, ""},
		{"options", `
local EX = namespace "EX"
local o = EX:option("limit", "count", 10, { doc = "d", check = function(v) if v == 13 then return false, "unlucky" end end })
o:on_change(function(new, old) print("change", new, old) if new > 100 then return 100 end end)
on("node_init", function()
  print(o:get(), o:set(13))
  print(o:set(500), o:get())
  timer.after(1, function() print(o:get(), config.get "EX::limit") print(config.set("EX::limit", "7")) print(config.get "EX::limti") end)
  timer.after(2, function() print(o:get(), #config.list(), config.list()[1].doc) end)
end)`, []string{
			"10\tfalse\toption EX::limit: unlucky", "change\t500\t10", "true\t10", "100\t100", "change\t7\t100", "true",
			"nil\tno option \"EX::limti\" (did you mean EX::limit?) (NO_SUCH_KEY)", "7\t1\td",
		}, ""},
		{"an option's default of the wrong kind", `namespace "EX":option("server", "addr", "10.0.0.1")`, nil, "option EX::server: the default: expected addr"},
		{"variables", `
local v = namespace "EX":var("n", "count", 1)
v:set(5) print(v:get()) v:set "x"`, []string{"5"}, `EX::n:set: expected count`},
		{"print shows typed values", `print(addr "10.0.0.1", port(80, "tcp"), subnet "10.0.0.0/8", nil, 1.5)`,
			[]string{"10.0.0.1\t80/tcp\t10.0.0.0/8\tnil\t1.5"}, ""},
		{"reporter", `on("node_init", function() reporter.warning("%s is %d", "x", 3) end)`, nil, "warning: "},
		{"misspelt module function", `broker.publsih("t", "e")`, nil, "did you mean publish?"},
		{"predefined can't be assigned", `local b = broker b.publish = nil`, nil, "broker.publish is predefined and can't be assigned"},
		{"_G is no way around", `_G.x = 1`, nil, `assignment to undeclared global "x"`},
		{"undeclared global at run time", `local f = loadstring "return undeclared_thing" f()`, nil, `undeclared global "undeclared_thing"`},
		{"standard library idioms", `local unpack = table.unpack or unpack print(unpack { 1, 2 }) print(string.format("%d", 3))`, []string{"1\t2", "3"}, ""},
		{"standalone cluster", `print(cluster.is_enabled(), cluster.local_node_type() == cluster.NONE, cluster.node_topic "w")`,
			[]string{"false\ttrue\tzeek/cluster/node/w/"}, ""},
		{"effects are refused while loading", `broker.publish("t", "e")`, nil, "broker.publish: not while the file is loaded (do it in node_init)"},
		{"misspelt option", `broker.options.peer_bufer_size = 1`, nil, "did you mean peer_buffer_size?"},
		{"options of the threads", `broker.options.aggressive_polls = 7 print(broker.options.aggressive_polls)`, []string{"7"}, "has no effect in this implementation"},
		{"options are checked", `broker.options.peer_overflow_policy = "panic"`, nil, `"panic" is none of disconnect, drop_oldest, drop_newest`},
		{"no such transport", `on("node_init", function() print(broker.listen { port = 9999, transport = "tcp" }) print(#broker.peers()) end)`,
			[]string{"nil\tthis version has no tcp transport, only quic", "0"}, "Failed to listen on :9999"},
		{"subscriptions", `print(broker.subscribe "a", broker.subscribe "a", broker.unsubscribe "a", broker.unsubscribe "a", broker.forward "x", broker.forward "x")`,
			[]string{"true\tfalse\ttrue\tfalse\ttrue\tfalse"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, tt.src)
			if r.loaded != nil {
				r.errs.WriteString(r.loaded.Error())
			}
			r.advance(300)
			if got := r.output(); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if errs := r.errs.String(); (tt.errs == "") != (errs == "") || !strings.Contains(errs, tt.errs) {
				t.Errorf("reported %q, want %q", errs, tt.errs)
			}
		})
	}
}

func TestSet(t *testing.T) {
	set := func(s string) func(*node.Options) {
		return func(o *node.Options) { o.Set = []node.Setting{{Assignment: s, From: "--set"}} }
	}
	const src = `local o = namespace "EX":option("server", "addr", addr "10.0.0.1") on("node_init", function() print(o:get()) end)`
	tests := []struct {
		name, set, want, err string
	}{
		{"taken", "EX::server=192.168.0.1", "192.168.0.1", ""},
		{"wrong kind", "EX::server=nonsense", "", "nonsense"},
		{"unknown", "EX::sever=1.2.3.4", "", "did you mean EX::server?"},
		{"no value", "EX::server", "", "write OPTION=VALUE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, src, set(tt.set))
			if tt.err == "" && (r.loaded != nil || !slices.Equal(r.output(), []string{tt.want})) {
				t.Errorf("got %v %q", r.loaded, r.out.String())
			}
			if tt.err != "" && (r.loaded == nil || !strings.Contains(r.loaded.Error(), tt.err)) {
				t.Errorf("got error %v, want %q", r.loaded, tt.err)
			}
		})
	}
}
