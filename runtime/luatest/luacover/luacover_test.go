package luacover

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"moonpeer/runtime/luavm"
)

const scan = `local M = {}

-- on_scan counts.
function M.on_scan(n)
  if n > 1 then return "many" end
  if n < 0 then

    -- can't be
    print(n)
  end
  return "few"
end

local function never()
  return 1
end

return M
`

// counted runs the files, the second of which nobody loads.
func counted(t *testing.T) *luavm.Coverage {
	t.Helper()
	c := luavm.NewCoverage(Names(false))
	vm := luavm.New(luavm.Options{Coverage: c})
	for _, f := range []struct{ name, text string }{
		{"./policies/scan/init.lua", scan},
		{"main.lua", "scan.on_scan(1)\nscan.on_scan(1)\n"},
		{"policies/scan/init_test.lua", "x = 1"},
		{"bundled/base/sync/init.lua", "x = 1"},
		{"eval", "x = 1"},
	} {
		chunk, err := vm.Load(f.name, f.text)
		if err != nil {
			t.Fatal(err)
		}
		v, err := vm.CallValue(chunk, nil)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.name, "scan/init.lua") {
			vm.State().SetGlobal("scan", v)
		}
	}
	if err := c.Add("policies/scan/unused.lua", "print(1)\nreturn 2\n"); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := New(counted(t))
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	want := `FILE                      LINES  HIT  PERCENT  MISSED          PARTLY
main.lua                  2      2    100.0                    
policies/scan/init.lua    9      7    77.7     9, 15           5
policies/scan/unused.lua  2      0    0.0      (never loaded)  
total                     13     9    69.2                     
`
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
	b, err := json.Marshal(r.Files[1])
	if err != nil {
		t.Fatal(err)
	}
	const wantJSON = `{"name":"policies/scan/init.lua","lines":9,"hit":7,"percent":77.7,` +
		`"missed":[{"first":9,"last":9},{"first":15,"last":15}],"partly":[{"first":5,"last":5}],"loaded":true}`
	if string(b) != wantJSON {
		t.Errorf("got  %s\nwant %s", b, wantJSON)
	}
	if b, err := json.Marshal(New(luavm.NewCoverage(nil))); err != nil || string(b) != `{"files":[],"lines":0,"hit":0,"percent":100}` {
		t.Errorf("of nothing: got %s, %v", b, err)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, src, want string
	}{
		{"none", "x = 1\n", ""},
		{"one", "if nil then\n  x = 1\nend\n", "2"},
		{"over what can't be hit", "if nil then\n  x = 1\n\n  -- here\n  if x then\n    x = 2\n  end\nend\nx = 3\n", "2-6"},
		{"several", "if nil then\n  x = 1\nend\nif x then\n  x = 2\n  x = 3\nelseif x then\n  x = 4\nend\n", "2, 5-6, 8"},
		{"to the end", "error('x')\nx = 1\nx = 2\n", "2-3"},
	} {
		counts := luavm.NewCoverage(nil)
		vm := luavm.New(luavm.Options{Coverage: counts})
		chunk, err := vm.Load("r.lua", c.src)
		if err != nil {
			t.Fatal(err)
		}
		_ = vm.CallHandler(chunk, nil) // one of them fails
		if got := Ranges(New(counts).Files[0].Missed); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPercentIsRoundedDown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		hit, lines int
		want       float64
	}{{0, 0, 100}, {0, 5, 0}, {5, 5, 100}, {1999, 2000, 99.9}, {2, 3, 66.6}, {29, 100, 29}} {
		if got := percent(c.hit, c.lines); got != c.want {
			t.Errorf("%d of %d: got %v, want %v", c.hit, c.lines, got, c.want)
		}
	}
}

