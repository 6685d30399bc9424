package main

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// readme COMMAND runs the first line of README.md's shell blocks that starts with COMMAND, in the repository. Where
// the line says "go run ./cmd/node", the program that is under test anyway takes its place.
func readme(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 || neg {
		ts.Fatalf("usage: readme COMMAND")
	}
	text, err := os.ReadFile(ts.MkAbs(ts.Getenv("REPO") + "/README.md"))
	ts.Check(err)
	line, ok := shellLine(string(text), strings.Join(args, " "))
	if !ok {
		ts.Fatalf("README.md has no command that starts with %q", strings.Join(args, " "))
	}
	words := strings.Fields(line)
	if rest, ok := strings.CutPrefix(line, "go run ./cmd/node "); ok {
		words = append([]string{"node"}, strings.Fields(rest)...)
	}
	ts.Check(ts.Chdir(ts.Getenv("REPO")))
	ts.Check(ts.Exec(words[0], words[1:]...))
}

// shellLine finds a line in the shell blocks of a page.
func shellLine(page, prefix string) (string, bool) {
	inside := false
	for line := range strings.Lines(page) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "$ ")
		switch {
		case line == "```sh" || line == "```console" || line == "```shell" || line == "```bash":
			inside = true
		case strings.HasPrefix(line, "```"):
			inside = false
		case inside && strings.HasPrefix(line, prefix):
			return line, true
		}
	}
	return "", false
}
