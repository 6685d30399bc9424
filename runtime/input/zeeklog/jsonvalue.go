package zeeklog

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"moonpeer/net/broker"
)

// clearNames are the names, after the last dot, whose values are never anything else in Zeek's logs. What does not
// read as such is taken as it is.
var clearNames = map[string]func(json.Token) (broker.Data, bool){
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
func jsonData(dec *json.Decoder, name string, tok json.Token, depth int) (broker.Data, error) {
	if read, ok := clearNames[name[strings.LastIndexByte(name, '.')+1:]]; ok {
		if d, ok := read(tok); ok {
			return d, nil
		}
	}
	switch v := tok.(type) {
	case nil:
		return broker.None{}, nil
	case bool:
		return broker.Boolean(v), nil
	case string:
		return broker.String(v), nil
	case json.Number:
		return jsonNumber(string(v))
	case json.Delim:
		if v == '{' {
			return nil, fmt.Errorf("field %s: an object in an array", quoted([]byte(name)))
		}
	}
	return jsonArray(dec, name, depth+1)
}

func jsonArray(dec *json.Decoder, name string, depth int) (broker.Data, error) {
	if depth > maxDepth {
		return nil, errors.New("arrays are nested too deep")
	}
	out := broker.Vector{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, jsonError(err, "")
		}
		d, err := jsonData(dec, name, tok, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	_, err := dec.Token()
	return out, jsonError(err, "")
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
func jsonTime(tok json.Token) (broker.Data, bool) {
	switch v := tok.(type) {
	case string:
		t, err := broker.ParseTimestamp(v)
		return t, err == nil
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil && (n >= milliseconds || n <= -milliseconds) {
			t := broker.Timestamp(n) * broker.Timestamp(broker.Millisecond)
			return t, t/broker.Timestamp(broker.Millisecond) == broker.Timestamp(n)
		}
		ns, err := parseSeconds(string(v))
		return broker.Timestamp(ns), err == nil
	}
	return nil, false
}

func jsonInterval(tok json.Token) (broker.Data, bool) {
	v, ok := tok.(json.Number)
	if !ok {
		return nil, false
	}
	ns, err := parseSeconds(string(v))
	return broker.Timespan(ns), err == nil
}

func jsonAddress(tok json.Token) (broker.Data, bool) {
	s, ok := tok.(string)
	if !ok {
		return nil, false
	}
	a, err := broker.ParseAddress(s)
	return a, err == nil
}

func jsonPort(tok json.Token) (broker.Data, bool) {
	var s string
	switch v := tok.(type) {
	case string:
		s = v
	case json.Number:
		s = string(v)
	}
	p, err := parsePort(s)
	return p, err == nil
}

func jsonEnum(tok json.Token) (broker.Data, bool) {
	s, ok := tok.(string)
	return broker.Enum(s), ok
}
