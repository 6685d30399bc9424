package luavm

import (
	"errors"
	"strings"
	"testing"
)

func TestUnfinished(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, src string
		want      bool
	}{
		{"nothing", "", false},
		{"expression", "1 + 1", false},
		{"name", "x", false},
		{"member", "x.y", false},
		{"statement", "x = 1", false},
		{"comment", "-- do", false},
		{"block", "for i = 1, 2 do", true},
		{"function", "function f()\n  return 1", true},
		{"bracket", "print(1,", true},
		{"table", "{ 1,", true},
		{"assignment", "x =", true},
		{"operator", "1 +", true},
		{"long string", "x = [[a\nb", true},
		{"long comment", "--[[ a", true},
		{"string", `x = "a`, false},
		{"string that goes on", `x = "a\`, true},
		{"string that went on", "x = \"a\\\nb", false},
		{"end too many", "x = 1 end", false},
		{"wrong in the middle", "for = do", false},
		{"two expressions", "1 2", false},
		{"compiled", "\x1bLua\x51", false},
		{"garbage", "\x00\xff\xfe(", false},
		{"deep", strings.Repeat("(", 100_000), true},
		{"too large", "{" + strings.Repeat(" ", defaultMaxSource), false},
	} {
		if got := Unfinished(tt.src); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestLoadFrom: lines of messages, tracebacks and syntax errors count from where the chunk begins, also those of
// functions that an earlier chunk has made; and the names of variables are those of the line.
func TestLoadFrom(t *testing.T) {
	t.Parallel()
	vm := New(Options{})
	run := func(line int, src string) error {
		fn, err := vm.LoadFrom("prompt", line, src)
		if err != nil {
			return err
		}
		_, err = vm.Call(fn, 0)
		return err
	}
	if err := run(10, "\nfunction f()\n  error 'no'\nend"); err != nil {
		t.Fatal(err)
	}
	var e *Error
	if err := run(20, "f()"); !errors.As(err, &e) || e.Message != "prompt:12: no" || !strings.Contains(e.Traceback, "prompt:20: ") {
		t.Errorf("function of an earlier chunk: got %v\n%s", err, e.Traceback)
	}
	if err := run(30, "\nlocal t\nt.x = 1"); err == nil || err.Error() != "prompt:32: attempt to index local 't' (a nil value)" {
		t.Errorf("variable's name: got %v", err)
	}
	var se *SyntaxError
	if err := run(40, "x =\n= 1"); !errors.As(err, &se) || se.Line != 41 {
		t.Errorf("syntax: got %v", err)
	}
}

// TestNextCall: a call can be interrupted by a number that was known before it began.
func TestNextCall(t *testing.T) {
	t.Parallel()
	vm := New(Options{Budget: 1_000_000})
	fn, err := vm.Load("endless", "while true do end")
	if err != nil {
		t.Fatal(err)
	}
	vm.Interrupt(vm.NextCall(), errors.New("enough"))
	if _, err := vm.Call(fn, 0); !errors.Is(err, ErrInterrupted) {
		t.Errorf("got %v, want it interrupted", err)
	}
	if _, err := vm.Call(fn, 0); !errors.Is(err, ErrBudget) {
		t.Errorf("the call after it: got %v, want the budget used up", err)
	}
	vm.Interrupt(vm.NextCall(), errors.New("enough"))
	vm.Reprieve(vm.NextCall() + 2)
	vm.Reprieve(vm.NextCall())
	if _, err := vm.Call(fn, 0); !errors.Is(err, ErrBudget) {
		t.Errorf("a call in place of one that did not begin: got %v, want the budget used up", err)
	}
}
