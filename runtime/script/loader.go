package script

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script/internal/analysis"
)

// Script is one file given on the command line, with what it required.
type Script struct {
	Name   string // as given
	File   string // as shown in messages
	Dir    string // where it looks first for what it requires
	Errors uint64

	src  []byte
	tree *tree
}

// tree is a place where bundled files lie; nil stands for the disk.
type tree struct{ fs.FS }

// loader finds and runs files and remembers what require returned.
type loader struct {
	d           *Domain
	globals     []string // predefined names, for suggestions
	known       map[string]bool
	modules     map[string]lua.LValue
	fields      map[string][]string   // of our modules, not of Lua's own tables
	loaded      map[string]lua.LValue // by file
	loading     []source              // innermost last
	autoPublish AutoPublish
	docs        func() (*apidoc.Docs, error) // nil: nobody has said
	examined    []*analysis.Chunk            // to be checked when all scripts are loaded
	findings    []Finding                    // of a domain that checks, besides the errors

	policies *tree               // bundled policies, and what they require; nil: none
	library  *tree               // where the libraries lie; nil: there are none
	lazy     map[string]*library // by name
	private  map[string]lua.LValue
}

// source is a file that was found.
type source struct {
	file, dir string
	src       []byte
	tree      *tree
}

func (ld *loader) init(d *Domain) {
	ld.d = d
	ld.known, ld.modules, ld.loaded, ld.fields = map[string]bool{}, map[string]lua.LValue{}, map[string]lua.LValue{}, map[string][]string{}
	ld.lazy, ld.private = map[string]*library{}, map[string]lua.LValue{}
	if d.opts.Bundled != nil {
		ld.policies = &tree{d.opts.Bundled}
	}
	d.L.SetGlobal("require", d.VM.NewFunction("require", ld.require))
}

// Load finds, checks, compiles and runs the scripts in order. Every file's syntax and names are looked at before
// the first one runs, so that all their errors are reported at once. An error of one file's body does not keep
// the others from being tried. What is done with the names is looked at when all is declared. After Load returns nil the
// domain is ready.
func (d *Domain) Load(specs []string) error {
	var errs []error
	for _, spec := range specs {
		s, err := d.loader.find(spec)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, d.loader.examine(s.File, s.src)...)
		d.scripts = append(d.scripts, s)
	}
	if len(errs) > 0 {
		return errors.Join(d.loader.check(errs)...)
	}
	for _, s := range d.scripts {
		if err := d.loader.run(s); err != nil {
			errs = append(errs, err)
		}
	}
	if errs = d.loader.check(errs); len(errs) > 0 {
		return errors.Join(errs...)
	}
	d.ready = true
	return nil
}

// Scripts returns the scripts in the order in which they were loaded.
func (d *Domain) Scripts() []*Script { return d.scripts }

// find resolves what was given on the command line: a file, a folder with init.lua, or a bundled policy.
func (ld *loader) find(spec string) (*Script, error) {
	if text, ok := ld.d.opts.Sources[spec]; ok {
		return &Script{Name: spec, File: spec, Dir: ".", src: []byte(text)}, nil
	}
	info, err := os.Stat(spec)
	switch {
	case err == nil && !info.IsDir():
		return ld.fromFile(spec, spec)
	case err == nil:
		init := path.Join(filepath.ToSlash(spec), "init.lua")
		if _, err := os.Stat(init); err != nil {
			return nil, fmt.Errorf("script %q: the folder has no init.lua", spec)
		}
		return ld.fromFile(spec, init)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("script %q: %w", spec, err)
	}
	name := strings.TrimPrefix(strings.TrimSuffix(spec, "/"), "policies/")
	if ld.policies != nil && fs.ValidPath(name) {
		if src, err := fs.ReadFile(ld.policies, path.Join(name, "init.lua")); err == nil {
			return &Script{Name: spec, File: "bundled/" + name + "/init.lua", Dir: name, src: src, tree: ld.policies}, nil
		}
	}
	return nil, fmt.Errorf("script %q: no such file or folder, and no bundled policy has that name%s", spec, ld.bundledNames(name))
}

// maxSource is what the VM takes; more is not even read.
const maxSource = 256 << 10

func readSource(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	if err == nil && len(src) > maxSource {
		err = fmt.Errorf("%s is larger than %d KiB (large data belongs in data files)", file, maxSource>>10)
	}
	return src, err
}

func (ld *loader) bundledNames(name string) string {
	if ld.policies == nil {
		return ""
	}
	var names []string
	entries, err := fs.ReadDir(ld.policies, ".")
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if _, err := fs.Stat(ld.policies, path.Join(e.Name(), "init.lua")); err == nil {
			names = append(names, e.Name())
		}
	}
	if near := Nearest(name, names); near != "" {
		return " (did you mean " + near + "?)"
	}
	return " (bundled: " + strings.Join(names, ", ") + ")"
}

func (ld *loader) fromFile(spec, file string) (*Script, error) {
	src, err := readSource(file)
	if err != nil {
		return nil, fmt.Errorf("script %q: %w", spec, err)
	}
	return &Script{Name: spec, File: file, Dir: filepath.Dir(file), src: src}, nil
}

