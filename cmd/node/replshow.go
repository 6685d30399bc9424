package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// show writes what a text has printed, its values, and what was wrong with it.
func (s *session) show(line int, e node.Evaluated, code string, timed bool) error {
	s.failed = s.failed || e.Error != ""
	if s.json {
		return s.inv.console.JSON(struct {
			Line int `json:"line"`
			node.Evaluated
		}{line, e})
	}
	out := e.Printed
	for _, v := range e.Values {
		out += cleanValue(v) + "\n"
	}
	if timed && e.Error == "" {
		out += fmt.Sprintf("%v, %d instructions\n", took(e.Seconds), e.Instructions)
	}
	if _, err := s.inv.console.Stdout().Write([]byte(out)); err != nil {
		return err
	}
	s.inv.console.EndLine()
	for _, m := range e.Messages {
		if s.attached != "" {
			fmt.Fprintf(s.inv.console.Stderr(), "%s: %s\n", console.Clean(m.Level), console.CleanLines(m.Text))
		}
	}
	if e.Error != "" {
		s.inv.console.Error(errors.New(strings.TrimSuffix(e.Error+"\n"+e.Traceback, "\n")))
		if slices.Contains(otherPrompts, strings.TrimSuffix(strings.TrimSpace(code), "()")) {
			fmt.Fprintln(s.inv.console.Stderr(), "info: .quit ends, .help helps")
		}
		return nil
	}
	s.hint(code)
	return nil
}

// otherPrompts are what one types at other prompts to end them, or to be helped.
var otherPrompts = []string{"exit", "quit", "help"}

// hint tells once that a local does not outlive its text.
func (s *session) hint(code string) {
	locals := script.ChunkLocals(code)
	if s.hinted || len(locals) == 0 {
		return
	}
	s.hinted = true
	fmt.Fprintf(s.inv.console.Stderr(), "info: local %s is gone now: each text has its own locals; %s = … at the prompt stays\n", locals[0], locals[0])
}

// fail writes an error of the session's own, which its exit code tells where there is nobody to see it.
func (s *session) fail(line int, why string) {
	s.failed = true
	text := fmt.Sprintf("%s:%d: %s", s.name, line, why)
	if !s.json {
		s.inv.console.Error(errors.New(text))
		return
	}
	s.inv.console.JSON(struct {
		Line  int    `json:"line"`
		Error string `json:"error"`
	}{line, text})
}

// cleanValue cleans each line of a value's text: it may hold what another host said.
func cleanValue(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		parts := strings.Split(l, "\t")
		for j, p := range parts {
			parts[j] = console.Clean(p)
		}
		lines[i] = strings.Join(parts, "\t")
	}
	return strings.Join(lines, "\n")
}

// took rounds a time to three digits or so.
func took(seconds float64) time.Duration {
	d := time.Duration(seconds * float64(time.Second))
	for unit := time.Second; unit > time.Microsecond; unit /= 10 {
		if d >= unit*100 {
			return d.Round(unit)
		}
	}
	return d.Round(time.Microsecond)
}
