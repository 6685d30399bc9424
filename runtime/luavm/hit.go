package luavm

import (
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/runtime/luavm/internal/rewrite"
)

// hit counts the executions of a statement. It poses as a constant, and the instruction that counts compares it with
// another one: the interpreter begins a comparison by asking both for their types. That is one instruction, without a
// register, a frame or an allocation; DESIGN.md has the alternatives.
type hit struct {
	n       *uint64
	counter *counter // of the VM, which gets the instructions back
	takes   int64    // instructions
	site    int
}

// Type counts. Nothing but the instruction asks for it.
func (h *hit) Type() lua.LValueType {
	*h.n++
	h.counter.left += h.takes
	return lua.LTUserData
}

func (h *hit) String() string { return "counter" }

// place puts the counters of a function where the marks of its sites are, two instructions each:
//
//	EQ    hit constant   never equal: skips the next one
//	LOADBOOL             not run
//
// An operand of EQ can name one of the first 256 constants only. Those of the program have them already, counters get
// what is left; in a function with more of both the two slots are
//
//	LOADK register hit
//	EQ    register constant
//
// where the register is the one that the mark had for itself.
func place(p *lua.FunctionProto) {
	const lastOperand, isConstant = 255, 1 << 8
	lines := p.DbgSourcePositions
	var moves []bool
	for pc := len(p.Code) - 1; pc > 0; pc-- { // backward, for the lines
		site, ok := rewrite.SiteAt(lines[pc])
		if !ok {
			continue
		}
		if len(p.Constants) == 0 {
			p.Constants = append(p.Constants, lua.LNil) // something to compare with, not of a hit's type
		}
		if moves == nil {
			moves = findMoves(p)
		}
		index := len(p.Constants)
		h := &hit{site: site, takes: 1}
		if pc > 1 && moves[pc-2] && moves[pc+1] {
			h.takes++ // the compiler would have made one instruction of these two, had nothing been between them
		}
		p.Constants = append(p.Constants, h)
		if index <= lastOperand {
			p.Code[pc-1] = instruction(lua.OP_EQ, 1, index|isConstant, 0|isConstant)
		} else {
			h.takes++
			register := p.Code[pc] >> 18 & 0xff
			p.Code[pc-1] = uint32(lua.OP_LOADK)<<opcodeShift | register<<18 | uint32(index)
			p.Code[pc] = instruction(lua.OP_EQ, 0, int(register), 0|isConstant)
		}
		// An error here, that the budget is used up, has the line it would have without the counter.
		lines[pc-1], lines[pc] = lines[pc+1], lines[pc+1]
		pc--
	}
}

// findMoves tells which instructions copy a local.
func findMoves(p *lua.FunctionProto) []bool {
	moves := make([]bool, len(p.Code))
	for pc := 0; pc < len(p.Code); pc++ {
		switch code := p.Code[pc]; int(code >> opcodeShift) {
		case lua.OP_MOVE, lua.OP_MOVEN:
			moves[pc] = true
		case lua.OP_CLOSURE: // the words that follow say what it captures
			pc += int(p.FunctionPrototypes[code&0x3ffff].NumUpvalues)
		}
	}
	return moves
}

func instruction(op, a, b, c int) uint32 {
	return uint32(op)<<opcodeShift | uint32(a)<<18 | uint32(c)<<9 | uint32(b)
}

// bind copies a chunk with a name, and counters of a VM in place of those that belong to nobody. Code is shared.
func bind(p *lua.FunctionProto, name string, counts []uint64, budget *counter) *lua.FunctionProto {
	bound := *p
	bound.SourceName = name
	bound.Constants = slices.Clone(p.Constants)
	for i, c := range bound.Constants {
		if h, ok := c.(*hit); ok {
			bound.Constants[i] = &hit{n: &counts[h.site], counter: budget, takes: h.takes, site: h.site}
		}
	}
	bound.FunctionPrototypes = make([]*lua.FunctionProto, len(p.FunctionPrototypes))
	for i, inner := range p.FunctionPrototypes {
		bound.FunctionPrototypes[i] = bind(inner, name, counts, budget)
	}
	return &bound
}
