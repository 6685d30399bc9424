package zeeklog

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
	"moonpeer/runtime/input/inputtest"
	"moonpeer/runtime/input/lines"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// header is that of a log with the columns given as name:type, separated by blanks.
func header(path, columns string) string {
	var names, types []string
	for _, c := range strings.Fields(columns) {
		name, typ, _ := strings.Cut(c, ":")
		names, types = append(names, name), append(types, typ)
	}
	return "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t" + path +
		"\n#open\t2026-01-31-23-59-58\n#fields\t" + strings.Join(names, "\t") + "\n#types\t" + strings.Join(types, "\t") + "\n"
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns what a log makes a sink hear, and how it ended.
func read(t *testing.T, name, content string) (*inputtest.Recorder, input.State, *Source) {
	t.Helper()
	s, err := Open(file(t, name, content), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r := &inputtest.Recorder{}
	return r, inputtest.Drain(s, r, nil), s
}

func TestConnLog(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"conn.log", "conn.json.log"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(filepath.Join("testdata", name), Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			r := &inputtest.Recorder{}
			if st := inputtest.Drain(s, r, nil); st != input.Done || s.Err() != nil || len(r.Warnings) > 0 {
				t.Fatalf("ended in %s, %v, %q", st, s.Err(), r.Warnings)
			}
			if len(r.Records) != 3 {
				t.Fatalf("got %d records, want 3", len(r.Records))
			}
			got := map[string]string{}
			typ, rec := r.Types[2], r.Records[2]
			for i, f := range typ.Fields {
				if f.Record == nil {
					got[f.Name] = broker.Text(rec[i])
					continue
				}
				for j, g := range f.Record.Fields {
					d := rec[i].(broker.Vector)[j]
					got[f.Name+"."+g.Name] = fmt.Sprintf("%s %s", d.Kind(), broker.Text(d))
				}
			}
			for name, want := range map[string]string{
				"ts": broker.Text(broker.Timestamp(1300475168859163000)), "uid": "CtPZjS20MLrsMUOJi2", "proto": "tcp",
				"id.orig_h": "address 141.142.220.118", "id.orig_p": "port 35634/tcp", "id.resp_h": "address 208.80.152.2",
				"id.resp_p": "port 80/tcp", "duration": broker.Text(61329 * broker.Microsecond), "orig_bytes": "463",
				"conn_state": "OTH",
			} {
				if got[name] != want {
					t.Errorf("%s: got %s, want %s", name, got[name], want)
				}
			}
			if i, ok := typ.Index("service"); ok && rec[i].Kind() != broker.KindNone {
				t.Errorf("service: got %s, want unset", broker.Text(rec[i]))
			}
			if at, ok := s.Clock(); !ok || at != 1300475168859163000 {
				t.Errorf("the clock is %d, %t", at, ok)
			}
		})
	}
}

