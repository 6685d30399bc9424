package bindings_test

import (
	"os"
	"strings"
	"testing"

	"moonpeer/runtime/node"
)

// reload gives the node another text of its script.
func (r *run) reload(src string) error {
	r.t.Helper()
	if err := os.WriteFile(r.n.Options().Scripts[0], []byte(src), 0o600); err != nil {
		r.t.Fatal(err)
	}
	var failed error
	r.n.Reload(node.ReloadOptions{}, func(_ node.ReloadReport, err error) { failed = err })
	r.turn()
	return failed
}

const keeper = `
local s
local function open()
  s = store.master "s"
  s:on_change(function(what, key, value) print("VERSION", what, key, value) end)
end
on("node_init", open)
on("node_reloaded", open)
namespace "E":event("put", "n: count"):on(function(n) s:put("k", n) end)
`

// TestStoresOutliveReloads: the new code finds the store with what is in it, and only its functions are called.
func TestStoresOutliveReloads(t *testing.T) {
	version := func(v string) string { return strings.ReplaceAll(keeper, "VERSION", v) }
	r := start(t, version("old")+`on("node_init", function() s:put("k", 1) end)`)
	if err := r.reload(version("broken") + `local x = nil .. "x"`); err == nil {
		t.Error("a body with an error was taken")
	}
	if err := r.reload(`local s = store.find "s" print("body", s:get "k") s:on_change(function(_, _, v) print("body", v) end)` + version("new") +
		`on("node_reloaded", function() s:put("k", 2) end)`); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(r.output(), "\n"), "old\tinsert\tk\t1\nbody\t1\nbody\t2\nnew\tupdate\tk\t2"; got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

// TestWaitsKeepANode: a node on its own does not end while a coroutine waits, nor while done has somebody to tell.
func TestWaitsKeepANode(t *testing.T) {
	r := start(t, `on("node_init", function()
	  local c = store.clone("c", { mutation_buffer = "5 s" })
	  async(function() print(select(2, c:put("k", 1):wait "2 s").code) end)
	  c:put("l", 1):done(function(_, err) print(err.code) end)
	end)`)
	if r.n.Finished() {
		t.Error("it is finished at once")
	}
	r.advance(3)
	if got := strings.Join(r.output(), " "); got != "REQUEST_TIMEOUT" || r.n.Finished() {
		t.Errorf("after 3 s: printed %q, finished: %v", got, r.n.Finished())
	}
	r.advance(3)
	if got := strings.Join(r.output(), " "); got != "NO_SUCH_MASTER" || !r.n.Finished() {
		t.Errorf("after 6 s: printed %q, finished: %v; reported %s", got, r.n.Finished(), r.errs.String())
	}
}
