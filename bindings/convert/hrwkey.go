package convert

import (
	"encoding/binary"
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// Zeek's tags of types, as they stand in front of a key that is hashed (zeek/frameworks.md §3.7).
const (
	hrwBool   = 1
	hrwInt    = 2
	hrwCount  = 3
	hrwDouble = 4
	hrwTime   = 5
	hrwPort   = 10
	hrwAddr   = 11
	hrwSubnet = 12
)

// AppendHRWKey appends the bytes by which v chooses a node of a pool: a string as it is, everything else as Zeek
// writes a value of the kind that v has by default. The rule is frozen: who is responsible for what hangs on it. The
// error says that v can't be a key.
func AppendHRWKey(dst []byte, v lua.LValue) ([]byte, error) {
	var a atom
	if !a.fromDefault(v) {
		return dst, notHRW(v)
	}
	tag := func(t uint32) []byte { return binary.LittleEndian.AppendUint32(dst, t) }
	switch a.kind {
	case broker.KindString:
		return append(dst, a.str...), nil
	case broker.KindBoolean:
		return binary.LittleEndian.AppendUint64(tag(hrwBool), a.bits), nil
	case broker.KindInteger:
		return binary.LittleEndian.AppendUint64(tag(hrwInt), a.bits), nil
	case broker.KindCount:
		return binary.LittleEndian.AppendUint64(tag(hrwCount), a.bits), nil
	case broker.KindReal:
		return binary.LittleEndian.AppendUint64(tag(hrwDouble), a.bits), nil
	case broker.KindTimestamp:
		sec := float64(int64(a.bits)) / 1e9
		return binary.LittleEndian.AppendUint64(tag(hrwTime), math.Float64bits(sec)), nil
	case broker.KindAddress:
		return append(append(tag(hrwAddr), a.addr.String()...), 0), nil
	case broker.KindSubnet:
		return append(append(tag(hrwSubnet), a.subnet().String()...), 0), nil
	case broker.KindPort:
		p := a.port()
		dst = append(binary.LittleEndian.AppendUint32(tag(hrwPort), uint32(p.Number)), '/', 0)
		return append(append(dst, p.Proto.String()...), 0), nil
	}
	return dst, notHRW(v)
}

func notHRW(v lua.LValue) error {
	return invalidData("%s can't be a key: want a boolean, number, string, address, subnet, port or time", Describe(v))
}
