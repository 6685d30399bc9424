package policies

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/sim"
)

// holders are the nodes that have copies.
var holders = []string{"manager", "proxy-1", "proxy-2", "worker-1", "worker-2", "worker-3", "worker-4"}

// equal wants the same elements, in whatever order, on all holders that run, and returns them.
func (w *world) equal(want string) {
	w.t.Helper()
	for _, name := range holders {
		if n := w.Node(name); n == nil || n.State() != sim.Running {
			continue
		}
		if got := w.elements(name, known); got != want {
			w.t.Errorf("%s has {%s}, want {%s}", name, got, want)
		}
	}
}

// TestReplicatedLateJoiner: whoever comes late gets what there is, without what was removed.
func TestReplicatedLateJoiner(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someSet))
	w.lua("worker-1", `known:add(addr "10.0.0.1", addr "10.0.0.2", addr "10.0.0.3")`)
	w.lua("worker-2", `known:remove(addr "10.0.0.2")`)
	for _, name := range holders {
		w.crash(name)
		w.restart(name)
		w.equal("10.0.0.1 10.0.0.3")
	}
	w.crash("worker-3", "proxy-1", "manager")
	w.lua("worker-1", `known:add(addr "10.0.0.4")`)
	w.restart("worker-3") // from proxy-2 alone
	w.equal("10.0.0.1 10.0.0.3 10.0.0.4")
	w.restart("manager", "proxy-1")
	w.equal("10.0.0.1 10.0.0.3 10.0.0.4")
	w.quiet()
}

// TestReplicatedManagerAway: nothing depends on the manager while there are proxies.
func TestReplicatedManagerAway(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someSet))
	w.crash("manager")
	w.lua("worker-1", `known:add(addr "10.0.0.1")`)
	w.lua("worker-2", `known:add(addr "10.0.0.2")`)
	w.equal("10.0.0.1 10.0.0.2")
	w.restart("manager")
	w.equal("10.0.0.1 10.0.0.2")
	w.quiet()
}

// TestReplicatedProxiesAway: then it is the manager who passes on.
func TestReplicatedProxiesAway(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someSet))
	w.crash("proxy-1", "proxy-2")
	w.lua("worker-1", `known:add(addr "10.0.0.1")`)
	w.lua("manager", `known:add(addr "10.0.0.2")`)
	w.equal("10.0.0.1 10.0.0.2")
	w.restart("proxy-1", "proxy-2")
	w.equal("10.0.0.1 10.0.0.2")
	w.quiet()
}

// TestReplicatedRelayDies: a proxy that dies with changes that it was to pass on.
func TestReplicatedRelayDies(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someSet))
	for i := 1; i <= 6; i++ {
		n := w.Node("worker-1").Domain
		n.Raise(n.Event("T::run"), luaArgs(fmt.Sprintf(`known:add(addr "10.0.0.%d")`, i)))
	}
	w.advance(500 * time.Microsecond) // they are on the wires, which take a millisecond
	w.crash("proxy-1")
	w.equal("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6")
	w.quiet()
}

// TestReplicatedPartition: both sides go on, and are equal when it is over and quiet.
func TestReplicatedPartition(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someSet))
	w.lua("worker-1", `known:add(addr "10.0.0.1", addr "10.0.0.2")`)
	here, there := []string{"worker-1", "worker-2", "proxy-1"}, []string{"worker-3", "worker-4", "proxy-2", "manager", "logger"}
	if err := w.Partition(here, there); err != nil {
		t.Fatal(err)
	}
	w.advance(15 * time.Second)
	w.lua("worker-1", `known:add(addr "10.0.0.3") known:remove(addr "10.0.0.1")`)
	w.lua("worker-3", `known:add(addr "10.0.0.4") known:remove(addr "10.0.0.2")`)
	w.advance(time.Second)
	w.lua("worker-4", `known:add(addr "10.0.0.2")`) // the removal is older
	for name, want := range map[string]string{
		"worker-2": "10.0.0.2 10.0.0.3", "proxy-1": "10.0.0.2 10.0.0.3",
		"worker-3": "10.0.0.1 10.0.0.2 10.0.0.4", "manager": "10.0.0.1 10.0.0.2 10.0.0.4",
	} {
		if got := w.elements(name, known); got != want {
			t.Errorf("apart, %s has {%s}, want {%s}", name, got, want)
		}
	}
	w.Heal()
	w.advance(15 * time.Second)
	w.equal("10.0.0.2 10.0.0.3 10.0.0.4")
	w.quiet()
}

