package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"moonpeer/runtime/luatest"
)

// JUnit writes the XML that CI systems read, at the end: the counts come first in it.
type JUnit struct {
	w       io.Writer
	program string
	flags   []string
	suites  []*junitSuite
	index   map[group]*junitSuite
}

// NewJUnit returns a reporter for CI systems. The command that repeats a test begins with program, "" leaves it out, and needs
// flags besides the test and its seed.
func NewJUnit(w io.Writer, program string, flags ...string) *JUnit {
	return &JUnit{w: w, program: program, flags: flags, index: map[group]*junitSuite{}}
}

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []*junitSuite `xml:"testsuite"`
}

// junitCounts are what suites and all suites together tell of themselves.
type junitCounts struct {
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Time     string `xml:"time,attr"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	File string `xml:"file,attr"`
	junitCounts
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`

	tally tally
	took  time.Duration
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	ClassName string        `xml:"classname,attr"`
	Name      string        `xml:"name,attr"`
	File      string        `xml:"file,attr"`
	Line      int           `xml:"line,attr,omitempty"`
	Time      string        `xml:"time,attr"`
	Failure   *junitFailure `xml:"failure"`
	Error     *junitFailure `xml:"error"`
	Skipped   *junitSkipped `xml:"skipped"`
	SystemOut *junitText    `xml:"system-out"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	junitText
}

type junitSkipped struct {
	Message string `xml:"message,attr,omitempty"`
}

type junitText struct {
	Text string `xml:",cdata"`
}

// Result implements luatest.Reporter.
func (j *JUnit) Result(r *luatest.Result) error {
	g := group{r.File, r.Seed}
	s := j.index[g]
	if s == nil {
		s = &junitSuite{Name: valid(r.File), File: valid(r.File)}
		s.Properties = []junitProperty{{"seed", strconv.FormatUint(r.Seed, 10)}}
		j.index[g] = s
		j.suites = append(j.suites, s)
	}
	s.tally.add(r.Outcome)
	s.took += r.Took
	s.Cases = append(s.Cases, j.testCase(r))
	return nil
}

func (j *JUnit) testCase(r *luatest.Result) junitCase {
	c := junitCase{
		ClassName: className(r.File), Name: valid(r.Name()), File: valid(r.File), Line: r.Line, Time: xmlSeconds(r.Took),
	}
	if c.Name == "" {
		c.Name = "(file)"
	}
	switch r.Outcome {
	case luatest.Failed:
		c.Failure = j.failure(r)
	case luatest.Broken:
		c.Error = j.failure(r)
	case luatest.Pending:
		c.Skipped = &junitSkipped{valid(r.Why)}
	}
	if out := valid(r.Output); out != "" {
		c.SystemOut = &junitText{out}
	}
	return c
}

// failure says all that Pretty would, but what the test printed, which has an element of its own.
func (j *JUnit) failure(r *luatest.Result) *junitFailure {
	without := *r
	without.Output = ""
	d := details{style: Style{}.withDefaults(), program: j.program, flags: j.flags}
	text := strings.Join(d.lines(&without), "\n")
	return &junitFailure{valid(message(r)), r.Outcome.String(), junitText{"\n" + valid(text) + "\n"}}
}

// End implements luatest.Reporter.
func (j *JUnit) End(s *luatest.Summary) error {
	doc := junitSuites{Name: strings.TrimSpace(j.program + " test"), Suites: j.suites}
	var all tally
	for _, suite := range j.suites {
		suite.junitCounts = counted(&suite.tally, suite.took)
		for o, n := range suite.tally {
			all[o] += n
		}
	}
	doc.junitCounts = counted(&all, s.Took)
	if _, err := io.WriteString(j.w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(j.w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("JUnit report: %w", err)
	}
	_, err := io.WriteString(j.w, "\n")
	return err
}

func counted(t *tally, took time.Duration) junitCounts {
	return junitCounts{t.total(), t[luatest.Failed], t[luatest.Broken], t[luatest.Pending], xmlSeconds(took)}
}

func xmlSeconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }

// className is a file's path as readers show a class: they take what is before the last dot for a package.
func className(file string) string {
	p := path.Clean(filepath.ToSlash(valid(file)))
	p = strings.TrimSuffix(p, ".lua")
	for strings.HasPrefix(p, "../") {
		p = p[len("../"):]
	}
	return strings.ReplaceAll(strings.TrimPrefix(p, "/"), "/", ".")
}

// valid leaves out what XML cannot hold. Bytes that are not UTF-8 become U+FFFD.
func valid(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' || c >= ' ' && c < 0xFFFE || c > 0xFFFF {
			return c
		}
		return -1
	}, text)
}
