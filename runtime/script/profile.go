package script

import (
	"cmp"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm"
)

// ProfileOptions say how a profile measures.
type ProfileOptions struct {
	// Clock is a monotonic one, in ns. Required.
	Clock func() int64
	// Allocs returns what the process has allocated so far; nil: that is not measured.
	Allocs func() (bytes, objects uint64)
	// Stacks has Lua's stack looked at whenever Profile.Tick is called.
	Stacks bool
}

// Profile adds up what calls of Lua cost: handlers, timers, callbacks, tasks, the loading of files. It may be that of
// several domains, one after the other (SetProfile). But for Tick it belongs to the loop.
type Profile struct {
	opts  ProfileOptions
	rows  map[rowKey]*row
	order []*row // by first call
	rest  *row   // of what has no row of its own; nil: all has
	spans []span // of the calls under way, outermost first
	dice  uint32

	sampler *luavm.Sampler // nil: stacks are not looked at
	stacks  stacks
}

// Cost is what the calls of one function as one thing took: a handler, a timer, a hook. What other such calls within them took
// counts in both, but in Self.
type Cost struct {
	Script string `json:"script"` // as given to the node, or the library's name
	Place  string `json:"place"`  // file:line of the function
	Label  string `json:"label"`  // "handler EX::found", "timer", "load"

	Calls        uint64 `json:"calls"`
	Errors       uint64 `json:"errors"`
	Total        int64  `json:"total_ns"`
	Self         int64  `json:"self_ns"`
	Outermost    int64  `json:"outermost_ns"` // of calls that are within none, as stacks are seen of these
	Longest      int64  `json:"longest_ns"`
	Instructions int64  `json:"instructions"`

	// What the whole process allocated meanwhile: read at Measured of the calls, and from that estimated for all.
	Measured uint64 `json:"measured"`
	Bytes    uint64 `json:"allocated_bytes"`
	Objects  uint64 `json:"allocated_objects"`
}

// rowKey tells rows apart while they are counted.
type rowKey struct {
	script *Script
	proto  *lua.FunctionProto
	label  string
}

type row struct {
	Cost
	active int    // calls of it under way: one within another is not counted twice
	skip   uint32 // calls until allocations are read again
}

// span is one call under way.
type span struct {
	row            *row
	began          int64
	inner          int64 // ns of calls within it
	spent          int64 // instructions of the outermost call until now
	calls          uint64
	outermost      bool // for the VM
	measured       bool
	bytes, objects uint64
}

const (
	maxRows     = 4096 // of a profile; functions are made while scripts run, so that nothing else bounds them
	restLabel   = "(others)"
	measureAll  = 16 // the first calls of a row, of which allocations are read
	measureEach = 16 // then of one of so many, by chance, so as not to keep step with what scripts do
)

// NewProfile makes a profile of nothing yet.
func NewProfile(opts ProfileOptions) *Profile {
	p := &Profile{opts: opts, rows: map[rowKey]*row{}, dice: 1}
	if opts.Stacks {
		p.stacks.init()
		p.sampler = &luavm.Sampler{Depth: maxDepth, Seen: p.seen}
	}
	return p
}

// SetProfile has p count what this domain's calls cost, in addition to what it has counted already; nil: nobody does. It is
// not called from within a call.
func (d *Domain) SetProfile(p *Profile) {
	d.profile = p
	if p == nil {
		d.VM.Sample(nil)
		return
	}
	d.VM.Sample(p.sampler)
}

// Tick has the stack looked at if Lua runs; n is how many ticks have passed. Any goroutine may call it.
func (p *Profile) Tick(n int) {
	if p.sampler != nil {
		p.sampler.Tick(n)
	}
}

// enter begins to count a call, if anybody counts, and returns who is to be told of its end.
func (d *Domain) enter(s *Script, label string, fn *lua.LFunction) *Profile {
	if d.profile != nil {
		d.profile.begin(d.VM, s, label, fn)
	}
	return d.profile
}

// leave ends what enter has begun.
func (p *Profile) leave(vm *luavm.VM, err error) {
	if p != nil {
		p.end(vm, err != nil)
	}
}

