package main

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"moonpeer/bindings"
	"moonpeer/bindings/testlib"
	"moonpeer/policies"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/luatest"
	"moonpeer/runtime/luatest/report"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

type testCommand struct {
	Filter    []string      `name:"filter" sep:"none" placeholder:"TEXT" help:"Only tests whose full name contains the text; /…/ is a regular expression. May be repeated: one of them is enough."`
	Tags      []string      `name:"tags" placeholder:"TAG" help:"Only tests with one of the tags; with -TAG (after an equals sign: --tags=-slow) or !TAG only those without. Several with commas."`
	Seed      uint64        `name:"seed" default:"1" placeholder:"N" help:"What chance in the tests is drawn from: delays, losses, math.random. The same seed, the same run. Default is 1."`
	Repeat    int           `name:"repeat" default:"1" placeholder:"N" help:"Run everything so many times, each with the next seed."`
	FailFast  bool          `name:"fail-fast" help:"Stop after the first failure."`
	Jobs      int           `name:"jobs" short:"j" placeholder:"N" help:"How many files are run at once; default is the number of processors."`
	Timeout   time.Duration `name:"timeout" default:"30s" placeholder:"30s" help:"How long a test may take on the wall clock; 0: for ever."`
	Watch     bool          `name:"watch" help:"Run again what a changed file is about (it, if it is a test file; else the test files beside it, or all where there are none), until Ctrl-C."`
	Format    []string      `name:"format" placeholder:"KIND[=FILE]" help:"pretty (the default), tap or junit; with =FILE into the file, beside what else is asked for. May be repeated."`
	JSON      bool          `name:"json" help:"Write a line of JSON for each test, and one for the end."`
	Verbose   bool          `name:"verbose" short:"v" help:"List every test, and cut nothing that a failure shows."`
	Slowest   int           `name:"slowest" default:"3" placeholder:"N" help:"How many of the slowest tests are named at the end, of those that take 50 ms and more; default is 3."`
	Coverage  bool          `name:"coverage" help:"Tell which lines of the policies have been run."`
	Lcov      string        `name:"lcov" placeholder:"FILE" help:"Write the coverage into a file that other tools read; implies --coverage."`
	Trace     string        `name:"trace" placeholder:"FILE" help:"Write everything that happens in the simulated nodes into a file; the same seed writes the same bytes."`
	ShowTrace bool          `name:"show-trace" help:"Draw who sends what to whom after each test; of a file that --trace has written, what is in it."`
	Path      []string      `name:"path" sep:"none" placeholder:"DIR" help:"Where require looks after the policy's folder, as [node] path of a configuration. May be repeated."`
	Args      []string      `arg:"" name:"path" optional:"" help:"Test files, or folders in which all files called NAME_test.lua are; default is the current folder. FILE:LINE is the test, or all of the describe, in whose lines that line is."`
}

func (c *testCommand) examples() string {
	return `
%[1]s test
%[1]s test policies/known_clients --filter "the manager is away" --show-trace
%[1]s test policies/known_clients/known_clients_test.lua:16
%[1]s test policies scripts --coverage --jobs 2 --format pretty --format junit=report.xml
%[1]s test policies --repeat 100 --fail-fast`
}

// testTimeout is --timeout's.
const testTimeout = 30 * time.Second

// Run implements node test.
func (c *testCommand) Run(ctx context.Context, inv *invocation) error {
	if err := c.validate(); err != nil {
		return err
	}
	if drawn, err := c.drawFiles(inv); drawn {
		return err
	}
	ctx, release := stoppable(ctx)
	defer release()
	if c.Watch {
		return c.again(ctx, inv)
	}
	return c.once(ctx, inv, nil)
}

// maxSeed is where Lua's whole numbers end.
const maxSeed = 1 << 53

func (c *testCommand) validate() error {
	switch {
	case c.Seed > maxSeed-uint64(max(c.Repeat, 0)):
		return usagef("test", "--seed %d: Lua counts to 2^53", c.Seed)
	case c.Repeat < 1:
		return usagef("test", "--repeat %d: once at least", c.Repeat)
	case c.Jobs < 0 || c.Slowest < 0 || c.Timeout < 0:
		return usagef("test", "--jobs, --slowest and --timeout can't be negative")
	case c.Watch && (c.Trace != "" || c.Lcov != ""):
		return usagef("test", "--watch goes on until it is stopped: --trace and --lcov are for one run")
	}
	for _, f := range c.Format {
		kind, file, toFile := strings.Cut(f, "=")
		if kind != "pretty" && kind != "tap" && kind != "junit" && kind != "json" || toFile && file == "" {
			return usagef("test", "--format %s: it is pretty, tap, junit or json, or one of them with =FILE", f)
		}
	}
	return nil
}

// couldNotRun is a run that was none: exit code 2.
var errCouldNotRun = errors.New("could not run")

// testsInterrupted is what Ctrl-C makes of a run: exit code 130.
type testsInterrupted struct{}

func (testsInterrupted) Error() string { return "interrupted: not all tests were run" }

// Is has it pass for an interruption.
func (testsInterrupted) Is(target error) bool { return target == node.ErrInterrupted }

