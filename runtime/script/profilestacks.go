package script

import (
	"encoding/binary"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm"
)

// StackProfile is which stacks were seen, and how often. It is what a pprof file is made of.
type StackProfile struct {
	Functions []ProfiledFunction `json:"functions"`
	Stacks    []ProfiledStack    `json:"stacks"` // in the order in which they were first seen
	Ticks     int64              `json:"ticks"`  // of all stacks
	Beyond    int64              `json:"beyond"` // ticks of stacks that had no room among Stacks
}

// ProfiledFunction is a function that was seen on a stack, or what was called from outside: its label, without a file.
type ProfiledFunction struct {
	Name string `json:"name"`           // empty: it has none
	File string `json:"file,omitempty"` // empty: no Lua function
	Line int    `json:"line,omitempty"` // where it begins
	// Place is what is called under a label, as Cost has both.
	Place string `json:"place,omitempty"`
}

// ProfiledStack is one stack. Frames are pairs, innermost first: a function's number, counted from 0, and the line that ran,
// 0 where there is none. The last pair is the label of the outermost call.
type ProfiledStack struct {
	Frames []int `json:"frames"`
	Seen   int64 `json:"seen"`  // samples
	Ticks  int64 `json:"ticks"` // what they are worth: several if Lua could not be looked at in time
}

// What a profile holds of stacks.
const (
	maxDepth     = 64 // frames; what is further out is left out
	maxStacks    = 5000
	maxFunctions = 5000
	maxFile      = 300 // bytes of a file's name
)

// cutName stands for the frames that are left out.
const cutName = "…"

// functionKey tells functions apart: a Lua function by its text, others by their name, labels by what they are of, too.
type functionKey struct {
	proto *lua.FunctionProto
	name  string
	place string
}

// stacks adds up samples.
type stacks struct {
	functions map[functionKey]int
	frames    []luavm.StackFrame // of functions, by number; the zero value for a label
	labels    []functionKey
	index     map[string]*ProfiledStack
	order     []*ProfiledStack
	ticks     int64
	beyond    int64

	pairs []int // of the sample being taken
	key   []byte
}

func (s *stacks) init() { s.functions, s.index = map[functionKey]int{}, map[string]*ProfiledStack{} }

// seen adds a sample.
func (p *Profile) seen(ticks int, frames []luavm.StackFrame, cut bool) {
	var label functionKey
	if len(p.spans) > 0 {
		r := p.spans[0].row
		label.name, label.place = r.Label, r.Place
	}
	p.stacks.add(int64(ticks), label, frames, cut)
}

func (s *stacks) add(ticks int64, label functionKey, frames []luavm.StackFrame, cut bool) {
	s.ticks += ticks
	s.pairs = s.pairs[:0]
	for _, f := range frames {
		k := functionKey{proto: f.Fn.Proto}
		if f.Fn.IsG {
			k = functionKey{name: f.Name()}
		}
		s.push(k, f, f.Line)
	}
	if cut {
		s.push(functionKey{name: cutName}, luavm.StackFrame{}, 0)
	}
	s.push(label, luavm.StackFrame{}, 0)
	s.key = s.key[:0]
	for _, n := range s.pairs {
		if n < 0 {
			s.beyond += ticks
			return
		}
		s.key = binary.AppendUvarint(s.key, uint64(n))
	}
	st := s.index[string(s.key)]
	if st == nil {
		if len(s.order) >= maxStacks {
			s.beyond += ticks
			return
		}
		st = &ProfiledStack{Frames: append([]int{}, s.pairs...)}
		s.index[string(s.key)] = st
		s.order = append(s.order, st)
	}
	st.Seen++
	st.Ticks += ticks
}

// push adds a pair; the function's number is -1 when there is no room for it.
func (s *stacks) push(k functionKey, f luavm.StackFrame, line int) {
	n, ok := s.functions[k]
	if !ok {
		n = -1
		if len(s.frames) < maxFunctions {
			n = len(s.frames)
			s.functions[k] = n
			s.frames, s.labels = append(s.frames, f), append(s.labels, k)
		}
	}
	s.pairs = append(s.pairs, n, line)
}

// Stacks returns the stacks that were seen; nil if nobody looked.
func (p *Profile) Stacks() *StackProfile {
	if p.sampler == nil {
		return nil
	}
	s := &p.stacks
	out := &StackProfile{Functions: []ProfiledFunction{}, Stacks: []ProfiledStack{}, Ticks: s.ticks, Beyond: s.beyond}
	for i, f := range s.frames {
		fn := ProfiledFunction{Name: Clip(s.labels[i].name), Place: s.labels[i].place}
		if f.Fn != nil && !f.Fn.IsG {
			fn = ProfiledFunction{Name: Clip(f.Name()), File: clip(f.Fn.Proto.SourceName, maxFile), Line: f.Fn.Proto.LineDefined}
		}
		out.Functions = append(out.Functions, fn)
	}
	for _, st := range s.order {
		out.Stacks = append(out.Stacks, *st)
	}
	return out
}
