package prefix

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

func ids(es []Entry[string]) []ID {
	var out []ID
	for _, e := range es {
		out = append(out, e.ID)
	}
	return out
}

func TestMatch(t *testing.T) {
	var tr Tree[string]
	for _, in := range []struct {
		id     ID
		prefix string
	}{
		{4, ""}, {3, "a"}, {3, "al"}, {2, "b"}, {1, "zeek/cluster/node/worker-1/"}, {5, "zeek/cluster/node/worker-10/"}, {6, "/foo"},
	} {
		if !tr.Insert(in.prefix, in.id, fmt.Sprint("r", in.id)) {
			t.Errorf("%q for %d: not new", in.prefix, in.id)
		}
	}
	for _, c := range []struct {
		name, topic string
		want        []ID
	}{
		{"nested prefixes count once", "alice", []ID{3, 4}},
		{"outer prefix only", "amy", []ID{3, 4}},
		{"another branch", "bob", []ID{2, 4}},
		{"only the empty prefix", "carl", []ID{4}},
		{"empty topic", "", []ID{4}},
		{"node topic ends with a separator", "zeek/cluster/node/worker-1/x", []ID{1, 4}},
		{"its longer neighbour", "zeek/cluster/node/worker-10/x", []ID{4, 5}},
		{"shorter than the prefix", "zeek/cluster/node/worker-1", []ID{4}},
		{"no separator logic", "/foobar", []ID{4, 6}},
	} {
		if got := ids(tr.Match(nil, []byte(c.topic))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q: got %v, want %v", c.name, c.topic, got, c.want)
		}
	}
	if tr.Len() != 7 {
		t.Errorf("%d pairs, want 7", tr.Len())
	}
}

func TestInsertRemoveTwice(t *testing.T) {
	var tr Tree[string]
	tr.Insert("x", 1, "old")
	if tr.Insert("x", 1, "new") {
		t.Error("the second insertion says it is new")
	}
	if got := tr.Match(nil, []byte("xy")); len(got) != 1 || got[0].Receiver != "new" {
		t.Errorf("got %v, want the new receiver once", got)
	}
	for _, wrong := range []string{"", "y", "xx"} {
		if tr.Remove(wrong, 1) {
			t.Errorf("%q was never inserted and could be removed", wrong)
		}
	}
	if tr.Remove("x", 2) || !tr.Remove("x", 1) || tr.Remove("x", 1) {
		t.Error("removing does not tell what was there")
	}
	if tr.Len() != 0 || len(tr.root.kids) != 0 {
		t.Errorf("%d pairs and %d children left", tr.Len(), len(tr.root.kids))
	}
}

func TestMatchAppends(t *testing.T) {
	var tr Tree[string]
	tr.Insert("a", 1, "one")
	tr.Insert("", 2, "two")
	dst := []Entry[string]{{ID: 9}, {ID: 9}}
	if got := ids(tr.Match(dst, []byte("abc"))); !slices.Equal(got, []ID{9, 9, 1, 2}) {
		t.Errorf("got %v; what was there must stay", got)
	}
}

// checkShape fails if a node carries nothing and should have been joined, or if a child is out of place.
func checkShape(t testing.TB, n *node[string], root bool) int {
	t.Helper()
	total := len(n.set)
	if !root && (n.label == "" || len(n.set) == 0 && len(n.kids) < 2) {
		t.Fatalf("node %q with %d children carries nothing", n.label, len(n.kids))
	}
	if len(n.first) != len(n.kids) || !slices.IsSorted(n.first) {
		t.Fatalf("node %q: first bytes %q for %d children", n.label, n.first, len(n.kids))
	}
	for i, k := range n.kids {
		if k.label[0] != n.first[i] {
			t.Fatalf("child %q is filed under %q", k.label, n.first[i])
		}
		total += checkShape(t, k, false)
	}
	return total
}

// model is the naive index: a list of pairs.
type model map[string]map[ID]bool

