package luatest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Suffix is how the names of test files end.
const Suffix = "_test.lua"

// ErrNoTests is matched by the error of Find and Run when there is nothing to run. No test is no success.
var ErrNoTests = errors.New("no tests found")

// Find returns the test files that paths name: a file as it is, of a folder all below it whose name ends with Suffix,
// sorted. What begins with a dot or is called testdata is left out; links to folders are not followed.
func Find(paths []string) ([]string, error) {
	var files []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("%s: there is no such file or folder", p)
		}
		if !info.IsDir() {
			files = append(files, filepath.ToSlash(p))
			continue
		}
		below, err := findBelow(p)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	slices.Sort(files)
	files = slices.Compact(files)
	if len(files) == 0 {
		return nil, fmt.Errorf("%w in %s: their files are called NAME%s", ErrNoTests, strings.Join(paths, ", "), Suffix)
	}
	return files, nil
}

func findBelow(root string) (files []string, err error) {
	err = filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		switch name := e.Name(); {
		case err != nil:
			return err
		case p != root && (strings.HasPrefix(name, ".") || e.IsDir() && name == "testdata"):
			if e.IsDir() {
				return fs.SkipDir
			}
		case !e.IsDir() && strings.HasSuffix(name, Suffix):
			files = append(files, filepath.ToSlash(p))
		}
		return nil
	})
	return files, err
}
