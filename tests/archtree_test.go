package tests

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is the path that imports of this repository's own packages start with.
const module = "moonpeer"

// goFile is what the rules look at in one Go file.
type goFile struct {
	path    string // from the root of the repository, with slashes
	name    string // of the package, as declared
	imports []string
	lines   int
	sleeps  []int // lines that call time.Sleep on real time
}

func (f *goFile) dir() string { return path.Dir(f.path) }
func (f *goFile) test() bool  { return strings.HasSuffix(f.path, "_test.go") }

// tree is the repository as the rules see it: build constraints play no part, since an import that only Windows
// compiles points in the same direction.
type tree struct {
	files []*goFile
	top   []string        // entries of the root folder
	std   map[string]bool // last elements of the standard library's import paths
}

// loadTree reads every Go file below root. The files are parsed instead of asking "go list", because "go test"
// notices what the test process itself opens: a cached result would otherwise outlive the change that breaks a rule.
func loadTree(root fs.FS, std map[string]bool) (*tree, error) {
	t := &tree{std: std}
	entries, err := fs.ReadDir(root, ".")
	if err != nil {
		return nil, err
	}
	ignored, err := ignoredAtTop(root)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !slices.ContainsFunc(ignored, func(p string) bool { ok, _ := path.Match(p, e.Name()); return ok }) {
			t.top = append(t.top, e.Name())
		}
	}
	err = fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if p != "." && (strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata") {
				return fs.SkipDir
			}
			return nil
		case path.Ext(p) != ".go":
			return nil
		}
		src, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		f, err := parseGo(p, src)
		if err != nil {
			return err
		}
		t.files = append(t.files, f)
		return nil
	})
	return t, err
}

// ignoredAtTop gives the patterns of .gitignore that hold in the root folder: what a build leaves there is not part
// of the repository.
func ignoredAtTop(root fs.FS) ([]string, error) {
	b, err := fs.ReadFile(root, ".gitignore")
	if err != nil {
		return nil, err
	}
	var patterns []string
	for line := range strings.Lines(string(b)) {
		if p := strings.Trim(strings.TrimSpace(line), "/"); p != "" && p[0] != '#' {
			patterns = append(patterns, p)
		}
	}
	return patterns, nil
}

func parseGo(name string, src []byte) (*goFile, error) {
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &goFile{path: name, name: parsed.Name.Name, lines: strings.Count(string(src), "\n")}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		f.imports = append(f.imports, imported)
	}
	// Inside a synctest bubble a sleep takes no time.
	if f.test() && !slices.Contains(f.imports, "testing/synctest") {
		f.sleeps = sleepLines(fset, parsed)
	}
	return f, nil
}

func sleepLines(fset *token.FileSet, parsed *ast.File) (lines []int) {
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
				lines = append(lines, fset.Position(call.Pos()).Line)
			}
		}
		return true
	})
	return lines
}
