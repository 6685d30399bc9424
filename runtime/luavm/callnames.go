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
	methods := methodCalls(p)
	for i := range p.DbgCalls {
		call := &p.DbgCalls[i]
		switch {
		case call.Name == "?":
			call.Name = noName
		case methods[call.Pc]:
			call.Name = methodMark + call.Name
		}
	}
}

// methodCalls returns the places of calls whose function was put into its register by SELF.
func methodCalls(p *lua.FunctionProto) map[int]bool {
	var calls map[int]bool
	var bySelf [256]bool
	for pc := 0; pc < len(p.Code); pc++ {
		instruction := p.Code[pc]
		a := instruction >> 18 & 0xff
		switch int(instruction >> opcodeShift) {
		case lua.OP_SELF:
			bySelf[a] = true
		case lua.OP_CALL, lua.OP_TAILCALL:
			if bySelf[a] {
				if calls == nil {
					calls = map[int]bool{}
				}
				calls[pc] = true
			}
			bySelf[a] = false
		case lua.OP_CLOSURE: // the words that follow say what it captures
			bySelf[a] = false
			pc += int(p.FunctionPrototypes[instruction&0x3ffff].NumUpvalues)
		case lua.OP_MOVE, lua.OP_MOVEN, lua.OP_LOADK, lua.OP_LOADBOOL, lua.OP_LOADNIL, lua.OP_GETUPVAL, lua.OP_GETGLOBAL,
			lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_NEWTABLE, lua.OP_ADD, lua.OP_SUB, lua.OP_MUL, lua.OP_DIV, lua.OP_MOD,
			lua.OP_POW, lua.OP_UNM, lua.OP_NOT, lua.OP_LEN, lua.OP_CONCAT, lua.OP_TESTSET, lua.OP_VARARG:
			bySelf[a] = false
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
