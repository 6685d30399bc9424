package table

const (
	pageSlots = 1024              // words of a page, 8 KB; the first is no slot
	pageFull  = pageSlots * 3 / 4 // slots used of a page that is to be split
	pageHalf  = pageSlots / 4     // slots used of two pages that are to be one

	offBits  = 15 // of a place: where in its arena an entry begins, in eights
	idBits   = 20 // of a place: the arena's number
	tagBits  = 64 - placeBits
	homeBits = 10 // of a tag: where in its page looking begins

	placeBits = offBits + idBits
	maxDepth  = tagBits - homeBits // bits of the tag that choose the page
)

// A place says where an entry is: arena number and offset. It is never 0, as there is no arena 0.
type place uint64

func (p place) arena() uint32 { return uint32(p >> offBits) }
func (p place) offset() int   { return int(p&(1<<offBits-1)) << 3 }

func placeOf(arena uint32, offset int) place { return place(arena)<<offBits | place(offset>>3) }

// A tag is the part of a key's hash that the index keeps.
type tag uint64

// index finds an entry's place by its key's tag. It is an extendible hash table, as in runtime/container: the tag's
// first bits choose a page through a directory, and a page that is full is split in two, so that no addition moves
// more than a page. A slot holds tag and place, so that splitting looks at no key. There are no pointers in a page,
// and nothing between directory and slot: asking costs one cache miss beyond those of the entry itself.
type index struct {
	dir     []*page // 1<<depth; a page of depth d appears 1<<(depth-d) times in a row; nil while there is nothing
	depth   uint8
	pages   int
	deepest int    // pages whose depth is the directory's; none: the directory can be halved
	moved   uint64 // slots and directory entries that growing and shrinking have looked at, for tests
}

// page is an open-addressing table with linear probing over the slots 1 to 1023, a ring. Slot 0 holds what is known
// about the page: used | depth<<32. A slot is tag<<placeBits | place, and 0 if empty.
type page [pageSlots]uint64

func (p *page) used() int    { return int(uint32(p[0])) }
func (p *page) depth() uint8 { return uint8(p[0] >> 32) }

// home returns the slot where looking for a tag begins.
func home(t tag) int { return 1 + int(t&(1<<homeBits-1))*(pageSlots-1)>>homeBits }

// after returns the next slot of the ring.
func after(i int) int {
	if i++; i == pageSlots {
		return 1
	}
	return i
}

// between returns how far j is beyond i.
func between(i, j int) int {
	if j < i {
		return j - i + pageSlots - 1
	}
	return j - i
}

func (p *page) put(slot uint64) {
	i := home(tag(slot >> placeBits))
	for p[i] != 0 {
		i = after(i)
	}
	p[i] = slot
	p[0]++
}

// find returns the slot of what is there.
func (p *page) find(slot uint64) int {
	i := home(tag(slot >> placeBits))
	for p[i] != slot {
		i = after(i)
	}
	return i
}

// clear empties slot i and moves back what was pushed beyond it.
func (p *page) clear(i int) {
	for j := after(i); p[j] != 0; j = after(j) {
		if between(home(tag(p[j]>>placeBits)), j) >= between(i, j) {
			p[i] = p[j]
			i = j
		}
	}
	p[i] = 0
	p[0]--
}

// number returns the directory entry for a tag.
func (x *index) number(t tag) int { return int(t >> (tagBits - x.depth)) }

// page returns the page for a tag; the directory must be there.
func (x *index) page(t tag) *page { return x.dir[x.number(t)] }

// add enters a place that is not there.
func (x *index) add(t tag, at place) {
	if x.dir == nil {
		x.dir, x.pages, x.deepest = []*page{new(page)}, 1, 1
	}
	p := x.page(t)
	for p.used() >= pageFull && p.depth() < maxDepth {
		x.split(p, t)
		p = x.page(t)
	}
	if p.used() == pageSlots-2 { // at 300 million entries or more; see the package's limits
		panic("table: too many entries")
	}
	p.put(uint64(t)<<placeBits | uint64(at))
}

// replace changes the place of an entry that is there.
func (x *index) replace(t tag, old, new place) {
	p := x.page(t)
	p[p.find(uint64(t)<<placeBits|uint64(old))] = uint64(t)<<placeBits | uint64(new)
}

// remove takes out a place that is there.
func (x *index) remove(t tag, at place) {
	p := x.page(t)
	p.clear(p.find(uint64(t)<<placeBits | uint64(at)))
	for p.depth() > 0 && p.used() <= pageHalf/2 && x.merge(p, t) {
	}
}

// split moves the half of p whose next tag bit is 1 into a page of its own. t is any tag that leads to p.
func (x *index) split(p *page, t tag) {
	depth := p.depth() + 1
	if depth > x.depth {
		x.double()
	}
	if depth == x.depth {
		x.deepest += 2
	}
	old := *p
	clear(p[:])
	q := new(page)
	p[0], q[0] = uint64(depth)<<32, uint64(depth)<<32
	bit := tag(1) << (tagBits - depth)
	for _, s := range old[1:] {
		switch {
		case s == 0:
		case tag(s>>placeBits)&bit != 0:
			q.put(s)
		default:
			p.put(s)
		}
	}
	x.pages++
	x.moved += pageSlots
	x.point(t|bit, q)
}

// point makes the directory entries for tags that agree with this one in p's bits lead to p.
func (x *index) point(t tag, p *page) {
	count := 1 << (x.depth - p.depth())
	first := x.number(t) &^ (count - 1)
	for i := range count {
		x.dir[first+i] = p
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

// merge undoes the split that made p, if its other half is as small.
func (x *index) merge(p *page, t tag) bool {
	depth := p.depth()
	q := x.page(t ^ 1<<(tagBits-depth))
	if q.depth() != depth || p.used()+q.used() > pageHalf {
		return false
	}
	if depth == x.depth {
		x.deepest -= 2
	}
	for _, s := range q[1:] {
		if s != 0 {
			p.put(s)
		}
	}
	p[0] -= 1 << 32
	x.pages--
	x.moved += pageSlots
	x.point(t, p)
	if x.deepest == 0 {
		x.halve()
	}
	return true
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
		if p.depth() == x.depth {
			x.deepest++
		}
	}
	x.moved += 2 * uint64(len(dir))
}
