package luavm

import (
	"errors"
	"io"
	"os"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openFiles adds the functions that load chunks from files.
func (vm *VM) openFiles(lib *lua.LTable) {
	if vm.options.Sandbox {
		lib.RawSetString("dofile", lua.LNil)
		lib.RawSetString("loadfile", lua.LNil)
		return
	}
	vm.Register(lib, map[string]lua.LGFunction{"dofile": vm.baseDofile, "loadfile": vm.baseLoadfile})
}

// loadChunk pushes the function of a chunk, or nil and a message.
func (vm *VM) loadChunk(L *lua.LState, name, src string) int {
	const perChunk, perByte = 500, 8 // instructions that take as long
	vm.ChargeOrRaise(L, perChunk+perByte*min(len(src), vm.options.MaxSource))
	proto, err := compile(name, src, vm.options.MaxSource)
	if err != nil {
		return pushNil(L, err.Error())
	}
	L.Push(vm.instantiate(proto)) // chunks of scripts may be many: their sources are not kept
	return 1
}

func pushNil(L *lua.LState, message string) int {
	L.Push(lua.LNil)
	L.Push(lua.LString(message))
	return 2
}

func (vm *VM) baseLoadstring(L *lua.LState) int {
	src := vm.argString(L, 1)
	return vm.loadChunk(L, chunkName(vm.optString(L, 2, src)), src)
}

// baseLoad takes a function that returns the chunk in pieces, or as Lua 5.2 a string.
func (vm *VM) baseLoad(L *lua.LState) int {
	if _, ok := L.Get(1).(lua.LString); ok {
		return vm.baseLoadstring(L)
	}
	fn := vm.argFunction(L, 1)
	name := chunkName(vm.optString(L, 2, "=(load)"))
	var src strings.Builder
	for src.Len() <= vm.options.MaxSource {
		L.Push(fn)
		L.Call(0, 1)
		piece := L.Get(-1)
		L.Pop(1)
		if piece != lua.LNil && !lua.LVCanConvToString(piece) {
			return pushNil(L, "reader function must return a string")
		}
		s := lua.LVAsString(piece)
		if s == "" {
			break
		}
		src.WriteString(s)
	}
	return vm.loadChunk(L, name, src.String())
}

func (vm *VM) baseLoadfile(L *lua.LState) int {
	path := vm.optString(L, 1, "")
	src, err := vm.readSource(path)
	if err != nil {
		return pushNil(L, err.Error())
	}
	return vm.loadChunk(L, sourceName(path), src)
}

func (vm *VM) baseDofile(L *lua.LState) int {
	path := vm.optString(L, 1, "")
	src, err := vm.readSource(path)
	if err != nil {
		vm.raiseValue(L, lua.LString(err.Error()))
	}
	L.SetTop(0)
	if vm.loadChunk(L, sourceName(path), src) == 2 {
		vm.raiseValue(L, L.Get(-1))
	}
	L.Call(0, lua.MultRet)
	return L.GetTop()
}

func sourceName(path string) string {
	if path == "" {
		return "stdin"
	}
	return path
}

// readSource reads a file, standard input without a name, but hardly more than can be compiled. A first line
// that begins with # is for the system; its end stays, for the line numbers.
func (vm *VM) readSource(path string) (string, error) {
	file := os.Stdin
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return "", openError(path, err)
		}
		defer f.Close()
		file = f
	}
	b, err := io.ReadAll(io.LimitReader(file, int64(vm.options.MaxSource)+1))
	if err != nil {
		return "", err
	}
	src := string(b)
	if strings.HasPrefix(src, "#") {
		i := strings.IndexByte(src, '\n')
		if i < 0 {
			i = len(src)
		}
		src = src[i:]
	}
	return src, nil
}

func openError(path string, err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return errors.New("cannot open " + path + ": " + err.Error())
}

// chunkName turns what a script gives as the name of a chunk into what messages show: after = or @
// the name itself, else the chunk's first line in quotes.
func chunkName(name string) string {
	const maxLength = 40
	if strings.HasPrefix(name, "=") || strings.HasPrefix(name, "@") {
		return name[1:]
	}
	line, _, more := strings.Cut(name, "\n")
	if len(line) > maxLength {
		line, more = line[:maxLength], true
	}
	if more {
		line += "..."
	}
	return `[string "` + line + `"]`
}
