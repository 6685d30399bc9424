package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/luatest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with testdata/name, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("%s (-update rewrites it): got\n%s\nwant\n%s", file, got, want)
	}
}

// play tells a reporter of a run.
func play(t *testing.T, r luatest.Reporter, results []luatest.Result, end func(*luatest.Summary)) {
	t.Helper()
	s := luatest.Summary{Seed: 7}
	files := map[string]bool{}
	for i := range results {
		res := &results[i]
		if err := r.Result(res); err != nil {
			t.Fatal(err)
		}
		files[res.File] = true
		s.Took += res.Took
		switch res.Outcome {
		case luatest.Passed:
			s.Passed++
		case luatest.Failed:
			s.Failed++
		case luatest.Broken:
			s.Broken++
		case luatest.Pending:
			s.Pending++
		}
	}
	s.Files = len(files)
	if end != nil {
		end(&s)
	}
	if err := r.End(&s); err != nil {
		t.Fatal(err)
	}
}

// shownBy is what a run looks like.
func shownBy(t *testing.T, o PrettyOptions, results []luatest.Result, end func(*luatest.Summary)) string {
	t.Helper()
	var b bytes.Buffer
	play(t, NewPretty(&b, o), results, end)
	return b.String()
}

const (
	scanFile    = "policies/scan/scan_test.lua"
	clientsFile = "policies/known_clients/known_clients_test.lua"
	brokenFile  = "policies/broken_test.lua"
)

func test(file string, line int, took time.Duration, names ...string) luatest.Result {
	return luatest.Result{File: file, Line: line, Names: names, Seed: 7, Took: took}
}

func pending(r luatest.Result, why string) luatest.Result {
	r.Outcome, r.Why = luatest.Pending, why
	return r
}

func failed(r luatest.Result, f luatest.Failure) luatest.Result {
	r.Outcome, r.Failure = luatest.Failed, &f
	return r
}

// scanResults are one file: nested describes, each outcome, and a failure with everything that one can have.
func scanResults() []luatest.Result {
	cluster := failed(test(scanFile, 21, 310*time.Millisecond, "scan", "in a cluster", "counts over all workers"), luatest.Failure{
		Message: "expected the lists to be equal", File: scanFile, Line: 27, Source: "\texpect(c:get \"Scan::found\"):to_equal(want)",
		Diff: []luatest.DiffLine{
			{Mark: ' ', Text: "{"}, {Mark: '-', Text: "  addr \"10.0.0.1\","}, {Mark: '+', Text: "  addr \"10.0.0.2\","}, {Mark: ' ', Text: "}"},
		},
		Traceback: "stack traceback:\n\tpolicies/scan/scan_test.lua:27: in function <policies/scan/scan_test.lua:21>",
		Nodes: []luatest.NodeOutput{
			{Node: "manager", Errors: "warning: Scan::found has no handler\n"},
			{Node: "worker-1", Output: strings.Repeat("10.0.0.1 tried a port\n", 33)},
			{Node: "worker-10", Output: "", Errors: "error: policies/scan/init.lua:9: attempt to index a nil value\n  stack traceback:\n"},
		},
		Exchange: "worker-1 ──Scan::seen──▶ manager   1.250 s\nmanager  ──Scan::found─▶ worker-1  1.251 s",
	})
	cluster.Output = "starting\r\n\nhalfway\n"
	cluster.Tags = []string{"cluster", "slow"}
	return []luatest.Result{
		test(scanFile, 5, 2*time.Millisecond, "scan", "finds address scans"),
		failed(test(scanFile, 9, time.Millisecond, "scan", "finds port scans"), luatest.Failure{Message: "expected 1, got 2\nwhich is too many"}),
		cluster,
		test(scanFile, 30, 450*time.Millisecond, "scan", "in a cluster", "forgets after a day"),
		pending(test(scanFile, 40, 0, "scan", "in a cluster", "survives a restart"), "stores first"),
		pending(test(scanFile, 44, 0, "scan", "reads options"), ""),
		test(scanFile, 50, time.Millisecond, "loads"),
	}
}

// allResults are three files, one of them with an error in it.
func allResults() []luatest.Result {
	noisy := test(clientsFile, 3, 20*time.Millisecond, "known_clients", "keeps one entry per client")
	noisy.Output = "10.0.0.1 is new\n"
	broken := luatest.Result{File: brokenFile, Outcome: luatest.Broken, Seed: 7, Failure: &luatest.Failure{
		Message: "policies/broken_test.lua:4: '=' expected near 'describe'", File: brokenFile, Line: 4, Source: "loca describe",
	}}
	twice := failed(test(brokenFile, 9, 0, "twice"), luatest.Failure{Message: `another test is called "twice": line 8`})
	twice.Outcome = luatest.Broken
	return append([]luatest.Result{broken, twice, noisy, test(clientsFile, 8, 0, "known_clients", "forgets")}, scanResults()...)
}

// hostileResults have texts that would steer a terminal or end what they are written into.
func hostileResults() []luatest.Result {
	const evil = "a\x1b[2J\nb ]]> # TODO \\ <c> & \"d\" 'e' $(f)\x00\xff\u009b\ufffe\u202e\r"
	r := failed(test("evil\n]]>\x1b.lua", 1, 0, evil, evil), luatest.Failure{
		Message: evil, File: "x\x1b\n.lua", Line: 2, Source: evil, Diff: []luatest.DiffLine{{Mark: '-', Text: evil}, {Mark: '+', Text: "..."}},
		Traceback: evil, Exchange: evil, Nodes: []luatest.NodeOutput{{Node: evil, Output: "...\n  ...\nok 1\n1..9\n" + evil, Errors: evil}},
	})
	r.Output = "not ok 2\n---\n" + evil
	r.Tags = []string{evil}
	return []luatest.Result{r, pending(test("evil\n]]>\x1b.lua", 3, 0, evil), evil), test("", 0, 0, "")}
}

// bigResult prints a megabyte in lines, and one in one line.
func bigResult() luatest.Result {
	r := failed(test("big_test.lua", 1, 0, "big"), luatest.Failure{
		Message: "too much",
		Nodes:   []luatest.NodeOutput{{Node: "node", Output: strings.Repeat("\x01", 1<<20)}},
	})
	r.Output = strings.Repeat("0123456789abcde\n", 1<<16)
	return r
}
