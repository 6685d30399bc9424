package luavm

import (
	"errors"
	"testing"
)

// FuzzLoad feeds the front end anything: it must neither panic nor hang, and give a function or a *SyntaxError. What
// compiles is run on a small budget, which must not panic either, and so with counters.
func FuzzLoad(f *testing.F) {
	for _, c := range regressions {
		f.Add(c.program)
	}
	for _, program := range endless {
		f.Add(program)
	}
	f.Add(logicScript(1, 5))
	f.Add(assignmentScript(1, 3))
	f.Add(programScript(1, 1, false))
	f.Add("goto a ::a:: ::b:: break")
	f.Add("x = 1e x = 0x x = '\\999' --[==[ ]=]")
	f.Fuzz(func(t *testing.T, src string) {
		options := Options{Budget: 20_000, MaxString: 1 << 16, MaxSource: 1 << 14, Sandbox: true, Stdout: discard{}}
		vm := New(options)
		fn, err := vm.Load("fuzz.lua", src)
		if err != nil {
			var e *SyntaxError
			if !errors.As(err, &e) || e.Line < 1 || e.Message == "" {
				t.Fatalf("got %#v, want a *SyntaxError", err)
			}
			return
		}
		var e *Error
		if err := vm.CallHandler(fn, nil); err != nil && (!errors.As(err, &e) || e.Value == nil) {
			t.Fatalf("got %#v, want an *Error", err)
		}
		options.Coverage = NewCoverage(nil)
		counting := New(options)
		err = runChunk(counting, "fuzz.lua", src)
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("with counters: got %#v, want an *Error", err)
		}
		if few := vm.Spent()/20 + 20; !errors.Is(err, ErrBudget) && counting.Spent() > vm.Spent()+few {
			t.Fatalf("with counters %d instructions were spent, without %d", counting.Spent(), vm.Spent())
		}
		counting.Close()
		options.Coverage.Files()
	})
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
