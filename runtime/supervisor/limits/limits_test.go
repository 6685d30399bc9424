package limits

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// childMode is the environment variable that makes the test binary a child, which does what it says.
const childMode = "LIMITS_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		os.Exit(modes[mode]())
	}
	os.Exit(m.Run())
}

// modes are what a child does after its limits hold.
var modes = map[string]func() int{
	"shows": func() int {
		if _, ok := apply(); !ok {
			return 1
		}
		fmt.Println(runtime.GOMAXPROCS(0), debug.SetMemoryLimit(-1))
		return 0
	},
	"opens": func() int {
		if _, ok := apply(); !ok {
			return 1
		}
		var open []*os.File
		defer func() {
			for _, f := range open {
				f.Close()
			}
		}()
		for {
			f, err := os.Open(os.DevNull)
			if err != nil {
				fmt.Println(len(open) > 0 && len(open) < 30, strings.Contains(err.Error(), "too many open files"))
				return 0
			}
			open = append(open, f)
		}
	},
	"keeps": func() int { // 4 MB at a time
		m, ok := apply()
		if !ok {
			return 1
		}
		for kept := [][]byte(nil); ; runtime.KeepAlive(kept) {
			kept = append(kept, bytes.Repeat([]byte{1}, 4<<20))
			m.Check()
		}
	},
	"wastes": func() int { // with a collector that does nothing by itself, so that Check meets the garbage
		m, ok := apply()
		if !ok {
			return 1
		}
		debug.SetMemoryLimit(1 << 40)
		debug.SetGCPercent(-1)
		for range 100 {
			waste = bytes.Repeat([]byte{1}, 4<<20)
			m.Check()
		}
		return 0
	},
}

var waste []byte

func apply() (*Memory, bool) {
	l, err := Parse(os.Getenv)
	if err == nil {
		err = l.Apply()
	}
	if err != nil {
		fmt.Println(err)
	}
	log := slog.New(slog.NewTextHandler(os.Stdout, nil))
	return NewMemory(l, log, os.Exit), err == nil
}

// child runs the test binary as one.
func child(t *testing.T, mode string, l Limits) (out string, code int) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), append(l.Environ(), childMode+"="+mode)...)
	b, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

func TestEnviron(t *testing.T) {
	for _, l := range []Limits{{}, {Memory: 1 << 40}, {CPUs: 2}, {Files: 100}, {Memory: 1, CPUs: 1, Files: 1}} {
		vars := map[string]string{}
		for _, v := range l.Environ() {
			name, value, _ := strings.Cut(v, "=")
			if !slices.Contains(Vars(), name) {
				t.Errorf("Vars leaves %s out", name)
			}
			vars[name] = value
		}
		got, err := Parse(func(name string) string { return vars[name] })
		if err != nil || got != l {
			t.Errorf("got %+v, %v, want %+v", got, err, l)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, v := range []string{"x", "-1", "1e9", "9223372036854775808", "99999999999999999999", " 1"} {
		for _, name := range Vars() {
			l, err := Parse(func(n string) string {
				if n == name {
					return v
				}
				return ""
			})
			if err == nil || !strings.Contains(err.Error(), name) || l != (Limits{}) {
				t.Errorf("%s=%q: got %+v, %v", name, v, l, err)
			}
		}
	}
}

func TestApply(t *testing.T) {
	out, code := child(t, "shows", Limits{CPUs: 1, Memory: 1000 << 20})
	if want := fmt.Sprintf("1 %d\n", 750<<20); out != want || code != 0 {
		t.Errorf("got %q, %d, want %q", out, code, want)
	}
}

func TestFiles(t *testing.T) {
	l := Limits{Files: 30}
	out, code := child(t, "opens", l)
	if runtime.GOOS == "windows" {
		if code != 1 || !strings.HasPrefix(out, "no limit of 30 open files: ") {
			t.Errorf("got %q, %d", out, code)
		}
		return
	}
	if out != "true true\n" || code != 0 {
		t.Errorf("got %q, %d", out, code)
	}
}

func TestMemoryThatIsKept(t *testing.T) {
	out, code := child(t, "keeps", Limits{Memory: 64_000_000})
	if code != ExitCode {
		t.Errorf("exit code %d", code)
	}
	warn, end := "this node ends when it needs more memory than its limit: ", "this node needs more memory than its limit allows and ends: "
	if strings.Count(out, warn) != 1 || strings.Count(out, end) != 1 || strings.Index(out, warn) > strings.Index(out, end) {
		t.Errorf("got %s", out)
	}
	var used float64
	if _, err := fmt.Sscanf(out[strings.Index(out, end)+len(end):], "%f MB of 64.0 MB", &used); err != nil || used < 64 || used > 80 {
		t.Errorf("%v: %f MB used; %s", err, used, out)
	}
}

func TestMemoryThatIsWasted(t *testing.T) {
	if out, code := child(t, "wastes", Limits{Memory: 64 << 20}); code != 0 {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestNoMemoryLimit(t *testing.T) {
	m := NewMemory(Limits{}, nil, nil)
	m.Check()
	if m != nil {
		t.Error("there is something to enforce")
	}
}

func TestShare(t *testing.T) {
	for _, n := range []uint64{0, 1, 99, 100, 101, 1<<63 - 1} {
		if got, want := share(n, 100), n; got != want {
			t.Errorf("all of %d is %d", want, got)
		}
	}
	if got := share(1<<63-1, 75); got != 6917529027641081855 {
		t.Errorf("three quarters of the most are %d", got)
	}
}

func BenchmarkCheck(b *testing.B) {
	m := NewMemory(Limits{Memory: 1 << 40}, slog.Default(), os.Exit)
	b.ReportAllocs()
	for b.Loop() {
		m.Check()
	}
}
