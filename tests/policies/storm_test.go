package policies

import (
	"fmt"
	"testing"
	"time"
)

// parts is how many messages of exchanges the nodes that run have handled in their present runs.
func (w *world) parts() (n uint64) {
	for _, name := range holders {
		if e := w.Node(name).Domain.Lookup("EX::known::sync_part"); e != nil {
			n += e.Handled
		}
	}
	return n
}

// still fails unless nothing is said any more, and unless what was said since before is at most so many parts.
func (w *world) still(before, most uint64) {
	w.t.Helper()
	w.run()
	if n := w.parts(); n > before+most {
		w.t.Errorf("%d parts, at most %d were to be sent", n-before, most)
	}
	n := w.parts()
	w.advance(time.Minute)
	if m := w.parts(); m != n {
		w.t.Errorf("%d more parts in a minute in which nothing happened", m-n)
	}
}

// split is the partition of these tests.
func (w *world) split() {
	w.t.Helper()
	if err := w.Partition([]string{"worker-1", "worker-2", "proxy-1"}, []string{"worker-3", "worker-4", "proxy-2", "manager", "logger"}); err != nil {
		w.t.Fatal(err)
	}
	w.advance(15 * time.Second)
}

// TestReplicatedFull: copies that are full teach each other what they have dropped, once.
func TestReplicatedFull(t *testing.T) {
	t.Parallel()
	const policy = `set("known", "count", { max_size = 100 })`
	fill := func(w *world, on string, from, to int) {
		w.lua(on, fmt.Sprintf(`for i = %d, %d do known:add(i) end`, from, to))
	}
	t.Run("a proxy comes back", func(t *testing.T) {
		t.Parallel()
		w := eight(t, shared("replicated", policy))
		fill(w, "worker-1", 1, 150)
		fill(w, "worker-2", 1001, 1150)
		w.crash("proxy-1")
		before := w.parts()
		w.restart("proxy-1")
		w.still(before, 200)
	})
	t.Run("a partition heals", func(t *testing.T) {
		t.Parallel()
		w := eight(t, shared("replicated", policy))
		before := w.parts()
		w.split()
		fill(w, "worker-1", 1, 100)
		fill(w, "worker-3", 1001, 1100)
		w.Heal()
		w.advance(15 * time.Second)
		w.still(before, 500)
	})
}

// TestReplicatedEnds: an entry does not get its way back at each hop, and what has ended is no news.
func TestReplicatedEnds(t *testing.T) {
	t.Parallel()
	w := eight(t, shared("replicated", `set("known", "count", { create_expire = "1 min", on_change = function(what, k) if what == "new" then print(k) end end })`))
	begin := w.Now()
	for i := range 3000 {
		d := w.Node("worker-1").Domain
		d.Raise(d.Event("T::run"), luaArgs(fmt.Sprintf(`known:add(%d)`, i)))
		w.advance(time.Millisecond)
	}
	w.advance(10 * time.Millisecond)
	printed := len(w.Node("worker-2").Output())
	w.Node("proxy-1").Crash()
	w.advance(57*time.Second - (w.Now() - begin))
	if err := w.Node("proxy-1").Restart(); err != nil {
		t.Fatal(err)
	}
	w.advance(time.Minute + 3*time.Second + 100*time.Millisecond - (w.Now() - begin))
	w.equal("")
	w.advance(45 * time.Second)
	w.equal("")
	w.still(0, 1000)
	if got := w.Node("worker-2").Output()[printed:]; got != "" {
		t.Errorf("worker-2 took up again what had ended: %.100q", got)
	}
	w.quiet()
}
