package wirejson

import (
	"math"
	"strconv"

	"moonpeer/net/broker"
)

// typeNames are the values of @data-type. One differs from Kind.String.
var typeNames = [...]string{
	broker.KindNone:      "none",
	broker.KindBoolean:   "boolean",
	broker.KindCount:     "count",
	broker.KindInteger:   "integer",
	broker.KindReal:      "real",
	broker.KindString:    "string",
	broker.KindAddress:   "address",
	broker.KindSubnet:    "subnet",
	broker.KindPort:      "port",
	broker.KindTimestamp: "timestamp",
	broker.KindTimespan:  "timespan",
	broker.KindEnum:      "enum-value",
	broker.KindSet:       "set",
	broker.KindTable:     "table",
	broker.KindVector:    "vector",
}

// AppendData appends a value: an object with the members @data-type and data,
// in this order, without white space. What it writes is valid JSON but for one
// thing: bytes of a string that are not UTF-8 pass as they are.
func AppendData(dst []byte, d broker.Data) []byte {
	return append(appendMembers(append(dst, '{'), d), '}')
}

// appendMembers appends the two members of a value without the braces.
func appendMembers(dst []byte, d broker.Data) []byte {
	dst = append(dst, `"@data-type":"`...)
	dst = append(dst, typeNames[broker.KindOf(d)]...)
	dst = append(dst, `","data":`...)
	return appendContent(dst, d)
}

func appendContent(dst []byte, d broker.Data) []byte {
	switch d := d.(type) {
	case nil, broker.None:
		return append(dst, "{}"...)
	case broker.Boolean:
		return strconv.AppendBool(dst, bool(d))
	case broker.Count:
		return strconv.AppendUint(dst, uint64(d), 10)
	case broker.Integer:
		return strconv.AppendInt(dst, int64(d), 10)
	case broker.Real:
		return appendReal(dst, d)
	case broker.String:
		return appendString(dst, string(d))
	case broker.Address:
		return append(d.AppendText(append(dst, '"')), '"')
	case broker.Subnet:
		return append(d.AppendText(append(dst, '"')), '"')
	case broker.Port:
		return append(d.AppendText(append(dst, '"')), '"')
	case broker.Timestamp:
		return append(appendTimestamp(append(dst, '"'), d), '"')
	case broker.Timespan:
		return append(d.AppendUnits(append(dst, '"')), '"')
	case broker.Enum:
		return appendString(dst, string(d))
	case broker.Set:
		return appendArray(dst, d)
	case broker.Table:
		return appendTable(dst, d)
	case broker.Vector:
		return appendArray(dst, d)
	}
	return dst // not reached, Data is sealed
}

func appendArray(dst []byte, elems []broker.Data) []byte {
	dst = append(dst, '[')
	for i, e := range elems {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendData(dst, e)
	}
	return append(dst, ']')
}

func appendTable(dst []byte, table broker.Table) []byte {
	dst = append(dst, '[')
	for i, it := range table {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendData(append(dst, `{"key":`...), it.Key)
		dst = AppendData(append(dst, `,"value":`...), it.Value)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// appendReal writes six decimals, as Broker does. For infinities Broker writes
// inf, which is no JSON and which it refuses itself; 1e400 is, and Broker reads
// it as infinity. For NaN there is no number at all.
func appendReal(dst []byte, r broker.Real) []byte {
	switch f := float64(r); {
	case math.IsNaN(f):
		return append(dst, "null"...)
	case math.IsInf(f, 1):
		return append(dst, "1e400"...)
	case math.IsInf(f, -1):
		return append(dst, "-1e400"...)
	}
	return r.AppendText(dst)
}

// appendTimestamp writes milliseconds, cut. Before 1970 Broker cuts to whole
// seconds, toward 1970, and so do we.
func appendTimestamp(dst []byte, t broker.Timestamp) []byte {
	if t < 0 {
		t -= t % 1e9
	}
	return t.AppendISO(dst, 3)
}

const hexDigits = "0123456789abcdef"

// appendString writes a JSON string. Only what must be escaped is: old Brokers
// do not decode \u, so nothing printable is written that way.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}
