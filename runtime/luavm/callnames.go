package luavm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// The compiler records for each call the name that the function was called by, for messages. That tells
// neither a method call from another, nor, where there is no name, a call from what the interpreter calls
// by itself: metamethods and iterators. So the records are changed:
const (
	methodMark = ":"   // in front of the name in a method call
	noName     = "(?)" // in place of a name: t[1](), f()(), (function() end)()
)

// markCalls changes the records of a function.
func markCalls(p *lua.FunctionProto) {
	kinds := callKinds(p)
	for i := range p.DbgCalls {
		call := &p.DbgCalls[i]
		switch kind := kinds[call.Pc]; {
		case kind == byConstant:
			call.Name = concatName
		case call.Name == "?":
			call.Name = noName
		case kind == bySelf:
			call.Name = methodMark + call.Name
		}
	}
}

// How the function of a call was put into its register.
type callKind uint8

const (
	bySelf     callKind = 1 + iota // a method
	byConstant                     // a helper of the rewritten source
)

// callKinds returns the places of calls of methods and helpers.
func callKinds(p *lua.FunctionProto) map[int]callKind {
	calls := map[int]callKind{}
	var registers [256]callKind
	for pc := 0; pc < len(p.Code); pc++ {
		instruction := p.Code[pc]
		a, bx := instruction>>18&0xff, instruction&0x3ffff
		switch int(instruction >> opcodeShift) {
		case lua.OP_SELF:
			registers[a] = bySelf
		case lua.OP_LOADK:
			registers[a] = 0
			if _, ok := p.Constants[bx].(*lua.LFunction); ok {
				registers[a] = byConstant
			}
		case lua.OP_CALL, lua.OP_TAILCALL:
			if kind := registers[a]; kind != 0 {
				calls[pc] = kind
			}
			registers[a] = 0
		case lua.OP_CLOSURE: // the words that follow say what it captures
			registers[a] = 0
			pc += int(p.FunctionPrototypes[bx].NumUpvalues)
		case lua.OP_MOVE, lua.OP_MOVEN, lua.OP_LOADBOOL, lua.OP_LOADNIL, lua.OP_GETUPVAL, lua.OP_GETGLOBAL,
			lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_NEWTABLE, lua.OP_ADD, lua.OP_SUB, lua.OP_MUL, lua.OP_DIV, lua.OP_MOD,
			lua.OP_POW, lua.OP_UNM, lua.OP_NOT, lua.OP_LEN, lua.OP_CONCAT, lua.OP_TESTSET, lua.OP_VARARG:
			registers[a] = 0
		}
	}
	return calls
}

// opcodeShift is how many bits of an instruction are right of its opcode.
const opcodeShift = 26

// calledBy splits the recorded name of a frame. It is empty where there is none, or where it is
// only a description.
func calledBy(recorded string) (name string, isMethod bool) {
	if recorded == "" || strings.HasPrefix(recorded, "(") || strings.HasPrefix(recorded, "<") {
		return "", false
	}
	return strings.CutPrefix(recorded, methodMark)
}
