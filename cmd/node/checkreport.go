package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"

	"moonpeer/cmd/node/internal/console"
	"moonpeer/runtime/cluster"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
)

// checkReport is what --json writes.
type checkReport struct {
	OK     bool      `json:"ok"`
	Errors []finding `json:"errors"`
	// Warnings do not keep a policy from running and do not count for OK.
	Warnings []finding `json:"warnings"`
	Tests    int       `json:"tests,omitempty"` // files of them, looked at

	roles    int // how many the scripts were loaded as
	words    []string
	together []string
	policies []string // those that were checked each by itself
	tests    []checkedTest
}

// finding is one error or warning. File and line are missing where it is not about a place in a file, the code where
// nothing tells what kind it is, the policy where all were checked together, the roles where it is one of all.
type finding struct {
	File    string   `json:"file,omitempty"`
	Line    int      `json:"line,omitempty"`
	Code    string   `json:"code,omitempty"`
	Message string   `json:"message"`
	Policy  string   `json:"policy,omitempty"`
	Roles   []string `json:"roles,omitempty"`

	text string // file, line and message
}

func newCheckReport(roles int) *checkReport {
	return &checkReport{OK: true, Errors: []finding{}, Warnings: []finding{}, roles: roles}
}

// add takes what loading the scripts, or one policy of several, has led to in one role.
func (r *checkReport) add(policy string, role cluster.Role, warnings []script.Finding, err error) {
	word := role.Word()
	if !slices.Contains(r.words, word) {
		r.words = append(r.words, word)
	}
	for _, w := range warnings {
		r.Warnings = noted(r.Warnings, ofScript(w), policy, word)
	}
	for _, e := range console.Split(err) {
		r.Errors = noted(r.Errors, newFinding(e), policy, word)
	}
}

// noted adds a finding of a role to those of other roles.
func noted(list []finding, f finding, policy, role string) []finding {
	i := slices.IndexFunc(list, func(o finding) bool { return o.text == f.text && o.Policy == policy })
	if i < 0 {
		i = len(list)
		f.Policy = policy
		list = append(list, f)
	}
	if !slices.Contains(list[i].Roles, role) {
		list[i].Roles = append(list[i].Roles, role)
	}
	return list
}

// settle says how it all ended, and leaves out the roles of what all have.
func (r *checkReport) settle(strict bool) {
	if strict {
		r.Errors, r.Warnings = append(r.Errors, r.Warnings...), []finding{}
	}
	r.OK = len(r.Errors) == 0
	for _, list := range [][]finding{r.Errors, r.Warnings} {
		for i := range list {
			if len(list[i].Roles) == r.roles {
				list[i].Roles = nil
			}
		}
	}
}

func (r *checkReport) writeJSON(c *console.Console) error {
	if err := c.JSON(r); err != nil {
		return err
	}
	return r.outcome()
}

// outcome is the error of what was written already.
func (r *checkReport) outcome() error {
	if !r.OK {
		return errReported
	}
	return nil
}

func (r *checkReport) write(c *console.Console) error {
	for _, w := range r.Warnings {
		fmt.Fprintf(c.Stderr(), "warning: %s\n", console.CleanLines(w.shown()))
	}
	for _, e := range r.Errors {
		c.Error(errors.New(e.shown()))
	}
	if len(r.policies) > 0 {
		if err := r.writeTable(c); err != nil {
			return err
		}
	}
	if !r.OK {
		return errReported
	}
	as := ""
	if r.roles > 1 {
		as = " as " + strings.Join(r.words, ", ")
	}
	_, err := fmt.Fprintf(c.Stdout(), "%s checked%s, no errors\n", r.checked(), as)
	return err
}

// checked says how much was checked.
func (r *checkReport) checked() string {
	scripts := len(r.together) + len(r.policies)
	if len(r.tests) == 0 {
		return strconv.Itoa(scripts)
	}
	tests := english.Plural(len(r.tests), "file of tests", "files of tests")
	if scripts == 0 {
		return tests
	}
	return english.Plural(scripts, "policy", "") + ", " + tests
}

// writeTable sums up what each policy has, and each test that is none's; what was checked together is one.
func (r *checkReport) writeTable(c *console.Console) error {
	t := c.Table("policy", "tests", "errors", "warnings")
	row := func(policy, shown string) {
		tests := 0
		for _, test := range r.tests {
			if test.policy == policy {
				tests++
			}
		}
		t.Row(shown, tests, countOf(r.Errors, policy), countOf(r.Warnings, policy))
	}
	if len(r.together) > 0 || slices.ContainsFunc(r.tests, func(t checkedTest) bool { return t.policy == "" }) {
		row("", cmp.Or(strings.Join(r.together, " "), "(tests)"))
	}
	for _, p := range r.policies {
		row(p, p)
	}
	for _, test := range r.tests {
		if test.policy == test.file {
			row(test.file, test.file)
		}
	}
	return t.Write()
}

func countOf(list []finding, policy string) (n int) {
	for _, f := range list {
		if f.Policy == policy {
			n++
		}
	}
	return n
}

// writeGitHub writes findings as the commands of GitHub's workflows that show them at their lines.
func (r *checkReport) writeGitHub(c *console.Console) error {
	text := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	write := func(level string, list []finding) {
		for _, f := range list {
			place := ""
			if f.File != "" {
				place = fmt.Sprintf(" file=%s,line=%d", property.Replace(f.File), f.Line)
				if f.Code != "" {
					place += ",title=" + f.Code
				}
			}
			fmt.Fprintf(c.Stdout(), "::%s%s::%s\n", level, place, text.Replace(f.about()+f.Message))
		}
	}
	write("error", r.Errors)
	write("warning", r.Warnings)
	return r.outcome()
}

// shown is a finding for people.
func (f finding) shown() string { return f.about() + f.text }

// about says which roles a finding is of, and which policy where its place does not.
func (f finding) about() string {
	about := ""
	if len(f.Roles) > 0 {
		about = "as " + strings.Join(f.Roles, ", ") + ": "
	}
	if f.Policy != "" && f.File == "" {
		about += f.Policy + ": "
	}
	return about
}

// place is how every message about a script begins: file:line: text.
var place = regexp.MustCompile(`^(.+?):([0-9]+): (?s:(.*))$`)

// newFinding reads an error.
func newFinding(err error) finding {
	var found script.Finding
	if errors.As(err, &found) {
		return ofScript(found)
	}
	text := err.Error()
	f := finding{Message: text, text: text}
	var syntax *luavm.SyntaxError
	var load *script.LoadError
	switch {
	case errors.As(err, &syntax):
		f.Code = "syntax-error"
	case errors.As(err, &load):
		f.Code = "load-error"
	}
	if m := place.FindStringSubmatch(text); m != nil {
		if line, err := strconv.Atoi(m[2]); err == nil {
			f.File, f.Line, f.Message = m[1], line, m[3]
		}
	}
	return f
}

// ofScript is a finding as scripts are looked at for. One without a file is what the node has reported.
func ofScript(f script.Finding) finding {
	if f.File == "" {
		return newFinding(errors.New(f.Text))
	}
	return finding{File: f.File, Line: f.Line, Code: f.Code, Message: f.Text, text: f.String()}
}
