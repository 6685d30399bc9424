package dumpjson

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
	"moonpeer/store/rules"
)

// Entry is one line, read: key and value are serialised and canonical, Expiry is ns since 1970; 0: never.
type Entry struct {
	Key, Value []byte
	Expiry     int64
}

// ParseLine reads a line. The error says what is wrong, and where in the value.
func ParseLine(line []byte) (Entry, error) {
	v, err := decode(line)
	if err != nil {
		return Entry{}, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return Entry{}, fmt.Errorf("want an object with key and value, got %s", describe(v))
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if name != "key" && name != "value" && name != "expires" {
			return Entry{}, fmt.Errorf("unknown field %q: an entry has key, value and expires", clip(name))
		}
	}
	var e Entry
	if e.Key, err = field(m, "key", rules.CanonicalKey); err != nil {
		return Entry{}, err
	}
	if e.Value, err = field(m, "value", rules.Canonical); err != nil {
		return Entry{}, err
	}
	if at, ok := m["expires"]; ok && at != nil {
		text, _ := at.(string)
		t, err := broker.ParseTimestamp(text)
		if err != nil || t == 0 {
			return Entry{}, fmt.Errorf(`expires: want a time such as "2026-01-02T03:04:05Z", got %s`, describe(at))
		}
		e.Expiry = int64(t)
	}
	return e, nil
}

func field(m map[string]any, name string, canonical func(dst, raw []byte) ([]byte, error)) ([]byte, error) {
	v, ok := m[name]
	if !ok {
		return nil, fmt.Errorf("%s is missing", name)
	}
	raw, err := appendParsed(nil, v, wire.MaxDepth)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	out, err := canonical(nil, raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	return out, nil
}

// ParseValue reads one value. The result is serialised and canonical.
func ParseValue(text []byte) ([]byte, error) {
	v, err := decode(text)
	if err != nil {
		return nil, err
	}
	return field(map[string]any{"value": v}, "value", rules.Canonical)
}

// reason says of what makes no canonical value what people can do something about.
func reason(err error) error {
	if errors.Is(err, wire.ErrDuplicate) {
		return errors.New("an element of a set, or a key of a table, comes twice")
	}
	return err
}

// decode reads one JSON text and nothing behind it. Numbers keep their digits.
func decode(text []byte) (v any, err error) {
	if !utf8.Valid(text) {
		return nil, errors.New("no JSON: it is not UTF-8") // the decoder would make another text of it
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err = d.Decode(&v); err == nil {
		if _, err = d.Token(); err == io.EOF {
			return v, nil
		}
		err = errors.New("there is more behind the value")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("no JSON: it is cut off")
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return nil, fmt.Errorf("no JSON: byte %d: %w", syntax.Offset, err)
	}
	return nil, fmt.Errorf("no JSON: %w", err)
}

// appendParsed appends v serialised; sets and tables are in the order of the text.
func appendParsed(dst []byte, v any, depth int) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return wire.AppendNone(dst), nil
	case bool:
		return wire.AppendBoolean(dst, v), nil
	case string:
		return wire.AppendString(dst, v), nil
	case json.Number:
		n, err := strconv.ParseUint(string(v), 10, 64)
		if err != nil {
			return dst, fmt.Errorf(`a bare number is a count, and %s is none: write {"int":-5}, {"real":2.5} or {"count":"…"}`, clip(string(v)))
		}
		return wire.AppendCount(dst, n), nil
	case []any:
		return appendElems(wire.AppendVectorHeader(dst, len(v)), v, depth, "element")
	case map[string]any:
		if len(v) == 1 {
			for tag, content := range v {
				return appendTagged(dst, tag, content, depth)
			}
		}
		return dst, fmt.Errorf("want an object with one member, which says the kind, got %d (a table is {\"table\":[[key,value],…]})", len(v))
	}
	return dst, fmt.Errorf("%T is nothing that JSON has", v) // not reached
}

func appendElems(dst []byte, elems []any, depth int, what string) (_ []byte, err error) {
	if depth == 0 {
		return dst, fmt.Errorf("nested deeper than %d", wire.MaxDepth)
	}
	for i, e := range elems {
		if dst, err = appendParsed(dst, e, depth-1); err != nil {
			return dst, fmt.Errorf("%s %d: %w", what, i+1, err)
		}
	}
	return dst, nil
}

