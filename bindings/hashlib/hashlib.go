// Package hashlib is the Lua modules `hash` and `base64`.
package hashlib

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/runtime/script"
)

// Lib implements script.Module.
type Lib struct{ Space *convert.Space }

// Open predefines `hash` and `base64`.
func (l Lib) Open(d *script.Domain) error {
	sum := func(name string, f func([]byte) []byte) lua.LValue {
		return d.VM.NewFunction("hash."+name, func(L *lua.LState) int {
			s := L.CheckString(1)
			d.VM.Charge(len(s))
			L.Push(lua.LString(hex.EncodeToString(f([]byte(s)))))
			return 1
		})
	}
	d.SetModule("hash", map[string]lua.LValue{
		"sha256": sum("sha256", func(b []byte) []byte { h := sha256.Sum256(b); return h[:] }),
		"sha1":   sum("sha1", func(b []byte) []byte { h := sha1.Sum(b); return h[:] }),
		"md5":    sum("md5", func(b []byte) []byte { h := md5.Sum(b); return h[:] }),
		"fnv1a32": sum("fnv1a32", func(b []byte) []byte {
			h := fnv.New32a()
			h.Write(b)
			return h.Sum(nil)
		}),
	})
	d.SetModule("base64", map[string]lua.LValue{
		"encode": d.VM.NewFunction("base64.encode", func(L *lua.LState) int {
			L.Push(lua.LString(base64.StdEncoding.EncodeToString([]byte(L.CheckString(1)))))
			return 1
		}),
		"decode": d.VM.NewFunction("base64.decode", l.decode),
	})
	return nil
}

// decode(s) returns the bytes that s stands for, padded or not, or nil and an error.
func (l Lib) decode(L *lua.LState) int {
	s := strings.NewReplacer("\r", "", "\n", "").Replace(L.CheckString(1))
	enc := base64.StdEncoding
	if len(s)%4 != 0 {
		enc = base64.RawStdEncoding
	}
	b, err := enc.DecodeString(s)
	if err != nil {
		return l.Space.Fail(L, &broker.Error{Code: broker.InvalidData, Err: fmt.Errorf("base64.decode: %w", err)})
	}
	L.Push(lua.LString(b))
	return 1
}
