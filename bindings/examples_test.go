package bindings_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonpeer/bindings"
	"moonpeer/net/step"
	"moonpeer/runtime/apidoc"
	"moonpeer/runtime/node"
)

// example is one fenced block of Lua in a comment of the definitions. Behind --> stands a line that it prints (two
// blanks for a tab), behind --! one that it reports, both in their order. A first line of the form
//
//	-- moonpeer run example.lua FLAGS
//
// is how it is run: with an input until that ends. All others run for ten minutes of a clock that is moved by hand.
type example struct {
	entry, place  string
	lua           []string
	prints, tells []string
	command       string
}

// newExample reads the marks in one.
func newExample(e *apidoc.Entry, src apidoc.Example) *example {
	ex := &example{entry: e.Name, place: fmt.Sprintf("%s:%d", e.File, src.Line)}
	for _, line := range strings.Split(src.Code, "\n") {
		ex.add(line)
	}
	return ex
}

const commandMark = "-- moonpeer run example.lua"

func (ex *example) add(line string) {
	if rest, ok := strings.CutPrefix(line, commandMark); ok && len(ex.lua) == 0 {
		ex.command = strings.TrimSpace(rest)
		line = commandMark // what follows is not Lua's business, but the lines keep their numbers
		ex.lua = append(ex.lua, line)
		return
	}
	ex.lua = append(ex.lua, line)
	if _, text, ok := strings.Cut(line, "--> "); ok {
		ex.prints = append(ex.prints, text)
	} else if _, text, ok := strings.Cut(line, "--! "); ok {
		ex.tells = append(ex.tells, text)
	}
}

func (ex *example) run(t *testing.T, change ...func(*node.Options)) (prints, tells []string) {
	t.Helper()
	src := strings.Join(ex.lua, "\n")
	var r *run
	if len(ex.lua) > 0 && ex.lua[0] == commandMark {
		r = ex.replay(t, src, change)
	} else {
		r = start(t, src, change...)
		if r.loaded == nil {
			r.advance(600)
		}
	}
	if r.loaded != nil {
		first, _, _ := strings.Cut(r.loaded.Error(), "\n")
		tells = append(tells, "not loaded: "+first)
	}
	for _, line := range strings.Split(r.errs.String(), "\n") {
		if line != "" && line != "ready" && !strings.HasPrefix(line, " ") { // tracebacks are indented
			tells = append(tells, ownName(line))
		}
	}
	for _, line := range r.output() {
		prints = append(prints, ownName(strings.ReplaceAll(line, "\t", "  ")))
	}
	return prints, tells
}

// ownName calls the file what the examples call it.
func ownName(line string) string {
	for {
		end := strings.Index(line, "p.lua:")
		if end < 0 {
			return line
		}
		begin := strings.LastIndexByte(line[:end], ' ') + 1
		if tab := strings.LastIndexByte(line[:end], '\t') + 1; tab > begin {
			begin = tab
		}
		line = line[:begin] + "example.lua:" + line[end+len("p.lua:"):]
	}
}

// replay runs the example as the command does, on an input that ends.
func (ex *example) replay(t *testing.T, src string, change []func(*node.Options)) *run {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.lua")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &run{t: t}
	opts := node.Options{Scripts: []string{file}, Stdout: &r.out, Stderr: &r.errs, Modules: bindings.Modules}
	words := strings.Fields(ex.command)
	for len(words) > 0 {
		flag := words[0]
		if words = words[1:]; flag == "--" {
			opts.Args, words = words, nil
			continue
		}
		if len(words) == 0 {
			t.Fatalf("%s: no value", flag)
		}
		switch value := words[0]; flag {
		case "--pcap":
			opts.Inputs.Pcap = []string{filepath.Join("..", filepath.FromSlash(value))}
		case "--zeek-log":
			opts.Inputs.ZeekLog = filepath.Join("..", filepath.FromSlash(value))
		case "--set":
			opts.Set = append(opts.Set, node.Setting{Assignment: value, From: flag})
		case "--print":
			opts.Print = append(opts.Print, value)
		case "--name":
			opts.Name = value
		default:
			t.Fatalf("unknown flag %s", flag)
		}
		words = words[1:]
	}
	for _, c := range change {
		c(&opts)
	}
	now := step.Time(1)
	r.n, r.loaded = node.New(opts, node.System{
		Now: func() step.Time { return now }, Wall: func() int64 { return 1_700_000_000e9 }, Rand: rand.New(rand.NewPCG(1, 1)),
	})
	if r.loaded == nil {
		if err := r.n.Run(t.Context()); err != nil && !errors.Is(err, node.ErrScripts) {
			t.Fatal(err)
		}
	}
	return r
}

// withoutExample are functions that need none, and why.
var withoutExample = map[string]string{
	"types.addr":       "the global of that name",
	"types.subnet":     "the global of that name",
	"types.port":       "the global of that name",
	"types.interval":   "the global of that name",
	"types.tuple":      "the global of that name",
	"types.set":        "the global of that name",
	"types.map":        "the global of that name",
	"types.vector":     "the global of that name",
	"types.subnet_map": "the global of that name",
}

// TestExamples runs every example of the definitions.
func TestExamples(t *testing.T) {
	var all []*example
	for _, e := range readDefinitions(t).Entries {
		for _, src := range e.Examples {
			all = append(all, newExample(e, src))
		}
		n, why := len(e.Examples), withoutExample[e.Name]
		if e.Callable() && (n == 0) != (why != "") {
			t.Errorf("%s: %s has %d examples; one that needs none is listed with the reason (listed: %q)", e.Place(), e.Name, n, why)
		}
	}
	for _, ex := range all {
		t.Run(ex.entry, func(t *testing.T) {
			prints, tells := ex.run(t)
			if !slices.Equal(prints, ex.prints) {
				t.Errorf("%s: printed\n\t%s\nwant\n\t%s", ex.place, strings.Join(prints, "\n\t"), strings.Join(ex.prints, "\n\t"))
			}
			if !slices.Equal(tells, ex.tells) {
				t.Errorf("%s: reported\n\t%s\nwant\n\t%s", ex.place, strings.Join(tells, "\n\t"), strings.Join(ex.tells, "\n\t"))
			}
		})
	}
}
