package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"moonpeer/bindings"
	"moonpeer/bindings/testlib"
	"moonpeer/runtime/luatest"
)

// checkedTest is a file of tests, and whose it is.
type checkedTest struct {
	file   string
	policy string // one that is checked by itself, or the file, if it is in a folder of such and none's; "": all others'
}

// partTests takes the tests out of scripts, which are no policies.
func partTests(scripts []string) (tests, others []string) {
	for _, s := range scripts {
		if strings.HasSuffix(s, luatest.Suffix) && isFile(s) {
			tests = append(tests, s)
		} else {
			others = append(others, s)
		}
	}
	return tests, others
}

// checkTest reads a file of tests and runs none of them.
func checkTest(file string) error {
	f, err := bindings.TestFile(file, testlib.Options{})
	if fe, ok := errors.AsType[*luatest.FileError](err); ok {
		return fe.Unwrap() // with each of them by itself
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var errs []error
	for _, b := range f.Broken {
		errs = append(errs, fmt.Errorf("%s:%d: %s: %s", file, b.Line, b.Name(), b.Failure.Message))
	}
	return errors.Join(errs...)
}

// findTests returns the tests that were named, and those in folders: where these are policies, or where policies are.
func findTests(named, scripts, apart []string) ([]checkedTest, error) {
	var tests []checkedTest
	add := func(policy, file string) {
		if !slices.ContainsFunc(tests, func(t checkedTest) bool { return t.file == file }) {
			tests = append(tests, checkedTest{file, policy})
		}
	}
	for _, s := range scripts {
		if !isFolder(s) {
			continue
		}
		files, err := luatest.Find([]string{s})
		if err != nil && !errors.Is(err, luatest.ErrNoTests) {
			return nil, err
		}
		whole := len(policiesIn(s)) == 0
		for _, file := range files {
			if whole {
				add("", file)
			} else {
				add(ownerOf(file, apart), file)
			}
		}
	}
	for _, file := range named {
		add("", filepath.ToSlash(file))
	}
	return tests, nil
}

// ownerOf returns which of the policies a test is of: it is in its folder, or beside it and called like it.
func ownerOf(test string, policies []string) string {
	for _, p := range policies {
		if strings.HasPrefix(test, p+"/") || test == strings.TrimSuffix(p, ".lua")+luatest.Suffix {
			return p
		}
	}
	return test
}
