package luatest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
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
// sorted. What begins with a dot or is called testdata is left out; links to folders are not followed. FILE:LINE is the file.
func Find(paths []string) (files []string, err error) {
	files, _, err = FindLines(paths)
	return files, err
}

// FindLines is Find, with the lines at which FILE:LINE has named tests, unless a file is called so. A file that is named in
// another way as well is run as a whole, and has none.
func FindLines(paths []string) (files []string, lines Lines, err error) {
	lines = Lines{}
	var whole []string
	for _, p := range paths {
		p, line := SplitLine(p)
		p = filepath.Clean(p) // one file is run once, however it is written
		info, err := os.Stat(p)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("%s: there is no such file or folder", p)
		case !info.IsDir() && !info.Mode().IsRegular():
			return nil, nil, fmt.Errorf("%s: it is no regular file", p)
		case info.IsDir() && line > 0:
			return nil, nil, fmt.Errorf("%s:%d: it is a folder; only a file has lines", p, line)
		case info.IsDir():
			below, err := findBelow(p)
			if err != nil {
				return nil, nil, err
			}
			whole = append(whole, below...)
		case line > 0:
			lines[filepath.ToSlash(p)] = append(lines[filepath.ToSlash(p)], line)
		default:
			whole = append(whole, filepath.ToSlash(p))
		}
	}
	for _, f := range whole {
		delete(lines, f)
	}
	files = append(whole, slices.Collect(maps.Keys(lines))...)
	slices.Sort(files)
	files = slices.Compact(files)
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("%w in %s: their files are called NAME%s", ErrNoTests, strings.Join(paths, ", "), Suffix)
	}
	return files, lines, nil
}

func findBelow(root string) (files []string, err error) {
	if root, err = followed(root); err != nil {
		return nil, err
	}
	err = filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := e.Name(); {
		case p != root && (strings.HasPrefix(name, ".") || e.IsDir() && name == "testdata"):
			if e.IsDir() {
				return fs.SkipDir
			}
		case e.Type().IsRegular() && strings.HasSuffix(name, Suffix):
			files = append(files, filepath.ToSlash(p))
		}
		return nil
	})
	return files, err
}

// followed is the folder that a link stands for: what is named is followed, and no link below it.
func followed(root string) (string, error) {
	info, err := os.Lstat(root)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return root, err
	}
	return filepath.EvalSymlinks(root)
}
