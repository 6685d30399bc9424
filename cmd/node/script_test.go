package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "rewrite the expected output in tests/script")

// TestMain lets this test binary be the program itself when it is started as "node" or "moonpeer", so that the
// scripts run real processes without a build of their own.
func TestMain(m *testing.M) {
	program := func() { os.Exit(run(context.Background(), os.Args, os.Stdin, os.Stdout, os.Stderr)) }
	testscript.Main(leakChecked{m}, map[string]func(){"node": program, "moonpeer": program})
}

// leakChecked fails a run of tests that leaves goroutines behind.
type leakChecked struct{ m *testing.M }

// parallel is how many tests run at once unless -parallel says it: most of them wait for processes.
const parallel = "8"

func (l leakChecked) Run() int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", parallel); err != nil {
			panic(err) // there is no such flag any more
		}
	}
	code := l.m.Run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestScript runs tests/script/*.txtar. They live there because they span packages, and are run from here because
// only this package can be the program. Besides testscript's own, a script has:
//
//	$REPO                                       the root of the repository
//	$SHARED                                   the folder with recorded data; the condition [shared] tells whether it is there
//	exitcode CODE PROGRAM ARGS…               it must end with CODE
//	await PATTERN PROGRAM ARGS…               see scriptcmd_test.go
//	background NAME PROGRAM ARGS…             see scriptcmd_test.go
//	said NAME PATTERN [N]                     the program in the background must write such a line, N times
//	ended NAME CODE                           the program in the background must end with CODE
//	interrupt CODE PATTERN… -- PROGRAM ARGS…  see scriptcmd_test.go
//	nobody STATE [COUNT]                      see scriptcmd_test.go
//	page FILE                                 which page the following read, README.md if it is not said
//	readme COMMAND                            runs the first line of the page that starts so
//	readme-block LANGUAGE N FILE              writes the page's n-th block in a language to a file
//	page-run [HEADING]                        does everything that the page shows; see page_test.go
//	page-rows FOLDER                          makes policies and tests of the page's tables; see pagerows_test.go
func TestScript(t *testing.T) {
	t.Parallel()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	shared := os.Getenv("MOONPEER_SHARED")
	if shared == "" {
		shared = filepath.Join(repo, "..", "shared")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join(repo, "tests", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("REPO", repo)
			env.Setenv("SHARED", shared)
			env.Values[backgroundKey{}] = map[string]*backgroundProcess{}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond != "shared" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			_, err := os.Stat(shared)
			return err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode":     exitcode,
			"address":      address,
			"await":        await,
			"background":   background,
			"ended":        ended,
			"said":         said,
			"interrupt":    interrupt,
			"nobody":       nobody,
			"page":         page,
			"page-rows":    pageRows,
			"page-run":     pageRun,
			"readme":       readme,
			"readme-block": readmeBlock,
		},
	})
}
