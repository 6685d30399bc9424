package stranger

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// visit is one half-open connection in the model, which is a plain list of them.
type visit struct {
	source   string
	verified bool
	leave    func()
}

// sources are a few that meet in each other, with the source each one counts for.
var sources = []struct{ addr, source string }{
	{"192.0.2.1", "a"}, {"::ffff:192.0.2.1", "a"}, {"192.0.2.2", "b"}, {"2001:db8::1", "c"}, {"2001:db8::2", "c"},
	{"2001:db8:0:1::1", "d"}, {"::ffff:192.0.2.2", "b"}, {"fe80::1%lo", "e"}, {"fe80::2", "e"},
}

func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { play(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func play(t *testing.T, r *rand.Rand) {
	o := Options{Verify: 1 + r.IntN(8), Max: 1 + r.IntN(12), PerAddr: 1 + r.IntN(5)}
	l := New(o)
	var in, gone []visit
	var want Stats
	for op := range 1000 {
		switch n := r.IntN(10); {
		case n < 5:
			s := sources[r.IntN(len(sources))]
			v := visit{source: s.source, verified: r.IntN(3) > 0}
			same := 0
			for _, other := range in {
				if other.verified && other.source == v.source {
					same++
				}
			}
			full, crowded := len(in) >= o.Max, v.verified && same >= o.PerAddr
			var ok bool
			if v.leave, ok = l.Enter(netip.MustParseAddr(s.addr), v.verified); ok == (full || crowded) {
				t.Fatalf("op %d: %s verified %v: let in is %v with %d of %d in, %d of it",
					op, s.addr, v.verified, ok, len(in), o.Max, same)
			}
			switch {
			case ok:
				in = append(in, v)
			case full:
				want.Refused++
			default:
				want.Refused++
				want.PerAddrRefused++
			}
		case n < 8 && len(in) > 0:
			i := r.IntN(len(in))
			in[i].leave()
			gone = append(gone, in[i])
			in = append(in[:i], in[i+1:]...)
		case n < 9 && len(gone) > 0:
			gone[r.IntN(len(gone))].leave()
		default:
			must := len(in) >= o.Verify
			if must {
				want.Asked++
			}
			if got := l.MustVerify(); got != must {
				t.Fatalf("op %d: must verify is %v with %d half-open, from %d on", op, got, len(in), o.Verify)
			}
		}
		want.HalfOpen = len(in)
		compare(t, op, l, in, want)
	}
	for _, v := range in {
		v.leave()
	}
	want.HalfOpen = 0
	compare(t, 1000, l, nil, want)
}

// compare also looks into the map: it must hold exactly the sources that are there.
func compare(t *testing.T, op int, l *Limiter, in []visit, want Stats) {
	t.Helper()
	if got := l.Stats(); got != want {
		t.Fatalf("op %d: got %+v, want %+v", op, got, want)
	}
	there := map[string]bool{}
	for _, v := range in {
		if v.verified {
			there[v.source] = true
		}
	}
	if len(l.per) != len(there) {
		t.Fatalf("op %d: the map holds %v, want %d sources", op, l.per, len(there))
	}
}
