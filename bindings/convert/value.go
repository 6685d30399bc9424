package convert

import (
	"fmt"
	"math"
	"strconv"

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

// Parse reads the text form of a scalar type, as its constructor does.
func (s *Space) Parse(k Kind, text string) (lua.LValue, error) {
	d, err := parseScalar(k, text)
	if err != nil {
		return nil, err
	}
	return s.scalar(d), nil
}

// parseScalar reads text as a value of kind k.
func parseScalar(k Kind, text string) (broker.Data, error) {
	switch k {
	case KindBool:
		switch text {
		case "true", "T":
			return broker.Boolean(true), nil
		case "false", "F":
			return broker.Boolean(false), nil
		}
		return nil, fmt.Errorf("%q is not a bool: want true or false", text)
	case KindCount:
		u, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a count: want digits, up to 2^64-1", text)
		}
		return broker.Count(u), nil
	case KindInt:
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not an int: want digits, from -2^63 to 2^63-1", text)
		}
		return broker.Integer(i), nil
	case KindReal:
		f, err := parseReal(text)
		return broker.Real(f), err
	case KindString:
		return broker.String(text), nil
	case KindAddr:
		return data(broker.ParseAddress(text))
	case KindSubnet:
		return data(broker.ParseSubnet(text))
	case KindPort:
		return data(parsePort(text))
	case KindTime:
		return parseTime(text)
	case KindInterval:
		return data(broker.ParseInterval(text))
	case KindEnum:
		if text == "" {
			return nil, fmt.Errorf("%q is not the name of an enum", text)
		}
		return broker.Enum(text), nil
	}
	return nil, fmt.Errorf("%s has no text form", k)
}

func data[D broker.Data](d D, err error) (broker.Data, error) {
	if err != nil {
		return nil, err
	}
	return d, nil
}

// parsePort is stricter than Broker: a script that writes a port says which protocol, and spells it right.
func parsePort(text string) (broker.Port, error) {
	p, err := broker.ParsePort(text)
	if err == nil && p.String() != text {
		err = fmt.Errorf("%q is not a port: want a number and /tcp, /udp, /icmp or /?, as in \"80/tcp\"", text)
	}
	return p, err
}

// parseTime reads seconds since 1970 or an ISO date and time.
func parseTime(text string) (broker.Data, error) {
	if t, err := broker.ParseTimestamp(text); err == nil {
		return t, nil
	}
	if t, err := broker.ParseInterval(text + "s"); err == nil {
		return broker.Timestamp(t), nil
	}
	return nil, fmt.Errorf("%q is not a time: want seconds since 1970 or YYYY-MM-DDThh:mm:ss", text)
}

func parseReal(text string) (float64, error) {
	switch text {
	case "nan":
		return math.NaN(), nil
	case "inf":
		return math.Inf(1), nil
	case "-inf":
		return math.Inf(-1), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimalDigits(text) {
		return 0, fmt.Errorf("%q is not a real: want a decimal number", text)
	}
	return f, nil
}

// decimalDigits refuses what Go reads besides decimals: 0x1p-2, 1_000, infinity.
func decimalDigits(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return false
		}
	}
	return true
}

// scalar returns the Lua value of a scalar.
func (s *Space) scalar(d broker.Data) lua.LValue {
	switch d := d.(type) {
	case broker.Boolean:
		return lua.LBool(d)
	case broker.Count:
		return s.Count(uint64(d))
	case broker.Integer:
		return s.Int(int64(d))
	case broker.Real:
		return luaNumber(float64(d))
	case broker.String:
		return lua.LString(d)
	case broker.Address:
		return s.Address(d)
	case broker.Subnet:
		return s.Subnet(d)
	case broker.Port:
		return s.Port(d)
	case broker.Timestamp:
		return s.Time(d)
	case broker.Timespan:
		return s.Interval(d)
	case broker.Enum:
		return s.Enum(d)
	}
	return s.none
}
