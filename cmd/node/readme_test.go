package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// page FILE says which page of the repository the other commands read; without it that is README.md.
func page(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: page FILE")
	}
	ts.Setenv("PAGE", args[0])
}

// pageName is what page has said.
func pageName(ts *testscript.TestScript) string {
	if name := ts.Getenv("PAGE"); name != "" {
		return name
	}
	return "README.md"
}

func pageFile(ts *testscript.TestScript) string {
	return filepath.Join(ts.Getenv("REPO"), filepath.FromSlash(pageName(ts)))
}

func pageBlocks(ts *testscript.TestScript) []block {
	text, err := os.ReadFile(pageFile(ts))
	ts.Check(err)
	return blocks(string(text))
}

// readme COMMAND runs the first line of the page's shell blocks that starts with COMMAND. Where the line says "go run
// ./cmd/node", the program that is under test anyway takes its place.
func readme(ts *testscript.TestScript, neg bool, args []string) {
	prefix := strings.Join(args, " ")
	if prefix == "" || neg {
		ts.Fatalf("usage: readme COMMAND")
	}
	for _, b := range pageBlocks(ts) {
		i := slices.IndexFunc(b.lines, func(l string) bool { return strings.HasPrefix(l, prefix) })
		if b.language == "sh" && i >= 0 {
			words := strings.Fields(strings.Replace(b.lines[i], "go run ./cmd/node", "node", 1))
			ts.Check(ts.Exec(words[0], words[1:]...))
			return
		}
	}
	ts.Fatalf("%s has no command that starts with %q", pageName(ts), prefix)
}

// readmeBlock LANGUAGE N FILE writes the page's n-th block in that language to a file.
func readmeBlock(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg {
		ts.Fatalf("usage: readme-block LANGUAGE N FILE")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for _, b := range pageBlocks(ts) {
		if b.language != args[0] {
			continue
		}
		if n--; n == 0 {
			ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Join(b.lines, "\n")+"\n"), 0o600))
			return
		}
	}
	ts.Fatalf("%s has fewer than %s blocks in %s", pageName(ts), args[1], args[0])
}
