package luavm

import (
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm/internal/strftime"
)

// openOS gives the os library the clock of the VM. The rest is gopher-lua's, where scripts are trusted.
func (vm *VM) openOS(lib *lua.LTable) {
	lib.RawSetString("setenv", lua.LNil) // not in Lua
	if vm.options.Sandbox {
		for _, name := range []string{"execute", "exit", "getenv", "remove", "rename", "setlocale", "tmpname"} {
			lib.RawSetString(name, lua.LNil)
		}
	}
	vm.Register(lib, map[string]lua.LGFunction{
		"clock": vm.osClock, "date": vm.osDate, "difftime": vm.osDifftime, "time": vm.osTime,
	})
}

func (vm *VM) osClock(L *lua.LState) int {
	L.Push(lua.LNumber(vm.options.Now().Sub(vm.started).Seconds()))
	return 1
}

func (vm *VM) osDifftime(L *lua.LState) int {
	later, earlier := vm.argNumber(L, 1), 0.0
	if L.Get(2) != lua.LNil {
		earlier = vm.argNumber(L, 2)
	}
	L.Push(lua.LNumber(later - earlier))
	return 1
}

func (vm *VM) osTime(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		L.Push(lua.LNumber(vm.options.Now().Unix()))
		return 1
	}
	tb := vm.argTable(L, 1)
	sec, minute := vm.dateField(L, tb, "sec", 0), vm.dateField(L, tb, "min", 0)
	hour, day := vm.dateField(L, tb, "hour", 12), vm.dateField(L, tb, "day", missing)
	month, year := vm.dateField(L, tb, "month", missing), vm.dateField(L, tb, "year", missing)
	t := time.Date(year, time.Month(month), day, hour, minute, sec, 0, vm.options.Location)
	L.Push(lua.LNumber(t.Unix()))
	return 1
}

// missing marks fields of a date that have no default.
const missing = -1 << 31

func (vm *VM) dateField(L *lua.LState, tb *lua.LTable, name string, absent int) int {
	v, ok := toNumber(L.GetField(tb, name))
	switch {
	case ok:
		return int(int32(toInt(v)))
	case absent == missing:
		vm.RaiseError(L, "field '%s' missing in date table", name)
	}
	return absent
}

func (vm *VM) osDate(L *lua.LState) int {
	layout := vm.optString(L, 1, "%c")
	t := vm.options.Now()
	if L.Get(2) != lua.LNil {
		t = time.Unix(toInt64(vm.argNumber(L, 2)), 0)
	}
	layout, utc := strings.CutPrefix(layout, "!")
	if utc {
		t = t.UTC()
	} else {
		t = t.In(vm.options.Location)
	}
	if strings.HasPrefix(layout, "*t") {
		L.Push(dateTable(L, t))
		return 1
	}
	vm.chargeBytes(L, 8*len(layout))
	L.Push(lua.LString(strftime.Format(layout, t)))
	return 1
}

func dateTable(L *lua.LState, t time.Time) *lua.LTable {
	tb := L.CreateTable(0, 9)
	set := func(name string, v int) { tb.RawSetString(name, lua.LNumber(v)) }
	set("year", t.Year())
	set("month", int(t.Month()))
	set("day", t.Day())
	set("hour", t.Hour())
	set("min", t.Minute())
	set("sec", t.Second())
	set("wday", int(t.Weekday())+1)
	set("yday", t.YearDay())
	tb.RawSetString("isdst", lua.LBool(t.IsDST()))
	return tb
}
