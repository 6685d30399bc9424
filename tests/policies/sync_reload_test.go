package policies

import (
	"os"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/node"
)

// reload gives nodes a policy that is Lua, one after the other; without names all holders.
func (w *world) reload(policy string, names ...string) {
	w.t.Helper()
	if len(names) == 0 {
		names = holders
	}
	if err := os.WriteFile(w.file, []byte(policy), 0o600); err != nil {
		w.t.Fatal(err)
	}
	for _, name := range names {
		told := false
		w.Node(name).Reload(node.ReloadOptions{}, func(_ node.ReloadReport, err error) {
			if told = true; err != nil {
				w.t.Errorf("%s: reload: %v", name, err)
			}
		})
		w.run()
		if !told {
			w.t.Errorf("%s was not reloaded", name)
		}
	}
}

// TestReplicatedIntroduced: a reload that begins to share a container shares what is there.
func TestReplicatedIntroduced(t *testing.T) {
	t.Parallel()
	const alone = "local known = namespace \"EX\":set(\"known\", \"count\")\n" + runs
	const with = "local known = sync.replicated(namespace \"EX\":set(\"known\", \"count\"))\n" + runs
	w := eight(t, alone)
	for i, name := range holders {
		w.lua(name, "known:add("+string(rune('1'+i))+")")
	}
	w.reload(with, "worker-1", "proxy-1")
	w.lua("worker-1", `known:remove(2)`) // proxy-1's
	w.reload(with, "manager", "proxy-2", "worker-2", "worker-3", "worker-4")
	for _, name := range holders {
		if got := w.lua(name, `local all = {} for i = 1, 9 do all[i] = known:has(i) and i or "-" end print(table.concat(all, " "))`); got != "1 - 3 4 5 6 7 - -" {
			t.Errorf("%s has %s", name, got)
		}
	}
	before := w.parts()
	w.reload(with, "worker-1", "manager")
	if n := w.parts() - before; w.parts() > before {
		t.Errorf("a reload that brings nothing leads to %d parts", n)
	}
	w.reload(alone) // the stamps are no loss
	w.lua("worker-1", `known:remove(1)`)
	w.reload(with)
	w.still(0, 1000)
	w.quiet("and no script here knows it") // from those who share it already
}

// TestReplicatedBody: what the body of a file adds comes back neither with a reload nor with a restart when it was removed,
// and is told when it is new.
func TestReplicatedBody(t *testing.T) {
	t.Parallel()
	policy := shared("replicated", `map("known", "string", "string", { create_expire = "1 hour" })) known:set("a", "body") known:set("b", "body"`)
	w := eight(t, policy)
	w.equal("[a] = body [b] = body")
	w.lua("worker-3", `known:remove("a") known:set("b", "set")`)
	w.equal("[b] = set")
	w.reload(policy, "worker-1")
	w.equal("[b] = set")
	w.crash("worker-4")
	w.restart("worker-4")
	w.equal("[b] = set")
	w.reload(strings.ReplaceAll(policy, `"b", "body"`, `"c", "new"`), "worker-2")
	w.equal("[b] = set [c] = new")
	w.advance(time.Hour)
	w.advance(time.Minute)
	w.equal("")
	w.quiet()
}
