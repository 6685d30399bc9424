package table

import (
	"encoding/binary"
	"testing"
)

// key is twelve bytes, all of which differ from those of a neighbouring number.
func key(i int) []byte {
	var b [12]byte
	return fillKey(&b, i)
}

func fillKey(b *[12]byte, i int) []byte {
	binary.BigEndian.PutUint64(b[:], uint64(i)*0x9E3779B97F4A7C15)
	binary.BigEndian.PutUint32(b[8:], ^uint32(i))
	return b[:]
}

// check fails the test if the table's parts do not agree with each other.
func check(t testing.TB, tb *Table) {
	t.Helper()
	bad := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("broken table: "+format, args...)
	}
	count, expiring := 0, 0
	var size, live, memory int64
	for p, a := range tb.order {
		if tb.arenas[a.id] != a || a.seq > a.last || a.last >= tb.seq || p > 0 && tb.order[p-1].last >= a.seq {
			bad("arena %d: number %d, from %d to %d", p, a.id, a.seq, a.last)
		}
		if a != tb.tail && (a.count == 0 || a.live*2 <= a.used && !a.queued) {
			bad("arena %d: %d entries in %d of %d bytes, and not queued", p, a.count, a.live, a.used)
		}
		n, bytes, off := 0, 0, 0
		for off < a.used {
			e := entry(tb.bufs[a.id][off:])
			h := e.header()
			if at := placeOf(a.id, off); h&dead == 0 {
				n++
				bytes += h.size()
				size += h.payload()
				expiring += checkEntry(bad, tb, e, at)
			}
			off += h.size()
		}
		if n != a.count || bytes != a.live || off != a.used || a.used > len(tb.bufs[a.id]) {
			bad("arena %d: %d entries in %d of %d bytes, says %d in %d of %d", p, n, bytes, off, a.count, a.live, a.used)
		}
		count += n
		live += int64(bytes)
		memory += int64(len(tb.bufs[a.id]))
	}
	if count != tb.count || size != tb.size || live != tb.live || memory != tb.memory {
		bad("%d entries, %d bytes, %d live of %d; says %d, %d, %d, %d",
			count, size, live, memory, tb.count, tb.size, tb.live, tb.memory)
	}
	checkIndex(bad, &tb.idx, count)
	checkWheel(bad, tb, expiring)
}

// checkEntry returns 1 if the entry expires.
func checkEntry(bad func(string, ...any), tb *Table, e entry, at place) int {
	k, _ := e.bytes()
	if got, ok := tb.find(tb.tag(k), k); !ok || got != at {
		bad("key %x is found at %x, is at %x", k, got, at)
	}
	if e.header()&timed == 0 {
		return 0
	}
	if tb.wheel.node(e.node()).at != at {
		bad("node %d says %x, its entry is at %x", e.node(), tb.wheel.node(e.node()).at, at)
	}
	return 1
}

func checkIndex(bad func(string, ...any), x *index, count int) {
	used, deepest, pages := 0, 0, 0
	for i := 0; i < len(x.dir); {
		p := x.dir[i]
		n := 1 << (x.depth - p.depth())
		full := 0
		for j := range n {
			if x.dir[i+j] != p {
				bad("index: directory entry %d of %d", i+j, len(x.dir))
			}
		}
		for _, s := range p[1:] {
			if s != 0 {
				full++
				if x.page(tag(s>>placeBits)) != p {
					bad("index: tag %x in page %d", s>>placeBits, i)
				}
			}
		}
		if full != p.used() {
			bad("index: page of %d says %d", full, p.used())
		}
		if p.depth() == x.depth {
			deepest++
		}
		pages++
		used += full
		i += n
	}
	if x.dir != nil && (len(x.dir) != 1<<x.depth || deepest == 0) {
		bad("index: a directory of %d with depth %d and %d deepest pages", len(x.dir), x.depth, deepest)
	}
	if used != count || deepest != x.deepest || pages != x.pages {
		bad("index: %d of %d entries, %d pages, %d deepest, says %d and %d", used, count, pages, deepest, x.pages, x.deepest)
	}
}

func checkWheel(bad func(string, ...any), tb *Table, expiring int) {
	w := tb.wheel
	if w == nil {
		if expiring > 0 {
			bad("%d entries expire and there is no wheel", expiring)
		}
		return
	}
	linked := 0
	for b := uint32(0); b <= working; b++ {
		n := 0
		for i := w.node(b).next; i != b; i = w.node(i).next {
			n++
			e := tb.at(w.node(i).at)
			if e.node() != i || e.header()&(timed|dead) != timed {
				bad("wheel: node %d leads to %x", i, w.node(i).at)
			}
			if e.expiry() < w.min[b] || w.min[b] < w.next {
				bad("wheel: expiry %d in bucket %d from %d, next %d", e.expiry(), b, w.min[b], w.next)
			}
		}
		if full := w.full[b/digits]>>(b&(digits-1))&1 == 1; full != (n > 0) {
			bad("wheel: bucket %d of %d is full %v", b, n, full)
		}
		linked += n
	}
	free := 0
	for i := w.node(unused).next; i != unused; i = w.node(i).next {
		free++
	}
	if linked != expiring || w.used != expiring || w.free != free || int(w.nodes) != firstNode+linked+free {
		bad("wheel: %d of %d linked, %d free; says %d, %d, %d nodes", linked, expiring, free, w.used, w.free, w.nodes)
	}
	if chunks := int(w.nodes+chunkNodes-1) / chunkNodes; len(w.chunks) != chunks {
		bad("wheel: %d chunks, want %d", len(w.chunks), chunks)
	}
}
