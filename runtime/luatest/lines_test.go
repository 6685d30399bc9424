package luatest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFindLines: FILE:LINE, folders, and a file that is called like one.
func TestFindLines(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, f := range []string{"a_test.lua", "d/b_test.lua", "odd_test.lua:12", "odd_test.lua"} {
		writeFile(t, f)
	}
	tests := []struct {
		name  string
		paths []string
		files []string
		lines Lines
		err   string
	}{
		{"a line", []string{"a_test.lua:3"}, []string{"a_test.lua"}, Lines{"a_test.lua": {3}}, ""},
		{"two lines", []string{"a_test.lua:3", "a_test.lua:1"}, []string{"a_test.lua"}, Lines{"a_test.lua": {3, 1}}, ""},
		{"a line and the file", []string{"a_test.lua:3", "a_test.lua"}, []string{"a_test.lua"}, Lines{}, ""},
		{"a line and its folder", []string{"d/b_test.lua:3", "d"}, []string{"d/b_test.lua"}, Lines{}, ""},
		{"a file and a line of another", []string{"d", "a_test.lua:3"}, []string{"a_test.lua", "d/b_test.lua"}, Lines{"a_test.lua": {3}}, ""},
		{"called so", []string{"odd_test.lua:12"}, []string{"odd_test.lua:12"}, Lines{}, ""},
		{"called so, with a line", []string{"odd_test.lua:12:7"}, []string{"odd_test.lua:12"}, Lines{"odd_test.lua:12": {7}}, ""},
		{"beside one that is called so", []string{"odd_test.lua:13"}, []string{"odd_test.lua"}, Lines{"odd_test.lua": {13}}, ""},
		{"line 0", []string{"a_test.lua:0"}, nil, nil, "a_test.lua:0: there is no such file"},
		{"no number", []string{"a_test.lua:x"}, nil, nil, "a_test.lua:x: there is no such file"},
		{"no file", []string{"none.lua:3"}, nil, nil, "none.lua: there is no such file"},
		{"a folder", []string{"d:3"}, nil, nil, "d:3: it is a folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, lines, err := FindLines(tt.paths)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(files, tt.files) {
				t.Errorf("files: got %q, want %q", files, tt.files)
			}
			if len(lines) != len(tt.lines) {
				t.Errorf("lines: got %v, want %v", lines, tt.lines)
			}
			for f, want := range tt.lines {
				if !slices.Equal(lines[f], want) {
					t.Errorf("lines of %s: got %v, want %v", f, lines[f], want)
				}
			}
		})
	}
}

