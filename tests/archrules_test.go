package tests

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// layers is the one total order of folders: a package imports from its own folder and from those before it.
var layers = []string{"net", "store", "runtime", "bindings", "cmd/node"}

// leaves import nothing of this repository.
var leaves = []string{"scripts", "policies"}

// narrow lists packages that may import less of this repository than their layer would allow; what lies below them is
// their own.
var narrow = map[string][]string{
	"net/broker":     {},
	"net/step":       {},
	"net/prefix":     {},
	"net/wire":       {"net/broker"},
	"net/wirejson":   {"net/broker"},
	"runtime/luavm":  {},
	"runtime/apidoc": {"scripts"},
	"store/journal":  {},
	"store/table":    {},
	"store/channel":  {"net/broker"},
	"store/rules":    {"net/broker", "net/wire"},
	// The supervisor knows nothing of nodes.
	"runtime/supervisor":        {"net/step"},
	"runtime/supervisor/limits": {},
}

// homes says which folders may import a third-party module; the rest of the program reaches it through them. A
// module that is missing here has no home yet: adding a line is the moment to think about where it belongs.
var homes = map[string][]string{
	"github.com/yuin/gopher-lua":           {"runtime/luavm", "runtime/script", "bindings"},
	"layeh.com/gopher-luar":                {"bindings"},
	"github.com/gopacket/gopacket":         {"runtime/input"},
	"github.com/gaissmai/bart":             {"runtime/container"},
	"golang.org/x/net/publicsuffix":        {"bindings/strlib"},
	"github.com/rogpeppe/go-internal/diff": {"bindings/testlib/expectlib"},
	"golang.org/x/sync":                    {"net", "store", "runtime", "cmd/node"},
	"golang.org/x/sys":                     {"runtime", "cmd/node"},
	"golang.org/x/term":                    {"cmd/node"},
	"github.com/quic-go/quic-go":           {"net/quicpeer"},
	"github.com/google/pprof":              {"cmd/node"},
	"github.com/alecthomas/kong":           {"cmd/node"},
	"github.com/dustin/go-humanize":        {"cmd/node"},
	"github.com/ergochat/readline":         {"cmd/node"},
	"github.com/pelletier/go-toml/v2":      {"cmd/node"},
	"github.com/sourcegraph/jsonrpc2":      {"runtime/control"},
	"github.com/gofrs/flock":               {"runtime/control"},
	"github.com/cockroachdb/pebble":        {"store/pebblebackend"},
	"github.com/fsnotify/fsnotify":         {"runtime/luatest/watch"},
}

// testOnly lists third-party modules that no product code imports.
var testOnly = []string{
	"github.com/google/go-cmp",
	"github.com/rogpeppe/go-internal/testscript",
	"github.com/rogpeppe/go-internal/txtar",
	"go.uber.org/goleak",
	"pgregory.net/rapid",
}

// topLevel is closed; entries that start with a dot are tools' own.
var topLevel = []string{
	"CONTRIBUTING.md", "LICENSE", "README.md", "go.mod", "go.sum",
	"bindings", "cmd", "net", "policies", "runtime", "scripts", "store", "tests",
}

// helpers are packages that only tests import.
var helpers = []string{"net/internal/relay", "net/internal/vectors", "net/tlsconf/tlstest", "store/backendtest", "tests/testnode"}

const (
	maxLines     = 600
	maxTestLines = 800
)

// rules maps each rule's name to a function that lists what breaks it.
var rules = map[string]func(*tree) []string{
	"import direction":  importDirection,
	"third-party homes": thirdPartyHomes,
	"package names":     packageNames,
	"where files lie":   fileHomes,
	"file size":         fileSize,
	"no sleeping tests": noSleep,
	"package manuals":   manuals,
	"top level":         closedTop,
}

// within tells whether dir is folder or lies below it.
func within(dir, folder string) bool {
	return dir == folder || strings.HasPrefix(dir, folder+"/")
}

func layerOf(dir string) int {
	return slices.IndexFunc(layers, func(l string) bool { return within(dir, l) })
}

func isLeaf(dir string) bool {
	return slices.ContainsFunc(leaves, func(l string) bool { return within(dir, l) })
}

func importDirection(t *tree) (bad []string) {
	for _, f := range t.files {
		for _, imported := range f.imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			if why := wrongArrow(f, to); why != "" {
				bad = append(bad, fmt.Sprintf("%s imports %s: %s", f.path, to, why))
			}
		}
	}
	return bad
}

