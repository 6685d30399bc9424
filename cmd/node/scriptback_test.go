package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// backgroundKey is where a script keeps its processes in the background, by name.
type backgroundKey struct{}

// backgroundProcess is one of them, with what it has written to its standard error.
type backgroundProcess struct {
	cmd *exec.Cmd

	mu    sync.Mutex
	news  sync.Cond
	lines []string
	over  bool // it writes no more, or has been waited for long enough
}

func (p *backgroundProcess) add(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, line)
	p.news.Broadcast()
}

func (p *backgroundProcess) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.news.Broadcast()
}

// said NAME PATTERN [N] waits until a program in the background has written N lines to standard error that match.
func said(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: said NAME PATTERN [N]")
	}
	want := 1
	if len(args) == 3 {
		var err error
		want, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	p, pattern := inBackground(ts, args[0]), regexp.MustCompile(args[1])
	late := time.AfterFunc(processWait, p.end)
	defer late.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for looked := 0; want > 0; looked++ {
		for looked == len(p.lines) {
			if p.over {
				ts.Fatalf("%s does not say %s (%d more times):\n%s", args[0], pattern, want, strings.Join(p.lines, "\n"))
			}
			p.news.Wait()
		}
		if pattern.MatchString(p.lines[looked]) {
			want--
		}
	}
}

func inBackground(ts *testscript.TestScript, name string) *backgroundProcess {
	p := ts.Value(backgroundKey{}).(map[string]*backgroundProcess)[name]
	if p == nil {
		ts.Fatalf("there is no %s in the background", name)
	}
	return p
}

// background NAME PROGRAM ARGS… starts a program that goes on while the script does, and waits until it says "ready". Its
// standard error is then in the file NAME.err, as far as the program has written it; it is killed at the script's end.
func background(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: background NAME PROGRAM ARGS…")
	}
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	kept, err := os.Create(ts.MkAbs(args[0] + ".err"))
	ts.Check(err)
	said, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ready := make(chan bool, 1)
	read := make(chan struct{})
	p := &backgroundProcess{cmd: cmd}
	p.news.L = &p.mu
	go func() {
		defer close(read)
		defer kept.Close()
		defer p.end()
		for lines := bufio.NewScanner(said); lines.Scan(); {
			kept.WriteString(lines.Text() + "\n")
			p.add(lines.Text())
			if lines.Text() == "ready" {
				ready <- true
			}
		}
		close(ready)
	}()
	ts.Defer(func() {
		cmd.Process.Kill()
		<-read
		cmd.Wait()
	})
	select {
	case ok := <-ready:
		if !ok {
			ts.Fatalf("%s ended without being ready:\n%s", args[0], ts.ReadFile(args[0]+".err"))
		}
	case <-time.After(processWait):
		ts.Fatalf("%s is not ready", args[0])
	}
	ts.Value(backgroundKey{}).(map[string]*backgroundProcess)[args[0]] = p
}

// ended NAME CODE waits for the end of a program in the background, which must end with CODE.
func ended(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ended NAME CODE")
	}
	cmd := inBackground(ts, args[0]).cmd
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	kill := time.AfterFunc(processWait, func() { cmd.Process.Kill() })
	defer kill.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%s: %v", args[0], err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("%s ended with code %d, want %d:\n%s", args[0], got, want, ts.ReadFile(args[0]+".err"))
	}
}

// address NAME VARIABLE sets a variable to the address at which a program in the background listens, as it has said, there
// or in the file NAME.
func address(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: address NAME VARIABLE")
	}
	file := args[0] + ".err"
	if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
		file = args[0]
	}
	for line := range strings.Lines(ts.ReadFile(file)) {
		if at, ok := strings.CutPrefix(strings.TrimSpace(line), "info: listening address=quic://"); ok {
			ts.Setenv(args[1], at)
			return
		}
	}
	ts.Fatalf("%s does not listen:\n%s", args[0], ts.ReadFile(file))
}
