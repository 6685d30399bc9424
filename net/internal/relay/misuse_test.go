package relay

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// failing is a test that is expected to fail: it records why.
type failing struct {
	testing.TB
	why     string
	cleanup []func()
}

func (f *failing) Helper()          {}
func (f *failing) Cleanup(c func()) { f.cleanup = append(f.cleanup, c) }
func (f *failing) Error(args ...any) {
	f.why = fmt.Sprint(args...)
}

func (f *failing) Fatal(args ...any) {
	f.Error(args...)
	runtime.Goexit()
}

func (f *failing) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }

// run runs test to its end, with what it has to clean up, and returns why it failed.
func (f *failing) run(test func()) string {
	f.why = ""
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, c := range f.cleanup {
				c()
			}
		}()
		test()
	}()
	<-done
	return f.why
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		test       func(tb testing.TB)
	}{
		{"bad rate", "loss is 2", func(tb testing.TB) { New(tb, "127.0.0.1:1", Options{Loss: 2}) }},
		{"bad target", "127.0.0.1", func(tb testing.TB) { New(tb, "127.0.0.1", Options{}) }},
		{"bad rate later", "loss is -1", func(tb testing.TB) { New(tb, "127.0.0.1:1", Options{}).SetLoss(-1) }},
		{"wait for what can't come", "has ended", func(tb testing.TB) {
			r := New(tb, "127.0.0.1:1", Options{})
			tb.Cleanup(func() { r.Await(func(Stats) bool { return true }) })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &failing{TB: t}
			if why := f.run(func() { c.test(f) }); !strings.Contains(why, c.want) {
				t.Errorf("it failed with %q, want %q in it", why, c.want)
			}
		})
	}
}