// TestReplicatedMap: of two values set apart the later one stands, and of two at one time that of the greater name.
func TestReplicatedMap(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someMap))
	set := func(on string, port, value int) {
		w.lua(on, fmt.Sprintf(`known:set(tuple(addr "10.0.0.1", port(%d, "tcp")), %d)`, port, value))
	}
	set("worker-1", 1, 1)
	set("worker-2", 1, 2)
	w.equal("[10.0.0.1, 1/tcp] = 2")
	if err := w.Partition([]string{"worker-4"}, []string{"worker-1", "worker-2", "worker-3", "proxy-1", "proxy-2", "manager", "logger"}); err != nil {
		t.Fatal(err)
	}
	w.advance(15 * time.Second)
	set("worker-1", 1, 3)
	set("worker-1", 2, 1)
	set("worker-1", 3, 100)
	w.advance(time.Second)
	set("worker-4", 1, 4)
	w.advance(time.Second)
	set("worker-1", 2, 2)
	set("worker-4", 3, 400) // its clock stands where worker-1's stood, which does not matter: later is greater
	w.Heal()
	w.advance(15 * time.Second)
	w.equal("[10.0.0.1, 1/tcp] = 4 [10.0.0.1, 2/tcp] = 2 [10.0.0.1, 3/tcp] = 400")

	for _, on := range []string{"worker-3", "worker-2"} { // at one moment, in the order that would lose
		d := w.Node(on).Domain
		d.Raise(d.Event("T::run"), luaArgs(fmt.Sprintf(`known:set(tuple(addr "10.0.0.1", port "1/tcp"), %s)`, on[len("worker-"):])))
	}
	w.run()
	w.equal("[10.0.0.1, 1/tcp] = 3 [10.0.0.1, 2/tcp] = 2 [10.0.0.1, 3/tcp] = 400")
	w.quiet()
}

// TestReplicatedSkew: a writer whose clock is behind still replaces what it has seen.
func TestReplicatedSkew(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someSet))
	w.Node("worker-2").Skew(-time.Hour)
	w.advance(time.Second)
	w.lua("worker-1", `known:add(addr "10.0.0.1")`)
	w.lua("worker-2", `known:remove(addr "10.0.0.1")`)
	w.equal("")
	w.lua("worker-2", `known:add(addr "10.0.0.1")`)
	w.equal("10.0.0.1")
	w.quiet()
}

// TestReplicatedExpiry: who comes late does not keep entries longer than those whom it has them from, and nobody takes up
// what has ended.
func TestReplicatedExpiry(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someSet))
	w.lua("worker-1", `known:add(addr "10.0.0.1")`)
	w.advance(12 * time.Hour)
	w.lua("worker-1", `known:add(addr "10.0.0.2")`)
	w.crash("worker-3")
	w.restart("worker-3")
	w.equal("10.0.0.1 10.0.0.2")
	w.advance(12 * time.Hour)
	w.equal("10.0.0.2")
	w.crash("worker-3")
	w.restart("worker-3")
	w.equal("10.0.0.2")
	w.advance(12 * time.Hour)
	w.equal("")
	for _, name := range holders { // nor does anything of them stay behind
		if got := w.elements(name, "EX::known::sync_stamps"); got != "" {
			t.Errorf("%s has kept the stamps {%s}", name, got)
		}
	}
	w.quiet()
}

// TestReplicatedMany: what is handed to a late one comes in parts, none of them large, and is all of it.
func TestReplicatedMany(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", `map("known", "string", "string")`))
	const n = 3000
	for i := range 3 {
		w.lua("worker-1", fmt.Sprintf(`for i = 1, %d do known:set(("%%d-%%d"):format(%d, i), ("x"):rep(i %% 100)) end`, n/3, i))
	}
	w.lua("worker-1", `known:set("large", ("x"):rep(100000))`)
	w.lua("worker-2", `for i = 1, 500 do known:remove("0-" .. i) end`)
	w.crash("worker-4")
	w.restart("worker-4")
	want := fmt.Sprint(n - 500 + 1)
	for _, name := range holders {
		if got := w.lua(name, `print(#known, known:get("2-77") == ("x"):rep(77), #known:get("large"), known:has("0-500"))`); got != want+"\ttrue\t100000\tfalse" {
			t.Errorf("%s: %s", name, got)
		}
	}
	parts := w.Node("worker-4").Domain.Lookup("EX::known::sync_part").Handled
	if parts < 3*n/256 { // of two proxies and the manager
		t.Errorf("all came in %d parts", parts)
	}
	w.quiet()
}

