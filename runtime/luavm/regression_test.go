package luavm

import (
	"bytes"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// runScript runs a chunk and returns what it prints, with print and io.write.
func runScript(t testing.TB, src string) string {
	t.Helper()
	var out bytes.Buffer
	vm := New(Options{Stdout: &out})
	captureWrite(vm, &out)
	if err := runChunk(vm, "test.lua", src); err != nil {
		out.WriteString("ERROR " + err.Error() + "\n")
	}
	return out.String()
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
