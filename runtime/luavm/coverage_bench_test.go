package luavm

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// BenchmarkCoverage runs the same with and without counters: what a policy does for an event, and loops that hardly do
// anything but be counted.
func BenchmarkCoverage(b *testing.B) {
	for _, c := range []struct{ name, src string }{
		{"handler", `
local seen, alerts, threshold = {}, {}, 1e9
local function key(orig, resp, port)
  return orig .. ">" .. resp .. ":" .. port
end
local function note(k, count)
  if count % 1000 == 0 then
    alerts[k] = (alerts[k] or 0) + 1
  end
end
return function(orig, resp, port)
  if not orig or not resp then return end
  local k = key(orig, resp, port)
  local s = seen[k]
  if not s then
    s = { count = 0, ports = {} }
    seen[k] = s
  end
  s.count = s.count + 1
  if port < 1024 then
    s.ports[port] = true
  elseif port == 8080 then
    s.proxy = true
  end
  local n = 0
  for p in pairs(s.ports) do
    n = n + 1
  end
  if s.count > threshold and n > 3 then
    note(k, s.count)
    s.count = 0
  end
  return n
end`},
		{"strings", `
return function(orig, resp, port)
  local fields = {}
  for name, value in ("a=1;b=2;c=3"):gmatch("(%w+)=(%w+)") do
    fields[name] = tonumber(value)
  end
  local out = string.format("%s %s %d", orig, resp, port)
  return out:upper()
end`},
		{"counting loop", `
return function()
  local s = 0
  for i = 1, 1000 do
    s = s + i
  end
  return s
end`},
		{"moves in a loop", `
return function()
  local a, b, c = 1, 2, 3
  for i = 1, 1000 do
    a = b
    b = c
    c = a
  end
end`},
		{"calls", `
local function f(n)
  return n
end
return function()
  for i = 1, 1000 do
    f(i)
  end
end`},
	} {
		args := []lua.LValue{lua.LString("10.0.0.1"), lua.LString("10.0.0.2"), lua.LNumber(80)}
		for _, counted := range []bool{false, true} {
			options, name := Options{Budget: 1 << 40}, c.name+"/plain"
			if counted {
				options.Coverage, name = NewCoverage(nil), c.name+"/counted"
			}
			b.Run(name, func(b *testing.B) {
				vm := New(options)
				fn := loadFunction(b, vm, c.src)
				b.ReportAllocs()
				for b.Loop() {
					if err := vm.CallHandler(fn, args); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
