package convert

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// AppendText appends what tostring gives for v: the text form of typed values, numbers as Lua writes them, true
// and false. A container or a record names its type only; see AppendPrint for the contents.
func AppendText(dst []byte, v lua.LValue) []byte {
	switch v := v.(type) {
	case lua.LString:
		return append(dst, v...)
	case lua.LNumber:
		return appendNumber(dst, float64(v))
	case *lua.LUserData:
		return appendUserData(dst, v)
	}
	return append(dst, v.String()...)
}

func appendUserData(dst []byte, ud *lua.LUserData) []byte {
	switch b := ud.Value.(type) {
	case *noneValue:
		return append(dst, "none"...)
	case *addrBox:
		return b.v.AppendText(dst)
	case *subnetBox:
		return b.v.AppendText(dst)
	case *portBox:
		return b.v.AppendText(dst)
	case *timeBox:
		return b.v.AppendSeconds(dst)
	case *intervalBox:
		return append(dst, broker.FormatInterval(b.v)...)
	case *enumBox:
		return append(dst, b.v...)
	case *numberBox:
		return b.v.appendText(dst)
	case *tupleBox:
		return appendTuple(dst, b.more)
	case *outcome:
		return append(dst, b.text()...)
	case *Record:
		return append(append(dst, "record "...), b.typ.name...)
	case *goRecord:
		return append(append(dst, "record "...), b.rec.RecordType().name...)
	case Container:
		return append(dst, b.ContainerType().String()...)
	case Fielded:
		return append(dst, FieldedText(b)...)
	}
	return append(dst, ud.String()...)
}

func appendTuple(dst []byte, vals []lua.LValue) []byte {
	dst = append(dst, '[')
	for i, v := range vals {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = AppendText(dst, v)
	}
	return append(dst, ']')
}

// appendNumber writes a number as tostring does in this VM.
func appendNumber(dst []byte, f float64) []byte {
	return append(dst, lua.LNumber(f).String()...)
}

// appendReal writes a double with the fewest digits that read back to it, and with a point or an exponent, so that
// it is not taken for a count.
func appendReal(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	text := strconv.AppendFloat(nil, f, 'g', -1, 64)
	if abs := math.Abs(f); abs >= 1e-4 && abs < 1e15 || f == 0 {
		text = strconv.AppendFloat(nil, f, 'f', -1, 64)
	}
	if strings.IndexByte(string(text), '.') < 0 && strings.IndexByte(string(text), 'e') < 0 {
		text = append(text, ".0"...)
	}
	return append(dst, text...)
}

// Nanoseconds reads a number of seconds as people mean it: 0.1 is 100 ms, although no double is a tenth. The digits
// that the double is printed with decide; what is below a nanosecond is cut.
func Nanoseconds(sec float64) (int64, bool) {
	if sec == math.Trunc(sec) {
		if math.Abs(sec) > 9.2e9 {
			return 0, false
		}
		return int64(sec) * 1e9, true
	}
	var buf [400]byte
	t, err := broker.ParseInterval(borrow(append(strconv.AppendFloat(buf[:0], sec, 'f', -1, 64), 's')))
	return int64(t), err == nil
}
