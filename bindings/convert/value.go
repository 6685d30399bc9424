package convert

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

// AsAddress returns the address that v stands for.
func AsAddress(v lua.LValue) (broker.Address, bool) {
	if b, ok := boxed[*addrBox](v); ok {
		return b.v, true
	}
	return broker.Address{}, false
}

// AsSubnet returns the subnet that v stands for.
func AsSubnet(v lua.LValue) (broker.Subnet, bool) {
	if b, ok := boxed[*subnetBox](v); ok {
		return b.v, true
	}
	return broker.Subnet{}, false
}

// AsPort returns the port that v stands for.
func AsPort(v lua.LValue) (broker.Port, bool) {
	if b, ok := boxed[*portBox](v); ok {
		return b.v, true
	}
	return broker.Port{}, false
}

// AsTime returns the point in time that v stands for.
func AsTime(v lua.LValue) (broker.Timestamp, bool) {
	if b, ok := boxed[*timeBox](v); ok {
		return b.v, true
	}
	return 0, false
}

// AsInterval returns the interval that v stands for. Like every typed place it takes a number of seconds and a
// text, too.
func AsInterval(v lua.LValue) (broker.Timespan, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		n, ok := Nanoseconds(float64(v))
		return broker.Timespan(n), ok
	case lua.LString:
		t, err := broker.ParseInterval(string(v))
		return t, err == nil
	}
	if b, ok := boxed[*intervalBox](v); ok {
		return b.v, true
	}
	return 0, false
}

// AsEnum returns the enum that v stands for.
func AsEnum(v lua.LValue) (broker.Enum, bool) {
	if b, ok := boxed[*enumBox](v); ok {
		return b.v, true
	}
	return "", false
}

// AsCount returns the count that v stands for: an integral number from 0 to 2^53, or a big.
func AsCount(v lua.LValue) (uint64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		if f := float64(v); f >= 0 && f <= maxExact && f == math.Trunc(f) {
			return uint64(f), true
		}
	case *lua.LUserData:
		if b, ok := v.Value.(*numberBox); ok && b.v.kind == KindCount {
			return b.v.bits, true
		}
	}
	return 0, false
}

// AsInt returns the int that v stands for: an integral number within 2^53, or a big.
func AsInt(v lua.LValue) (int64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		if f := float64(v); f >= -maxExact && f <= maxExact && f == math.Trunc(f) {
			return int64(f), true
		}
	case *lua.LUserData:
		if b, ok := v.Value.(*numberBox); ok &&
			(b.v.kind == KindInt || b.v.kind == KindCount && b.v.bits <= math.MaxInt64) {
			return int64(b.v.bits), true
		}
	}
	return 0, false
}

// AsReal returns the real that v stands for: any number, or what types.real returned.
func AsReal(v lua.LValue) (float64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case *lua.LUserData:
		if b, ok := v.Value.(*numberBox); ok && b.v.kind == KindReal {
			return b.v.float(), true
		}
	}
	return 0, false
}

// IsNone reports whether v is types.none.
func IsNone(v lua.LValue) bool {
	_, ok := boxed[*noneValue](v)
	return ok
}

func boxed[B any](v lua.LValue) (b B, ok bool) {
	if ud, isUD := v.(*lua.LUserData); isUD {
		b, ok = ud.Value.(B)
	}
	return b, ok
}

// kindOf returns the kind of an interned value.
func kindOf(ud *lua.LUserData) (Kind, bool) {
	switch ud.Value.(type) {
	case *addrBox:
		return KindAddr, true
	case *subnetBox:
		return KindSubnet, true
	case *portBox:
		return KindPort, true
	case *timeBox:
		return KindTime, true
	case *intervalBox:
		return KindInterval, true
	case *enumBox:
		return KindEnum, true
	case *tupleBox:
		return KindTuple, true
	}
	return KindAny, false
}

// Word says in one word what v is: Lua's types, and of other values what declarations have for them: addr, set, map, record.
func Word(v lua.LValue) string {
	ud, ok := v.(*lua.LUserData)
	if !ok {
		return v.Type().String()
	}
	switch b := ud.Value.(type) {
	case *noneValue:
		return "none"
	case *numberBox:
		return b.v.kind.String()
	case *Record, *goRecord:
		return "record"
	case Container:
		if k := b.ContainerType().Kind; k != KindTable {
			return k.String()
		}
		return "map"
	}
	if k, ok := kindOf(ud); ok {
		return k.String()
	}
	return "userdata"
}

// DefaultKind returns the Broker kind that v takes where no type is declared, and false for what has none. The
// rule is frozen: HRW keys hang on it.
func DefaultKind(v lua.LValue) (broker.Kind, bool) {
	switch v := v.(type) {
	case *lua.LNilType:
		return broker.KindNone, true
	case lua.LBool:
		return broker.KindBoolean, true
	case lua.LNumber:
		return defaultNumber(float64(v)), true
	case lua.LString:
		return broker.KindString, true
	case *lua.LTable:
		if n, err := arrayLen(v); err == nil && n >= 0 {
			return broker.KindVector, true
		}
		return broker.KindTable, true
	case *lua.LUserData:
		return defaultUserData(v)
	}
	return broker.KindNone, false
}

// defaultNumber is the rule for numbers: integral and not negative is a count, integral and negative an integer,
// all others are reals. Beyond 2^53 a number may have been rounded, and no kind but real stands for what it says.
func defaultNumber(f float64) broker.Kind {
	switch {
	case f != math.Trunc(f) || math.Abs(f) > maxExact:
		return broker.KindReal
	case f < 0:
		return broker.KindInteger
	}
	return broker.KindCount
}

func defaultUserData(ud *lua.LUserData) (broker.Kind, bool) {
	switch v := ud.Value.(type) {
	case *noneValue:
		return broker.KindNone, true
	case *numberBox:
		return wireKinds[v.v.kind], true
	case *Record, *goRecord:
		return broker.KindVector, true
	case Container:
		return wireKinds[v.ContainerType().Kind], true
	}
	k, ok := kindOf(ud)
	return wireKinds[k], ok
}
