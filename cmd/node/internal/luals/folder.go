package luals

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"moonpeer/runtime/node"
)

// mark is the second line of each definition that the program writes.
const mark = "-- Written by moonpeer types, which writes it anew: changes are lost."

// State is what was done with a file.
type State string

// The states.
const (
	Written   State = "written"
	Unchanged State = "unchanged"
	Removed   State = "removed" // a definition of an earlier version that is there no more
	Kept      State = "kept"    // somebody's own, or what this run was not to write
)

// File is one file.
type File struct {
	Path  string `json:"path"` // from the folder on, with slashes
	State State  `json:"state"`
}

// Folder is one that is set up for editors.
type Folder struct {
	Dir   string
	Files []File // what was done so far, in that order
}

// Definitions writes the definitions in a folder of files, and removes what an earlier version has written beside them.
func (w *Folder) Definitions(files fs.FS, dir string) error {
	names, err := fs.Glob(files, path.Join(dir, "*.d.lua"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(w.Dir, folder), 0o755); err != nil {
		return err
	}
	written := map[string]bool{declaredName + ".d.lua": true}
	var errs []error
	for _, name := range names {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		first, rest, _ := strings.Cut(string(src), "\n")
		name = path.Base(name)
		written[name] = true
		errs = append(errs, w.definition(name, first+"\n"+mark+"\n"+rest))
	}
	return errors.Join(append(errs, w.removeOthers(written))...)
}

// Declared writes the definitions of what scripts have declared.
func (w *Folder) Declared(list []node.Declaration) error {
	return w.definition(declaredName+".d.lua", Declared(list))
}

// KeepDeclared notes that those of an earlier run stay, if there are any.
func (w *Folder) KeepDeclared() {
	name := path.Join(folder, declaredName+".d.lua")
	if _, err := os.Stat(w.path(name)); err == nil {
		w.Files = append(w.Files, File{name, Kept})
	}
}

// Settings writes the server's settings. Those that somebody else has written are kept.
func (w *Folder) Settings() error {
	there, err := os.ReadFile(w.path(settingsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return w.write(settingsFile, settings)
	}
	if err != nil {
		return err
	}
	lines, ours, err := missing(there)
	if ours {
		return w.write(settingsFile, settings)
	}
	w.Files = append(w.Files, File{settingsFile, Kept})
	if err != nil {
		return fmt.Errorf("%s is not ours and can't be read as JSON (%w): see that it has \"runtime.version\": \"Lua 5.1\" and \"workspace.library\": [%q]",
			w.path(settingsFile), err, folder)
	}
	if lines != nil {
		return fmt.Errorf("%s is not ours, so it stays as it is: add %s", w.path(settingsFile), strings.Join(lines, " and "))
	}
	return nil
}

func (w *Folder) path(name string) string { return filepath.Join(w.Dir, filepath.FromSlash(name)) }

// definition writes one, unless another's file has its place.
func (w *Folder) definition(name, text string) error {
	name = path.Join(folder, name)
	there, err := os.ReadFile(w.path(name))
	if err == nil && !isOurs(there) {
		w.Files = append(w.Files, File{name, Kept})
		return fmt.Errorf("%s is not ours, so it stays as it is: move it elsewhere", w.path(name))
	}
	return w.write(name, text)
}

// isOurs tells whether the program has written a definition.
func isOurs(text []byte) bool {
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	return bytes.HasPrefix(bytes.ReplaceAll(rest, []byte("\r\n"), []byte("\n")), []byte(mark+"\n"))
}

// write writes a file that would not be the same.
func (w *Folder) write(name, text string) error {
	there, err := os.ReadFile(w.path(name))
	if err == nil && string(there) == text {
		w.Files = append(w.Files, File{name, Unchanged})
		return nil
	}
	if err := os.WriteFile(w.path(name), []byte(text), 0o644); err != nil {
		return err
	}
	w.Files = append(w.Files, File{name, Written})
	return nil
}

// removeOthers removes the definitions that the program has written once and would not any more.
func (w *Folder) removeOthers(written map[string]bool) error {
	entries, err := os.ReadDir(w.path(folder))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		if written[e.Name()] || !strings.HasSuffix(name, ".d.lua") || !e.Type().IsRegular() {
			continue
		}
		text, err := os.ReadFile(w.path(name))
		if err != nil {
			return err
		}
		if !isOurs(text) {
			continue
		}
		if err := os.Remove(w.path(name)); err != nil {
			return err
		}
		w.Files = append(w.Files, File{name, Removed})
	}
	return nil
}
