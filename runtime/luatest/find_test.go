package luatest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree makes empty files below a folder, which is the current one from then on.
func tree(t *testing.T, files ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFind(t *testing.T) {
	tree(t, "b/b_test.lua", "a/z_test.lua", "a/a_test.lua", "a/init.lua", "a/testdata/no_test.lua", "a/.git/no_test.lua",
		"a/.no_test.lua", "a/test.lua", "a/deep/er/d_test.lua", ".hidden/h_test.lua")
	for _, tt := range []struct {
		name  string
		paths []string
		want  []string
	}{
		{"all", []string{"."}, []string{"a/a_test.lua", "a/deep/er/d_test.lua", "a/z_test.lua", "b/b_test.lua"}},
		{"a folder", []string{"b"}, []string{"b/b_test.lua"}},
		{"a file, whatever its name", []string{"a/init.lua"}, []string{"a/init.lua"}},
		{"twice is once", []string{"b", "b/b_test.lua"}, []string{"b/b_test.lua"}},
		{"several, sorted", []string{"b", "a/deep"}, []string{"a/deep/er/d_test.lua", "b/b_test.lua"}},
		{"what is named is not left out", []string{".hidden", "a/testdata"}, []string{".hidden/h_test.lua", "a/testdata/no_test.lua"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Find(tt.paths)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestFindNothing(t *testing.T) {
	tree(t, "a/init.lua")
	if _, err := Find([]string{"a"}); !errors.Is(err, ErrNoTests) || !strings.Contains(err.Error(), "no tests found in a: their files are called NAME_test.lua") {
		t.Errorf("a folder without tests: %v", err)
	}
	if _, err := Find([]string{"a", "gone"}); err == nil || errors.Is(err, ErrNoTests) || err.Error() != "gone: there is no such file or folder" {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestFindLinks: a link to a folder is not followed, so that one which leads upwards does no harm.
func TestFindLinks(t *testing.T) {
	tree(t, "a/a_test.lua")
	if err := os.Symlink("..", "a/up"); err != nil {
		t.Skipf("NOT TESTED: this system makes no links: %v", err)
	}
	if got, err := Find([]string{"."}); err != nil || !slices.Equal(got, []string{"a/a_test.lua"}) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestSplitPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, file string
		line       int
	}{
		{"a/b_test.lua:12: no", "a/b_test.lua", 12},
		{"a.lua:3", "a.lua", 3},
		{"a.lua:7[lua]:2: no", "a.lua:7[lua]", 2},
		{`C:\x\a.lua:9: no`, `C:\x\a.lua`, 9},
		{"no place: here", "", 0},
		{"only: a\nb.lua:3: in the second line", "", 0},
		{":3: no name", "", 0},
		{"a.lua:0: none", "", 0},
		{"a.lua:-1: none", "", 0},
		{"", "", 0},
	} {
		if file, line := SplitPlace(tt.text); file != tt.file || line != tt.line {
			t.Errorf("%q: got %q, %d, want %q, %d", tt.text, file, line, tt.file, tt.line)
		}
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	tests := map[string]*Test{
		"plain":   {Names: []string{"scan", "counts"}},
		"slow":    {Names: []string{"scan", "counts for long"}, Tags: []string{"slow"}},
		"explore": {Names: []string{"relay", "has [all]"}, Tags: []string{"slow", "explore"}},
	}
	for _, tt := range []struct {
		name          string
		filters, tags []string
		want          []string
	}{
		{"all", nil, nil, []string{"explore", "plain", "slow"}},
		{"a text, also over the names", []string{"scan › counts for"}, nil, []string{"slow"}},
		{"one of several texts", []string{"relay", "for long"}, nil, []string{"explore", "slow"}},
		{"a text is no pattern", []string{"[all]"}, nil, []string{"explore"}},
		{"a pattern", []string{"/counts$/"}, nil, []string{"plain"}},
		{"a slash alone is a text", []string{"/"}, nil, nil},
		{"a tag", nil, []string{"explore"}, []string{"explore"}},
		{"one of two tags", nil, []string{"explore", "slow"}, []string{"explore", "slow"}},
		{"without a tag", nil, []string{"!explore"}, []string{"plain", "slow"}},
		{"with and without", nil, []string{"slow", "!explore"}, []string{"slow"}},
		{"text and tag", []string{"scan"}, []string{"slow"}, []string{"slow"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := NewSelection(tt.filters, tt.tags)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for name, test := range tests {
				if s.takes(test) {
					got = append(got, name)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if _, err := NewSelection([]string{"/(/"}, nil); err == nil || !strings.Contains(err.Error(), "filter /(/: ") {
		t.Errorf("a pattern that is none: %v", err)
	}
}
