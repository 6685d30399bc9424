package zeeklog

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonpeer/net/broker"
)

func seeds(f *testing.F) {
	for _, name := range []string{"conn.log", "conn.json.log"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

// check runs all lines of text through a parser; whatever they are, records fit their types.
func check(t *testing.T, text []byte) {
	p := parser{path: "x"}
	for line := range bytes.Lines(text) {
		it, ok, err := p.line(bytes.TrimSuffix(line, []byte("\n")))
		if _, fatal := err.(headerError); fatal {
			return
		}
		if !ok {
			continue
		}
		if len(it.rec) != len(it.typ.Fields) {
			t.Fatalf("%d values for %s", len(it.rec), it.typ)
		}
		for i, f := range it.typ.Fields {
			switch got := it.rec[i].Kind(); {
			case f.Record != nil && len(it.rec[i].(broker.Vector)) != len(f.Record.Fields):
				t.Fatalf("%s has %d values", f.Name, len(it.rec[i].(broker.Vector)))
			case got != f.Kind && got != broker.KindNone && f.Kind != broker.KindNone:
				t.Fatalf("%s is a %s, want %s", f.Name, got, f.Kind)
			}
		}
	}
}

func FuzzTSV(f *testing.F) {
	seeds(f)
	f.Add([]byte(header("x", "a:set[string] b.c:vector[time] b:addr b.c.d:port") + "a,b\t1.5,-\t::1\t80\n"))
	f.Fuzz(func(t *testing.T, text []byte) { check(t, text) })
}

func FuzzJSON(f *testing.F) {
	seeds(f)
	f.Add([]byte(`{"ts":1,"id":{"orig_h":"::1"},"id.resp_p":[1,[2]],"_path":"y"}` + "\n{\"id\":3}"))
	f.Add([]byte(`{"a":"\u00e9\"\\","b" : [ "x" , {} ] , "c":-0.5e-7}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		check(t, append([]byte("{}\n"), text...))
		compare(t, text)
	})
}

// compare reads a line a second time, with encoding/json: strings must be the same.
func compare(t *testing.T, text []byte) {
	l := jsonLog{path: "x"}
	it, err := l.record(text)
	if err != nil {
		return
	}
	var want map[string]any
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatalf("%q is taken, but %v", text, err)
	}
	for name, v := range want {
		said, ok := v.(string)
		i, known := it.typ.Index(name)
		if !ok || name == "_path" || strings.Contains(name, ".") || clearNames[name] != nil {
			continue
		}
		if got, isString := it.rec[i].(broker.String); !known || !isString || string(got) != said {
			t.Fatalf("%q: %s is %v, want %q", text, name, it.rec[i], said)
		}
	}
}

func BenchmarkTSV(b *testing.B) {
	text, err := os.ReadFile(filepath.Join("testdata", "conn.log"))
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, text)
}

func BenchmarkJSON(b *testing.B) {
	text, err := os.ReadFile(filepath.Join("testdata", "conn.json.log"))
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, text)
}

// benchmark measures lines that are records.
func benchmark(b *testing.B, text []byte) {
	p := parser{path: "x"}
	var records [][]byte
	for _, line := range bytes.Split(text, []byte("\n")) {
		if _, ok, _ := p.line(line); ok {
			records = append(records, line)
		}
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(records[0])))
	for i := 0; b.Loop(); i++ {
		if _, ok, err := p.line(records[i%len(records)]); !ok {
			b.Fatal(err)
		}
	}
}
