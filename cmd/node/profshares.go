package main

import (
	"moonpeer/runtime/node"
	"moonpeer/runtime/script"
)

// Samples come late on a busy machine, and from short calls so rarely that they say little about how long these took: a
// timer of the system's has its own idea of when it is due. How long each row's calls took is measured. The samples of a
// row only tell how that time is divided among its stacks.

// pprofShare is the time of one row's stacks.
type pprofShare struct {
	label, place string
	ns           int64 // measured
	ticks        int64 // of all its stacks
	told         int64 // ticks whose time was given out
}

// pprofShares are the rows of one node.
type pprofShares struct {
	period int64
	rows   map[[2]string]*pprofShare // by label and place
	order  []*pprofShare
	beyond int64 // ns of the stacks that were not kept
}

// newPprofShares adds up rows and ticks. Whose the stacks beyond are is not known: they have as much of the time of all rows as
// they have of all ticks.
func newPprofShares(v node.Profiled) *pprofShares {
	p := &pprofShares{period: v.Period, rows: map[[2]string]*pprofShare{}}
	for _, c := range v.Calls {
		k := [2]string{script.Clip(c.Label), c.Place} // as stacks have it
		if p.rows[k] == nil {
			p.rows[k] = &pprofShare{label: k[0], place: c.Place}
			p.order = append(p.order, p.rows[k])
		}
		p.rows[k].ns += c.Outermost
	}
	for _, st := range v.Stacks.Stacks {
		if r := p.row(v.Stacks, st); r != nil {
			r.ticks += st.Ticks
		}
	}
	if v.Stacks.Beyond <= 0 {
		return p
	}
	for _, r := range p.order {
		part := int64(float64(r.ns) * float64(v.Stacks.Beyond) / float64(max(v.Stacks.Ticks, v.Stacks.Beyond)))
		r.ns, p.beyond = r.ns-part, p.beyond+part
	}
	if len(p.order) == 0 {
		p.beyond = v.Stacks.Beyond * v.Period
	}
	return p
}

// row returns the row of a stack, which its last frame tells; nil: there is none.
func (p *pprofShares) row(s *script.StackProfile, st script.ProfiledStack) *pprofShare {
	if len(st.Frames) < 2 {
		return nil
	}
	n := st.Frames[len(st.Frames)-2]
	if len(st.Frames)%2 != 0 || n < 0 || n >= len(s.Functions) {
		return nil
	}
	return p.rows[[2]string{s.Functions[n].Name, s.Functions[n].Place}]
}

// of returns the time of a stack: what it has of its row's by ticks, such that all of them together have exactly that. Where
// no time was measured, a tick is a tick.
func (p *pprofShares) of(s *script.StackProfile, st script.ProfiledStack) int64 {
	r := p.row(s, st)
	if r == nil || r.ticks <= 0 {
		return st.Ticks * p.period
	}
	before := r.upTo(r.told)
	r.told += st.Ticks
	return r.upTo(r.told) - before
}

// upTo is the time of the first ticks of a row.
func (r *pprofShare) upTo(ticks int64) int64 {
	if ticks >= r.ticks {
		return r.ns
	}
	return int64(float64(r.ns) * float64(ticks) / float64(r.ticks))
}

// unseen returns the rows with time that no stack is of.
func (p *pprofShares) unseen() (rows []*pprofShare) {
	for _, r := range p.order {
		if r.ticks <= 0 && r.ns > 0 {
			rows = append(rows, r)
		}
	}
	return rows
}
