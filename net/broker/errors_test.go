package broker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCodesAreFrozen compares numbers and names with a list that is only ever
// appended to.
func TestCodesAreFrozen(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(filepath.Join("testdata", "codes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for c := NoError; c.Valid(); c++ {
		fmt.Fprintf(&got, "error %d %s\n", c, c)
		if back, ok := ParseCode(c.String()); !ok || back != c {
			t.Errorf("%v parsed as %v, %v", c, back, ok)
		}
	}
	for c := StatusUnspecified; c.Valid(); c++ {
		fmt.Fprintf(&got, "status %d %s\n", c, c)
	}
	if got.String() != string(golden) {
		t.Errorf("codes changed:\n%s\nwant:\n%s", got.String(), golden)
	}
	if c, ok := ParseCode("unknown"); ok || Code(42).String() != "unknown" || StatusCode(6).String() != "unknown" {
		t.Errorf("numbers that are no codes have names: %v", c)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	info := EndpointInfo{Host: "10.0.0.1", Port: 9999}
	tests := []struct {
		err  *Error
		want string
	}{
		{&Error{Code: NoSuchKey}, "no_such_key"},
		{&Error{Code: NoSuchKey, Context: `store "scans"`}, `no_such_key: store "scans"`},
		{&Error{Code: NoSuchKey, Context: "get", Err: io.EOF}, "no_such_key: get: EOF"},
		{&Error{Code: PeerUnavailable, Endpoint: info}, "peer_unavailable (10.0.0.1:9999)"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	err := fmt.Errorf("store: %w", &Error{Code: NoSuchKey, Context: "get", Err: io.EOF})
	if !errors.Is(err, ErrNoSuchKey) || !errors.Is(err, CodeError(NoSuchKey)) || !errors.Is(err, io.EOF) {
		t.Error("does not match its sentinel or cause")
	}
	if errors.Is(err, ErrTypeClash) || errors.Is(ErrNoSuchKey, &Error{Code: NoSuchKey, Context: "get"}) {
		t.Error("matches too much")
	}
	if CodeOf(err) != NoSuchKey || CodeOf(nil) != NoError || CodeOf(io.EOF) != Unspecified {
		t.Errorf("codes %v %v %v", CodeOf(err), CodeOf(nil), CodeOf(io.EOF))
	}
}

// TestErrorData is S67: text forms and vectors of errors.
func TestErrorData(t *testing.T) {
	t.Parallel()
	id, err := ParseEndpointID("11111111-1111-5111-9111-111111111111")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name       string
		err        Error
		text, data string
	}{
		{"default", Error{}, "none", "(error, none, nil)"},
		{"code", Error{Code: NoSuchKey}, "no_such_key", "(error, no_such_key, nil)"},
		{"message", Error{Code: DeserializationFailed, Context: "failed to parse data"},
			`deserialization_failed("failed to parse data")`, "(error, deserialization_failed, (failed to parse data))"},
		{"peer", Error{Code: PeerInvalid, Context: "cannot unpeer from unknown peer", Endpoint: EndpointInfo{Host: "10.0.0.1", Port: 9999, Retry: 10}},
			`peer_invalid(10.0.0.1:9999, "cannot unpeer from unknown peer")`,
			"(error, peer_invalid, ((nil, 10.0.0.1, 9999/tcp, 10), cannot unpeer from unknown peer))"},
		{"known peer", Error{Code: PeerInvalid, Endpoint: EndpointInfo{ID: id}},
			"peer_invalid(11111111-1111-5111-9111-111111111111)",
			"(error, peer_invalid, ((11111111-1111-5111-9111-111111111111, nil, nil, nil), ))"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.err.Text(); got != tt.text {
				t.Errorf("text %s, want %s", got, tt.text)
			}
			d := tt.err.Data()
			if got := Text(d); got != tt.data {
				t.Errorf("data %s, want %s", got, tt.data)
			}
			if back, ok := ErrorFrom(d); !ok || *back != tt.err {
				t.Errorf("came back as %+v, %v", back, ok)
			}
		})
	}
	if (&Error{}).Data().(Vector)[1].Kind() != KindEnum {
		t.Error("the code is no enum")
	}
}

func TestStatusData(t *testing.T) {
	t.Parallel()
	id, err := ParseEndpointID("11111111-1111-5111-9111-111111111111")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name       string
		status     Status
		text, data string
	}{
		{"with address", Status{PeerAdded, EndpointInfo{id, "10.0.0.1", 9999, 1}, "handshake successful"},
			`peer_added(11111111-1111-5111-9111-111111111111, 10.0.0.1:9999, "handshake successful")`,
			"(status, peer_added, (11111111-1111-5111-9111-111111111111, 10.0.0.1, 9999/tcp, 1), handshake successful)"},
		{"without", Status{EndpointUnreachable, EndpointInfo{ID: id}, "lost the last path"},
			`endpoint_unreachable(11111111-1111-5111-9111-111111111111, "lost the last path")`,
			"(status, endpoint_unreachable, (11111111-1111-5111-9111-111111111111, nil, nil, nil), lost the last path)"},
		{"unspecified", Status{}, `unspecified("")`, "(status, unspecified, nil, nil)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.status.String(); got != tt.text {
				t.Errorf("text %s, want %s", got, tt.text)
			}
			d := tt.status.Data()
			if got := Text(d); got != tt.data {
				t.Errorf("data %s, want %s", got, tt.data)
			}
			if back, ok := StatusFrom(d); !ok || back != tt.status {
				t.Errorf("came back as %+v, %v", back, ok)
			}
		})
	}
}

func TestStatusAndErrorRefusals(t *testing.T) {
	t.Parallel()
	info := EndpointInfo{}.Data()
	id := func(s string) Data { return Vector{String(s), None{}, None{}, None{}} }
	status := func(d ...Data) Data { return append(Vector{String("status")}, d...) }
	fail := func(d ...Data) Data { return append(Vector{String("error")}, d...) }
	tests := []struct {
		name string
		in   Data
	}{
		{"nothing", nil},
		{"not a vector", String("status")},
		{"first element a vector", Vector{Vector{}, Vector{}, nil, nil}},
		{"three elements", status(Enum("peer_added"), info)},
		{"code a string", status(String("peer_added"), info, String(""))},
		{"unknown status", status(Enum("gone"), info, String(""))},
		{"no endpoint", status(Enum("peer_added"), nil, String(""))},
		{"no message", status(Enum("peer_added"), info, nil)},
		{"unspecified with a message", status(Enum("unspecified"), nil, String(""))},
		{"bad id", status(Enum("peer_added"), id("x"), String(""))},
		{"id a count", status(Enum("peer_added"), Vector{Count(1), nil, nil, nil}, String(""))},
		{"half an address", status(Enum("peer_added"), Vector{nil, String("h"), nil, nil}, String(""))},
		{"udp", status(Enum("peer_added"), Vector{nil, String("h"), Port{1, UDP}, Count(0)}, String(""))},
		{"unknown error", fail(Enum("gone"), nil)},
		{"error code a string", fail(String("none"), nil)},
		{"context a string", fail(Enum("none"), String("x"))},
		{"empty context", fail(Enum("none"), Vector{})},
		{"context of three", fail(Enum("none"), Vector{info, String(""), nil})},
		{"context message a count", fail(Enum("none"), Vector{Count(1)})},
		{"context endpoint a string", fail(Enum("none"), Vector{String(""), String("")})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if s, ok := StatusFrom(tt.in); ok {
				t.Errorf("status %+v", s)
			}
			if e, ok := ErrorFrom(tt.in); ok {
				t.Errorf("error %+v", e)
			}
		})
	}
}
