package analysis

import (
	"slices"
	"testing"
)

func TestEventCalls(t *testing.T) {
	compare(t, []snippet{
		{"right", ex + "found:raise(addr '10.0.0.1', 3)\nfound:schedule('5 s', addr '::1', 3, 'x')\nbroker.publish('t', found, addr '::1', 3)\nevent.raise('EX::found', addr '::1', 3)", nil},
		{"raise", ex + "found:raise(addr '10.0.0.1')", []string{"3 wrong-arity: event EX::found takes 2 to 3 arguments, this call has 1 (src: addr, n: count, note: string?)"}},
		{"raise, too many", ex + "found:raise(addr '10.0.0.1', 3, 'x', 5)", []string{"3 wrong-arity: this call has 4"}},
		{"schedule", ex + "found:schedule(5)", []string{"3 wrong-arity: this call has 0"}},
		{"publish", ex + "broker.publish('t', found, addr '10.0.0.1')", []string{"3 wrong-arity: this call has 1"}},
		{"publish by name", ex + "broker.publish('t', 'EX::found', addr '10.0.0.1')", []string{"3 wrong-arity: this call has 1"}},
		{"make_event and raise by name", ex + "broker.make_event(found)\nevent.raise('EX::found')", []string{"3 wrong-arity: ", "4 wrong-arity: "}},
		{"cluster", ex + "local p = cluster.proxy_pool\ncluster.publish_hrw(p, 1, found)\ncluster.publish_rr(p, 'k', found, 1)\ncluster.send(p, 1, found, 1)", []string{
			"4 wrong-arity: ", "5 wrong-arity: ", "6 wrong-arity: "}},
		{"open ends", ex + "found:raise(unpack {}) broker.publish('t', found, unpack {})", nil},
		{"a prepared event", ex + "broker.publish('t', broker.make_event(found, addr '::1', 3))", nil},
		{"no arguments", ex + "EX:event('none'):raise(1)", nil}, // without a signature nothing is known here
		{"none declared", ex + "EX:event('none', ''):raise(1)", []string{"3 wrong-arity: event EX::none takes no arguments, this call has 1 (none)"}},
		{"kinds", ex + "found:raise('10.0.0.1', 3)\nfound:raise(addr '::1', 'x')", []string{
			`3 wrong-kind: event EX::found: argument #1 (src) is the string "10.0.0.1", want addr (write addr "10.0.0.1")`,
			`4 wrong-kind: argument #2 (n) is the string "x", want count`}},
		{"kinds that fit", "local e = namespace('E'):event('e', 'i: interval, s: set[addr], t: table[addr] of count, v: vector of string, p: tuple[addr, port], r: E::info, a: any, x: enum?')\n" +
			"e:raise('5 s', {}, {}, {}, tuple(), {}, 5)\ne:raise(5, set 'addr', map('addr', 'count'), vector 'string', tuple(), { a = 1 }, 'x', types.enum 'E::x')", nil},
		{"kinds of containers", "local e = namespace('E'):event('e', 's: set[addr]')\ne:raise('x')", []string{"2 wrong-kind: want set[addr]"}},
		{"an event of nobody", ex + "broker.publish('t', 'EX::fuond', 3)\nevent.raise('EX::other')\nbroker.auto_publish('t', 'EX::other')", []string{
			`3 unknown-event: broker.publish: nobody declares the event "EX::fuond" (did you mean EX::found?); a declaration says what it takes: namespace("EX"):event("fuond", …)`,
			`4 unknown-event: namespace("EX"):event("other", …)`, "5 unknown-event: broker.auto_publish"}},
		{"the node's own", "event.raise('Broker::peer_added', {}, 'x')\nevent.raise('Input::conn', {})", nil},
		{"a name that is not known", "return function(name) broker.publish('t', name, 3) end", nil},
		{"a namespace that is not known", "return function(ns) namespace(ns):event('found', ''):raise(3) end", nil},
		{"the global namespace", "namespace():event('ping', ''):raise(3)", []string{"1 wrong-arity: event ping takes no arguments"}},
	})
}

