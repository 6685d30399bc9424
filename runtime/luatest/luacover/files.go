package luacover

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"moonpeer/runtime/luavm"
)

// Names returns what [luavm.NewCoverage] takes: files that end in .lua are counted, but for tests (_test.lua),
// definitions for editors (.d.lua) and, unless they are asked for, bundled files. Chunks that lie in no file have
// other names.
func Names(bundled bool) func(file string) (string, bool) {
	return func(file string) (string, bool) {
		name := path.Clean(filepath.ToSlash(file))
		return name, isPolicy(name) && (bundled || !strings.HasPrefix(name, "bundled/"))
	}
}

func isPolicy(name string) bool {
	return strings.HasSuffix(name, ".lua") && !strings.HasSuffix(name, "_test.lua") && !strings.HasSuffix(name, ".d.lua")
}

// AddFolder makes the policies below a folder known, so that those which no node loads are reported too. The folder is
// given as it is to the nodes. The error joins one for each file that can't be read or compiled; the others are added.
func AddFolder(c *luavm.Coverage, folder string) error {
	var errs []error
	err := filepath.WalkDir(folder, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			errs = append(errs, err)
			return nil
		case e.IsDir() && file != folder && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case e.Type().IsRegular() && isPolicy(e.Name()):
			errs = append(errs, addFile(c, file))
		}
		return nil
	})
	return errors.Join(append(errs, err)...)
}

// addFile makes one file known.
func addFile(c *luavm.Coverage, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	const most = 1 << 20 // far more than is compiled
	src, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	return c.Add(filepath.ToSlash(file), string(src))
}
