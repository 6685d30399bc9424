package luavm

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func BenchmarkHandler(b *testing.B) {
	args := []lua.LValue{lua.LTrue, lua.LString("x"), lua.LNumber(3)}
	b.Run("pooled", func(b *testing.B) {
		vm := New(Options{})
		fn := loadFunction(b, vm, "return function(a, b, c) end")
		b.ReportAllocs()
		for b.Loop() {
			if err := vm.CallHandler(fn, args); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("direct", func(b *testing.B) {
		vm := New(Options{})
		fn := loadFunction(b, vm, "return function(a, b, c) end")
		L := vm.State()
		b.ReportAllocs()
		for b.Loop() {
			L.Push(fn)
			for _, a := range args {
				L.Push(a)
			}
			if err := L.PCall(len(args), 0, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("direct without counting", func(b *testing.B) {
		L := lua.NewState()
		fn := loadFunction(b, New(Options{}), "return function(a, b, c) end")
		b.ReportAllocs()
		for b.Loop() {
			L.Push(fn)
			for _, a := range args {
				L.Push(a)
			}
			if err := L.PCall(len(args), 0, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
