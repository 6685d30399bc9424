package containerlib

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/configlib"
	"moonpeer/bindings/convert"
	"moonpeer/bindings/namespacelib"
	"moonpeer/bindings/reporterlib"
	"moonpeer/bindings/valuelib"
	"moonpeer/runtime/luavm"
	"moonpeer/runtime/script"
)

// bare is a domain with the modules that scripts with containers need, and a clock that stands still.
type bare struct {
	t    testing.TB
	d    *script.Domain
	s    *convert.Space
	lib  *Lib
	now  int64
	out  bytes.Buffer
	errs []string // what was reported
}

const began = int64(1_700_000_000 * time.Second)

func open(t testing.TB) *bare {
	t.Helper()
	b := &bare{t: t, now: began}
	reports := script.NewReports(nil)
	reports.Hook = func(level, text string) { b.errs = append(b.errs, level+": "+text) }
	d, err := script.New(script.Options{
		Modules: []script.Module{b}, Reports: reports, Stdout: &b.out, Clock: func() int64 { return b.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.d = d
	return b
}

// Open implements script.Module. Besides the modules it gives scripts the addresses A, B and C and the clock: jump
// moves it, advance also does what is due meanwhile.
func (b *bare) Open(d *script.Domain) error {
	b.d, b.s = d, convert.NewSpace(d.L)
	names := namespacelib.New(d)
	names.Open()
	b.lib = &Lib{Space: b.s, Names: names, Wall: func() int64 { return b.now + 1e9 }}
	for name, fn := range valuelib.Globals(b.s) {
		d.SetGlobal(name, d.VM.NewFunction(name, fn))
	}
	types := map[string]lua.LValue{"none": b.s.None()}
	for name, fn := range valuelib.Types(b.s) {
		types[name] = d.VM.NewFunction("types."+name, fn)
	}
	d.SetModule("types", types)
	for name, text := range map[string]string{"A": "10.0.0.1", "B": "10.0.0.2", "C": "10.0.0.3"} {
		v, err := b.s.Parse(convert.KindAddr, text)
		if err != nil {
			return err
		}
		d.SetGlobal(name, v)
	}
	d.SetGlobal("jump", d.VM.NewFunction("jump", func(L *lua.LState) int {
		b.now += duration(L)
		return 0
	}))
	d.SetGlobal("advance", d.VM.NewFunction("advance", func(L *lua.LState) int {
		b.advance(duration(L))
		return 0
	}))
	errs := []error{d.SetLibraries(hooksLibrary)}
	for _, m := range []script.Module{b.lib, &configlib.Lib{Space: b.s, Names: names}, &reporterlib.Lib{Space: b.s}} {
		errs = append(errs, m.Open(d))
	}
	return errors.Join(errs...)
}

func duration(L *lua.LState) int64 {
	d, ok := convert.AsInterval(L.Get(1))
	if !ok {
		L.RaiseError("no interval")
	}
	return int64(d)
}

// advance moves the clock and runs what is due on the way, each thing at its time.
func (b *bare) advance(d int64) {
	for end := b.now + d; ; {
		b.settle()
		due, ok := b.d.NextTimer()
		if !ok || due > end {
			b.now = end
			return
		}
		b.now = max(b.now, due)
	}
}

// settle runs what is due now.
func (b *bare) settle() {
	for b.d.Tick(b.now, 100) || b.d.Queued() > 0 {
		b.d.Run(100, nil)
	}
}

// call runs Lua text and returns its error.
func (b *bare) call(src string) error {
	b.t.Helper()
	fn, err := b.d.VM.Load("test.lua", src)
	if err != nil {
		b.t.Fatal(err)
	}
	_, err = b.d.VM.Call(fn, 0)
	return err
}

// run runs Lua text that must not fail.
func (b *bare) run(src string) {
	b.t.Helper()
	if err := b.call(src); err != nil {
		b.t.Fatal(err)
	}
}

// lines returns what was printed and forgets it.
func (b *bare) lines() []string {
	text := strings.TrimSuffix(b.out.String(), "\n")
	b.out.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// behaviour is Lua text and what it prints, lines joined by " | ".
type behaviour struct{ name, src, want string }

func prints(t *testing.T, tests []behaviour) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.run(tt.src)
			if got := strings.Join(b.lines(), " | "); got != tt.want {
				t.Errorf("printed %q, want %q", got, tt.want)
			}
			if len(b.errs) > 0 {
				t.Errorf("reported %q", b.errs)
			}
		})
	}
}

// raises runs Lua texts that must fail with a message that contains want.
func raises(t *testing.T, tests []behaviour) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := open(t).call(tt.src)
			var le *luavm.Error
			if !errors.As(err, &le) {
				t.Fatalf("got %v, want an error of Lua", err)
			}
			if !strings.HasPrefix(le.Message, "test.lua:1: ") || !strings.Contains(le.Message, tt.want) {
				t.Errorf("got  %s\nwant test.lua:1: …%s…", le.Message, tt.want)
			}
		})
	}
}

// reported checks the messages since the start, each by a part of it.
func (b *bare) reported(parts ...string) {
	b.t.Helper()
	if !slices.EqualFunc(b.errs, parts, strings.Contains) {
		b.t.Errorf("reported %q, want %q", b.errs, parts)
	}
}
