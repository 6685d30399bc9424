package luavm

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// The reference implementation is the oracle of the differential tests: Debian's package lua5.1.
const reference = "lua5.1"

var diffSeeds = flag.Int("luavm.seeds", 0, "how many seeds each generator of programs runs; or MOONPEER_DIFF_SEEDS")

// seeds returns how many seeds a generator runs.
func seeds(t *testing.T, normally int) int {
	t.Helper()
	if *diffSeeds > 0 {
		return *diffSeeds
	}
	if s := os.Getenv("MOONPEER_DIFF_SEEDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("MOONPEER_DIFF_SEEDS: %v", err)
		}
		return n
	}
	if testing.Short() {
		return 1
	}
	return normally
}

// needReference skips the test loudly where the reference implementation is not installed.
func needReference(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath(reference); err != nil {
		t.Skipf("NOT TESTED: %s not found: nothing to compare with (apt-get install %s)", reference, reference)
	}
}

// runReference returns what the reference implementation prints, messages included.
func runReference(t *testing.T, src string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.lua")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, reference, "test.lua")
	cmd.Dir = filepath.Dir(file)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("%s did not end within a minute", reference)
	}
	if err != nil {
		t.Logf("%s: %v", reference, err)
	}
	return string(out)
}

// runOurs returns what our VM prints, with print and io.write. It runs the program with counters too, which must make no
// difference.
func runOurs(t testing.TB, options Options, src string) string {
	t.Helper()
	plain, spent := runOnce(options, src)
	options.Coverage = NewCoverage(nil)
	counted, spentCounting := runOnce(options, src)
	if counted != plain {
		t.Errorf("with counters:\n%s\nwithout:\n%s\nprogram:\n%s", counted, plain, src)
	}
	if few := spent/200 + 3; spentCounting < spent-few || spentCounting > spent+few {
		t.Errorf("with counters %d instructions were spent, want %d and few more or less; program:\n%s", spentCounting, spent, src)
	}
	return plain
}

func runOnce(options Options, src string) (printed string, spent int64) {
	var out bytes.Buffer
	options.Stdout = &out
	vm := New(options)
	captureWrite(vm, &out)
	if err := runChunk(vm, "test.lua", src); err != nil {
		out.WriteString("ERROR " + err.Error() + "\n")
	}
	return out.String(), vm.Spent()
}

func runChunk(vm *VM, name, src string) error {
	fn, err := vm.Load(name, src)
	if err != nil {
		return err
	}
	return vm.CallHandler(fn, nil)
}

// captureWrite sends io.write to the buffer.
func captureWrite(vm *VM, out *bytes.Buffer) {
	io := vm.State().GetGlobal("io").(*lua.LTable)
	io.RawSetString("write", vm.NewFunction("write", func(L *lua.LState) int {
		for i := 1; i <= L.GetTop(); i++ {
			out.WriteString(L.CheckString(i))
		}
		return 0
	}))
}
