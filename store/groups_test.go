package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"moonpeer/net/step"
)

// settleOne makes the oldest group durable only.
func (d *disk) settleOne() {
	if len(d.tokens) == 0 {
		return
	}
	t := d.tokens[0]
	d.durable = append(d.durable, bytes.Clone(d.waiting[0]))
	d.tokens, d.waiting = d.tokens[1:], d.waiting[1:]
	d.m.Input(step.DiskDone{Token: t})
}

// TestGroups: several groups are under way; nothing is seen that is not durable, and copies are equal in the end.
func TestGroups(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		w := newWorld(t)
		w.room = r.IntN(2) * 2
		a, b := w.end(), w.end()
		d := &disk{w: w}
		m := a.stored("test", d, true)
		c := b.clone("test", CloneOptions{})
		var rs []*answer
		for i := range 300 {
			if i%60 == 10 {
				w.connect(a, b)
			}
			if i%60 == 55 {
				w.cut(a, b)
			}
			do(m, put(fmt.Sprint("k", r.IntN(300)), fmt.Sprint(i, string(make([]byte, 2000)))))
			rs = append(rs, do(m, put(fmt.Sprint("own", i), "x")))
			w.turn()
			if r.IntN(3) > 0 {
				d.settleOne()
			}
			onDisk := map[string]bool{}
			for _, g := range d.durable {
				for j := range rs {
					k := text(fmt.Sprint("own", j))
					if bytes.Contains(g, k) {
						onDisk[string(k)] = true
					}
				}
			}
			for j, x := range rs {
				k := text(fmt.Sprint("own", j))
				if x.n > 0 && !onDisk[string(k)] {
					t.Fatalf("seed %d: write %d is answered and not on disk", seed, j)
				}
				if _, _, has := c.table.Get(k); has && !onDisk[string(k)] {
					t.Fatalf("seed %d: write %d is at a clone and not on disk", seed, j)
				}
			}
			if seed > 5 && i > 100 {
				break
			}
		}
		w.cut(a, b)
		w.connect(a, b)
		w.room, d.auto = 0, true
		w.run()
		if show(c) != show(m) {
			t.Fatalf("seed %d: they differ", seed)
		}
	}
}
