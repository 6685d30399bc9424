package broker

import "strconv"

// Text returns Broker's text form of the error: the code's name, and in
// parentheses the endpoint and the quoted context, as far as there are any.
func (e *Error) Text() string {
	s := ""
	if !e.Endpoint.IsZero() {
		s = e.Endpoint.String()
	}
	if e.Context != "" {
		if s != "" {
			s += ", "
		}
		s += strconv.Quote(e.Context)
	}
	if s == "" {
		return e.Code.String()
	}
	return e.Code.String() + "(" + s + ")"
}

// Data returns Broker's vector of three: "error", the code as an enum, and
// nothing, a message, or an endpoint and a message. The cause stays behind.
func (e *Error) Data() Data {
	v := Vector{String("error"), Enum(e.Code.String()), None{}}
	switch {
	case !e.Endpoint.IsZero():
		v[2] = Vector{e.Endpoint.Data(), String(e.Context)}
	case e.Context != "":
		v[2] = Vector{String(e.Context)}
	}
	return v
}

// ErrorFrom reads what Data wrote.
func ErrorFrom(d Data) (*Error, bool) {
	v, ok := d.(Vector)
	if !ok || len(v) != 3 || v[0] != Data(String("error")) {
		return nil, false
	}
	name, ok := v[1].(Enum)
	if !ok {
		return nil, false
	}
	e := &Error{}
	if e.Code, ok = ParseCode(string(name)); !ok {
		return nil, false
	}
	if KindOf(v[2]) == KindNone {
		return e, true
	}
	context, ok := v[2].(Vector)
	if !ok || len(context) == 0 || len(context) > 2 {
		return nil, false
	}
	if len(context) == 2 {
		if e.Endpoint, ok = EndpointInfoFrom(context[0]); !ok {
			return nil, false
		}
	}
	text, ok := context[len(context)-1].(String)
	e.Context = string(text)
	return e, ok
}
