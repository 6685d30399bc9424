package container

import "hash/maphash"

const (
	pageSlots = 1024 // slots of a full-grown page, 8 KB
	minSlots  = 16   // slots of the only page of a small index
	maxDepth  = 22   // bits of the hash that choose the page; the other ten choose the slot in it
)

// index finds an entry's number by the hash of its key. It is an extendible hash table: the hash's first bits
// choose a page through a directory, and a page that is full is split in two, so that no addition ever moves more
// than a page. A slot holds hash and entry number, therefore splitting looks at no key. There are no pointers in a
// page.
type index struct {
	seed    maphash.Seed
	dir     []*page // 1<<depth; a page of depth d appears 1<<(depth-d) times in a row
	depth   uint8
	deepest int    // pages whose depth is the directory's; none: the directory can be halved
	moved   uint64 // slots and directory entries that growing and shrinking have copied, for the same tests as Table's
}

// page is an open-addressing table with linear probing.
type page struct {
	slots []uint64 // hash<<32 | entry number; 0 is empty
	used  int32
	depth uint8
}

func newIndex() *index {
	return &index{seed: maphash.MakeSeed(), dir: []*page{{slots: make([]uint64, minSlots)}}, deepest: 1}
}

func (x *index) hash(key []byte) uint32 { return uint32(maphash.Bytes(x.seed, key)) }

// number returns the directory entry for a hash.
func (x *index) number(hash uint32) int { return int(uint64(hash) >> (32 - x.depth)) }

func (p *page) put(slot uint64) {
	mask := uint32(len(p.slots) - 1)
	i := uint32(slot>>32) & mask
	for p.slots[i] != 0 {
		i = (i + 1) & mask
	}
	p.slots[i] = slot
	p.used++
}

// find returns the place of a slot that is there.
func (p *page) find(slot uint64) uint32 {
	mask := uint32(len(p.slots) - 1)
	i := uint32(slot>>32) & mask
	for p.slots[i] != slot {
		i = (i + 1) & mask
	}
	return i
}

// clear empties place i and moves back what was pushed beyond it.
func (p *page) clear(i uint32) {
	mask := uint32(len(p.slots) - 1)
	p.used--
	for j := i; ; {
		j = (j + 1) & mask
		s := p.slots[j]
		if s == 0 {
			break
		}
		if home := uint32(s>>32) & mask; (j-home)&mask >= (j-i)&mask {
			p.slots[i] = s
			i = j
		}
	}
	p.slots[i] = 0
}

// add enters a number that is not there.
func (x *index) add(hash, ref uint32) {
	p := x.dir[x.number(hash)]
	for int(p.used+1)*4 > len(p.slots)*3 {
		if len(p.slots) < pageSlots || p.depth == maxDepth {
			x.resize(p, 2*len(p.slots))
		} else {
			x.split(p, hash)
			p = x.dir[x.number(hash)]
		}
	}
	p.put(uint64(hash)<<32 | uint64(ref))
}

// replace changes the number of an entry that is there.
func (x *index) replace(hash, old, ref uint32) {
	p := x.dir[x.number(hash)]
	p.slots[p.find(uint64(hash)<<32|uint64(old))] = uint64(hash)<<32 | uint64(ref)
}

// remove takes out a number that is there.
func (x *index) remove(hash, ref uint32) {
	p := x.dir[x.number(hash)]
	p.clear(p.find(uint64(hash)<<32 | uint64(ref)))
	if p.depth > 0 {
		if p.used <= pageSlots/8 {
			x.merge(p, hash)
		}
	} else if len(p.slots) > minSlots && int(p.used)*8 <= len(p.slots) {
		x.resize(p, len(p.slots)/2)
	}
}

func (x *index) resize(p *page, size int) {
	old := p.slots
	p.slots, p.used = make([]uint64, size), 0
	for _, s := range old {
		if s != 0 {
			p.put(s)
		}
	}
	x.moved += uint64(len(old))
}

// split moves the half of p whose next hash bit is 1 into a page of its own. hash is any that leads to p.
func (x *index) split(p *page, hash uint32) {
	if p.depth == x.depth {
		x.double()
	}
	if p.depth == x.depth-1 {
		x.deepest += 2
	}
	old := p.slots
	p.depth++
	q := &page{slots: make([]uint64, len(old)), depth: p.depth}
	p.slots, p.used = make([]uint64, len(old)), 0
	for _, s := range old {
		switch {
		case s == 0:
		case uint32(s>>32)>>(32-p.depth)&1 == 1:
			q.put(s)
		default:
			p.put(s)
		}
	}
	x.moved += uint64(len(old))
	x.point(hash|1<<(32-p.depth), q)
}

// point makes the directory entries for hashes that agree with this one in p's bits lead to p.
func (x *index) point(hash uint32, p *page) {
	count := 1 << (x.depth - p.depth)
	start := x.number(hash) &^ (count - 1)
	for i := range count {
		x.dir[start+i] = p
	}
	x.moved += uint64(count)
}

func (x *index) double() {
	dir := make([]*page, 2*len(x.dir))
	for i := range dir {
		dir[i] = x.dir[i/2]
	}
	x.dir, x.deepest = dir, 0
	x.depth++
	x.moved += uint64(len(dir))
}

// merge undoes a split where both halves have become small.
func (x *index) merge(p *page, hash uint32) {
	bit := uint32(1) << (32 - p.depth)
	q := x.dir[x.number(hash^bit)]
	if q.depth != p.depth || p.used+q.used > pageSlots/4 {
		return
	}
	if p.depth == x.depth {
		x.deepest -= 2
	}
	for _, s := range q.slots {
		if s != 0 {
			p.put(s)
		}
	}
	x.moved += uint64(len(q.slots))
	p.depth--
	x.point(hash, p)
	if x.deepest == 0 {
		x.halve()
	}
}

// halve gives up directory bits that no page uses.
func (x *index) halve() {
	dir := make([]*page, len(x.dir)/2)
	for i := range dir {
		dir[i] = x.dir[2*i]
	}
	x.dir = dir
	x.depth--
	for _, p := range dir {
		if p.depth == x.depth {
			x.deepest++
		}
	}
	x.moved += uint64(len(dir))
}
