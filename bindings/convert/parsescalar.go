package convert

import (
	"fmt"
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

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
