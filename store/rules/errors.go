package rules

import (
	"strings"

	"moonpeer/net/broker"
)

func clash(context string) error {
	return &broker.Error{Code: broker.TypeClash, Context: context}
}

func invalid(context string) error {
	return &broker.Error{Code: broker.InvalidData, Context: context}
}

func noKey(context string) error {
	return &broker.Error{Code: broker.NoSuchKey, Context: context}
}

var (
	errTooDeep = invalid("values would be nested too deep")
	errTooLong = invalid("value would be too long")
	errNaN     = invalid("a nan can't be a set element or table key")
	errBeside  = invalid("a nan in a set or table can't be beside another real")
)

// a returns the name of a kind with its article.
func a(k broker.Kind) string {
	name := k.String()
	if strings.IndexByte("aei", name[0]) >= 0 {
		return "an " + name
	}
	return "a " + name
}

func kindOf(b []byte) broker.Kind { return broker.Kind(b[0]) }
