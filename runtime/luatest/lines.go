package luatest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Lines are those at which tests were named, by file. A file that is not in it is run as a whole.
type Lines map[string][]int

// SplitLine takes FILE:LINE apart. line is 0 where there is none, and where a file is called so.
func SplitLine(path string) (file string, line int) {
	i := strings.LastIndexByte(path, ':')
	if i <= 0 {
		return path, 0
	}
	n, err := strconv.Atoi(path[i+1:])
	if err != nil || n <= 0 {
		return path, 0
	}
	if _, err := os.Stat(path); err == nil {
		return path, 0
	}
	return path[:i], n
}

// starts are the lines in which a file declares something, and how many tests each of them names.
type starts map[int]int

func startsOf(f *File) starts {
	s := starts{}
	count := func(line int, around []int) {
		for i, l := range around {
			if l != line && !slices.Contains(around[:i], l) {
				s[l]++
			}
		}
		if line > 0 {
			s[line]++
		}
	}
	for i := range f.Tests {
		count(f.Tests[i].Line, f.Tests[i].Around)
	}
	for i := range f.Broken {
		count(f.Broken[i].Line, f.Broken[i].Around)
	}
	return s
}

// named are the lines of declarations that lines name: each its own or the nearest one above, so that a line in the middle
// of a test names it. lost are those that name none.
func (s starts) named(lines []int) (named, lost []int) {
	for _, line := range lines {
		nearest := 0
		for l := range s {
			if l <= line {
				nearest = max(nearest, l)
			}
		}
		if nearest == 0 {
			lost = append(lost, line)
		} else {
			named = append(named, nearest)
		}
	}
	return named, lost
}

// lostLine is what becomes of a line that names no test.
func (s starts) lostLine(path string, line int, seed uint64) Result {
	message := "the file declares no test"
	if len(s) > 0 {
		message = fmt.Sprintf("no test is in line %d or above it: the first begins in line %d", line, slices.Min(slices.Collect(maps.Keys(s))))
	}
	return Result{File: path, Outcome: Broken, Seed: seed, Failure: &Failure{File: path, Line: line, Message: message}}
}