func writeFile(t *testing.T, name string) {
	t.Helper()
	if strings.Contains(name, ":") && os.PathSeparator != '/' {
		t.Skip("NOT TESTED: names with a colon, which the system does not have")
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// declared is a file with a describe in lines 2 to 20 that holds another one from line 10 on, and two tests in line 30.
func declared() *File {
	return &File{
		Tests: []Test{
			{Names: []string{"d", "first"}, Line: 4, Around: []int{2}, Tags: []string{"fast", "slow"}},
			{Names: []string{"d", "e", "second"}, Line: 12, Around: []int{2, 10}},
			{Names: []string{"same"}, Line: 30},
			{Names: []string{"same line"}, Line: 30, Tags: []string{"fast"}},
		},
		Broken: []Result{{Names: []string{"d", "e", "twice"}, Line: 15, Around: []int{2, 10}, Outcome: Broken}},
	}
}

// heard is a reporter that keeps what it is heard.
type heard struct{ results []Result }

func (r *heard) Result(res *Result) error { r.results = append(r.results, *res); return nil }
func (r *heard) End(*Summary) error       { return nil }

// names are the last ones of all results; one that is about the file is its failure.
func (r *heard) names() (names []string) {
	for i := range r.results {
		res := &r.results[i]
		if len(res.Names) == 0 {
			names = append(names, res.Failure.Message)
		} else {
			names = append(names, res.Names[len(res.Names)-1])
		}
	}
	return names
}

// runDeclared runs a file; a test takes as long as took says.
func runDeclared(t *testing.T, f func() *File, opts Options, took func(t *Test, seed uint64) time.Duration) (*Summary, *heard, error) {
	t.Helper()
	var clock time.Time
	opts.Files = []string{"a_test.lua"}
	opts.Now = func() time.Time { return clock }
	opts.After = func(time.Duration, func()) func() bool { return func() bool { return true } }
	opts.Load = func(string) (*File, error) {
		file := f()
		file.Close = func() {}
		file.Run = func(test *Test, seed uint64, _ bool) Result {
			if took != nil {
				clock = clock.Add(took(test, seed))
			}
			return Result{}
		}
		return file, nil
	}
	rep := &heard{}
	s, err := Run(t.Context(), opts, rep)
	return s, rep, err
}

// TestRunLines: a line names the test or the describe that it is in.
func TestRunLines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		lines []int
		want  []string
	}{
		{"its own", []int{4}, []string{"first"}},
		{"within", []int{9}, []string{"first"}},
		{"describe", []int{2}, []string{"twice", "first", "second"}},
		{"between describe and test", []int{3}, []string{"twice", "first", "second"}},
		{"describe in another", []int{11}, []string{"twice", "second"}},
		{"what can't be run", []int{15}, []string{"twice"}},
		{"several", []int{30}, []string{"same", "same line"}},
		{"two lines", []int{31, 5}, []string{"first", "same", "same line"}},
		{"above all", []int{1}, []string{"no test is in line 1 or above it: the first begins in line 2"}},
		{"above all, and another", []int{1, 4}, []string{"no test is in line 1 or above it: the first begins in line 2", "first"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, rep, err := runDeclared(t, declared, Options{Lines: Lines{"a_test.lua": tt.lines}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := rep.names(); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			for _, r := range rep.results {
				if want := r.Line == 30; r.Shared != want {
					t.Errorf("%s: shared %t, want %t", r.Name(), r.Shared, want)
				}
			}
		})
	}
}

// TestRunLostLine: it is said once, not in each round.
func TestRunLostLine(t *testing.T) {
	t.Parallel()
	s, rep, err := runDeclared(t, declared, Options{Lines: Lines{"a_test.lua": {1, 4}}, Seed: 3, Rounds: 3}, nil)
	if err != nil || s.Broken != 1 || s.Passed != 3 {
		t.Errorf("got %q, %v", rep.names(), err)
	}
	s, rep, err = runDeclared(t, func() *File { return &File{} }, Options{Lines: Lines{"a_test.lua": {7}}}, nil)
	if err != nil || s.Broken != 1 || !slices.Equal(rep.names(), []string{"the file declares no test"}) {
		t.Errorf("no tests: got %q, %v", rep.names(), err)
	}
}

// TestNothingSelected: the error says what has selected nothing, and which tags there are.
func TestNothingSelected(t *testing.T) {
	t.Parallel()
	untagged := func() *File { return &File{Tests: []Test{{Names: []string{"x"}, Line: 1}}} }
	tests := []struct {
		name          string
		f             func() *File
		filters, tags []string
		want          string
	}{
		{"filter", declared, []string{"nosuch"}, nil, `no tests found: none of 5 tests in 1 file is selected by --filter "nosuch"`},
		{"filters", declared, []string{"no", "/^x$/"}, nil, `no tests found: none of 5 tests in 1 file is selected by --filter "no" --filter "/^x$/"`},
		{"tag", declared, nil, []string{"nosuch", "-slow"},
			"no tests found: none of 5 tests in 1 file is selected by --tags=nosuch,-slow; the tags of the tests are: fast, slow"},
		{"both", declared, []string{"second"}, []string{"fast"},
			`no tests found: none of 5 tests in 1 file is selected by --filter "second" --tags=fast; the tags of the tests are: fast, slow`},
		{"no tags", untagged, nil, []string{"fast"}, "no tests found: none of 1 test in 1 file is selected by --tags=fast; no test has a tag"},
		{"nothing to select from", func() *File { return &File{} }, []string{"x"}, nil, "no tests found: the files declare none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := NewSelection(tt.filters, tt.tags)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = runDeclared(t, tt.f, Options{Select: s, Rounds: 2}, nil)
			if !errors.Is(err, ErrNoTests) || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestTags: both marks exclude.
func TestTags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ tags, want string }{
		{"fast", "first same line"}, {"fast -slow", "same line"}, {"fast !slow", "same line"}, {"-fast", "twice second same"},
	} {
		s, err := NewSelection(nil, strings.Fields(tt.tags))
		if err != nil {
			t.Fatal(err)
		}
		_, rep, err := runDeclared(t, declared, Options{Select: s}, nil)
		if got := strings.Join(rep.names(), " "); err != nil || got != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.tags, got, err, tt.want)
		}
	}
}

// TestSlowestOnce: a test is named once, with the round in which it took longest.
func TestSlowestOnce(t *testing.T) {
	t.Parallel()
	took := func(test *Test, seed uint64) time.Duration {
		switch test.Names[len(test.Names)-1] {
		case "first":
			return map[uint64]time.Duration{1: 5, 2: 9, 3: 7}[seed] * time.Second
		case "second":
			return 8 * time.Second
		}
		return 0
	}
	s, _, err := runDeclared(t, declared, Options{Seed: 1, Rounds: 3, Slowest: 2}, took)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Slowest) != 2 || s.Slowest[0].Name() != "d › first" || s.Slowest[0].Seed != 2 || s.Slowest[1].Name() != "d › e › second" || s.Slowest[1].Seed != 1 {
		t.Errorf("got %+v", s.Slowest)
	}
}
