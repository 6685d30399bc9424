package zeeklog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"moonpeer/net/broker"
)

// clearNames are the names, after the last dot, whose values are never anything else in Zeek's logs. What does not
// read as such is taken as it is.
var clearNames = map[string]func(token) (broker.Data, bool){
	"ts":       jsonTime,
	"orig_h":   jsonAddress,
	"resp_h":   jsonAddress,
	"src":      jsonAddress,
	"dst":      jsonAddress,
	"orig_p":   jsonPort,
	"resp_p":   jsonPort,
	"duration": jsonInterval,
	"rtt":      jsonInterval,
	"proto":    jsonEnum,
}

// jsonData makes data of the value that starts with tok; it is no object.
func jsonData(in *scanner, name string, tok token, depth int) (broker.Data, error) {
	if read, ok := clearNames[name[strings.LastIndexByte(name, '.')+1:]]; ok {
		if d, ok := read(tok); ok {
			return d, nil
		}
	}
	switch tok.kind {
	case 'n':
		return broker.None{}, nil
	case 't', 'f':
		return broker.Boolean(tok.kind == 't'), nil
	case '"':
		return broker.String(tok.text), nil
	case 0:
		return jsonNumber(string(tok.text))
	case '{':
		return nil, fmt.Errorf("field %s: an object in an array", quoted([]byte(name)))
	}
	return jsonArray(in, name, depth+1)
}

func jsonArray(in *scanner, name string, depth int) (broker.Data, error) {
	if depth > maxDepth {
		return nil, errors.New("arrays are nested too deep")
	}
	out := broker.Vector{}
	for in.more(']') {
		d, err := jsonData(in, name, in.next(), depth)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func jsonNumber(s string) (broker.Data, error) {
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return broker.Count(u), nil
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return broker.Integer(i), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("number %s is out of range", quoted([]byte(s)))
	}
	return broker.Real(f), nil
}

// milliseconds is where a whole number of seconds would be the year 5138, and of milliseconds 1973.
const milliseconds = 100_000_000_000

// jsonTime reads Zeek's four ways to write a time.
func jsonTime(tok token) (broker.Data, bool) {
	switch tok.kind {
	case '"':
		t, err := broker.ParseTimestamp(string(tok.text))
		return t, err == nil
	case 0:
		text := string(tok.text)
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && (n >= milliseconds || n <= -milliseconds) {
			t := broker.Timestamp(n) * broker.Timestamp(broker.Millisecond)
			return t, t/broker.Timestamp(broker.Millisecond) == broker.Timestamp(n)
		}
		ns, err := parseSeconds(text)
		return broker.Timestamp(ns), err == nil
	}
	return nil, false
}

func jsonInterval(tok token) (broker.Data, bool) {
	if tok.kind != 0 {
		return nil, false
	}
	ns, err := parseSeconds(string(tok.text))
	return broker.Timespan(ns), err == nil
}

func jsonAddress(tok token) (broker.Data, bool) {
	if tok.kind != '"' {
		return nil, false
	}
	a, err := broker.ParseAddress(string(tok.text))
	return a, err == nil
}

func jsonPort(tok token) (broker.Data, bool) {
	if tok.kind != 0 && tok.kind != '"' {
		return nil, false
	}
	p, err := parsePort(string(tok.text))
	return p, err == nil
}

func jsonEnum(tok token) (broker.Data, bool) {
	return broker.Enum(tok.text), tok.kind == '"'
}
