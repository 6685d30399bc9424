package analysis

import "testing"

func TestComparisons(t *testing.T) {
	compare(t, []snippet{
		// What is known of one side only.
		{"address compared", "local h = {}\nif h.x == \"10.0.0.1\" then end", []string{`2 never-equal: comparison with the text "10.0.0.1" never meets an addr (write addr "10.0.0.1", or tostring(…) for text)`}},
		{"literal on the left", "local h = {}\nreturn '80/tcp' ~= h.x", []string{`2 never-equal: write port "80/tcp"`}},
		{"subnet", "local h = {}\nreturn h.x == '10.0.0.0/8'", []string{`2 never-equal: a subnet`}},
		{"index", "local t = {}\nreturn t['::1']", []string{`2 never-equal: index with the text "::1"`}},
		{"text compared with text", "local h = {}\nreturn tostring(h) == '10.0.0.1' or 'a' .. h.x == '10.0.0.1'", nil},
		{"ordinary strings", "local h = {}\nreturn h.x == 'SF' or h.x == '' or h.x == '1/2' or h.x == 'a:b'", nil},
		{"what is text", "local h = 'x'\non('new_connection', function(c) return h == '10.0.0.1' or c.uid == '10.0.0.1' end)", nil},

		// What is known of both.
		{"addr and text", "return addr '10.0.0.1' == '10.0.0.1'", []string{`1 never-equal: an addr, which never equals the string "10.0.0.1" (write addr "10.0.0.1"`}},
		{"addr and another text", "return addr '10.0.0.1' ~= 'printer'", []string{`1 never-equal: (write tostring(…) for text)`}},
		{"port and number", "return port '80/tcp' == 80", []string{`1 never-equal: (write port "80/tcp", or compare .number)`}},
		{"an interval's order", "return time.now() - time.unix(5) > 60", []string{`1 not-comparable: an interval, which can't be compared with the number 60 (write interval(60), or compare the interval's .sec)`}},
		{"a time's order", "local t = time.now()\nreturn t < 5", []string{`2 not-comparable: t is a time, which can't be compared with the number 5 (compare the time's .sec)`}},
		{"the number first", "return 60 <= time.now() - time.unix(5)", []string{`1 not-comparable: the number 60, which can't be compared with an interval`}},
		{"two variables", "local i, n = interval '5 s', 5\nreturn i > n", []string{`2 not-comparable: i is an interval, which can't be compared with a number, n (compare the interval's .sec)`}},
		{"enum and text", "return types.enum 'E::a' == 'E::a'", []string{`1 never-equal: (write types.enum "E::a", or compare .name)`}},
		{"fields of a connection", "on('new_connection', function(c)\nreturn c.id.resp_p == 80,\nc.id.resp_h == '10.0.0.1',\nc.duration > 5,\nc.orig.bytes == 'x'\nend)", []string{
			`2 never-equal: c.id.resp_p is a port, which never equals the number 80 (write port "80/tcp", or compare c.id.resp_p.number)`,
			`3 never-equal: c.id.resp_h is an addr`, `4 not-comparable: c.duration is an interval`, `5 never-equal: c.orig.bytes is a number`}},
		{"an event's arguments", ex + "found:on(function(src, n, note)\nreturn src == 'x', n == '5', note == 5\nend)", []string{
			`4 never-equal: src is an addr`, `4 never-equal: n is a number`, `4 never-equal: note is a string`}},
		{"options and variables", "local o = namespace('E'):option('o', 'addr', addr '::1')\nlocal v = namespace('E'):var('v', 'count', 1)\nreturn o:get() == '::1', v:get() == 'x'", []string{
			`3 never-equal: o:get() is an addr`, `3 never-equal: v:get() is a number`}},
		{"values of a map", "local m = map('addr', 'port')\nreturn m:get(addr '::1') == 80, m:get(addr '::1', 80) == 80", []string{"2 never-equal: "}},

		// What may be true.
		{"the same kinds", "return addr '::1' == addr '::2', 1 == 2, 'a' == 'b', time.now() - time.unix(1) > interval(5), (time.now() - time.unix(1)).sec > 5", nil},
		{"nil", "local a = addr '::1'\nreturn a == nil, nil ~= a, set('addr') == nil", nil},
		{"counts", ex + "found:on(function(src, n) return n == 5, n < types.count '5', n + 1 == 3, -n == 5, #src == 5 end)", nil},
		{"several kinds", "local x = 5\nx = 'a'\nreturn x == 'b', x == 3", nil},
		{"either", "return function(a) local x = a and 5 or 'b' return x == 'b', (a or 5) == 'b', (5 or 'a') == 'b' end", nil},
		{"arithmetic", "return interval(5) / interval(1) > 3, interval(5) * 2 > interval(3), 2 * interval(5) == interval(10), time.now() + interval(5) > time.now(), -interval(5) < interval(1)", nil},
		{"tables of scripts", "local t, u = {}, {}\nreturn t == u, t.x == 5, t[1] == 'a'", nil},
		{"concatenation", "local t = setmetatable({}, {})\nreturn (t .. 'x') == 5, ('a' .. 5) == 'a5'", nil},
		{"loops", "for i = 1, 5 do if i == 3 then print(i) end end\nfor k, v in pairs {} do if k == 'a' and v == 5 then print(k) end end", nil},
		{"a parameter", "local function f(x) return x == 5, x == 'a' end\nf(5)", nil},
	})
}
