package container

// The algebra of sets. What comes out is a set of its own, in order of insertion and without expiry, bound or
// hooks. None of it counts as reading. Each takes time in proportion to the sets, in one go.

// Union returns what is in t, then what is only in o.
func (t *Table) Union(o *Table, now int64) (*Table, error) {
	return t.combine(o, func(r *Table) {
		for k := range t.All(now) {
			r.Add(k, now)
		}
		for k := range o.All(now) {
			r.Add(k, now)
		}
	})
}

// Intersect returns what is in both, in t's order.
func (t *Table) Intersect(o *Table, now int64) (*Table, error) {
	return t.combine(o, func(r *Table) {
		for k := range t.All(now) {
			if _, _, ok := o.peek(k, now); ok {
				r.Add(k, now)
			}
		}
	})
}

// Minus returns what is in t and not in o.
func (t *Table) Minus(o *Table, now int64) (*Table, error) {
	return t.combine(o, func(r *Table) {
		for k := range t.All(now) {
			if _, _, ok := o.peek(k, now); !ok {
				r.Add(k, now)
			}
		}
	})
}

func (t *Table) combine(o *Table, fill func(r *Table)) (*Table, error) {
	if t.opts.KeyWidth != o.opts.KeyWidth || t.opts.Values || o.opts.Values {
		return nil, ErrShape
	}
	r := &Table{opts: Options{KeyWidth: t.opts.KeyWidth, MaxSize: maxEntries}}
	fill(r)
	return r, nil
}