func (p *Profile) begin(vm *luavm.VM, s *Script, label string, fn *lua.LFunction) {
	r := p.row(s, label, fn)
	r.active++
	sp := span{row: r, calls: vm.Calls(), outermost: vm.Running() == 0}
	if !sp.outermost {
		sp.spent = vm.Spent()
	}
	if p.opts.Allocs != nil && p.measures(r) {
		sp.measured = true
		sp.bytes, sp.objects = p.opts.Allocs()
	}
	sp.began = p.opts.Clock()
	p.spans = append(p.spans, sp)
}

func (p *Profile) end(vm *luavm.VM, failed bool) {
	now := p.opts.Clock()
	n := len(p.spans) - 1
	sp := p.spans[n]
	p.spans = p.spans[:n]
	r, took := sp.row, now-sp.began
	r.Calls++
	if failed {
		r.Errors++
	}
	r.Self += took - sp.inner
	r.Longest = max(r.Longest, took)
	if n > 0 {
		p.spans[n-1].inner += took
	} else {
		r.Outermost += took
	}
	if sp.measured {
		bytes, objects := p.opts.Allocs()
		r.Measured++
		r.Bytes += bytes - sp.bytes
		r.Objects += objects - sp.objects
	}
	if r.active--; r.active > 0 {
		return
	}
	r.Total += took
	if !sp.outermost || vm.Calls() != sp.calls { // else it was refused, and the VM speaks of the one before
		r.Instructions += vm.Spent() - sp.spent
	}
}

// row returns where a call is counted.
func (p *Profile) row(s *Script, label string, fn *lua.LFunction) *row {
	k := rowKey{script: s, label: label}
	if fn != nil {
		k.proto = fn.Proto
	}
	if r := p.rows[k]; r != nil {
		return r
	}
	if len(p.rows) >= maxRows {
		if p.rest == nil {
			p.rest = &row{Cost: Cost{Label: restLabel}}
			p.order = append(p.order, p.rest)
		}
		return p.rest
	}
	r := &row{Cost: Cost{Place: FunctionPlace(fn), Label: label}}
	if k.proto != nil && k.proto.LineDefined == 0 { // a whole file
		r.Place = k.proto.SourceName
	}
	if s != nil {
		r.Script = s.Name
	}
	p.rows[k] = r
	p.order = append(p.order, r)
	return r
}

// measures tells whether the next call of r is one of which allocations are read.
func (p *Profile) measures(r *row) bool {
	if r.Calls < measureAll {
		return true
	}
	if r.skip > 0 {
		r.skip--
		return false
	}
	p.dice ^= p.dice << 13 // xorshift: it need not be good, and differ from run to run it shall not
	p.dice ^= p.dice >> 17
	p.dice ^= p.dice << 5
	r.skip = p.dice % (2*measureEach - 1)
	return true
}

// Costs returns what was counted, what took longest first. Rows of domains that followed each other are one where script,
// place and label are the same.
func (p *Profile) Costs() []Cost {
	type name struct{ script, place, label string }
	costs := []Cost{}
	at := map[name]int{}
	for _, r := range p.order {
		if r.Calls == 0 { // it is under way
			continue
		}
		k := name{r.Script, r.Place, r.Label}
		i, ok := at[k]
		if !ok {
			i = len(costs)
			at[k] = i
			costs = append(costs, Cost{Script: r.Script, Place: r.Place, Label: r.Label})
		}
		costs[i].add(&r.Cost)
	}
	for i := range costs {
		costs[i].extrapolate()
	}
	slices.SortStableFunc(costs, func(a, b Cost) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Label, b.Label))
	})
	return costs
}

func (c *Cost) add(o *Cost) {
	c.Calls += o.Calls
	c.Errors += o.Errors
	c.Total += o.Total
	c.Self += o.Self
	c.Outermost += o.Outermost
	c.Longest = max(c.Longest, o.Longest)
	c.Instructions += o.Instructions
	c.Measured += o.Measured
	c.Bytes += o.Bytes
	c.Objects += o.Objects
}

// extrapolate makes of what was allocated in some calls what may have been in all.
func (c *Cost) extrapolate() {
	if c.Measured == 0 {
		return
	}
	scale := float64(c.Calls) / float64(c.Measured)
	c.Bytes = uint64(float64(c.Bytes) * scale)
	c.Objects = uint64(float64(c.Objects) * scale)
}
