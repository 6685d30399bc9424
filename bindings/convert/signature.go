package convert

import (
	"strings"
)

// Signature is what an event takes. It is immutable and belongs to no VM. A nil *Signature stands for an event
// that nobody declared: any number of arguments, by default kinds.
type Signature struct {
	// Args are the arguments in order.
	Args []Arg

	required int // arguments that can't be left out
}

// Arg is one argument. Names are for messages and editors only.
type Arg struct {
	Name string // "" if not given
	Type *Type
}

// NewSignature returns the signature of the given arguments.
func NewSignature(args ...Arg) *Signature {
	s := &Signature{Args: args}
	for i, a := range args {
		if !a.Type.Optional {
			s.required = i + 1
		}
	}
	return s
}

// Required returns how many arguments can't be left out: the trailing optional ones can.
func (s *Signature) Required() int { return s.required }

// String returns the signature as scripts write it; parsing it gives an equal signature.
func (s *Signature) String() string {
	var b strings.Builder
	for i, a := range s.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		if a.Name != "" {
			b.WriteString(a.Name + ": ")
		}
		a.Type.write(&b)
	}
	return b.String()
}

// Equal reports whether the two take equal types. Names don't matter.
func (s *Signature) Equal(other *Signature) bool {
	if s == nil || other == nil || len(s.Args) != len(other.Args) {
		return s == other
	}
	for i := range s.Args {
		if !s.Args[i].Type.Equal(other.Args[i].Type) {
			return false
		}
	}
	return true
}