// tags are the names of members.
var tags = []string{"count", "int", "real", "base64", "addr", "subnet", "port", "time", "interval", "enum", "set", "table", "raw"}

func unknown(tag string) error {
	return fmt.Errorf("unknown kind %q: want one of %s", clip(tag), strings.Join(tags, " "))
}

// appendTagged appends what an object with one member stands for.
func appendTagged(dst []byte, tag string, v any, depth int) ([]byte, error) {
	switch tag {
	case "set", "table":
		elems, ok := v.([]any)
		if !ok {
			return dst, fmt.Errorf("%s: want an array, got %s", tag, describe(v))
		}
		if tag == "set" {
			return appendElems(wire.AppendSetHeader(dst, len(elems)), elems, depth, "element")
		}
		return appendPairs(dst, elems, depth)
	case "count", "int", "real":
		if n, ok := v.(json.Number); ok {
			v = string(n)
		}
	}
	text, ok := v.(string)
	switch {
	case !slices.Contains(tags, tag):
		return dst, unknown(tag)
	case !ok:
		return dst, fmt.Errorf("%s: want a text, got %s", tag, describe(v))
	}
	dst, err := appendScalar(dst, tag, text)
	if err != nil {
		return dst, fmt.Errorf("%s: %w", tag, err)
	}
	return dst, nil
}

func appendPairs(dst []byte, items []any, depth int) (_ []byte, err error) {
	if depth == 0 {
		return dst, fmt.Errorf("nested deeper than %d", wire.MaxDepth)
	}
	dst = wire.AppendTableHeader(dst, len(items))
	for i, it := range items {
		pair, ok := it.([]any)
		if !ok || len(pair) != 2 {
			return dst, fmt.Errorf("item %d: want [key,value], got %s", i+1, describe(it))
		}
		if dst, err = appendParsed(dst, pair[0], depth-1); err != nil {
			return dst, fmt.Errorf("key of item %d: %w", i+1, err)
		}
		if dst, err = appendParsed(dst, pair[1], depth-1); err != nil {
			return dst, fmt.Errorf("value of item %d: %w", i+1, err)
		}
	}
	return dst, nil
}

func appendScalar(dst []byte, tag, text string) ([]byte, error) {
	switch tag {
	case "count":
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return dst, fmt.Errorf("%q: want digits, up to 2^64-1", clip(text))
		}
		return wire.AppendCount(dst, v), nil
	case "int":
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return dst, fmt.Errorf("%q: want digits, from -2^63 to 2^63-1", clip(text))
		}
		return wire.AppendInteger(dst, v), nil
	case "real":
		v, err := parseReal(text)
		return wire.AppendReal(dst, v), err
	case "base64":
		b, err := base64.StdEncoding.DecodeString(text)
		return wire.AppendString(dst, string(b)), err
	case "raw":
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return dst, err
		}
		r := wire.NewReader(b)
		if err := r.Skip(); err != nil || r.Remaining() > 0 {
			return dst, errors.New("its bytes are no value: the store that was dumped holds something that nobody can read")
		}
		return append(dst, b...), nil
	case "addr":
		v, err := broker.ParseAddress(text)
		return wire.AppendAddress(dst, v), err
	case "subnet":
		v, err := broker.ParseSubnet(text)
		return wire.AppendSubnet(dst, v), err
	case "port":
		v, err := broker.ParsePort(text)
		return wire.AppendPort(dst, v), err
	case "time":
		v, err := broker.ParseTimestamp(text)
		return wire.AppendTimestamp(dst, v), err
	case "interval":
		v, err := broker.ParseInterval(text)
		return wire.AppendTimespan(dst, v), err
	case "enum":
		return wire.AppendEnum(dst, text), nil
	}
	return dst, unknown(tag) // not reached
}

// parseReal reads a decimal number, or one of the three that JSON can't say.
func parseReal(text string) (float64, error) {
	switch text {
	case "nan":
		return math.NaN(), nil
	case "inf":
		return math.Inf(1), nil
	case "-inf":
		return math.Inf(-1), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.Trim(text, "0123456789.-+eE") != "" {
		return 0, fmt.Errorf(`%q: want a decimal number, "nan", "inf" or "-inf"`, clip(text))
	}
	return v, nil
}

func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return "number " + clip(string(v))
	case string:
		return strconv.Quote(clip(v))
	case []any:
		return fmt.Sprintf("an array of %d", len(v))
	}
	return "an object"
}

// clip cuts a text that a message quotes.
func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}