// run executes a script's body within the budget for loading.
func (ld *loader) run(s *Script) error {
	d := ld.d
	d.script = s
	defer func() { d.script = nil }()
	ld.loading = append(ld.loading, source{file: s.File, dir: s.Dir, tree: s.tree})
	defer func() { ld.loading = ld.loading[:len(ld.loading)-1] }()
	proto, err := d.opts.Cache.compile(s.File, string(s.src))
	if err != nil {
		return err
	}
	s.src = nil
	fn := d.VM.Instantiate(proto)
	p := d.enter(s, loadLabel, fn)
	_, err = d.VM.Call(fn, 0)
	p.leave(d.VM, err)
	if err != nil {
		return &LoadError{Script: s.Name, Err: err}
	}
	return nil
}

// LoadError is an error of a file's body. It prints with the traceback indented.
type LoadError struct {
	Script string
	Err    error
}

func (e *LoadError) Error() string {
	var le *luavm.Error
	if errors.As(e.Err, &le) {
		text := le.Message
		if le.Traceback != "" {
			text += "\n  " + strings.ReplaceAll(strings.TrimSpace(le.Traceback), "\n", "\n  ")
		}
		return text
	}
	return e.Err.Error()
}

// Unwrap returns the VM's error.
func (e *LoadError) Unwrap() error { return e.Err }

// require returns a predefined module, or the value of a file: looked for beside the file that asks, then in
// the script path, then among what is bundled. A file runs once; its value is remembered. Libraries have modules
// that nobody else finds (SetPrivate).
func (ld *loader) require(L *lua.LState) int {
	name := L.CheckString(1)
	if lib := ld.lazy[name]; lib != nil {
		L.Push(ld.open(L, lib))
		return 1
	}
	if m, ok := ld.modules[name]; ok {
		L.Push(m)
		return 1
	}
	if m, ok := ld.private[name]; ok && ld.inLibrary() {
		L.Push(m)
		return 1
	}
	src, err := ld.findModule(name)
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	if v, ok := ld.loaded[src.file]; ok {
		if v == nil {
			L.RaiseError("module %q requires itself, by way of %s", name, ld.chain())
		}
		L.Push(v)
		return 1
	}
	L.Push(ld.runModule(L, src))
	return 1
}

// loadLabel is under what a profile counts files' bodies.
const loadLabel = "load"

func (ld *loader) runModule(L *lua.LState, src source) lua.LValue {
	for _, err := range ld.examine(src.file, src.src) {
		L.RaiseError("%s", err.Error())
	}
	proto, err := ld.d.opts.Cache.compile(src.file, string(src.src))
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
	ld.loaded[src.file] = nil
	ld.loading = append(ld.loading, src)
	done := false
	fn := ld.d.VM.Instantiate(proto)
	p := ld.d.enter(ld.d.script, loadLabel, fn)
	defer func() { // an error passes through: the next require tries again
		if p != nil {
			p.end(ld.d.VM, !done)
		}
		ld.loading = ld.loading[:len(ld.loading)-1]
		if !done {
			delete(ld.loaded, src.file)
		}
	}()
	L.Push(fn)
	L.Call(0, 1)
	v := L.Get(-1)
	L.Pop(1)
	if v == lua.LNil {
		v = lua.LTrue
	}
	ld.loaded[src.file] = v
	done = true
	if ld.d.ready {
		ld.check(nil)
	}
	return v
}

func (ld *loader) chain() string {
	var files []string
	for _, s := range ld.loading {
		files = append(files, s.file)
	}
	return strings.Join(files, " -> ")
}

// findModule looks for name, whose dots are folder borders.
func (ld *loader) findModule(name string) (source, error) {
	rel := strings.ReplaceAll(name, ".", "/")
	if !fs.ValidPath(rel) || rel == "." {
		return source{}, fmt.Errorf("module name %q: only names and dots between them (no %q, no absolute paths)", name, "..")
	}
	var tried []string
	for _, dir := range ld.searchDirs() {
		for _, file := range []string{path.Join(dir.dir, rel+".lua"), path.Join(dir.dir, rel, "init.lua")} {
			if slices.Contains(tried, file) {
				continue
			}
			src, err := dir.tree.read(file)
			if err == nil {
				shown := file
				if dir.tree != nil {
					shown = "bundled/" + file
				}
				return source{file: shown, dir: path.Dir(file), src: src, tree: dir.tree}, nil
			}
			tried = append(tried, file)
		}
	}
	return source{}, fmt.Errorf("module %q not found (looked for %s)%s", name, strings.Join(tried, ", "), DidYouMean(name, sortedKeys(ld.modules)))
}

func (t *tree) read(file string) ([]byte, error) {
	if t == nil {
		return readSource(file)
	}
	return fs.ReadFile(t, file)
}

func (ld *loader) searchDirs() (dirs []source) {
	if n := len(ld.loading); n > 0 {
		dirs = append(dirs, ld.loading[n-1])
	}
	if s := ld.d.script; s != nil {
		own := source{dir: s.Dir, tree: s.tree}
		if !slices.ContainsFunc(dirs, func(o source) bool { return o.dir == own.dir && o.tree == own.tree }) {
			dirs = append(dirs, own)
		}
	}
	for _, p := range ld.d.opts.Path {
		dirs = append(dirs, source{dir: p})
	}
	if ld.policies != nil {
		dirs = append(dirs, source{dir: ".", tree: ld.policies})
	}
	return dirs
}
