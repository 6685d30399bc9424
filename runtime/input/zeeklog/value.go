package zeeklog

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"moonpeer/net/broker"
)

// kinds maps Zeek's names of types.
var kinds = map[string]broker.Kind{
	"bool": broker.KindBoolean, "int": broker.KindInteger, "count": broker.KindCount, "counter": broker.KindCount,
	"double": broker.KindReal, "time": broker.KindTimestamp, "interval": broker.KindTimespan,
	"string": broker.KindString, "pattern": broker.KindString, "func": broker.KindString, "file": broker.KindString,
	"enum": broker.KindEnum, "addr": broker.KindAddress, "subnet": broker.KindSubnet, "port": broker.KindPort,
}

// parseType reads one word of a #types line: count, set[addr], vector[string].
func parseType(name, typ string) (column, error) {
	c := column{name: name}
	var ok bool
	if c.kind, ok = kinds[typ]; ok {
		return c, nil
	}
	outer, rest, _ := strings.Cut(typ, "[")
	inner, closed := strings.CutSuffix(rest, "]")
	switch outer {
	case "set", "table":
		c.kind = broker.KindSet
	case "vector":
		c.kind = broker.KindVector
	}
	if c.elem, ok = kinds[inner]; !ok || !closed || c.kind == broker.KindNone {
		return c, fmt.Errorf("field %s has the unknown type %q", name, typ)
	}
	return c, nil
}

var (
	errNumber = errors.New("want a number")
	errRange  = errors.New("number is out of range")
)

// parseValue reads a value that is set. text may be changed later, so nothing of it is kept.
func parseValue(kind broker.Kind, text []byte) (broker.Data, error) {
	switch kind {
	case broker.KindString:
		return broker.String(unescape(text)), nil
	case broker.KindEnum:
		return broker.Enum(unescape(text)), nil
	case broker.KindBoolean:
		switch string(text) {
		case "T", "1":
			return broker.Boolean(true), nil
		case "F", "0":
			return broker.Boolean(false), nil
		}
		return nil, errors.New("want T or F")
	case broker.KindCount:
		n, err := strconv.ParseUint(string(text), 10, 64)
		return broker.Count(n), numberError(err)
	case broker.KindInteger:
		n, err := strconv.ParseInt(string(text), 10, 64)
		return broker.Integer(n), numberError(err)
	case broker.KindReal:
		if string(text) == "-nan" { // as printf has it
			return broker.Real(math.NaN()), nil
		}
		f, err := strconv.ParseFloat(string(text), 64)
		return broker.Real(f), numberError(err)
	case broker.KindTimestamp:
		ns, err := parseSeconds(string(text))
		return broker.Timestamp(ns), err
	case broker.KindTimespan:
		ns, err := parseSeconds(string(text))
		return broker.Timespan(ns), err
	case broker.KindAddress:
		return orReason(broker.ParseAddress(string(text)))
	case broker.KindSubnet:
		return orReason(broker.ParseSubnet(string(text)))
	case broker.KindPort:
		return parsePort(string(text))
	}
	return nil, fmt.Errorf("can't read a %s", kind)
}

// orReason leaves out of a broker error what the caller says better.
func orReason[T broker.Data](d T, err error) (broker.Data, error) {
	var pe *broker.ParseError
	if errors.As(err, &pe) {
		return nil, errors.New(pe.Reason)
	}
	return d, err
}

func numberError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, strconv.ErrRange):
		return errRange
	}
	return errNumber
}

// parsePort reads a port. A number alone has no protocol: the log's proto field is another field.
func parsePort(s string) (broker.Data, error) {
	if !strings.Contains(s, "/") {
		s += "/?"
	}
	return orReason(broker.ParsePort(s))
}

// parseSeconds reads a number of seconds as nanoseconds, without going through a float: digits beyond the ninth
// decimal are cut.
func parseSeconds(s string) (int64, error) {
	digits, neg := strings.CutPrefix(s, "-")
	whole, frac, _ := strings.Cut(digits, ".")
	sec, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || sec > math.MaxInt64/1_000_000_000 {
		return parseExponent(s)
	}
	ns := uint64(0)
	for i := range 9 {
		ns *= 10
		if i < len(frac) {
			d := frac[i] - '0'
			if d > 9 {
				return parseExponent(s)
			}
			ns += uint64(d)
		}
	}
	for i := 9; i < len(frac); i++ {
		if frac[i]-'0' > 9 {
			return parseExponent(s)
		}
	}
	total := sec*1_000_000_000 + ns
	if total > math.MaxInt64 {
		return 0, errRange
	}
	if neg {
		return -int64(total), nil
	}
	return int64(total), nil
}

// parseExponent reads seconds written in any other way, as 1.5e9.
func parseExponent(s string) (int64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, numberError(err)
	}
	t, ok := broker.TimestampFromSeconds(f)
	if !ok {
		return 0, errRange
	}
	return int64(t), nil
}

// unescape takes back \xNN and \\.
func unescape(text []byte) string {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text)
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		switch {
		case rest[0] != '\\' || len(rest) < 2:
			out = append(out, rest[0])
		case rest[1] == '\\':
			out = append(out, '\\')
			i++
		case rest[1] == 'x' && len(rest) >= 4 && hexDigit(rest[2]) >= 0 && hexDigit(rest[3]) >= 0:
			out = append(out, byte(hexDigit(rest[2])<<4|hexDigit(rest[3])))
			i += 3
		default:
			out = append(out, '\\')
		}
	}
	return string(out)
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
