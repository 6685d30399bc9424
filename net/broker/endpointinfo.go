package broker

import "strconv"

// EndpointInfo says which endpoint a status or error is about, as far as that
// is known. The zero value is nobody.
type EndpointInfo struct {
	ID EndpointID
	// Host and Port are the network address, Host "" if unknown.
	Host string
	Port uint16
	// Retry is the interval between attempts to connect, in seconds.
	Retry uint64
}

// IsZero reports whether nothing is known.
func (e EndpointInfo) IsZero() bool { return e == EndpointInfo{} }

// String returns "id, host:port", without what is unknown.
func (e EndpointInfo) String() string {
	s := ""
	if !e.ID.IsZero() {
		s = e.ID.String()
	}
	if e.Host != "" {
		if s != "" {
			s += ", "
		}
		s += e.Host + ":" + strconv.Itoa(int(e.Port))
	}
	return s
}

// Data returns Broker's vector: id or none, then host, port and retry or three
// times none.
func (e EndpointInfo) Data() Data {
	v := Vector{None{}, None{}, None{}, None{}}
	if !e.ID.IsZero() {
		v[0] = String(e.ID.String())
	}
	if e.Host != "" {
		v[1], v[2], v[3] = String(e.Host), Port{Number: e.Port, Proto: TCP}, Count(e.Retry)
	}
	return v
}

// EndpointInfoFrom reads what Data wrote.
func EndpointInfoFrom(d Data) (EndpointInfo, bool) {
	v, ok := d.(Vector)
	if !ok || len(v) != 4 {
		return EndpointInfo{}, false
	}
	var e EndpointInfo
	switch id := v[0].(type) {
	case nil, None:
	case String:
		var err error
		if e.ID, err = ParseEndpointID(string(id)); err != nil {
			return EndpointInfo{}, false
		}
	default:
		return EndpointInfo{}, false
	}
	if KindOf(v[1]) == KindNone && KindOf(v[2]) == KindNone && KindOf(v[3]) == KindNone {
		return e, true
	}
	host, ok1 := v[1].(String)
	port, ok2 := v[2].(Port)
	retry, ok3 := v[3].(Count)
	if !ok1 || !ok2 || !ok3 || port.Proto != TCP {
		return EndpointInfo{}, false
	}
	e.Host, e.Port, e.Retry = string(host), port.Number, uint64(retry)
	return e, true
}
