package store

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// recorded are messages as master and clone send them.
func recorded() [][]byte {
	who := wire.Entity{Endpoint: broker.EndpointID{2, 15: 0x77}, Object: 9}
	body := func(c wire.Command) []byte {
		c.Publisher = who
		return wire.AppendCommandBody(nil, &c)
	}
	change := appendU64s([]byte{byte(msgChange)}, 2)
	write := appendU64s([]byte{byte(msgWrite)}, 1, 0)
	answer := appendU64s([]byte{byte(msgAnswer)}, 1, 1)
	return [][]byte{
		appendAttach(nil, &attach{who: who}),
		appendResume(nil, &opening{term: 1, seq: 1}),
		appendBegin(nil, &opening{term: math.MaxUint64 - 1, seq: 1, entries: math.MaxUint64}),
		append([]byte{byte(msgChunk)}, append(text("k"), text("v")...)...),
		appendU64s([]byte{byte(msgEnd)}, 1),
		append(bytes.Clone(change), body(put("k", "v"))...),
		append(bytes.Clone(change), body(erase("k"))...),
		append(bytes.Clone(change), body(wire.Command{Kind: wire.CmdClear})...),
		append(bytes.Clone(write), body(put("k", "v"))...),
		append(bytes.Clone(write), body(unique("k", "v"))...),
		append(bytes.Clone(write), body(increment("n", 1))...),
		appendOutcome(answer, &outcome{number: 1, code: broker.TypeClash, text: "no"}),
		appendRefuse(nil, broker.MasterExists, "another"),
		appendClaim(nil, who, math.MaxInt64),
		appendEntity([]byte{byte(msgLeave)}, who),
	}
}

// FuzzReceive has a peer say anything to a master and to a clone. Neither panics, and both go on.
func FuzzReceive(f *testing.F) {
	for _, m := range recorded() {
		f.Add(m, m)
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		w := newWorld(t)
		a, b, x := w.end(), w.end(), w.end()
		m := a.master("test", MasterOptions{})
		do(m, put("k", "v"))
		c := b.clone("test", CloneOptions{})
		w.connect(a, b)
		w.connect(a, x)
		w.connect(b, x)
		w.run()
		for _, payload := range [][]byte{first, second, first} {
			m.Receive(x.id, []byte(m.in), payload)
			m.Receive(b.id, []byte(m.in), payload)
			c.Receive(x.id, []byte(c.out), payload)
			c.Receive(a.id, []byte(c.out), payload)
			w.run()
		}
	})
}

// TestMutations is FuzzReceive with a fixed number of damaged messages.
func TestMutations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	all := recorded()
	for range 3000 {
		w := newWorld(t)
		a, b := w.end(), w.end()
		m := a.master("test", MasterOptions{})
		c := b.clone("test", CloneOptions{})
		w.connect(a, b)
		w.run()
		for range 6 {
			p := bytes.Clone(all[r.IntN(len(all))])
			for range r.IntN(4) {
				switch i := r.IntN(len(p)); r.IntN(3) {
				case 0:
					p[i] = byte(r.Uint32())
				case 1:
					p = append(p[:i:i], p[min(i+1+r.IntN(4), len(p)):]...)
				default:
					p = append(p[:i:i], append([]byte{byte(r.Uint32())}, p[i:]...)...)
				}
				if len(p) == 0 {
					p = []byte{0}
				}
			}
			m.Receive(b.id, []byte(m.in), p)
			c.Receive(a.id, []byte(c.out), p)
			w.run()
		}
	}
}

// TestStrangersAreBounded: attaching again and again costs the master nothing that stays.
func TestStrangersAreBounded(t *testing.T) {
	w := newWorld(t)
	a, b := w.end(), w.end()
	m := a.master("test", MasterOptions{})
	w.connect(a, b)
	for i := range uint64(maxWriters + 1000) {
		who := wire.Entity{Endpoint: b.id, Object: i + 1}
		m.Receive(b.id, []byte(m.in), appendAttach(nil, &attach{who: who}))
		c := put("k", "v")
		c.Publisher = who
		m.Receive(b.id, []byte(m.in), append(appendU64s([]byte{byte(msgWrite)}, 1, 0), wire.AppendCommandBody(nil, &c)...))
	}
	if len(m.followers) != 1 || len(m.writers) > maxWriters {
		t.Fatalf("%d clones and %d writers are remembered", len(m.followers), len(m.writers))
	}
}
