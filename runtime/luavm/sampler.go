package luavm

import (
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"
)

// Sampler has a VM look at its own stack from time to time: nobody else may. Whoever keeps the time calls Tick, and the
// VM calls Seen before its next instruction, or as a Go function that scripts call is about to return, for a tick that
// came meanwhile is that function's.
//
// Between two ticks a VM with a sampler asks before each instruction whether one has come, which makes Lua some
// 20 percent slower. Ticks that come while no call is under way, or while a sample is taken, are forgotten.
type Sampler struct {
	Depth int // frames of a stack at most, the innermost; 0: 64
	// Seen is told where the VM is, innermost first, and how many ticks that is worth. The slice is used again. cut says
	// that there are further frames, further out. An empty stack is a call that is just ending. Seen must not call Lua.
	Seen func(ticks int, stack []StackFrame, cut bool)

	due   atomic.Int64
	stack []StackFrame
}

const defaultSampleDepth = 64

// Tick has the VM look at its stack, if a call is under way; n is how many ticks have passed. Any goroutine may call it.
func (s *Sampler) Tick(n int) { s.due.Add(int64(n)) }

// Sample has s look at this VM's stacks from now on; nil: nobody does.
func (vm *VM) Sample(s *Sampler) {
	vm.counter.sampler = s
	vm.counter.slice = slice
	if s != nil {
		s.due.Store(0)
		vm.counter.slice = 1
	}
}

// StackFrame is one level of a stack as a Sampler sees it.
type StackFrame struct {
	Fn     *lua.LFunction
	Line   int // that runs; 0 in a Go function
	called string
	source *source
}

// Name returns what the function is called: where it is defined, if it is a Lua function, or what it was made with. It is
// empty for a function that has no name there. The source is parsed for it, once.
func (f StackFrame) Name() string {
	switch {
	case f.Fn.IsG:
		return f.called
	case f.Fn.Proto.LineDefined == 0:
		return functionName(f.Fn)
	case f.source == nil:
		return ""
	}
	return f.source.function(f.Fn.Proto.LineDefined)
}

// sampled takes a sample if one is due. There is a sampler.
func (c *counter) sampled() {
	if c.sampler.due.Load() > 0 {
		c.sample(c.sampler)
	}
}

// takeSample shows s where the VM is.
func (vm *VM) takeSample(s *Sampler) {
	ticks := s.due.Load()
	depth := s.Depth
	if depth <= 0 {
		depth = defaultSampleDepth
	}
	var cut bool
	s.stack, cut = vm.walk(s.stack[:0], depth)
	s.Seen(int(ticks), s.stack, cut)
	clear(s.stack) // keeps nothing alive
	s.due.Store(0)
}

// walk appends the frames of all threads that run, innermost first, a coroutine's in front of those of who resumed it.
// more says that depth did not do. Levels lost to tail calls are left out; where there are many of them in a thread, so
// are the frames between them and its bottom.
func (vm *VM) walk(frames []StackFrame, depth int) (_ []StackFrame, more bool) {
	const few = 32 // lost levels that are walked one by one; more come from a tail recursion
	for i := len(vm.links) - 1; i >= 0; i-- {
		L := vm.links[i].thread
		lost := 0
		for level := 0; ; level++ {
			f, ok := vm.ownFrame(L, level)
			if !ok {
				break
			}
			if f.lost {
				if lost++; lost == few {
					level = max(level, levels(L)-2) // the bottom is next
				}
				continue
			}
			if f.isHelper() || f.fn == vm.resumer {
				continue
			}
			if len(frames) == depth {
				return frames, true
			}
			frames = append(frames, vm.stackFrame(f))
		}
	}
	return frames, false
}

func (vm *VM) stackFrame(f frame) StackFrame {
	if f.fn.IsG {
		name := FunctionName(f.fn)
		if name == "" {
			name = f.goName()
		}
		return StackFrame{Fn: f.fn, called: name}
	}
	return StackFrame{Fn: f.fn, Line: max(f.debug.CurrentLine, 0), source: vm.sources[f.fn.Proto.SourceName]}
}
