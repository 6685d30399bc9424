package table

// Tour is a walk that misses nothing: it visits every key that is in the table from its beginning to its end, also one
// that was given another value meanwhile, which a Walk may miss. It walks, then walks through what was put during that, and
// so on, until nothing was. So an entry may be visited twice, and the later visit is the one that counts.
type Tour struct {
	t     *Table
	walks []*Walk // of the present round, the first of them under way
	tail  *arena  // what was put since the round began is here from used on, or in arenas from seq on
	used  int
	seq   uint64
	round int
	whole bool
}

// maxRounds ends a tour that a writer keeps ahead of. Each round is as long as what was put during the one before.
const maxRounds = 16

// NewTour begins a tour.
func (t *Table) NewTour() *Tour {
	r := &Tour{t: t}
	r.begin(t.NewWalk())
	return r
}

func (r *Tour) begin(walks ...*Walk) {
	r.walks, r.tail, r.used, r.seq = walks, r.t.tail, 0, r.t.seq
	if r.tail != nil {
		r.used = r.tail.used
	}
	r.round++
}

// Next calls fn for one entry after the other until it returns false, and says whether the tour is over; see Walk.Next.
func (r *Tour) Next(fn func(key, value []byte, expiry int64) (more bool)) (done bool) {
	for {
		for ; len(r.walks) > 0; r.walks = r.walks[1:] {
			if !r.walks[0].Next(fn) {
				return false
			}
		}
		if r.whole = r.settled(); r.whole || r.round == maxRounds {
			return true
		}
		r.again()
	}
}

// Complete says of a tour that is over whether it kept its promise: false if things were put faster than it went.
func (r *Tour) Complete() bool { return r.whole }

// settled reports whether nothing was put since the round began but in the place of what was there.
func (r *Tour) settled() bool {
	t := r.t
	return t.seq == r.seq && t.tail == r.tail && (t.tail == nil || t.tail.used == r.used)
}

// again begins a round through what was put since the present one began, and perhaps some more.
func (r *Tour) again() {
	var walks []*Walk
	if r.tail != nil {
		walks = append(walks, r.t.walkFrom(r.tail.seq, r.tail.seq+1, r.tail, r.used))
	}
	r.begin(append(walks, r.t.walkFrom(r.seq, r.t.seq, nil, 0))...)
}

// walkFrom begins a walk at an arena's number, or in the arena itself, at an offset, if it is there still.
func (t *Table) walkFrom(seq, end uint64, a *arena, off int) *Walk {
	w := &Walk{t: t, seq: seq, end: end, layout: t.layout, at: t.where(seq)}
	if w.at < len(t.order) {
		switch first := t.order[w.at]; {
		case first == a:
			w.off = off
		case first.seq < seq: // others have become one arena with it
			w.seq = first.seq
		}
	}
	return t.begun(w)
}