// TestReplicatedRandomly changes, cuts, crashes and heals at random; in the end all are equal.
func TestReplicatedRandomly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := eight(t, shared("replicated", `map("known", "count", "count")`))
		down := ""
		for range 60 {
			on := holders[r.IntN(len(holders))]
			if on == down {
				continue
			}
			code := fmt.Sprintf(`known:set(%d, %d)`, r.IntN(20), r.IntN(1000))
			if r.IntN(3) == 0 {
				code = fmt.Sprintf(`known:remove(%d)`, r.IntN(20))
			}
			d := w.Node(on).Domain
			d.Raise(d.Event("T::run"), luaArgs(code))
			w.advance(time.Duration(r.IntN(3000)) * time.Microsecond)
			switch r.IntN(8) {
			case 0:
				names := slices.Clone(holders)
				r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
				if err := w.Partition(names[:3], names[3:]); err != nil {
					t.Fatal(err)
				}
				w.advance(time.Duration(r.IntN(20)) * time.Second)
			case 1:
				w.Heal()
				w.advance(time.Duration(r.IntN(5)) * time.Second)
			case 2:
				if down == "" {
					down = on
					w.Node(on).Crash()
				} else if err := w.Node(down).Restart(); err != nil {
					t.Fatal(err)
				} else {
					down = ""
				}
				w.advance(time.Duration(r.IntN(20)) * time.Second)
			}
		}
		w.Heal()
		if down != "" {
			w.restart(down)
		}
		w.advance(time.Minute)
		want := w.elements("manager", known)
		if !strings.Contains(want, " = ") {
			t.Errorf("seed %d: nothing is left to compare", seed)
		}
		w.equal(want)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		w.quiet("no node of the pool is up")
	}
}

// TestReplicatedAgain: to add what is there is a change when it comes to what was removed elsewhere meanwhile.
func TestReplicatedAgain(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someMap))
	const key = `tuple(addr "10.0.0.1", port "80/tcp")`
	w.lua("worker-1", `known:set(`+key+`, 1)`)
	w.split()
	w.lua("worker-3", `known:remove(`+key+`)`)
	w.advance(time.Second)
	w.lua("worker-1", `known:set(`+key+`, 1)`)
	w.Heal()
	w.advance(15 * time.Second)
	w.equal("[10.0.0.1, 80/tcp] = 1")

	w.Node("worker-3").Skew(-time.Hour) // who removes has not heard of the other one's later addition
	w.advance(time.Second)
	w.lua("worker-2", `known:set(`+key+`, 1)`)
	before := w.Node("worker-4").Domain.Lookup("EX::known::sync_set").Handled
	w.lua("worker-3", `known:remove(`+key+`)`)
	w.equal("[10.0.0.1, 80/tcp] = 1")
	if n := w.Node("worker-4").Domain.Lookup("EX::known::sync_set").Handled - before; n != 1 {
		t.Errorf("worker-4 was told %d times", n)
	}
	w.lua("worker-3", `known:remove(`+key+`)`) // now it has
	w.equal("")
	w.quiet()
}

// TestReplicatedForgets: what was removed is known for as long as it is to be, by whomever it was learned from.
func TestReplicatedForgets(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someSet), "Sync::keep_removed=1 min")
	w.lua("worker-1", `known:add(addr "10.0.0.1") known:remove(addr "10.0.0.1")`)
	w.crash("worker-4", "proxy-1")
	w.restart("worker-4", "proxy-1")
	if got := w.elements("worker-4", "EX::known::sync_removed"); !strings.HasPrefix(got, "[10.0.0.1] = ") {
		t.Errorf("worker-4 does not know what was removed: {%s}", got)
	}
	w.advance(50 * time.Second)
	for _, name := range holders {
		if got := w.elements(name, "EX::known::sync_removed"); got != "" {
			t.Errorf("%s still knows {%s}", name, got)
		}
	}
	w.quiet()
}

// TestReplicatedFuture: what a member writes with a time that is days ahead does not count, so that its key can be changed.
func TestReplicatedFuture(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", someSet))
	w.Node("worker-4").Skew(48 * time.Hour)
	w.advance(time.Second)
	w.lua("worker-4", `known:add(addr "10.0.0.1")`)
	w.want(known, map[string]string{"worker-4": "10.0.0.1"})
	w.lua("worker-1", `known:add(addr "10.0.0.1") known:remove(addr "10.0.0.1")`)
	w.want(known, map[string]string{"worker-4": "10.0.0.1"})
	w.Node("worker-3").Skew(23 * time.Hour)
	w.advance(time.Second)
	w.lua("worker-3", `known:add(addr "10.0.0.2")`)
	for _, on := range []string{"manager", "proxy-1", "worker-1"} {
		if got := w.elements(on, known); got != "10.0.0.2" {
			t.Errorf("%s has {%s}", on, got)
		}
	}
}
