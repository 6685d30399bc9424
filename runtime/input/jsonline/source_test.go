package jsonline

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"moonpeer/runtime/input"
	"moonpeer/runtime/input/inputtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func read(r io.Reader) (*inputtest.Recorder, input.State, *Source) {
	wake := make(chan struct{}, 1000)
	s := New("stdin", r, func() { wake <- struct{}{} })
	rec := &inputtest.Recorder{}
	return rec, inputtest.Drain(s, rec, wake), s
}

func TestEvents(t *testing.T) {
	t.Parallel()
	r, st, s := read(strings.NewReader(`{"event": "EX::e", "args": ["10.0.0.1", 3, 3.0, 18446744073709551615, null, true, {"a": [1]}]}

{"event":"EX::f"}
  {"args":[],"event":"EX::g"}` + "\r\n" + `{"event":"EX::h","args":[1]}`))
	defer s.Close()
	want := []string{`1: EX::e["10.0.0.1",3,3.0,18446744073709551615,null,true,{"a":[1]}]`, "3: EX::fnull", "4: EX::g[]", "5: EX::h[1]"}
	if st != input.Done || !slices.Equal(r.Calls, want) || len(r.Warnings) > 0 {
		t.Errorf("ended in %s with %q, %q, want %q", st, r.Calls, r.Warnings, want)
	}
	if _, ok := s.Peek(); ok {
		t.Error("there is nothing to come")
	}
	if _, ok := s.Clock(); ok {
		t.Error("events have no time")
	}
	if _, st := s.Pull(1, 0, r); st != input.Done || s.Err() != nil {
		t.Errorf("after the end: %s, %v", st, s.Err())
	}
}

func TestBadLines(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, line, want string }{
		{"text", "hello", "not JSON at byte 1"},
		{"cut", `{"event":"a"`, "the line ends in the middle"},
		{"array", `["a"]`, "a JSON array; want {"},
		{"null", `null`, `"event" is not the name`},
		{"two", `{"event":"a"} {"event":"b"}`, "something follows"},
		{"no event", `{"args":[]}`, `"event" is not the name of an event`},
		{"empty event", `{"event":""}`, `"event" is not the name of an event`},
		{"event is a number", `{"event":1}`, `"event" is not the name of an event`},
		{"args is an object", `{"event":"a","args":{}}`, `"args" is not an array`},
		{"args is null", `{"event":"a","args":null}`, `"args" is not an array`},
		{"unknown key", `{"event":"a","topik":"/x"}`, `unknown key "topik"`},
		{"capitals", `{"Event":"a"}`, `"event" is not the name`},
		{"too long", `{"event":"` + strings.Repeat("a", 1<<20) + `"}`, "line is too long"},
		{"deep", `{"event":"a","args":[` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `]}`, "exceeded max depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, st, s := read(strings.NewReader(`{"event":"one"}` + "\n" + tt.line + "\n" + `{"event":"two"}` + "\n"))
			defer s.Close()
			if st != input.Done || len(r.Calls) != 2 {
				t.Errorf("ended in %s with %q", st, r.Calls)
			}
			if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], "stdin:2: ") || !strings.Contains(r.Warnings[0], tt.want) {
				t.Errorf("got %.200q, want stdin:2: … %s", r.Warnings, tt.want)
			}
		})
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	pr, pw := io.Pipe()
	wake := make(chan struct{}, 10)
	s := New("stdin", pr, func() { wake <- struct{}{} })
	r := &inputtest.Recorder{}
	if n, st := s.Pull(10, 0, r); n != 0 || st != input.Wait {
		t.Fatalf("got %d, %s, want to wait", n, st)
	}
	fmt.Fprint(pw, `{"event":"a"}`+"\n"+`{"event":"b"}`+"\n"+`{"ev`)
	<-wake
	r.Single = true
	if n, st := s.Pull(10, 0, r); n != 1 || st != input.More {
		t.Fatalf("got %d, %s, want the first", n, st)
	}
	r.Single = false
	if n, st := s.Pull(10, 0, r); n != 1 || st != input.Wait {
		t.Fatalf("got %d, %s, want the second, then to wait", n, st)
	}
	pw.CloseWithError(io.ErrClosedPipe)
	<-wake
	if _, st := s.Pull(10, 0, r); st != input.Failed || s.Err() == nil {
		t.Fatalf("a broken pipe: got %s, %v", st, s.Err())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"event": "EX::e", "args": ["10.0.0.1", 3, null, {"a": [1e400]}]}`))
	f.Add([]byte(`{"event": 1, "args": {}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := parse(text)
		if err == nil && e.name == "" {
			t.Errorf("%q is an event without a name", text)
		}
		if err != nil && len(err.Error()) > 500 {
			t.Errorf("a message of %d bytes for %d bytes of input", len(err.Error()), len(text))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	line := []byte(`{"event": "EX::found", "args": ["10.0.0.1", 3, 1.5]}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if _, err := parse(bytes.Clone(line)); err != nil {
			b.Fatal(err)
		}
	}
}