func (m model) match(topic string) []ID {
	var out []ID
	for p, set := range m {
		if strings.HasPrefix(topic, p) {
			for id := range set {
				out = append(out, id)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// play turns bytes into operations on a tree and a model, and compares.
func play(t testing.TB, script []byte) {
	var tr Tree[string]
	m := model{}
	for len(script) >= 3 {
		op, id, n := script[0], ID(script[1]%8), min(int(script[2]%7), len(script)-3)
		p := string(script[3 : 3+n])
		script = script[3+n:]
		if op%3 != 2 {
			if m[p] == nil {
				m[p] = map[ID]bool{}
			}
			if got := tr.Insert(p, id, "r"); got == m[p][id] {
				t.Fatalf("insert %q for %d: new %v", p, id, got)
			}
			m[p][id] = true
		} else {
			if got := tr.Remove(p, id); got != m[p][id] {
				t.Fatalf("remove %q from %d: %v", p, id, got)
			}
			delete(m[p], id)
		}
		for _, topic := range []string{p, p + "x", p + string(script[:min(3, len(script))])} {
			if got, want := ids(tr.Match(nil, []byte(topic))), m.match(topic); !slices.Equal(got, want) {
				t.Fatalf("after %q for %d, topic %q: got %v, want %v", p, id, topic, got, want)
			}
		}
		if got := checkShape(t, &tr.root, true); got != tr.Len() {
			t.Fatalf("%d pairs in the tree, Len says %d", got, tr.Len())
		}
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		script := make([]byte, 600)
		for i := range script {
			script[i] = byte(r.IntN(4)) // few letters, so that prefixes meet
		}
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { play(t, script) })
	}
}

func FuzzTree(f *testing.F) {
	f.Add([]byte("\x00\x01\x03abc\x00\x02\x02ab\x02\x01\x03abc"))
	f.Add([]byte("\x00\x01\x00\x00\x01\x01a\x02\x01\x00"))
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 2000 {
			t.Skip("the model is quadratic")
		}
		play(t, script)
	})
}

func TestMatchAllocates(t *testing.T) {
	var tr Tree[string]
	for i := range 100 {
		tr.Insert(fmt.Sprintf("zeek/%d/", i%10), ID(i), "r")
		tr.Insert("zeek/", ID(100-i), "r")
	}
	dst := make([]Entry[string], 0, 256)
	topic := []byte("zeek/3/scan")
	if n := testing.AllocsPerRun(100, func() { dst = tr.Match(dst[:0], topic) }); n != 0 {
		t.Errorf("a match allocates %v times", n)
	}
}

// TestLabelsAreCopies: a short prefix cut out of a long message must not keep the message.
func TestLabelsAreCopies(t *testing.T) {
	long := strings.Repeat("x", 100)
	var tr Tree[string]
	tr.Insert(long[:3], 1, "r")
	if unsafe.StringData(tr.root.kids[0].label) == unsafe.StringData(long) {
		t.Error("the label aliases the prefix it was made from")
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprintf("prefixes=%d", n), func(b *testing.B) {
			var tr Tree[string]
			topics := make([][]byte, 256)
			r := rand.New(rand.NewPCG(1, uint64(n)))
			for i := range n {
				tr.Insert(fmt.Sprintf("zeek/cluster/node/worker-%d/", i), ID(i), "r")
			}
			for i := range topics {
				topics[i] = fmt.Appendf(nil, "zeek/cluster/node/worker-%d/ping", r.IntN(n))
			}
			var dst []Entry[string]
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				dst = tr.Match(dst[:0], topics[i&255])
				i++
			}
			if len(dst) != 1 {
				b.Fatalf("%d receivers, want 1", len(dst))
			}
		})
	}
	b.Run("receivers=100", func(b *testing.B) {
		var tr Tree[string]
		for i := range 100 {
			tr.Insert("zeek/", ID(i), "r")
		}
		topic := []byte("zeek/scan")
		var dst []Entry[string]
		b.ReportAllocs()
		for b.Loop() {
			dst = tr.Match(dst[:0], topic)
		}
	})
}
