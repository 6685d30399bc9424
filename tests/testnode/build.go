package testnode

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// program is the program under test, built when the first node starts.
var program struct {
	once sync.Once
	dir  string // with the program in it; removed by Main
	file string
	err  error
}

// parallel is how many tests run at once unless -parallel says it: they spend their time waiting for processes.
const parallel = "8"

// Main runs the tests of a package, looks for goroutines that they left behind, takes away what was built, and exits.
func Main(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", parallel); err != nil {
			panic(err) // there is no such flag any more
		}
	}
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if program.dir != "" {
		os.RemoveAll(program.dir)
	}
	os.Exit(code)
}

// binary returns the program's file.
func binary() (string, error) {
	program.once.Do(func() { program.file, program.err = build() })
	return program.file, program.err
}

func build() (string, error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	if err := touchSources(root); err != nil {
		return "", err
	}
	if program.dir, err = os.MkdirTemp("", "testnode"); err != nil {
		return "", err
	}
	file := filepath.Join(program.dir, "node")
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	args := []string{"build", "-o", file}
	if raceDetector() {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/node")...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return file, nil
}

// repository returns the folder with go.mod, above that of the test.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("there is no go.mod above the test")
		}
		dir = up
	}
}

// touchSources looks at every file that the program is made of. "go test" takes a result from its cache unless one of
// the files has changed that the test has looked at, and what "go build" reads it does not see.
func touchSources(root string) error {
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); p != root && (name[0] == '.' || slices.Contains([]string{"tests", "testdata"}, name)) {
				return fs.SkipDir
			}
			return nil
		case strings.HasSuffix(p, "_test.go"):
			return nil
		}
		if _, err := os.Stat(p); err != nil && !os.IsNotExist(err) {
			return err
		}
		return nil
	})
}

// raceDetector tells whether this test was built with it.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
