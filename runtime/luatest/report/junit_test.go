package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"moonpeer/runtime/luatest"
)

func junitOf(t *testing.T, results []luatest.Result) string {
	t.Helper()
	var b bytes.Buffer
	play(t, NewJUnit(&b, "moonpeer"), results, nil)
	return b.String()
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	golden(t, "all.xml", junitOf(t, allResults()))
	golden(t, "hostile.xml", junitOf(t, hostileResults()))
}

// The document as a CI system reads it.
type readSuites struct {
	XMLName xml.Name    `xml:"testsuites"`
	Tests   int         `xml:"tests,attr"`
	Suites  []readSuite `xml:"testsuite"`
}

type readSuite struct {
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     float64    `xml:"time,attr"`
	Property []property `xml:"properties>property"`
	Cases    []readCase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type readCase struct {
	ClassName string  `xml:"classname,attr"`
	Name      string  `xml:"name,attr"`
	File      string  `xml:"file,attr"`
	Line      int     `xml:"line,attr"`
	Time      float64 `xml:"time,attr"`
	Failure   *reason `xml:"failure"`
	Error     *reason `xml:"error"`
	Skipped   *reason `xml:"skipped"`
	Out       *string `xml:"system-out"`
}

type reason struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func readJUnit(t *testing.T, text string) (doc readSuites) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("not UTF-8")
	}
	if err := xml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestJUnitIsRead(t *testing.T) {
	t.Parallel()
	doc := readJUnit(t, junitOf(t, allResults()))
	if len(doc.Suites) != 3 || doc.Tests != 11 {
		t.Fatalf("got %d suites and %d tests, want 3 and 11", len(doc.Suites), doc.Tests)
	}
	s := doc.Suites[2]
	if s.Name != scanFile || s.Tests != 7 || s.Failures != 2 || s.Errors != 0 || s.Skipped != 2 || s.Time != 0.764 {
		t.Errorf("got %+v", s)
	}
	if want := (property{"seed", "7"}); len(s.Property) != 1 || s.Property[0] != want {
		t.Errorf("got %v, want %v", s.Property, want)
	}
	c := s.Cases[2]
	if c.ClassName != "policies.scan.scan_test" || c.Name != "scan › in a cluster › counts over all workers" || c.File != scanFile || c.Line != 21 || c.Time != 0.31 {
		t.Errorf("got %+v", c)
	}
	if c.Error != nil || c.Skipped != nil || c.Failure == nil || c.Failure.Message != "expected the lists to be equal" {
		t.Fatalf("got %+v", c)
	}
	if n := strings.Count(c.Failure.Text, "10.0.0.1 tried a port\n"); n != 33 {
		t.Errorf("%d lines of a node are in it, want all", n)
	}
	if strings.Contains(c.Failure.Text, "halfway") || c.Out == nil || *c.Out != "starting\n\nhalfway\n" {
		t.Errorf("output: got %+v", c)
	}
	if b := doc.Suites[0].Cases[0]; b.Error == nil || b.Failure != nil || b.Name != "(file)" || b.Line != 0 {
		t.Errorf("a broken file: got %+v", b)
	}
	if p := s.Cases[4]; p.Skipped == nil || p.Skipped.Message != "stores first" {
		t.Errorf("pending: got %+v", p)
	}
	if p := s.Cases[0]; p.Skipped != nil || p.Failure != nil || p.Error != nil || p.Out != nil {
		t.Errorf("passed: got %+v", p)
	}
}

// TestJUnitHostile: what is read back is what went in, without what XML cannot hold.
func TestJUnitHostile(t *testing.T) {
	t.Parallel()
	results := hostileResults()
	c := readJUnit(t, junitOf(t, results)).Suites[0].Cases[0]
	const held = "a[2J\nb ]]> # TODO \\ <c> & \"d\" 'e' $(f)\uFFFD\u009b\u202e"
	if want := held + " › " + held; c.Name != want {
		t.Errorf("name: got %q, want %q", c.Name, want)
	}
	if want := "not ok 2\n---\n" + held; c.Out == nil || *c.Out != want {
		t.Errorf("output: got %q, want %q", *c.Out, want)
	}
	if c.Failure.Message != held {
		t.Errorf("message: got %q, want %q", c.Failure.Message, held)
	}
}

func TestJUnitRounds(t *testing.T) {
	t.Parallel()
	a := test("a_test.lua", 1, 0, "x")
	b := a
	b.Seed = 1<<64 - 1
	doc := readJUnit(t, junitOf(t, []luatest.Result{a, b, a}))
	if len(doc.Suites) != 2 || doc.Suites[0].Tests != 2 || doc.Suites[1].Property[0].Value != "18446744073709551615" {
		t.Errorf("got %+v", doc.Suites)
	}
}

func TestJUnitBig(t *testing.T) {
	t.Parallel()
	big := bigResult()
	text := junitOf(t, []luatest.Result{big})
	if c := readJUnit(t, text).Suites[0].Cases[0]; c.Out == nil || *c.Out != big.Output {
		t.Error("the output is not whole")
	}
	if len(text) > 3<<20 {
		t.Errorf("%d bytes for two megabytes", len(text))
	}
}

func TestJUnitCannotWrite(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	if err := NewJUnit(failingWriter{full}, "").End(&luatest.Summary{}); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

func TestClassName(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"a_test.lua": "a_test", "./x/a_test.lua": "x.a_test", "../../x/a_test.lua": "x.a_test", "/tmp/a_test.lua": "tmp.a_test",
	} {
		if got := className(file); got != want {
			t.Errorf("%q: got %q, want %q", file, got, want)
		}
	}
}
