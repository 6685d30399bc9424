package report

import (
	"encoding/json"
	"io"

	"moonpeer/runtime/luatest"
)

// JSON writes one object a line, as the package's manual has it.
type JSON struct {
	enc *json.Encoder
}

// NewJSON returns a reporter for programs.
func NewJSON(w io.Writer) *JSON {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &JSON{enc}
}

// The names and their order are promised to users.
type jsonTest struct {
	Event   string       `json:"event"`
	File    string       `json:"file"`
	Line    int          `json:"line"`
	Name    string       `json:"name"`
	Names   []string     `json:"names"`
	Tags    []string     `json:"tags,omitempty"`
	Outcome string       `json:"outcome"`
	Seed    uint64       `json:"seed"`
	Seconds float64      `json:"seconds"`
	Why     string       `json:"why,omitempty"`
	Output  string       `json:"output,omitempty"`
	Failure *jsonFailure `json:"failure,omitempty"`
}

type jsonFailure struct {
	Message   string     `json:"message"`
	File      string     `json:"file,omitempty"`
	Line      int        `json:"line,omitempty"`
	Source    string     `json:"source,omitempty"`
	Diff      []jsonDiff `json:"diff,omitempty"`
	Traceback string     `json:"traceback,omitempty"`
	Nodes     []jsonNode `json:"nodes,omitempty"`
	Exchange  string     `json:"exchange,omitempty"`
}

type jsonDiff struct {
	Mark string `json:"mark"`
	Text string `json:"text"`
}

type jsonNode struct {
	Node   string `json:"node"`
	Output string `json:"output,omitempty"`
	Errors string `json:"errors,omitempty"`
}

type jsonSummary struct {
	Event   string     `json:"event"`
	OK      bool       `json:"ok"`
	Passed  int        `json:"passed"`
	Failed  int        `json:"failed"`
	Broken  int        `json:"broken"`
	Pending int        `json:"pending"`
	Files   int        `json:"files"`
	Seconds float64    `json:"seconds"`
	Seed    uint64     `json:"seed"`
	Slowest []jsonSlow `json:"slowest,omitempty"`
	Stopped bool       `json:"stopped"`
}

type jsonSlow struct {
	File    string  `json:"file"`
	Line    int     `json:"line"`
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// Result implements luatest.Reporter.
func (j *JSON) Result(r *luatest.Result) error {
	names := r.Names
	if names == nil {
		names = []string{}
	}
	t := jsonTest{
		Event: "test", File: r.File, Line: r.Line, Name: r.Name(), Names: names, Tags: r.Tags,
		Outcome: r.Outcome.String(), Seed: r.RepeatSeed(), Seconds: r.Took.Seconds(), Why: r.Why, Output: r.Output,
	}
	if f := r.Failure; f != nil {
		t.Failure = &jsonFailure{
			Message: f.Message, File: f.File, Line: f.Line, Source: f.Source, Traceback: f.Traceback, Exchange: f.Exchange,
		}
		for _, d := range f.Diff {
			t.Failure.Diff = append(t.Failure.Diff, jsonDiff{string(d.Mark), d.Text})
		}
		for _, n := range f.Nodes {
			t.Failure.Nodes = append(t.Failure.Nodes, jsonNode(n))
		}
	}
	return j.enc.Encode(t)
}

// End implements luatest.Reporter.
func (j *JSON) End(s *luatest.Summary) error {
	sum := jsonSummary{
		Event: "summary", OK: s.OK(), Passed: s.Passed, Failed: s.Failed, Broken: s.Broken, Pending: s.Pending,
		Files: s.Files, Seconds: s.Took.Seconds(), Seed: s.Seed, Stopped: s.Stopped,
	}
	for _, r := range s.Slowest {
		sum.Slowest = append(sum.Slowest, jsonSlow{r.File, r.Line, r.Name(), r.Took.Seconds()})
	}
	return j.enc.Encode(sum)
}
