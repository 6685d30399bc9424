package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"moonpeer/runtime/control"
)

// interrupt CODE PATTERN… -- PROGRAM ARGS… starts a program and sends it an interrupt each time a line of its output
// is the next pattern; it must end with exit code CODE. Its output, of both streams, is then in the file "output".
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	split := slices.Index(args, "--")
	if neg || split < 1 || split == len(args)-1 {
		ts.Fatalf("usage: interrupt CODE PATTERN… -- PROGRAM ARGS…")
	}
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	patterns, command := args[1:split], args[split+1:]

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = ts.MkAbs(".")
	stdin, hold, err := os.Pipe() // standard input that does not end
	ts.Check(err)
	defer hold.Close()
	cmd.Stdin = stdin
	reader, writer, err := os.Pipe()
	ts.Check(err)
	defer reader.Close()
	cmd.Stdout, cmd.Stderr = writer, writer
	err = cmd.Start()
	stdin.Close()
	writer.Close()
	ts.Check(err)

	output, left, err := interruptAt(cmd.Process, reader, patterns)
	ts.Check(errors.Join(err, os.WriteFile(ts.MkAbs("output"), []byte(output), 0o600)))
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code || left > 0 {
		ts.Fatalf("exit code %d, want %d; %d patterns did not come; output:\n%s", got, code, left, output)
	}
}

// interruptAt reads output to its end and interrupts at each pattern in turn; left is how many did not come.
func interruptAt(process *os.Process, output io.Reader, patterns []string) (text string, left int, err error) {
	var b strings.Builder
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		b.WriteString(lines.Text() + "\n")
		if len(patterns) > 0 && lines.Text() == patterns[0] {
			patterns = patterns[1:]
			if err := process.Signal(os.Interrupt); err != nil {
				return b.String(), len(patterns), err
			}
		}
	}
	return b.String(), len(patterns), lines.Err()
}

// exitcode CODE PROGRAM ARGS… runs a program that must end with CODE.
func exitcode(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: exitcode CODE PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// await PATTERN PROGRAM ARGS… runs a program that succeeds, again and again until its output matches.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await PATTERN PROGRAM ARGS…")
	}
	pattern := regexp.MustCompile("(?m)" + args[0])
	for late := time.Now().Add(processWait); ; {
		ts.Check(ts.Exec(args[1], args[2:]...))
		output := ts.ReadFile("stdout")
		if pattern.MatchString(output) {
			return
		}
		if time.Now().After(late) {
			ts.Fatalf("%s never had %s:\n%s", strings.Join(args[1:], " "), pattern, output)
		}
	}
}

// nobody STATE [COUNT] wants COUNT state folders below a state directory, without it at least one, and no process on any
// of them.
func nobody(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: nobody STATE [COUNT]")
	}
	folders, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*", "lock"))
	ts.Check(err)
	if got := strconv.Itoa(len(folders)); len(args) == 2 && got != args[1] || got == "0" {
		ts.Fatalf("%s has %s state folders, want %s", args[0], got, args[1:])
	}
	for _, lock := range folders {
		folder, err := control.Claim(filepath.Dir(lock))
		ts.Check(err)
		ts.Check(folder.Release())
	}
}