// once runs all tests once, or those that changed files are about.
func (c *testCommand) once(ctx context.Context, inv *invocation, changed []string) (err error) {
	files, lines, err := luatest.FindLines(c.paths())
	if err != nil {
		return c.none(err)
	}
	files = affected(files, changed)
	selection, err := luatest.NewSelection(c.Filter, c.Tags)
	if err != nil {
		return usagef("test", "%w", err)
	}
	out, err := c.open(inv, files)
	if err != nil {
		return err
	}
	jobs := c.Jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	counts := c.coverage()
	s, err := luatest.Run(ctx, luatest.Options{
		Files: files, Lines: lines, Load: c.loader(counts), Select: selection, Seed: c.Seed, Rounds: c.Repeat, FailFast: c.FailFast,
		Jobs: jobs, Timeout: c.Timeout, Trace: c.Trace != "" || c.ShowTrace, Slowest: c.Slowest, Now: time.Now,
		After: func(d time.Duration, fn func()) func() bool { return time.AfterFunc(d, fn).Stop },
	}, out)
	err = errors.Join(err, out.close(errors.Is(err, luatest.ErrNoTests)))
	if err == nil && ctx.Err() == nil {
		err = c.tellCoverage(inv, counts, files)
	}
	switch {
	case errors.Is(err, luatest.ErrNoTests):
		return c.none(err)
	case err != nil:
		return err
	case ctx.Err() != nil:
		return testsInterrupted{}
	case s.Failed > 0:
		return errReported
	case s.Broken > 0:
		return errCouldNotRun
	}
	return nil
}

func (c *testCommand) paths() []string {
	if len(c.Args) == 0 {
		return []string{"."}
	}
	return c.Args
}

// none is an error about what is to be run: no test is no success.
func (c *testCommand) none(err error) error { return &usageError{"test", err} }

// loader says what nodes of tests are made of.
func (c *testCommand) loader(counts *luavm.Coverage) luatest.Loader {
	cache := new(script.Cache)
	return func(path string) (*luatest.File, error) {
		return bindings.TestFile(path, testlib.Options{
			Bundled: policies.FS, Path: c.Path, Coverage: counts, Cache: cache,
			Layout: func(file string) (*cluster.Layout, error) {
				f, err := loadLayout(file)
				if err != nil {
					return nil, err
				}
				nodes, err := f.nodes()
				if err != nil {
					return nil, err
				}
				return cluster.NewLayout(nodes)
			},
		})
	}
}

// testOutput is where results go.
type testOutput struct {
	luatest.Reporter
	files []*os.File
}

// open makes the reporters.
func (c *testCommand) open(inv *invocation, files []string) (*testOutput, error) {
	out := &testOutput{}
	var all []luatest.Reporter
	kinds := c.Format
	if c.JSON {
		kinds = append(kinds, "json")
	}
	if !toScreen(kinds) {
		kinds = append([]string{"pretty"}, kinds...)
	}
	for _, k := range kinds {
		kind, file, toFile := strings.Cut(k, "=")
		w, style := inv.console.Stdout(), report.Style(inv.console.Paints())
		if toFile {
			f, err := os.Create(file)
			if err != nil {
				return nil, usagef("test", "--format %s: %w", k, err)
			}
			out.files = append(out.files, f)
			w, style = f, report.Style{}
		}
		all = append(all, c.reporter(kind, w, style, inv.program, files))
	}
	out.Reporter = withProgress(inv, report.Several(all...), len(files)*c.Repeat)
	return out, c.traced(inv, out)
}

// forPeople is where to write what is for people: not to standard output, when what is for machines goes there.
func (c *testCommand) forPeople(inv *invocation) io.Writer {
	if c.JSON || toScreen(c.Format) && !slices.Contains(c.Format, "pretty") {
		return inv.console.Stderr()
	}
	return inv.console.Stdout()
}

// toScreen tells whether one of the formats goes to standard output.
func toScreen(kinds []string) bool {
	for _, k := range kinds {
		if !strings.Contains(k, "=") {
			return true
		}
	}
	return false
}

func (c *testCommand) reporter(kind string, w io.Writer, style report.Style, program string, files []string) luatest.Reporter {
	switch kind {
	case "tap":
		return report.NewTAP(w)
	case "junit":
		return report.NewJUnit(w, program, c.repeating()...)
	case "json":
		return report.NewJSON(w)
	}
	return report.NewPretty(w, report.PrettyOptions{
		Program: program, Flags: c.repeating(), Files: files, Rounds: c.Repeat, Verbose: c.Verbose || c.ShowTrace, Style: style,
	})
}

// repeating are the flags that what a test does depends on, besides its seed.
func (c *testCommand) repeating() (flags []string) {
	for _, p := range c.Path {
		flags = append(flags, "--path="+p)
	}
	if c.Timeout != testTimeout {
		flags = append(flags, "--timeout="+c.Timeout.String())
	}
	return flags
}

// close closes the files that were written; those of a run that was none are removed.
func (o *testOutput) close(remove bool) error {
	var errs []error
	for _, f := range o.files {
		info, err := f.Stat()
		errs = append(errs, err, f.Close())
		if remove && err == nil && info.Mode().IsRegular() {
			errs = append(errs, os.Remove(f.Name()))
		}
	}
	return errors.Join(errs...)
}
