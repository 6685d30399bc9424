package convert

import (
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// MismatchError says that a value does not fit a declared place.
type MismatchError struct {
	Want string // the type of the place
	Got  string // the value or its kind
	Why  string // what is wrong with a text, "" if the kind says it
	Hint string // what to write instead, "" if nothing obvious
}

// Error returns expected, got and hint, as in
// expected addr, got string "10.0.0.1" (write addr "10.0.0.1").
func (e *MismatchError) Error() string {
	text := "expected " + e.Want + ", got " + e.Got
	if e.Why != "" {
		text += ": " + e.Why
	}
	if e.Hint != "" {
		text += " (write " + e.Hint + ")"
	}
	return text
}

// Unwrap makes errors.Is(err, broker.ErrTypeClash) true.
func (e *MismatchError) Unwrap() error { return broker.ErrTypeClash }

// PathError is an error about a value inside another.
type PathError struct {
	Path string // as scripts write it: .orig_h, [2].x
	Err  error
}

// Error returns path and cause.
func (e *PathError) Error() string { return strings.TrimPrefix(e.Path, ".") + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *PathError) Unwrap() error { return e.Err }

// inside adds a step to the path of err.
func inside(step string, err error) error {
	if p, ok := err.(*PathError); ok {
		p.Path = step + p.Path
		return p
	}
	return &PathError{Path: step, Err: err}
}

func insideField(name string, err error) error { return inside("."+name, err) }

func insideIndex(i int, err error) error { return inside("["+strconv.Itoa(i)+"]", err) }

// ArgError is an error about one argument of an event. The caller adds the event's name.
type ArgError struct {
	N    int    // from 1
	Name string // as declared, "" if it has none
	Err  error
}

// Error returns position, name and cause, as in
// argument #2 (n): expected count, got string "x".
func (e *ArgError) Error() string {
	name := ""
	if e.Name != "" {
		name = " (" + e.Name + ")"
	}
	return fmt.Sprintf("argument #%d%s: %v", e.N, name, e.Err)
}

// Unwrap returns the cause.
func (e *ArgError) Unwrap() error { return e.Err }

// ArityError says that an event has the wrong number of arguments.
type ArityError struct{ Got, Min, Max int }

// Error returns both numbers in Zeek's words, as in
// invalid # of args, got 2, expected 1.
func (e *ArityError) Error() string {
	if e.Min == e.Max {
		return fmt.Sprintf("invalid # of args, got %d, expected %d", e.Got, e.Max)
	}
	return fmt.Sprintf("invalid # of args, got %d, expected %d to %d", e.Got, e.Min, e.Max)
}

// Unwrap makes errors.Is(err, broker.ErrInvalidData) true.
func (e *ArityError) Unwrap() error { return broker.ErrInvalidData }

// invalidData is the error of a value that has no place on the wire at all.
func invalidData(format string, args ...any) error {
	return &broker.Error{Code: broker.InvalidData, Err: fmt.Errorf(format, args...)}
}

// mismatch is the error of a Lua value in a place of type t.
func mismatch(t *Type, v lua.LValue) error {
	return &MismatchError{Want: t.String(), Got: Describe(v), Hint: hint(t, v)}
}

// clash is the error of a value of kind got from the wire in a place of type t.
func clash(t *Type, got broker.Kind) error {
	return &MismatchError{Want: t.String(), Got: wireWords[got]}
}

// maxQuoted is how much of a string is worth showing.
const maxQuoted = 40

// Describe names a value and its kind: string "10.0.0.1", number 1.5, addr ::1, table.
func Describe(v lua.LValue) string {
	switch v := v.(type) {
	case *lua.LNilType:
		return "nil"
	case lua.LBool:
		return v.String()
	case lua.LNumber:
		return "number " + string(appendNumber(nil, float64(v)))
	case lua.LString:
		if len(v) > maxQuoted {
			return "string " + strconv.Quote(string(v[:maxQuoted])) + "…"
		}
		return "string " + strconv.Quote(string(v))
	case *lua.LUserData:
		return describeUserData(v)
	}
	return v.Type().String()
}

func describeUserData(ud *lua.LUserData) string {
	switch v := ud.Value.(type) {
	case *noneValue:
		return "none"
	case *numberBox:
		word := v.v.kind.String()
		return word + " " + string(v.v.appendText(nil))
	case *Record:
		return "record " + v.typ.name
	case *goRecord:
		return "record " + v.rec.RecordType().name
	case Container:
		return v.ContainerType().String()
	}
	if k, ok := kindOf(ud); ok {
		text := string(appendUserData(nil, ud))
		if len(text) > maxQuoted {
			text = text[:maxQuoted] + "…"
		}
		return k.String() + " " + text
	}
	return "userdata"
}

// hint says how to write the value that was probably meant.
func hint(t *Type, v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return hintString(t.Kind, string(v))
	case lua.LNumber:
		switch t.Kind {
		case KindTime:
			return "time.unix(" + string(appendNumber(nil, float64(v))) + ")"
		case KindString:
			return strconv.Quote(string(appendNumber(nil, float64(v))))
		case KindPort:
			return `port(` + string(appendNumber(nil, float64(v))) + `, "tcp")`
		}
	case *lua.LTable:
		switch t.Kind {
		case KindSet:
			return fmt.Sprintf("set(%q)", writeKey(t.Key))
		case KindTable:
			return fmt.Sprintf("map(%q, %q) and :set(k, v)", writeKey(t.Key), t.Elem)
		case KindVector:
			return fmt.Sprintf("vector(%q) and :push(v)", t.Elem)
		case KindTuple:
			return "tuple(…)"
		}
	}
	return ""
}

func hintString(k Kind, text string) string {
	switch k {
	case KindAddr, KindSubnet, KindPort:
		if _, err := parseScalar(k, text); err == nil {
			return k.String() + " " + strconv.Quote(text)
		}
	case KindEnum:
		return "types.enum " + strconv.Quote(text)
	case KindCount, KindInt, KindReal:
		if _, err := strconv.ParseFloat(text, 64); err == nil && len(text) < maxQuoted {
			return text
		}
	case KindBool:
		if text == "true" || text == "false" {
			return text
		}
	}
	return ""
}

// writeKey writes a key type as the constructors of containers take it.
func writeKey(t *Type) string {
	var b strings.Builder
	t.writeColumns(&b)
	return b.String()
}
