package convert

import (
	"strings"
	"testing"

	"moonpeer/runtime/script"
)

func TestParseType(t *testing.T) {
	v := newVM(t)
	v.record(t, "connection", "uid", "string")
	for _, c := range []struct{ text, want string }{
		{"addr", "addr"},
		{" string? ", "string?"},
		{"set[addr]", "set[addr]"},
		{"set[ addr,port ]", "set[addr, port]"},
		{"table[addr] of count", "table[addr] of count"},
		{"table[addr, port] of set[string]", "table[addr, port] of set[string]"},
		{"vector of vector of real", "vector of vector of real"},
		{"vector of string?", "vector of string?"},
		{"tuple[addr, port]", "tuple[addr, port]"},
		{"tuple[addr]", "tuple[addr]"},
		{"set[tuple[addr], count]", "set[tuple[addr], count]"},
		{"EX::info", "EX::info"},
		{"A::B::c?", "A::B::c?"},
		{"connection", "connection"},
		{"any", "any"},
	} {
		ty, err := v.ParseType(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := ty.String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
		if again := v.typ(t, ty.String()); !again.Equal(ty) {
			t.Errorf("%s: not equal to what it was parsed from", again)
		}
	}
}

func TestParseTypeErrors(t *testing.T) {
	v := newVM(t)
	v.record(t, "connection", "uid", "string")
	for _, c := range []struct{ text, want string }{
		{"", `type "": want a type, got the end`},
		{"adr", `type "adr": unknown type "adr" (did you mean addr?)`},
		{"cuont", `type "cuont": unknown type "cuont" (did you mean count?)`},
		{"double", `type "double": unknown type "double" (write real)`},
		{"Address", `type "Address": unknown type "Address" (write addr)`},
		{"conection", `type "conection": unknown type "conection" (did you mean connection?)`},
		{"bananas", `type "bananas": unknown type "bananas"`},
		{"set", `type "set": want '[' after set, got the end`},
		{"set[addr", `type "set[addr": want ']' after set[addr, got the end`},
		{"set[]", `type "set[]": want a type, got "]"`},
		{"table[addr]", `type "table[addr]": want "of" and a type after table[…], got the end`},
		{"vector string", `type "vector string": want "of" and a type after vector, got "string"`},
		{"addr port", `type "addr port": unexpected "port"`},
		{"set[set[addr]]", `type "set[set[addr]]": set[addr] can't be a key: keys are single words and tuples of them`},
		{"set[addr?]", `type "set[addr?]": want ']' after set[addr, got "?]"`},
		{"set[EX::info]", `type "set[EX::info]": EX::info can't be a key: keys are single words and tuples of them`},
		{strings.Repeat("vector of ", 30) + "addr",
			`type "` + strings.Repeat("vector of ", 30) + `addr": nested deeper than 20`},
	} {
		_, err := v.ParseType(c.text)
		errText(t, err, c.want)
	}
}

func TestParseKeyType(t *testing.T) {
	v := newVM(t)
	for text, want := range map[string]string{
		"addr":           "set[addr]",
		"addr, port":     "set[addr, port]",
		"tuple[addr, x]": "",
		"vector of addr": "",
		"addr,":          "",
	} {
		key, err := v.ParseKeyType(text)
		switch {
		case want == "" && err == nil:
			t.Errorf("%s: no error", text)
		case want != "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && SetOf(key).String() != want:
			t.Errorf("%s: got %s, want %s", text, SetOf(key), want)
		}
	}
}

func TestParseSignature(t *testing.T) {
	v := newVM(t)
	for _, c := range []struct {
		text, want string
		required   int
	}{
		{"", "", 0},
		{"  ", "", 0},
		{"src: addr, n: count, note: string?", "src: addr, n: count, note: string?", 2},
		{"addr,count", "addr, count", 2},
		{"a:addr?,b:count,c:any?", "a: addr?, b: count, c: any?", 2},
		{"e: EX::info, table[addr] of vector of EX::info", "e: EX::info, table[addr] of vector of EX::info", 2},
		{"count: count", "count: count", 1},
	} {
		sig, err := v.ParseSignature(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if sig.String() != c.want || sig.Required() != c.required {
			t.Errorf("%q: got %q with %d required, want %q with %d", c.text, sig, sig.Required(), c.want, c.required)
		}
		if again := v.sig(t, sig.String()); !again.Equal(sig) {
			t.Errorf("%q: not equal to itself", c.text)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"src addr", `signature "src addr": argument #1: unknown type "src" (did you mean set?)`},
		{"a: addr,", `signature "a: addr,": argument #2: want a type, got the end`},
		{"a: addr b: port", `signature "a: addr b: port": unexpected "b: port" after argument #1`},
		{"EX::a: addr", `signature "EX::a: addr": argument #1: "EX::a" is not a name`},
		{"n: count, s: sting", `signature "n: count, s: sting": argument #2: unknown type "sting" (did you mean string?)`},
	} {
		_, err := v.ParseSignature(c.text)
		errText(t, err, c.want)
	}
}

func TestSignaturesEqual(t *testing.T) {
	v := newVM(t)
	a := v.sig(t, "src: addr, n: count")
	if !a.Equal(v.sig(t, "addr, m: count")) {
		t.Error("names make a difference")
	}
	if a.Equal(v.sig(t, "addr, count?")) || a.Equal(v.sig(t, "addr")) || a.Equal(nil) {
		t.Error("different signatures are equal")
	}
}

func TestRecordDeclaredLater(t *testing.T) {
	v := newVM(t)
	ty := v.typ(t, "vector of EX::info")
	if got := v.UndeclaredRecords(); len(got) != 1 || got[0] != "EX::info" {
		t.Errorf("undeclared: %v", got)
	}
	rt := v.record(t, "EX::info", "n", "count", "next", "EX::info?")
	if ty.Elem.Record() != rt || len(v.UndeclaredRecords()) != 0 {
		t.Error("the name was not bound to its declaration")
	}
}

func TestRecordDeclaredTwice(t *testing.T) {
	v, w := newVM(t), newVM(t)
	rt := v.record(t, "EX::info", "n", "count", "next", "EX::info?")
	if v.record(t, "EX::info", "n", "count", "next", "EX::info?") != rt {
		t.Error("the same declaration is another type")
	}
	other := w.record(t, "EX::info", "n", "count", "next", "EX::info?")
	if !rt.Equal(other) {
		t.Error("the same declaration in another VM is not equal")
	}
	different, err := NewRecordType("EX::info", Field{"n", Scalar(KindInt)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.DeclareRecord(different)
	errText(t, err, "record type EX::info is declared as EX::info {n: count, next: EX::info?} already, not as EX::info {n: int}")
}

func TestNearest(t *testing.T) {
	fields := []string{"orig_h", "orig_p", "resp_h", "resp_p"}
	for _, c := range []struct{ name, want string }{
		{"resp", "resp_h"}, {"orig_j", "orig_h"}, {"rsep_p", "resp_p"}, {"x", ""}, {"banana", ""}, {"RESP_H", "resp_h"},
		{strings.Repeat("a", 1000), ""},
	} {
		if got := script.Nearest(c.name, fields); got != c.want {
			t.Errorf("%.20s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestKeyWidth(t *testing.T) {
	v := newVM(t)
	for text, want := range map[string]int{
		"addr": 16, "subnet": 17, "port": 3, "count": 8, "bool": 1, "string": 0, "any": 0, "tuple[addr, port]": 19,
		"tuple[addr, string]": 0,
	} {
		if got := v.typ(t, text).KeyWidth(); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}