func TestRecordTypeOfTSV(t *testing.T) {
	t.Parallel()
	r, _, _ := read(t, "x.log", header("x", "ts:time id.orig_h:addr a:string id.resp_h:addr b.c.d:count a.x:int s:set[port] v:vector[double]")+
		"-\t-\t-\t-\t-\t-\t-\t-\n")
	want := "x{ts: timestamp, id: {orig_h: address, resp_h: address}, a: string, b: {c: {d: count}}, a.x: integer, " +
		"s: set[port], v: vector[real]}"
	if len(r.Types) != 1 || r.Types[0].String() != want {
		t.Fatalf("got %v, %q, want %s", r.Types, r.Warnings, want)
	}
	if got := broker.Text(r.Records[0]); got != "(nil, (nil, nil), nil, ((nil)), nil, nil, nil)" {
		t.Errorf("all unset: got %s", got)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	set := func(d ...broker.Data) broker.Set {
		s, err := broker.NewSet(d...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	tests := []struct {
		typ, text string
		want      broker.Data // nil: refused
	}{
		{"bool", "T", broker.Boolean(true)},
		{"bool", "F", broker.Boolean(false)},
		{"bool", "true", nil},
		{"int", "-42", broker.Integer(-42)},
		{"int", "9223372036854775808", nil},
		{"count", "18446744073709551615", broker.Count(1<<64 - 1)},
		{"count", "-1", nil},
		{"count", "", nil},
		{"double", "3.14", broker.Real(3.14)},
		{"double", "1e+20", broker.Real(1e20)},
		{"double", "x", nil},
		{"time", "1300475167.096535", broker.Timestamp(1300475167096535000)},
		{"time", "1300475167.123456789", broker.Timestamp(1300475167123456789)},
		{"time", "1300475167.1234567899", broker.Timestamp(1300475167123456789)},
		{"time", "0.000000", broker.Timestamp(0)},
		{"time", "1.5e9", broker.Timestamp(1500000000000000000)},
		{"time", "XXXXXXXXXX.XXXXXX", nil},
		{"time", "99999999999", nil},
		{"interval", "0.211484", broker.Timespan(211484000)},
		{"interval", "-1.500000", broker.Timespan(-1500000000)},
		{"interval", "1.5x", nil},
		{"string", "a b", broker.String("a b")},
		{"string", "(empty)", broker.String("")},
		{"string", `\x28empty)`, broker.String("(empty)")},
		{"string", `\x2d`, broker.String("-")},
		{"string", `tab\x09nul\x00back\\slash\xFF`, broker.String("tab\tnul\x00back\\slash\xff")},
		{"string", `\x4`, broker.String(`\x4`)},
		{"string", `\q\`, broker.String(`\q\`)},
		{"string", "a,b", broker.String("a,b")},
		{"enum", "SSH::LOG", broker.Enum("SSH::LOG")},
		{"addr", "fe80::217:f2ff:fed7:cf65", broker.Address{0: 0xfe, 1: 0x80, 8: 2, 9: 0x17, 10: 0xf2, 11: 0xff, 12: 0xfe, 13: 0xd7, 14: 0xcf, 15: 0x65}},
		{"addr", "1.2.3", nil},
		{"subnet", "10.0.0.0/24", broker.Subnet{Net: broker.AddressFrom4([4]byte{10}), Len: 120}},
		{"subnet", "10.0.0.0/33", nil},
		{"port", "80", broker.Port{Number: 80}},
		{"port", "53/udp", broker.Port{Number: 53, Proto: broker.UDP}},
		{"port", "65536", nil},
		{"func", "foo\\x09{}", broker.String("foo\t{}")},
		{"set[count]", "4,2,3,1", set(broker.Count(1), broker.Count(2), broker.Count(3), broker.Count(4))},
		{"set[count]", "4,4,4", set(broker.Count(4))},
		{"set[string]", "(empty)", broker.Set(nil)},
		{"set[string]", `a\x2cb,c`, set(broker.String("a,b"), broker.String("c"))},
		{"set[addr]", "1.2.3.4,x", nil},
		{"set[double]", "nan", nil},
		{"vector[count]", "0,-,2", broker.Vector{broker.Count(0), broker.None{}, broker.Count(2)}},
		{"vector[string]", "a,(empty),,-", broker.Vector{broker.String("a"), broker.String(""), broker.String(""), broker.None{}}},
		{"vector[interval]", "0.000001", broker.Vector{broker.Timespan(1000)}},
		{"vector[bool]", "(empty)", broker.Vector{}},
	}
	for _, tt := range tests {
		t.Run(tt.typ+" "+tt.text, func(t *testing.T) {
			t.Parallel()
			r, st, _ := read(t, "x.log", header("x", "n:count v:"+tt.typ)+"1\t"+tt.text+"\n2\t-\n")
			if st != input.Done {
				t.Errorf("ended in %s", st)
			}
			if tt.want == nil {
				want := fmt.Sprintf(":9: field v: %s ", kindOf(tt.typ))
				if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], want) || len(r.Records) != 1 {
					t.Errorf("got %q and %d records, want one warning with %q and one record", r.Warnings, len(r.Records), want)
				}
				return
			}
			if len(r.Records) != 2 {
				t.Fatalf("got %d records, %q", len(r.Records), r.Warnings)
			}
			if got := r.Records[0][1]; !broker.Equal(got, tt.want) {
				t.Errorf("got %s %s, want %s %s", got.Kind(), broker.Text(got), tt.want.Kind(), broker.Text(tt.want))
			}
		})
	}
}

func kindOf(typ string) string {
	c, err := parseType("v", typ)
	if err != nil {
		return err.Error()
	}
	return c.kind.String()
}

func TestBadLinesAreSkipped(t *testing.T) {
	t.Parallel()
	r, st, s := read(t, "x.log", header("x", "ts:time n:count")+"1.0\t1\n2.0\n\n3.0\t3\t4\nfoo\t5\n"+
		strings.Repeat("x", 1<<20+1)+"\n6.0\t6\n#close\t2026-01-31-23-59-58\n")
	if st != input.Done || len(r.Records) != 2 {
		t.Errorf("ended in %s with %d records, want done with 2", st, len(r.Records))
	}
	want := []string{":10: 1 fields, want 2", ":12: 3 fields, want 2", `:13: field ts: timestamp "foo": want a number`, ":14: line is too long"}
	for i, w := range want {
		if i >= len(r.Warnings) || !strings.HasSuffix(r.Warnings[i], w) || !strings.HasPrefix(r.Warnings[i], s.name) {
			t.Fatalf("got %q, want %q", r.Warnings, want)
		}
	}
}

func TestFatal(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, content, want string }{
		{"text", "hello\nworld\n", ":1: not a Zeek log"},
		{"no header", "#close\n1\t2\n", ":2: a record before #fields and #types"},
		{"more types than fields", "#fields\ta\n#types\tint\tint\n", ":2: #types names 2 types for 1 fields"},
		{"unknown type", "#fields\ta\n#types\tfoo\n", `:2: field a has the unknown type "foo"`},
		{"set of sets", "#fields\ta\n#types\tset[set[int]]\n", `unknown type "set[set[int]]"`},
		{"list", "#fields\ta\n#types\tlist[int]\n", `unknown type "list[int]"`},
		{"unclosed", "#fields\ta\n#types\tset[int\n", `unknown type "set[int"`},
		{"no separator", "#separator \n", "is not one character"},
		{"wide", "#fields" + strings.Repeat("\ta", 5000) + "\n", "#fields names 5000 fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, st, s := read(t, "x.log", tt.content)
			if st != input.Failed || s.Err() == nil || !strings.Contains(s.Err().Error(), tt.want) {
				t.Errorf("ended in %s, %v, want failed with %q", st, s.Err(), tt.want)
			}
		})
	}
	if _, err := Open("no/such.log", Options{}); err == nil {
		t.Error("a missing file opens")
	}
	if _, st, _ := read(t, "empty.log", ""); st != input.Done {
		t.Errorf("an empty log: got %s, want done", st)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	r, st, s := read(t, "x.log",
		"### made by a test\n#separator |\n#set_separator|;\n#empty_field|EMPTY\n#unset_field|NONE\n#path|a\n#fields|n|s|t\n#types|count|set[string]|string\n"+
			"1|x;y|EMPTY\nNONE|EMPTY|-\n#close|2026\n"+header("b", "n:count")+"7\n")
	if st != input.Done || len(r.Warnings) > 0 {
		t.Fatalf("ended in %s, %v, %q", st, s.Err(), r.Warnings)
	}
	want := []string{"a (1, {x, y}, )", "a (nil, {}, -)", "b (7)"}
	if !slices.Equal(r.Calls, want) {
		t.Errorf("got %q, want %q", r.Calls, want)
	}
	if r.Types[0] != r.Types[1] || r.Types[0] == r.Types[2] {
		t.Error("lines of one header have one type, those of another another")
	}
}

func TestPathFromName(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	fmt.Fprint(w, `{"a":1}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, content, want string }{
		{"known_hosts.2026-01-31.log", `{"a":1}`, "known_hosts (1)"},
		{"dns.log.gz", b.String(), "dns (1)"},
		{"dns.log", `{"_path":"http","a":1}`, "http (1)"},
		{"dns.log", "#fields\ta\n#types\tcount\n1\n", "dns (1)"},
	} {
		if r, _, _ := read(t, tt.name, tt.content); len(r.Calls) != 1 || r.Calls[0] != tt.want {
			t.Errorf("%s: got %q, %q, want %s", tt.name, r.Calls, r.Warnings, tt.want)
		}
	}
	s, err := Open(file(t, "x.log", `{"a":1}`), Options{Path: "mine"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &inputtest.Recorder{}
	inputtest.Drain(s, r, nil)
	if r.Count("mine ") != 1 {
		t.Errorf("got %q, want the path that was given", r.Calls)
	}
}

// The clock follows ts but never goes back; until holds lines up.
func TestClock(t *testing.T) {
	t.Parallel()
	s, err := Open(file(t, "x.log", header("x", "ts:time")+"5.0\n3.0\n-\nfoo\n9.0\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const sec = broker.Timestamp(broker.Second)
	peek := func(want broker.Timestamp, wantOK bool) {
		t.Helper()
		if at, ok := s.Peek(); ok != wantOK || ok && at != want {
			t.Errorf("peek: got %d, %t, want %d, %t", at, ok, want, wantOK)
		}
	}
	r := &inputtest.Recorder{}
	pull := func(until broker.Timestamp, wantN int, wantState input.State) {
		t.Helper()
		if n, st := s.Pull(100, until, r); n != wantN || st != wantState {
			t.Errorf("pull until %d: got %d, %s, want %d, %s", until, n, st, wantN, wantState)
		}
	}
	if _, ok := s.Clock(); ok {
		t.Error("a clock before the first item")
	}
	peek(5*sec, true)
	pull(4*sec, 0, input.More)
	r.Single = true
	pull(5*sec, 1, input.More)
	if at, ok := s.Clock(); !ok || at != 5*sec {
		t.Errorf("clock: got %d, %t", at, ok)
	}
	peek(5*sec, true) // 3.0 lies back
	r.Single = false
	pull(8*sec, 3, input.More)
	if at, _ := s.Clock(); at != 5*sec {
		t.Errorf("clock: got %d, want 5 s still", at)
	}
	peek(9*sec, true)
	pull(input.Never, 1, input.Done)
	peek(0, false)
	pull(input.Never, 0, input.Done)
	if len(r.Records) != 4 || len(r.Warnings) != 1 {
		t.Errorf("got %d records, %q", len(r.Records), r.Warnings)
	}
	if done, total := s.Progress(); done != total || total == 0 {
		t.Errorf("progress: got %d of %d", done, total)
	}
}

func TestFollow(t *testing.T) {
	t.Parallel()
	path := file(t, "x.log", header("x", "ts:time n:count")+"1.0\t1\n2.0\t")
	ticks := make(chan time.Time)
	s, err := Open(path, Options{Options: lines.Options{Follow: true,
		Ticks: func() (<-chan time.Time, func()) { return ticks, func() {} }}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &inputtest.Recorder{}
	want := func(n int) {
		t.Helper()
		ticks <- time.Time{}
		ticks <- time.Time{}
		if _, st := s.Pull(100, input.Never, r); st != input.Wait || len(r.Records) != n || len(r.Warnings) > 0 {
			t.Fatalf("got %s, %d records, %q, want wait and %d", st, len(r.Records), r.Warnings, n)
		}
	}
	want(1)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprint(f, "2\n3.0\t3\n")
	want(3)
}