// TestChangedFile has three texts of one file, of which the last that was loaded counts.
func TestChangedFile(t *testing.T) {
	t.Parallel()
	c := luavm.NewCoverage(Names(false))
	vm := luavm.New(luavm.Options{Coverage: c})
	for _, text := range []string{"x = 1\n", "x = 1\nx = 2\n"} {
		chunk, err := vm.Load("p.lua", text)
		if err != nil {
			t.Fatal(err)
		}
		if err := vm.CallHandler(chunk, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Add("./p.lua", "x = 3"); err != nil {
		t.Fatal(err)
	}
	if r := New(c); len(r.Files) != 1 || r.Lines != 2 || r.Hit != 2 {
		t.Errorf("got %+v", r)
	}
}

// tracefile reads what lcov does, and checks that the sums are right.
func tracefile(t *testing.T, text string) (files map[string]map[string]string) {
	t.Helper()
	files = map[string]map[string]string{}
	var now map[string]string
	var called, functions, hit, lines int
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		first, second, _ := strings.Cut(value, ",")
		isPositive := 0
		if n, err := strconv.Atoi(second); err == nil && n > 0 {
			isPositive = 1
		}
		switch key {
		case "TN":
			now, called, functions, hit, lines = map[string]string{}, 0, 0, 0, 0
		case "SF":
			files[value] = now
		case "FN":
			if _, twice := now["FN "+second]; twice {
				t.Errorf("two functions are called %s", second)
			}
			now["FN "+second] = first
			functions++
		case "FNDA":
			if now["FN "+second] == "" {
				t.Errorf("%s: no such function before", line)
			}
			now["FNDA "+second] = first
			if first != "0" {
				called++
			}
		case "DA":
			now["DA "+first] = second
			hit += isPositive
			lines++
		case "FNF", "FNH", "LF", "LH":
			sum := map[string]int{"FNF": functions, "FNH": called, "LF": lines, "LH": hit}[key]
			if value != strconv.Itoa(sum) {
				t.Errorf("%s: got %s, want %d", key, value, sum)
			}
		case "end_of_record":
			now = nil
		default:
			t.Errorf("unknown line %q", line)
		}
	}
	if now != nil {
		t.Error("the last record does not end")
	}
	return files
}

func TestLCOV(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := New(counted(t)).WriteLCOV(&out); err != nil {
		t.Fatal(err)
	}
	files := tracefile(t, out.String())
	for file, want := range map[string]map[string]string{
		"main.lua":                 {"DA 1": "1", "DA 2": "1"},
		"policies/scan/unused.lua": {"DA 1": "0", "DA 2": "0"},
		"policies/scan/init.lua": {
			"FN M.on_scan": "4", "FNDA M.on_scan": "2", "FN never": "14", "FNDA never": "0", "DA 1": "1", "DA 4": "1", "DA 5": "2",
			"DA 6": "2", "DA 9": "0", "DA 11": "2", "DA 14": "1", "DA 15": "0", "DA 18": "1",
		},
	} {
		if got := fmt.Sprint(files[file]); got != fmt.Sprint(want) {
			t.Errorf("%s: got  %s\nwant %s", file, got, fmt.Sprint(want))
		}
	}
	if len(files) != 3 {
		t.Errorf("got %d files, want 3", len(files))
	}
}

func TestFunctionNamesAreUnique(t *testing.T) {
	t.Parallel()
	functions := []luavm.CoveredFunction{{Name: "f", Line: 1}, {Line: 2}, {Line: 2}, {Name: "f", Line: 3}, {Name: "f", Line: 3}, {Name: "function:2", Line: 4}}
	want := []string{"f", "function:2", "function:2#2", "f:3", "f:3#2", "function:2:4"}
	if got := functionNames(functions); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestNamesStayOnTheirLine has names that would end a line of the tracefile.
func TestNamesStayOnTheirLine(t *testing.T) {
	t.Parallel()
	c := luavm.NewCoverage(nil)
	if err := c.Add("a\nDA:1,1.lua", "local t = { [\"f\\nDA:2,2\"] = function() end }\n"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := New(c).WriteLCOV(&out); err != nil {
		t.Fatal(err)
	}
	want := "TN:\nSF:a?DA:1,1.lua\nFN:1,function:1\nFNDA:0,function:1\nFNF:1\nFNH:0\nDA:1,0\nLF:1\nLH:0\nend_of_record\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestTooLargeFiles(t *testing.T) {
	t.Parallel()
	c := luavm.NewCoverage(nil)
	if err := c.Add("big.lua", strings.Repeat("local a\n", 200)+"goto e ::e::"); err != nil {
		t.Fatal(err)
	}
	var text, lcov bytes.Buffer
	r := New(c)
	if err := errors.Join(r.WriteText(&text), r.WriteLCOV(&lcov)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "(too large to be counted)") || lcov.Len() > 0 {
		t.Errorf("got\n%s\n%s", text.String(), lcov.String())
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file    string
		bundled bool
		name    string // "": not counted
	}{
		{"a.lua", false, "a.lua"},
		{"./a/../b/c.lua", false, "b/c.lua"},
		{"/x/y.lua", false, "/x/y.lua"},
		{"a_test.lua", true, ""},
		{"a.d.lua", true, ""},
		{"bundled/base/sync/init.lua", false, ""},
		{"bundled/base/sync/init.lua", true, "bundled/base/sync/init.lua"},
		{"bundled/base/sync/sync_test.lua", true, ""},
		{"eval", true, ""},
	} {
		name, ok := Names(c.bundled)(c.file)
		if !ok {
			name = ""
		}
		if name != c.name {
			t.Errorf("%s: got %q, want %q", c.file, name, c.name)
		}
	}
}

func TestAddFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"init.lua": "x = 1\n", "init_test.lua": "y = 1\n", "sub/deep.lua": "x = 1\nx = 2\n", ".git/x.lua": "x = 1\n", "bad.lua": "x =\n", "notes.txt": "x", "types.d.lua": "x = 1",
	} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	c := luavm.NewCoverage(Names(false))
	err := AddFolder(c, dir)
	var syntax *luavm.SyntaxError
	if !errors.As(err, &syntax) || !strings.HasSuffix(syntax.File, "bad.lua") {
		t.Errorf("got %v, want the error of bad.lua", err)
	}
	var got []string
	for _, f := range New(c).Files {
		rel, err := filepath.Rel(dir, f.Name)
		got = append(got, fmt.Sprintf("%s %d %d %v %v", filepath.ToSlash(rel), f.Lines, f.Hit, f.Loaded, err))
	}
	if want := []string{"init.lua 1 0 false <nil>", "sub/deep.lua 2 0 false <nil>"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := AddFolder(c, filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
}
