package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/cluster"
)

// checkReport is what --json writes.
type checkReport struct {
	OK     bool      `json:"ok"`
	Errors []finding `json:"errors"`
	// Warnings do not keep a policy from running and do not count for OK.
	Warnings []finding `json:"warnings"`

	roles int // how many the scripts were loaded as
	words []string
}

// finding is one error. File and line are missing where it is not about a place in a file, the roles where it is one of all.
type finding struct {
	File    string   `json:"file,omitempty"`
	Line    int      `json:"line,omitempty"`
	Message string   `json:"message"`
	Roles   []string `json:"roles,omitempty"`

	text string // file, line and message
}

func newCheckReport(roles int) *checkReport {
	return &checkReport{OK: true, Errors: []finding{}, Warnings: []finding{}, roles: roles}
}

// add takes what loading the scripts has led to in one role.
func (r *checkReport) add(role cluster.Role, warnings []string, err error) {
	word := role.Word()
	r.words = append(r.words, word)
	for _, w := range warnings {
		r.Warnings = noted(r.Warnings, w, word)
	}
	for _, e := range console.Split(err) {
		r.OK = false
		r.Errors = noted(r.Errors, e.Error(), word)
	}
}

// noted adds a finding of a role to those of other roles.
func noted(list []finding, text, role string) []finding {
	i := slices.IndexFunc(list, func(f finding) bool { return f.text == text })
	if i < 0 {
		i = len(list)
		list = append(list, newFinding(text))
	}
	if !slices.Contains(list[i].Roles, role) {
		list[i].Roles = append(list[i].Roles, role)
	}
	return list
}

// settle leaves out the roles of what all have.
func (r *checkReport) settle() {
	for _, list := range [][]finding{r.Errors, r.Warnings} {
		for i := range list {
			if len(list[i].Roles) == r.roles {
				list[i].Roles = nil
			}
		}
	}
}

func (r *checkReport) writeJSON(c *console.Console) error {
	r.settle()
	if err := c.JSON(r); err != nil {
		return err
	}
	if !r.OK {
		return errReported
	}
	return nil
}

func (r *checkReport) write(c *console.Console, scripts int) error {
	r.settle()
	for _, w := range r.Warnings {
		fmt.Fprintf(c.Stderr(), "warning: %s\n", console.CleanLines(w.shown()))
	}
	var errs []error
	for _, e := range r.Errors {
		errs = append(errs, errors.New(e.shown()))
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	as := ""
	if r.roles > 1 {
		as = " as " + strings.Join(r.words, ", ")
	}
	_, err := fmt.Fprintf(c.Stdout(), "%d checked%s, no errors\n", scripts, as)
	return err
}

// shown is a finding for people.
func (f finding) shown() string {
	if len(f.Roles) == 0 {
		return f.text
	}
	return "as " + strings.Join(f.Roles, ", ") + ": " + f.text
}

// place is how every message about a script begins: file:line: text.
var place = regexp.MustCompile(`^(.+?):([0-9]+): (?s:(.*))$`)

func newFinding(text string) finding {
	m := place.FindStringSubmatch(text)
	if m == nil {
		return finding{Message: text, text: text}
	}
	line, err := strconv.Atoi(m[2])
	if err != nil {
		return finding{Message: text, text: text}
	}
	return finding{File: m[1], Line: line, Message: m[3], text: text}
}