func TestHandlers(t *testing.T) {
	compare(t, []snippet{
		{"more parameters than arguments", ex + "found:on(function(src, n, note, more) print(src) end)", []string{
			"3 handler-arity: event EX::found has 3 arguments, its handler has 4 parameters: more is always nil"}},
		{"fewer", ex + "found:on(function(src) print(src) end)\nfound:on(function(...) print(...) end)", nil},
		{"by name", ex + "on('EX::found', function(src, n, note, more) print(src) end)", []string{"3 handler-arity: "}},
		{"of the node", "on('new_connection', function(c, d) print(c, d) end)\non('node_init', function(x) print(x) end)\non('Input::conn', function(a, b) print(a, b) end)", []string{
			"1 handler-arity: event new_connection has 1 argument", "2 handler-arity: has no arguments", "3 handler-arity: "}},
		{"a local function of that use only", ex + "local function h(src, n, note, more) print(src) end\nfound:on(h)", []string{"3 handler-arity: "}},
		{"a local function of other uses", ex + "local function h(src, n, note, more) print(src) end\nfound:on(h)\nh(1, 2, 3, 4)", nil},
		{"an event that nobody declares", "on('EX::x', function(a, b) print(a == 5, b) end)", nil},
		{"silenced", ex + "found:on(function(a, b, c, d) print(a) end) -- check: ignore handler-arity", nil},
		{"silenced with others", ex + "found:on(function(a, b, c, d) print(a) end) --check: ignore unknown-event, handler-arity", nil},
		{"another code", ex + "found:on(function(a, b, c, d) print(a) end) -- check: ignore unknown-event", []string{"3 handler-arity: "}},
		{"errors are not silenced", "timer.after(5) -- check: ignore wrong-arity", []string{
			`1 useless-ignore: no warning has the code "wrong-arity" (there are handler-arity, unknown-event, unraised-event)`, "1 wrong-arity: "}},
	})
}

func TestHandled(t *testing.T) {
	const declared = "local EX = namespace 'EX'\nlocal found = EX:event('found', '')\n"
	tests := []struct {
		name string
		srcs []string
		want []string
	}{
		{"only handled", []string{declared + "found:on(print)\non('EX::found', print)"}, []string{"f0.lua:3: unraised-event"}},
		{"raised", []string{declared + "found:on(print) found:raise()"}, nil},
		{"scheduled", []string{declared + "found:on(print) found:schedule(5)"}, nil},
		{"published by name", []string{declared + "found:on(print) broker.publish('t', 'EX::found')"}, nil},
		{"raised by another file", []string{declared + "found:on(print)", "namespace('EX'):event('found', ''):raise()"}, nil},
		{"published by another file by name", []string{declared + "found:on(print)", "broker.publish('t', 'EX::found')"}, nil},
		{"handled by another file, too", []string{declared + "found:on(print)", "on('EX::found', print)"}, []string{"f0.lua:3: unraised-event"}},
		{"handed on", []string{declared + "found:on(print) return { found }"}, nil},
		{"in a table", []string{"local M = {}\nM.found = namespace('EX'):event('found', '')\nM.found:on(print)"}, nil},
		{"subscribed", []string{declared + "found:on(print)", "broker.subscribe 't'"}, nil},
		{"composed names", []string{declared + "found:on(print)\nreturn function(x) event.raise('EX::' .. x) end"}, nil},
		{"declared and handled at once", []string{"namespace('EX'):event('found', ''):on(print)"}, []string{"f0.lua:1: unraised-event"}},
		{"silenced", []string{"\n\nnamespace('EX'):event('found', ''):on(print) -- check: ignore unraised-event"}, nil},
		{"declared by nobody", []string{"\n\non('EX::found', print)"}, []string{"f0.lua:3: unknown-event"}},
		{"declared by nobody, silenced", []string{"\n\non('EX::found', print) -- check: ignore unknown-event"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var chunks []*Chunk
			for i, src := range tt.srcs {
				c := parsed(t, []string{"f0.lua", "f1.lua"}[i], src)
				c.Names(testWorld(t))
				chunks = append(chunks, c)
			}
			w := testWorld(t, chunks...)
			for _, c := range chunks {
				c.Check(w)
			}
			handled := []Handled{{"EX::found", "[Go]", 0}, {"node_init", "f0.lua", 1}, {"Input::x", "f0.lua", 1}}
			var got []string
			for _, f := range append(Undeclared(chunks, w, handled), Unraised(chunks, w, handled)...) {
				got = append(got, f.Place()+f.Code)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
