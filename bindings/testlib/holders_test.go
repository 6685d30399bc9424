package testlib_test

import (
	"os"
	"path/filepath"
	"testing"

	"moonpeer/bindings"
	"moonpeer/bindings/testlib"
	"moonpeer/runtime/luatest"
)

// TestHolders: c:holders leaves out the nodes where there is nothing, and those that are gone.
func TestHolders(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "holders_test.lua")
	const text = `
it("holds", function()
  local c = sim.cluster { workers = 2, lua = [[
    local EX = namespace "EX"
    EX:set("s", "count")
    EX:map("m", "string", "count")
    EX:var("v", "count?")
    EX:event("fill"):on(function()
      EX:set("s", "count"):add(7)
      EX:map("m", "string", "count"):set("a", 1)
      EX:var("v", "count?"):set(0)
    end)
  ]] }
  expect(c:holders "EX::s"):to_be_empty()
  c:node("worker-2"):raise "EX::fill"
  c:run()
  expect(c:holders "EX::s"):to_equal { ["worker-2"] = { 7 } }
  expect(c:holders "EX::m"):to_equal { ["worker-2"] = { a = 1 } }
  expect(c:holders "EX::v"):to_equal { ["worker-2"] = 0 }
  expect(function() c:holders "EX::none" end):to_raise "EX::none"
  c:node("worker-2"):kill()
  expect(c:holders "EX::s"):to_be_empty()
end)
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := bindings.TestFile(file, testlib.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if r := f.Run(&f.Tests[0], 1, false); r.Outcome != luatest.Passed {
		t.Errorf("line %d: %s", r.Failure.Line, r.Failure.Message)
	}
}
