package report

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"moonpeer/runtime/luatest"
)

func tapOf(t *testing.T, results []luatest.Result, end func(*luatest.Summary)) string {
	t.Helper()
	var b bytes.Buffer
	play(t, NewTAP(&b), results, end)
	return b.String()
}

func TestTAP(t *testing.T) {
	t.Parallel()
	golden(t, "all.tap", tapOf(t, allResults(), nil))
	golden(t, "hostile.tap", tapOf(t, hostileResults(), nil))
}

// TestLiteral: what stands in lines of its own cannot be taken for anything else.
func TestLiteral(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "a": true, "a\n\n  b\tc\n# d: e": true, " a": false, "\ta": false, "\na": false, "a\n...": false, "a\n  --- b": false,
		"a\x1b": false, "a\xff": false, "a\u202e": false, "a\rb": false, "ä › 日": true,
	} {
		if got := literal(text); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}

func TestTAPEnds(t *testing.T) {
	t.Parallel()
	one := []luatest.Result{test("a", 1, 0, "x")}
	tests := []struct {
		name    string
		results []luatest.Result
		stopped bool
		want    string
	}{
		{"no tests", nil, false, "TAP version 14\n1..0 # no tests\n# time 0.00 s\n# seed 7\n"},
		{"one", one, false, "TAP version 14\n# file a\nok 1 - x\n1..1\n# time 0.00 s\n# seed 7\n"},
		{"stopped", one, true, "TAP version 14\n# file a\nok 1 - x\nBail out! Stopped before all tests were run\n1..1\n# time 0.00 s\n# seed 7\n"},
	}
	for _, tt := range tests {
		if got := tapOf(t, tt.results, func(s *luatest.Summary) { s.Stopped = tt.stopped }); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// TestTAPIsRead: a parser of the grammar finds what went in, whatever the texts are.
func TestTAPIsRead(t *testing.T) {
	t.Parallel()
	for name, results := range map[string][]luatest.Result{
		"all": allResults(), "hostile": hostileResults(), "big": {bigResult()},
	} {
		points, err := readTAP(tapOf(t, results, nil))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(points) != len(results) {
			t.Fatalf("%s: got %d test points, want %d", name, len(points), len(results))
		}
		for i := range results {
			r, p := &results[i], points[i]
			if p.ok != (r.Outcome == luatest.Passed) || p.todo != (r.Outcome == luatest.Pending) {
				t.Errorf("%s %d: got ok %t and todo %t of a test that is %s", name, i, p.ok, p.todo, r.Outcome)
			}
			if p.description != title(r) {
				t.Errorf("%s %d: got %q, want %q", name, i, p.description, title(r))
			}
			checkDiagnostics(t, p.yaml, r)
		}
	}
}

func checkDiagnostics(t *testing.T, got map[string][]string, r *luatest.Result) {
	t.Helper()
	if r.Outcome != luatest.Failed && r.Outcome != luatest.Broken {
		if len(got) > 0 {
			t.Errorf("%s has diagnostics: %q", r.Name(), got)
		}
		return
	}
	utf8 := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
	block := func(s string) []string {
		if s = strings.TrimRight(utf8(strings.ReplaceAll(s, "\r\n", "\n")), "\n"); s == "" {
			return nil
		}
		return []string{s}
	}
	severity := map[luatest.Outcome]string{luatest.Failed: "fail", luatest.Broken: "error"}[r.Outcome]
	want := map[string][]string{
		"message": {utf8(r.Failure.Message)}, "severity": {severity}, "seed": {"7"}, "output": block(r.Output),
		"traceback": block(r.Failure.Traceback), "exchange": block(r.Failure.Exchange), "diff": block(diffText(r.Failure.Diff)),
	}
	for _, n := range r.Failure.Nodes {
		want["nodes.node"] = append(want["nodes.node"], utf8(n.Node))
		want["nodes.output"] = append(want["nodes.output"], block(n.Output)...)
		want["nodes.errors"] = append(want["nodes.errors"], block(n.Errors)...)
	}
	for key, values := range want {
		if !slices.Equal(got[key], values) {
			t.Errorf("%s: %s is %.200q, want %.200q", r.Name(), key, got[key], values)
		}
	}
}

// point is one test point of a TAP stream.
type point struct {
	ok, todo    bool
	description string
	yaml        map[string][]string // values by key, those of inner maps as outer.inner
}

var (
	tapPoint   = regexp.MustCompile(`^(not )?ok ([0-9]+) - ((?:[^\\#]|\\[\\#])*?)(?: # (TODO)(?: (.+))?)?$`)
	tapPlan    = regexp.MustCompile(`^1\.\.([0-9]+)(?: # .+)?$`)
	tapComment = regexp.MustCompile(`^# `)
	tapUnquote = strings.NewReplacer(`\\`, `\`, `\#`, "#")
)

// readTAP reads a document strictly: what the grammar calls "anything" is an error.
func readTAP(text string) (points []point, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != "TAP version 14" {
		return nil, fmt.Errorf("begins with %q", lines[0])
	}
	planned := -1
	for i := 1; i < len(lines); i++ {
		line := lines[i]
		plan, test := tapPlan.FindStringSubmatch(line), tapPoint.FindStringSubmatch(line)
		switch {
		case tapComment.MatchString(line):
		case planned >= 0:
			return nil, fmt.Errorf("line %d: %q behind the plan", i+1, line)
		case plan != nil:
			planned, _ = strconv.Atoi(plan[1])
		case test != nil:
			if test[2] != strconv.Itoa(len(points)+1) {
				return nil, fmt.Errorf("line %d: number %s", i+1, test[2])
			}
			points = append(points, point{test[1] == "", test[4] != "", tapUnquote.Replace(test[3]), nil})
		case line == "  ---" && len(points) > 0 && points[len(points)-1].yaml == nil:
			n := slices.Index(lines[i:], "  ...")
			if n < 0 {
				return nil, errors.New("a YAML block has no end")
			}
			if points[len(points)-1].yaml, err = readYAML(lines[i+1 : i+n]); err != nil {
				return nil, err
			}
			i += n
		default:
			return nil, fmt.Errorf("line %d: %.100q is no TAP", i+1, line)
		}
	}
	if planned != len(points) {
		return nil, fmt.Errorf("planned %d, got %d", planned, len(points))
	}
	return points, nil
}

var yamlLine = regexp.MustCompile(`^( +)(- )?([a-z]+):(?: ("(?:[^"\\]|\\.)*"|[0-9]+|\|))?$`)

// readYAML reads what diagnostics have: keys and lists of them, strings, numbers, and text below a "|".
func readYAML(lines []string) (map[string][]string, error) {
	values := map[string][]string{}
	var outer string
	for i := 0; i < len(lines); i++ {
		m := yamlLine.FindStringSubmatch(lines[i])
		if m == nil {
			return nil, fmt.Errorf("%.100q is not the YAML of diagnostics", lines[i])
		}
		key, value := m[3], m[4]
		switch indent := len(m[1]) + len(m[2]); {
		case indent == 2:
			outer = key
		case indent == 4 && outer == "at", indent == 6 && outer == "nodes":
			key = outer + "." + key
		default:
			return nil, fmt.Errorf("%.100q is indented wrongly in %s", lines[i], outer)
		}
		switch {
		case value == "":
			continue
		case value == "|":
			below := m[1] + strings.Repeat(" ", len(m[2])+2)
			var text []string
			for ; i+1 < len(lines) && strings.HasPrefix(lines[i+1], below); i++ {
				text = append(text, strings.TrimPrefix(lines[i+1], below))
			}
			value = strings.Join(text, "\n")
		case value[0] == '"':
			var err error
			if value, err = strconv.Unquote(value); err != nil {
				return nil, fmt.Errorf("%.100q: %w", lines[i], err)
			}
		}
		values[key] = append(values[key], value)
	}
	return values, nil
}
