package report

import (
	"bytes"
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"moonpeer/runtime/luatest"
)

func jsonOf(t *testing.T, results []luatest.Result, end func(*luatest.Summary)) string {
	t.Helper()
	var b bytes.Buffer
	play(t, NewJSON(&b), results, end)
	return b.String()
}

func TestJSON(t *testing.T) {
	t.Parallel()
	golden(t, "all.jsonl", jsonOf(t, allResults(), func(s *luatest.Summary) {
		s.Slowest = scanResults()[2:4]
		s.Stopped = true
	}))
	golden(t, "hostile.jsonl", jsonOf(t, hostileResults(), nil))
}

// TestJSONIsRead: each line is an object, and texts are what they were but for bytes that are not UTF-8.
func TestJSONIsRead(t *testing.T) {
	t.Parallel()
	results := append(hostileResults(), bigResult())
	lines := strings.Split(strings.TrimSuffix(jsonOf(t, results, nil), "\n"), "\n")
	if len(lines) != len(results)+1 {
		t.Fatalf("got %d lines, want %d", len(lines), len(results)+1)
	}
	for i, line := range lines[:len(results)] {
		var got jsonTest
		dec := json.NewDecoder(strings.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		r := &results[i]
		if want := strings.ToValidUTF8(r.Output, "\uFFFD"); got.Output != want {
			t.Errorf("%d: output is %.100q, want %.100q", i, got.Output, want)
		}
		if want := strings.ToValidUTF8(r.Name(), "\uFFFD"); got.Event != "test" || got.Name != want || got.Outcome != r.Outcome.String() {
			t.Errorf("%d: got %s %q %s", i, got.Event, got.Name, got.Outcome)
		}
	}
}

// TestJSONIsDocumented: the package's manual names each field.
func TestJSONIsDocumented(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, manual, _ := strings.Cut(file.Doc.Text(), "# JSON")
	words := strings.FieldsFunc(manual, func(c rune) bool { return c != '_' && (c < 'a' || c > 'z') })
	for _, v := range []any{jsonTest{}, jsonFailure{}, jsonDiff{}, jsonNode{}, jsonSummary{}, jsonSlow{}} {
		for f := range reflect.TypeOf(v).Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !slices.Contains(words, name) {
				t.Errorf("doc.go does not name %s of %T", name, v)
			}
		}
	}
}
