package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// block is one fenced block of a page.
type block struct {
	language string
	lines    []string
}

func blocks(page string) (out []block) {
	inside := false
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\r\n")
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && inside:
			inside = false
		case isFence:
			inside = true
			out = append(out, block{language: fence})
		case inside:
			last := &out[len(out)-1]
			last.lines = append(last.lines, line)
		}
	}
	return out
}

func readmeBlocks(ts *testscript.TestScript) []block {
	page, err := os.ReadFile(filepath.Join(ts.Getenv("REPO"), "README.md"))
	ts.Check(err)
	return blocks(string(page))
}

// readme COMMAND runs the first line of README.md's shell blocks that starts with COMMAND. Where the line says "go run
// ./cmd/node", the program that is under test anyway takes its place.
func readme(ts *testscript.TestScript, neg bool, args []string) {
	prefix := strings.Join(args, " ")
	if prefix == "" || neg {
		ts.Fatalf("usage: readme COMMAND")
	}
	for _, b := range readmeBlocks(ts) {
		i := slices.IndexFunc(b.lines, func(l string) bool { return strings.HasPrefix(l, prefix) })
		if b.language == "sh" && i >= 0 {
			words := strings.Fields(strings.Replace(b.lines[i], "go run ./cmd/node", "node", 1))
			ts.Check(ts.Exec(words[0], words[1:]...))
			return
		}
	}
	ts.Fatalf("README.md has no command that starts with %q", prefix)
}

// readmeBlock LANGUAGE N FILE writes README.md's n-th block in that language to a file.
func readmeBlock(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg {
		ts.Fatalf("usage: readme-block LANGUAGE N FILE")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for _, b := range readmeBlocks(ts) {
		if b.language != args[0] {
			continue
		}
		if n--; n == 0 {
			ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Join(b.lines, "\n")+"\n"), 0o600))
			return
		}
	}
	ts.Fatalf("README.md has fewer than %s blocks in %s", args[1], args[0])
}
