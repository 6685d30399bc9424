package dumpjson

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// maxExact is up to which whole numbers a double, and with it every tool, has them all.
const maxExact = 1 << 53

// AppendLine appends an entry, whose key and value are serialised, with a line end. expiry is ns since 1970; 0: never. It
// returns false if key or value are no value, and stand there as raw bytes.
func AppendLine(dst, key, value []byte, expiry int64) (out []byte, ok bool) {
	dst, okKey := AppendValue(append(dst, `{"key":`...), key)
	dst, okValue := AppendValue(append(dst, `,"value":`...), value)
	if expiry != 0 {
		dst = append(append(append(dst, `,"expires":"`...), formatTime(expiry)...), '"')
	}
	return append(dst, "}\n"...), okKey && okValue
}

// AppendValue appends a serialised value. It returns false for bytes that are none.
func AppendValue(dst, raw []byte) (out []byte, ok bool) {
	check := wire.NewReader(raw)
	if err := check.Skip(); err != nil || check.Remaining() > 0 {
		return appendRaw(dst, raw), false
	}
	r := wire.NewReader(raw)
	return appendNext(dst, &r), true
}

// formatTime writes a time as RFC 3339, in UTC, without zeros at the end.
func formatTime(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// appendNext appends the next value of r, which Skip has found to be one.
func appendNext(dst []byte, r *wire.Reader) []byte {
	from := r.Rest()
	k, _ := r.Kind()
	text, tag := []byte(nil), ""
	switch k {
	case broker.KindNone:
		return append(dst, "null"...)
	case broker.KindBoolean:
		v, _ := r.Boolean()
		return strconv.AppendBool(dst, v)
	case broker.KindCount:
		v, _ := r.Count()
		return appendCount(dst, v)
	case broker.KindInteger:
		v, _ := r.Integer()
		return appendInteger(dst, v)
	case broker.KindReal:
		v, _ := r.Real()
		return appendReal(dst, v)
	case broker.KindString:
		v, _ := r.Bytes()
		if !utf8.Valid(v) {
			return appendBase64(dst, "base64", v)
		}
		return appendString(dst, v)
	case broker.KindAddress:
		v, _ := r.Address()
		tag, text = "addr", v.AppendText(nil)
	case broker.KindSubnet:
		v, _ := r.Subnet()
		tag, text = "subnet", v.AppendText(nil)
		if back, err := broker.ParseSubnet(string(text)); err != nil || back != v {
			tag = ""
		}
	case broker.KindPort:
		v, _ := r.Port()
		tag, text = "port", v.AppendText(nil)
	case broker.KindTimestamp:
		v, _ := r.Timestamp()
		tag, text = "time", []byte(formatTime(int64(v)))
	case broker.KindTimespan:
		v, _ := r.Timespan()
		tag, text = "interval", []byte(broker.FormatInterval(v))
	case broker.KindEnum:
		if text, _ = r.Bytes(); utf8.Valid(text) {
			tag = "enum"
		}
	case broker.KindSet, broker.KindTable, broker.KindVector:
		return appendContainer(dst, k, r)
	}
	if tag == "" {
		return appendRaw(dst, from[:len(from)-r.Remaining()])
	}
	return append(appendString(appendTag(dst, tag), text), '}')
}

func appendContainer(dst []byte, k broker.Kind, r *wire.Reader) []byte {
	n, _ := r.Len()
	open, end := "[", "]"
	switch k {
	case broker.KindSet:
		open, end = `{"set":[`, "]}"
	case broker.KindTable:
		open, end = `{"table":[`, "]}"
	}
	dst = append(dst, open...)
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if k != broker.KindTable {
			dst = appendNext(dst, r)
			continue
		}
		dst = appendNext(append(dst, '['), r)
		dst = append(appendNext(append(dst, ','), r), ']')
	}
	return append(dst, end...)
}

func appendTag(dst []byte, tag string) []byte {
	return append(append(append(dst, `{"`...), tag...), `":`...)
}

func appendCount(dst []byte, v uint64) []byte {
	if v <= maxExact {
		return strconv.AppendUint(dst, v, 10)
	}
	return append(strconv.AppendUint(append(appendTag(dst, "count"), '"'), v, 10), `"}`...)
}

func appendInteger(dst []byte, v int64) []byte {
	dst = appendTag(dst, "int")
	if -maxExact <= v && v <= maxExact {
		return append(strconv.AppendInt(dst, v, 10), '}')
	}
	return append(strconv.AppendInt(append(dst, '"'), v, 10), `"}`...)
}

func appendReal(dst []byte, v float64) []byte {
	dst = appendTag(dst, "real")
	switch {
	case math.IsNaN(v):
		return append(dst, `"nan"}`...)
	case math.IsInf(v, 1):
		return append(dst, `"inf"}`...)
	case math.IsInf(v, -1):
		return append(dst, `"-inf"}`...)
	}
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return append(strconv.AppendFloat(dst, v, format, -1, 64), '}')
}

func appendBase64(dst []byte, tag string, b []byte) []byte {
	dst = append(appendTag(dst, tag), '"')
	return append(base64.StdEncoding.AppendEncode(dst, b), `"}`...)
}

func appendRaw(dst, b []byte) []byte { return appendBase64(dst, "raw", b) }

const hex = "0123456789abcdef"

// appendString appends UTF-8 in quotes. Nothing but what must be is escaped, and what terminals would act on: DEL, the
// controls of Latin 1, and the two line ends that JSON allows.
func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
				i++
				continue
			}
			dst = append(dst, s[from:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, `\n`...)
			case '\r':
				dst = append(dst, `\r`...)
			case '\t':
				dst = append(dst, `\t`...)
			default:
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
			}
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(string(s[i:min(len(s), i+utf8.UTFMax)]))
		if r < 0xa0 || r == 0x2028 || r == 0x2029 {
			dst = append(dst, s[from:i]...)
			dst = append(dst, '\\', 'u', hex[r>>12], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
			from = i + size
		}
		i += size
	}
	return append(append(dst, s[from:]...), '"')
}
