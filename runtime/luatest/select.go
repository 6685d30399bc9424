package luatest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Selection says which tests are run. The zero value is all.
type Selection struct {
	filters []func(name string) bool
	tags    []string
	without []string
}

// NewSelection returns the tests whose full name contains one of the filters (/…/ is a regular expression), and that have
// one of the tags, and none of those that are written with an exclamation mark.
func NewSelection(filters, tags []string) (*Selection, error) {
	s := &Selection{}
	for _, f := range filters {
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
		if not, excluded := strings.CutPrefix(t, "!"); excluded {
			s.without = append(s.without, not)
		} else {
			s.tags = append(s.tags, t)
		}
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
