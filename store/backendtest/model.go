package backendtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"moonpeer/store/journal"
)

// game is one model test.
type game struct {
	*world
	rand   *rand.Rand
	seed   uint64
	step   int
	base   *Contents // when the store was loaded
	groups []played  // since then
	seq    uint64
}

type played struct {
	token uint64
	ops   []byte
	sync  bool
}

// RunModel plays steps random moves with seed. It is for seeds that Run's caller chooses.
func RunModel(t *testing.T, seed uint64, steps int, newDisk func(t *testing.T) Disk) {
	g := &game{world: newWorld(t, newDisk), rand: rand.New(rand.NewPCG(seed, 1)), seed: seed, base: NewContents()}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the seed was %d, the step %d", seed, g.step)
		}
	})
	for ; g.step < steps; g.step++ {
		switch n := g.rand.IntN(1000); {
		case n < 850:
			g.commit()
		case n < 940:
			g.await()
		case n < 960:
			g.reopen()
		case n < 975:
			g.crash()
		case n < 990:
			g.fault()
		default:
			g.backup()
		}
	}
	g.reopen()
}

func (g *game) lose(format string, args ...any) {
	g.Helper()
	g.Fatalf("seed %d, step %d: %s", g.seed, g.step, fmt.Sprintf(format, args...))
}

// commit plays a random group.
func (g *game) commit() uint64 {
	p := played{ops: g.group(), sync: g.rand.IntN(2) == 0}
	p.token = g.put(p.sync, p.ops)
	g.groups = append(g.groups, p)
	return p.token
}

func (g *game) group() (b []byte) {
	key := func() []byte { return key(g.rand.IntN(30)) }
	value := func() []byte {
		n := g.rand.IntN(60)
		if g.rand.IntN(40) == 0 {
			n = g.rand.IntN(20_000)
		}
		v := make([]byte, n)
		for i := range v {
			v[i] = byte(g.rand.Uint32())
		}
		return v
	}
	for range 1 + g.rand.IntN(5) {
		switch n := g.rand.IntN(100); {
		case n < 60:
			b = journal.AppendPut(b, key(), value(), int64(g.rand.IntN(3))*1e18)
		case n < 80:
			b = journal.AppendErase(b, key())
		case n < 83:
			b = journal.AppendClear(b)
		case n < 95:
			b = journal.AppendWriter(b, key(), value())
		default:
			b = journal.AppendForget(b, key())
		}
	}
	g.seq++
	return journal.AppendPosition(b, 1, g.seq)
}

// await waits for all answers, which must be good.
func (g *game) await() {
	g.Helper()
	if n := len(g.groups); n > 0 {
		if err := g.inbox.Done(g.T, g.groups[n-1].token); err != nil {
			g.lose("commit: %v", err)
		}
	}
}

// rebase forgets the groups one by one: they are in the base.
func (g *game) rebase() {
	for _, p := range g.groups {
		g.base.Apply(p.ops)
	}
	g.groups = nil
}

func (g *game) reopen() {
	g.Helper()
	g.world.reopen()
	g.rebase()
	if d := g.load().Diff(g.base); d != "" {
		g.lose("after reopening: %s", d)
	}
}

// durable counts the groups that must be there whatever happens now.
func (g *game) durable() int {
	good := map[uint64]bool{}
	for _, d := range g.inbox.Dones() {
		good[d.Token] = d.Err == nil
	}
	n := 0
	for i, p := range g.groups {
		if p.sync && good[p.token] {
			n = i + 1
		}
	}
	return n
}

// prefix finds out how many groups have survived, and that it is so many: not less than least, and none in part.
func (g *game) prefix(what string, least int) {
	g.Helper()
	got := g.load()
	for i, p := range g.groups {
		if i >= least && got.Seq == g.base.Seq {
			break
		}
		g.base.Apply(p.ops)
	}
	if d := got.Diff(g.base); d != "" {
		g.lose("after %s, of %d groups %d are durable: %s", what, len(g.groups), least, d)
	}
	g.groups = nil
}

func (g *game) crash() {
	g.Helper()
	least := g.durable()
	g.disk.Crash()
	g.open()
	g.prefix("a crash", least)
}

// fault has the disk fail for a while.
func (g *game) fault() {
	g.Helper()
	g.disk.Break(errors.New("fault of the model test"))
	for range g.rand.IntN(5) {
		g.commit()
	}
	last := played{ops: g.group(), sync: true} // the others may all be without
	last.token = g.put(true, last.ops)
	g.groups = append(g.groups, last)
	if err := g.inbox.Done(g.T, last.token); err == nil {
		g.lose("a commit to a broken disk is durable")
	}
	least := g.durable()
	g.disk.Heal()
	if g.rand.IntN(3) == 0 {
		_ = g.Close() // says what is lost
		g.open()
	}
	g.prefix("a fault", least)
}

func (g *game) backup() {
	g.Helper()
	g.await()
	path := g.disk.BackupPath()
	g.Backup(uint64(g.step), path)
	if err := g.inbox.Backup(g.T, uint64(g.step)); err != nil {
		g.lose("backup: %v", err)
	}
	b, err := g.disk.OpenBackup(path, NewInbox(), port)
	if err != nil {
		g.lose("backup: %v", err)
	}
	want := g.base.Clone()
	for _, p := range g.groups { // which need not be durable
		want.Apply(p.ops)
	}
	if d := loaded(g.T, b).Diff(want); d != "" {
		g.lose("backup: %s", d)
	}
	if err := b.Close(); err != nil {
		g.lose("backup: %v", err)
	}
}
