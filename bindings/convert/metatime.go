package convert

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/net/broker"
)

var timeMeta = kindMeta{
	word: "time",
	fields: map[string]func(*Space, *lua.LUserData) lua.LValue{
		"sec": func(s *Space, ud *lua.LUserData) lua.LValue { return lua.LNumber(ud.Value.(*timeBox).v.Seconds()) },
	},
	methods: map[string]func(*Space, *lua.LState) int{
		"iso": func(s *Space, L *lua.LState) int {
			L.Push(lua.LString(append(selfTime(L, "iso").AppendISO(nil, 6), 'Z')))
			return 1
		},
		"format": func(s *Space, L *lua.LState) int {
			t := selfTime(L, "format")
			layout, ok := L.Get(2).(lua.LString)
			if !ok {
				ArgRaise(L, "format", 1, mismatch(Scalar(KindString), L.Get(2)))
			}
			text, err := strftime(t, string(layout))
			if err != nil {
				ArgRaise(L, "format", 1, err)
			}
			L.Push(lua.LString(text))
			return 1
		},
	},
	arith: timeArith,
}

var intervalMeta = kindMeta{
	word: "interval",
	fields: map[string]func(*Space, *lua.LUserData) lua.LValue{
		"sec": func(s *Space, ud *lua.LUserData) lua.LValue {
			return luaNumber(float64(ud.Value.(*intervalBox).v) / 1e9)
		},
	},
	arith: timeArith,
}

func selfTime(L *lua.LState, method string) broker.Timestamp {
	t, ok := AsTime(L.Get(1))
	if !ok {
		raiseSelf(L, "time", method)
	}
	return t
}

// timeArith does what makes sense with times and intervals: time - time, time ± interval, interval ± interval,
// interval * number, interval / number, interval / interval, -interval.
func timeArith(s *Space, op byte, a, b lua.LValue) (lua.LValue, error) {
	ta, isTimeA := AsTime(a)
	tb, isTimeB := AsTime(b)
	ia, isIntA := interval(a)
	ib, isIntB := interval(b)
	na, isNumA := a.(lua.LNumber)
	nb, isNumB := b.(lua.LNumber)
	switch {
	case op == '-' && isTimeA && isTimeB:
		return s.sum(int64(ta), int64(tb), true, s.intervalOf)
	case (op == '+' || op == '-') && isTimeA && isIntB:
		return s.sum(int64(ta), ib, op == '-', s.timeOf)
	case op == '+' && isIntA && isTimeB:
		return s.sum(ia, int64(tb), false, s.timeOf)
	case (op == '+' || op == '-') && isIntA && isIntB:
		return s.sum(ia, ib, op == '-', s.intervalOf)
	case op == '*' && isIntA && isNumB:
		return s.scale(ia, float64(nb))
	case op == '*' && isNumA && isIntB:
		return s.scale(ib, float64(na))
	case op == '/' && isIntA && isNumB:
		return s.divide(ia, float64(nb))
	case op == '/' && isIntA && isIntB:
		return luaNumber(float64(ia) / float64(ib)), nil
	case op == '_' && isIntA:
		return s.sum(0, ia, true, s.intervalOf)
	}
	return nil, badArith(op, a, b)
}

// badArith says what can't be done, and what to write when an interval met a plain number.
func badArith(op byte, a, b lua.LValue) error {
	if op == '_' {
		return fmt.Errorf("can't negate %s", Describe(a))
	}
	hint := ""
	for _, v := range []lua.LValue{a, b} {
		if n, ok := v.(lua.LNumber); ok && (op == '+' || op == '-') {
			hint = " (write interval(" + string(appendNumber(nil, float64(n))) + "))"
		}
	}
	return fmt.Errorf("can't do %s %c %s%s", Describe(a), op, Describe(b), hint)
}

func interval(v lua.LValue) (int64, bool) {
	b, ok := boxed[*intervalBox](v)
	if !ok {
		return 0, false
	}
	return int64(b.v), true
}

func (s *Space) timeOf(n int64) lua.LValue { return s.Time(broker.Timestamp(n)) }

func (s *Space) intervalOf(n int64) lua.LValue { return s.Interval(broker.Timespan(n)) }

func (s *Space) sum(a, b int64, minus bool, wrap func(int64) lua.LValue) (lua.LValue, error) {
	c := a + b
	overflow := (c < a) != (b < 0)
	if minus {
		c = a - b
		overflow = (c < a) != (b > 0)
	}
	if overflow {
		return nil, errTimeRange
	}
	return wrap(c), nil
}

var errTimeRange = fmt.Errorf("the result does not fit in 64 bits of nanoseconds (292 years)")

// scale multiplies exactly by integers and rounds to a nanosecond else.
func (s *Space) scale(ns int64, by float64) (lua.LValue, error) {
	if i := int64(by); float64(i) == by && math.Abs(by) < maxExact {
		c := ns * i
		if i != 0 && (c/i != ns || i == -1 && ns == math.MinInt64) {
			return nil, errTimeRange
		}
		return s.intervalOf(c), nil
	}
	return s.rounded(float64(ns) * by)
}

func (s *Space) divide(ns int64, by float64) (lua.LValue, error) {
	if i := int64(by); float64(i) == by && i > 0 && ns%i == 0 {
		return s.intervalOf(ns / i), nil
	}
	return s.rounded(float64(ns) / by)
}

func (s *Space) rounded(ns float64) (lua.LValue, error) {
	ns = math.RoundToEven(ns)
	if !(math.Abs(ns) < 1<<63) {
		return nil, errTimeRange
	}
	return s.intervalOf(int64(ns)), nil
}

// strftime formats t in UTC with C's conversions.
func strftime(t broker.Timestamp, layout string) (string, error) {
	tm := t.Time()
	var b strings.Builder
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' {
			b.WriteByte(layout[i])
			continue
		}
		if i++; i == len(layout) {
			return "", fmt.Errorf("a lone %% at the end of %q", layout)
		}
		c := layout[i]
		if layout := timeLayouts[c]; layout != "" {
			b.WriteString(tm.Format(layout))
			continue
		}
		switch c {
		case '%':
			b.WriteByte('%')
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 's':
			b.WriteString(strconv.FormatInt(tm.Unix(), 10))
		case 'u':
			b.WriteString(strconv.Itoa((int(tm.Weekday())+6)%7 + 1))
		case 'w':
			b.WriteString(strconv.Itoa(int(tm.Weekday())))
		case 'C':
			fmt.Fprintf(&b, "%02d", tm.Year()/100)
		case 'G', 'V':
			year, week := tm.ISOWeek()
			if c == 'G' {
				week = year
			}
			fmt.Fprintf(&b, "%02d", week)
		default:
			return "", fmt.Errorf("unknown conversion %%%c in %q", c, layout)
		}
	}
	return b.String(), nil
}

// timeLayouts are C's conversions that Go has, too.
var timeLayouts = [256]string{
	'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'e': "_2", 'j': "002", 'H': "15", 'I': "03", 'M': "04", 'S': "05",
	'p': "PM", 'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'Z': "UTC", 'z': "-0700",
	'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06", 'R': "15:04", 'r': "03:04:05 PM",
	'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05",
}
