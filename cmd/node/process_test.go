package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// process is this program as a process of its own: the test binary, which TestMain has be "node".
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr *output
	reading        sync.WaitGroup
	once           sync.Once
	code           int
}

// output is one stream of a process: its lines as they come.
type output struct {
	pipe  io.ReadCloser
	lines chan string // closed at the end; holds more than a test has a process write
}

// processWait is how long anything may take that a test waits for.
const processWait = time.Minute

// start starts the program. It is killed when the test ends.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startIn(t, nil, args...)
}

// startIn is start with variables added to the environment.
func startIn(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("node", args...)}
	p.cmd.Env = append(os.Environ(), env...)
	p.stdout, p.stderr = p.output(p.cmd.StdoutPipe), p.output(p.cmd.StderrPipe)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, o := range []*output{p.stdout, p.stderr} {
		p.reading.Go(o.read)
	}
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.end()
	})
	return p
}

func (p *process) output(open func() (io.ReadCloser, error)) *output {
	p.t.Helper()
	pipe, err := open()
	if err != nil {
		p.t.Fatal(err)
	}
	return &output{pipe: pipe, lines: make(chan string, 10_000)}
}

func (o *output) read() {
	defer close(o.lines)
	for lines := bufio.NewScanner(o.pipe); lines.Scan(); {
		o.lines <- lines.Text()
	}
}

// await returns the next line that matches a pattern.
func (p *process) await(o *output, pattern string) string {
	p.t.Helper()
	wanted, deadline := regexp.MustCompile(pattern), time.After(processWait)
	var others []string
	for {
		select {
		case line, ok := <-o.lines:
			switch {
			case !ok:
				p.t.Fatalf("%s ended without %q; it wrote\n%s", p.cmd.Args, pattern, strings.Join(others, "\n"))
			case wanted.MatchString(line):
				return line
			}
			others = append(others, line)
		case <-deadline:
			p.t.Fatalf("%s did not write %q within %v; it wrote\n%s", p.cmd.Args, pattern, processWait, strings.Join(others, "\n"))
		}
	}
}

// rest waits for the end of a stream and returns the lines that nobody has awaited.
func (p *process) rest(o *output) string {
	var b strings.Builder
	for line := range o.lines {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// interrupt asks for an orderly end.
func (p *process) interrupt() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the process, which is killed if it takes too long, and returns its exit code.
func (p *process) end() int {
	p.once.Do(func() {
		kill := time.AfterFunc(processWait, func() { p.cmd.Process.Kill() })
		defer kill.Stop()
		p.reading.Wait()
		var exit *exec.ExitError
		if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
			p.t.Errorf("%s: %v", p.cmd.Args, err)
		}
		p.code = p.cmd.ProcessState.ExitCode()
	})
	return p.code
}

// finish runs the program to its end.
func finish(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := start(t, args...)
	code = p.end()
	return code, p.rest(p.stdout), p.rest(p.stderr)
}

// listen starts a node with a policy and returns its address once it listens and is ready.
func listen(t *testing.T, policy string, args ...string) (p *process, address string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.lua")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	p = start(t, append([]string{"run", file}, args...)...)
	_, address, _ = strings.Cut(p.await(p.stderr, `listening address=`), "quic://")
	p.await(p.stderr, "^ready$")
	return p, address
}
