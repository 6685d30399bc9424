package policies

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"moonpeer/runtime/sim"
)

var restSeeds = flag.Uint64("rest.seeds", 2, "how many seeds TestReplicatedRest runs for each container")

// TestReplicatedRest changes, crashes, restarts, cuts and heals at random, with containers that are full, expire and forget.
// When it is over all comes to rest after a bounded number of messages, and what has no bound is equal everywhere.
func TestReplicatedRest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, make string
		equal      bool
		set        []string
	}{
		{"set", `set("known", "count")`, true, nil},
		{"map", `map("known", "count", "count")`, true, nil},
		{"expiring set", `set("known", "count", { create_expire = "10 s" })`, true, nil},
		{"expiring map", `map("known", "count", "count", { create_expire = "20 s" })`, true, []string{"Sync::keep_removed=5 s"}},
		{"small set", `set("known", "count", { max_size = 10 })`, false, nil},
		{"small map", `map("known", "count", "count", { max_size = 15, create_expire = "15 s" })`, false, []string{"Sync::keep_removed=3 s"}},
		{"kept set", `set("known", "count", { create_expire = "5 s", max_size = 20, on_expire = function(k) if k % 3 == 0 then return 7 end end })`, false, nil},
	} {
		t.Run(strings.ReplaceAll(tt.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			for seed := range *restSeeds {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					w := eight(t, shared("replicated", tt.make), tt.set...)
					u := unrest{world: w, r: rand.New(rand.NewPCG(seed, 3)), isMap: strings.HasPrefix(tt.make, "map")}
					for range 80 {
						u.step()
					}
					u.end(tt.equal)
				})
			}
		})
	}
}

// unrest is what happens to a cluster.
type unrest struct {
	*world
	r     *rand.Rand
	isMap bool
}

// pause has so much time pass at most.
func (u *unrest) pause(most time.Duration) { u.advance(time.Duration(u.r.Int64N(int64(most)))) }

// step has a few changes made and perhaps something fail or come back.
func (u *unrest) step() {
	for range 1 + u.r.IntN(3) {
		n := u.Node(holders[u.r.IntN(len(holders))])
		if n.State() == sim.Running {
			n.Domain.Raise(n.Domain.Event("T::run"), luaArgs(u.change()))
		}
		u.pause(3 * time.Millisecond)
	}
	name := holders[u.r.IntN(len(holders))]
	switch u.r.IntN(12) {
	case 0, 1:
		names := slices.Clone(holders)
		u.r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		u.Heal() // cuts add up
		cut := 1 + u.r.IntN(len(names)-1)
		if err := u.Partition(names[:cut], names[cut:]); err != nil {
			u.t.Fatal(err)
		}
		u.pause(15 * time.Second)
	case 2, 3:
		u.Heal()
		u.pause(5 * time.Second)
	case 4:
		u.Node(name).Crash()
		u.pause(12 * time.Second)
	case 5, 6, 7:
		u.revive()
		u.pause(5 * time.Second)
	}
}

// change is Lua that changes some keys.
func (u *unrest) change() string {
	k := u.r.IntN(60)
	switch {
	case u.r.IntN(3) == 0:
		return fmt.Sprintf(`known:remove(%d)`, k)
	case u.isMap:
		return fmt.Sprintf(`for i = %d, %d do known:set(i, %d) end`, k, k+u.r.IntN(8), u.r.IntN(3))
	}
	return fmt.Sprintf(`for i = %d, %d do known:add(i) end`, k, k+u.r.IntN(8))
}

func (u *unrest) revive() {
	for _, name := range holders {
		if n := u.Node(name); n.State() != sim.Running {
			if err := n.Restart(); err != nil {
				u.t.Fatal(err)
			}
		}
	}
}

// end heals everything and looks at what is left.
func (u *unrest) end(equal bool) {
	u.t.Helper()
	u.Heal()
	u.revive()
	before := u.parts()
	// Each of the 14 links is made once more at most, asked for from both ends, and shows less than 256 entries: one part,
	// which leads to at most 19 further ones. Whoever was linked all along has none.
	u.advance(16 * time.Second)
	u.still(before, 2*14*(1+19))
	if !equal {
		return
	}
	u.equal(u.elements("manager", known))
	for i := range 3 { // with something to compare, also if all has ended
		n := u.Node(holders[i])
		n.Domain.Raise(n.Domain.Event("T::run"), luaArgs(u.change()))
	}
	u.run()
	u.equal(u.elements("manager", known))
	u.quiet("no node of the pool is up")
}
