package broker

import "strconv"

// StatusCode says what happened to a peer or endpoint; the numbers are
// Broker's.
type StatusCode uint8

// The status codes.
const (
	StatusUnspecified StatusCode = iota
	PeerAdded
	PeerRemoved
	PeerLost
	EndpointDiscovered
	EndpointUnreachable
)

var statusNames = [...]string{
	StatusUnspecified:   "unspecified",
	PeerAdded:           "peer_added",
	PeerRemoved:         "peer_removed",
	PeerLost:            "peer_lost",
	EndpointDiscovered:  "endpoint_discovered",
	EndpointUnreachable: "endpoint_unreachable",
}

// Valid reports whether c is one of the codes above.
func (c StatusCode) Valid() bool { return c <= EndpointUnreachable }

// String returns Broker's name of the code.
func (c StatusCode) String() string {
	if !c.Valid() {
		return "unknown"
	}
	return statusNames[c]
}

// Status is something that happened to a peer, as told to subscribers of
// StatusTopic.
type Status struct {
	Code     StatusCode
	Endpoint EndpointInfo
	Message  string
}

// String returns Broker's text form: peer_added(id, host:port, "message").
func (s Status) String() string {
	out := s.Code.String() + "("
	if s.Code != StatusUnspecified && !s.Endpoint.IsZero() {
		out += s.Endpoint.String() + ", "
	}
	return out + strconv.Quote(s.Message) + ")"
}

// Data returns Broker's vector of four.
func (s Status) Data() Data {
	v := Vector{String("status"), Enum(s.Code.String()), None{}, None{}}
	if s.Code != StatusUnspecified {
		v[2], v[3] = s.Endpoint.Data(), String(s.Message)
	}
	return v
}

// StatusFrom reads what Data wrote.
func StatusFrom(d Data) (Status, bool) {
	v, ok := d.(Vector)
	if !ok || len(v) != 4 || v[0] != Data(String("status")) {
		return Status{}, false
	}
	name, ok := v[1].(Enum)
	if !ok {
		return Status{}, false
	}
	var s Status
	for s.Code.String() != string(name) {
		if s.Code++; !s.Code.Valid() {
			return Status{}, false
		}
	}
	if s.Code == StatusUnspecified {
		return s, KindOf(v[2]) == KindNone && KindOf(v[3]) == KindNone
	}
	text, ok := v[3].(String)
	if !ok {
		return Status{}, false
	}
	s.Message = string(text)
	s.Endpoint, ok = EndpointInfoFrom(v[2])
	return s, ok
}