// wrongArrow says why a file may not import a package of this repository, or "".
func wrongArrow(f *goFile, to string) string {
	from := f.dir()
	allowed, isNarrow := narrow[from]
	switch {
	case within(from, "tests") || from == to:
		return ""
	case within(to, "tests"):
		return "tests is for tests that span packages"
	case slices.Contains(helpers, to) && !f.test():
		return "it is for tests only"
	case isLeaf(from):
		return "a leaf imports nothing of this repository"
	case isNarrow && !f.test() && !within(to, from) && !slices.Contains(allowed, to):
		return fmt.Sprintf("it may import only %v", allowed)
	case isLeaf(to):
		return ""
	case layerOf(to) > layerOf(from):
		return "imports point left: " + strings.Join(layers, " ← ")
	}
	return ""
}

func thirdPartyHomes(t *tree) (bad []string) {
	for _, f := range t.files {
		for _, imported := range f.imports {
			host, _, _ := strings.Cut(imported, "/")
			if !strings.Contains(host, ".") || within(f.dir(), "tests") {
				continue
			}
			if slices.ContainsFunc(testOnly, func(m string) bool { return within(imported, m) }) {
				if !f.test() {
					bad = append(bad, fmt.Sprintf("%s imports %s, which is for tests only", f.path, imported))
				}
				continue
			}
			allowed := homesOf(imported)
			if !slices.ContainsFunc(allowed, func(home string) bool { return within(f.dir(), home) }) {
				bad = append(bad, fmt.Sprintf("%s imports %s, whose homes are %v (tests/archrules_test.go)", f.path, imported, allowed))
			}
		}
	}
	return bad
}

func homesOf(imported string) []string {
	for mod, folders := range homes {
		if within(imported, mod) {
			return folders
		}
	}
	return nil
}

var versionElement = regexp.MustCompile(`^v[0-9]+$`)

// packageNames keeps a reader from asking which "log" is meant: folder and package agree, and neither the standard
// library nor an imported library has the name already.
func packageNames(t *tree) (bad []string) {
	said := map[string]bool{}
	say := func(format string, args ...any) {
		if s := fmt.Sprintf(format, args...); !said[s] {
			said[s] = true
			bad = append(bad, s)
		}
	}
	for _, f := range t.files {
		base, name := path.Base(f.dir()), strings.TrimSuffix(f.name, "_test")
		if name == "main" {
			continue
		}
		if name != base {
			say("%s declares package %s, its folder is %s", f.path, f.name, base)
		}
		if t.std[name] {
			say("package %s is named like one of the standard library", f.dir())
		}
		for _, imported := range f.imports {
			if host, _, _ := strings.Cut(imported, "/"); strings.Contains(host, ".") && libraryName(imported) == name {
				say("package %s is named like the library it imports, %s", f.dir(), imported)
			}
		}
	}
	return bad
}

func libraryName(imported string) string {
	last := path.Base(imported)
	if versionElement.MatchString(last) {
		last = path.Base(path.Dir(imported))
	}
	return strings.TrimPrefix(strings.TrimPrefix(last, "gopher-"), "go-")
}

// fileHomes: net and runtime hold only packages, so that nothing is ever called net or runtime; every other file
// lies in a folder that the order of layers knows.
func fileHomes(t *tree) (bad []string) {
	for _, f := range t.files {
		dir := f.dir()
		switch {
		case dir == "net" || dir == "runtime" || dir == "cmd":
			bad = append(bad, fmt.Sprintf("%s: %s holds folders only", f.path, dir))
		case layerOf(dir) < 0 && !isLeaf(dir) && !within(dir, "tests"):
			bad = append(bad, fmt.Sprintf("%s lies outside of %v, %v and tests", f.path, layers, leaves))
		}
	}
	return bad
}

func fileSize(t *tree) (bad []string) {
	for _, f := range t.files {
		limit := maxLines
		if f.test() {
			limit = maxTestLines
		}
		if f.lines > limit {
			bad = append(bad, fmt.Sprintf("%s has %d lines, over %d: split it at a seam", f.path, f.lines, limit))
		}
	}
	return bad
}

func noSleep(t *tree) (bad []string) {
	for _, f := range t.files {
		for _, line := range f.sleeps {
			bad = append(bad, fmt.Sprintf("%s:%d sleeps: step the machine, use testing/synctest, or wait for an event", f.path, line))
		}
	}
	return bad
}

func manuals(t *tree) (bad []string) {
	files := map[string]int{}
	documented := map[string]bool{}
	for _, f := range t.files {
		if !f.test() {
			files[f.dir()]++
			documented[f.dir()] = documented[f.dir()] || path.Base(f.path) == "doc.go"
		}
	}
	for dir, n := range files {
		if n > 1 && !documented[dir] {
			bad = append(bad, fmt.Sprintf("%s has %d files and no doc.go", dir, n))
		}
	}
	slices.Sort(bad)
	return bad
}

func closedTop(t *tree) (bad []string) {
	for _, name := range t.top {
		if name[0] != '.' && !slices.Contains(topLevel, name) {
			bad = append(bad, fmt.Sprintf("%s does not belong to the top level, which is closed: %v", name, topLevel))
		}
	}
	return bad
}
