package tlsconf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

const (
	maxFile    = 1 << 20
	maxEntries = 10_000
)

var errNotRegular = errors.New("not a regular file")

// read returns the content of a regular file of at most maxFile bytes. Anything else could keep the caller waiting.
func read(option, name string) ([]byte, error) {
	fail := func(err error) ([]byte, error) { return nil, &Error{option, name, bare(err)} }
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return fail(err)
	case !info.Mode().IsRegular():
		return fail(errNotRegular)
	}
	f, err := os.Open(name)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return fail(err)
	case len(data) > maxFile:
		return fail(fmt.Errorf("larger than %d bytes, which no file of certificates or keys should be", maxFile))
	}
	return data, nil
}

// list returns the names in a folder, sorted, so that two runs see the same.
func list(option, folder string) ([]string, error) {
	fail := func(err error) ([]string, error) { return nil, &Error{option, folder, bare(err)} }
	f, err := os.Open(folder)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.IsDir() {
		return fail(fmt.Errorf("not a folder; a file of CA certificates is named by %s", optCAFile))
	}
	var names []string
	for {
		some, err := f.Readdirnames(1024)
		names = append(names, some...)
		switch {
		case len(names) > maxEntries:
			return fail(fmt.Errorf("more than %d entries; give CA certificates a folder of their own", maxEntries))
		case errors.Is(err, io.EOF):
			slices.SortFunc(names, strings.Compare)
			return names, nil
		case err != nil:
			return fail(err)
		}
	}
}

// bare takes the name of the file off an error of the system, since Error says it.
func bare(err error) error {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
