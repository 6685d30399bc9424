package luatest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Selection says which tests are run. The zero value is all.
type Selection struct {
	asked   []string // as it was written
	filters []func(name string) bool
	tags    []string
	without []string
}

// NewSelection returns the tests whose full name contains one of the filters (/…/ is a regular expression), and that have
// one of the tags, and none of those that are written with a minus sign, or an exclamation mark, which interactive shells
// take for their history.
func NewSelection(filters, tags []string) (*Selection, error) {
	s := &Selection{}
	for _, f := range filters {
		s.asked = append(s.asked, fmt.Sprintf("--filter %q", f))
		pattern, isPattern := strings.CutPrefix(f, "/")
		pattern, ends := strings.CutSuffix(pattern, "/")
		if !isPattern || !ends || f == "/" {
			s.filters = append(s.filters, func(name string) bool { return strings.Contains(name, f) })
			continue
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("filter %s: %w", f, err)
		}
		s.filters = append(s.filters, re.MatchString)
	}
	for _, t := range tags {
		if t != "" && (t[0] == '-' || t[0] == '!') {
			s.without = append(s.without, t[1:])
		} else {
			s.tags = append(s.tags, t)
		}
	}
	if len(tags) > 0 {
		s.asked = append(s.asked, "--tags="+strings.Join(tags, ","))
	}
	return s, nil
}

// takes tells whether t is to be run.
func (s *Selection) takes(t *Test) bool {
	has := func(tag string) bool { return slices.Contains(t.Tags, tag) }
	if s == nil {
		return true
	}
	return (len(s.filters) == 0 || slices.ContainsFunc(s.filters, func(f func(string) bool) bool { return f(FullName(t.Names)) })) &&
		(len(s.tags) == 0 || slices.ContainsFunc(s.tags, has)) && !slices.ContainsFunc(s.without, has)
}

// narrow tells whether it may leave something out.
func (s *Selection) narrow() bool { return s != nil && len(s.filters)+len(s.tags)+len(s.without) > 0 }

// nothing is the error of a run of which no test was selected. The jobs have ended.
func (s *Selection) nothing(jobs []*job) error {
	tests, files := 0, map[string]bool{}
	var tags []string
	for _, j := range jobs {
		if !files[j.path] { // once, however many rounds there are
			tests += j.tests
		}
		files[j.path] = true
		tags = append(tags, j.tags...)
	}
	if tests == 0 || !s.narrow() {
		return fmt.Errorf("%w: the files declare none", ErrNoTests)
	}
	text := fmt.Sprintf("none of %s in %s is selected by %s", plural(tests, "test"), plural(len(files), "file"), strings.Join(s.asked, " "))
	slices.Sort(tags)
	switch tags = slices.Compact(tags); {
	case len(s.tags)+len(s.without) == 0:
	case len(tags) == 0:
		text += "; no test has a tag"
	default:
		text += "; the tags of the tests are: " + strings.Join(tags, ", ")
	}
	return fmt.Errorf("%w: %s", ErrNoTests, text)
}

// plural is a number with its word.
func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
