package ratelib

import (
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/runtime/container"
)

// limit is the Value of a limit's userdata.
type limit struct {
	*container.Limit
	interval int64
}

// limit is rate.limit("5 per 1 min", opts).
func (l *Lib) limit(L *lua.LState) int {
	const fn = "rate.limit"
	n, interval, err := parseLimit(L.Get(1))
	if err != nil {
		convert.ArgRaise(L, fn, 1, err)
	}
	o := l.options(L, fn, 1, interval)
	r, err := container.NewLimit(n, o)
	if err != nil {
		convert.ArgRaise(L, fn, 1, err)
	}
	return l.object(L, &limit{r, o.Interval}, l.limits)
}

// parseLimit reads a text like "5 per 1 min"; the 1 may be left out.
func parseLimit(v lua.LValue) (n int64, interval broker.Timespan, err error) {
	text, isText := v.(lua.LString)
	count, span, ok := strings.Cut(string(text), "per")
	if !isText || !ok {
		return 0, 0, fmt.Errorf(`expected a limit such as "5 per 1 min", got %s`, convert.Describe(v))
	}
	n, err = strconv.ParseInt(strings.TrimSpace(count), 10, 64)
	if err != nil || n < 1 || n > 1<<53 {
		return 0, 0, fmt.Errorf(`limit %q: want a whole number from 1 before "per"`, string(text))
	}
	span = strings.TrimSpace(span)
	if interval, err = broker.ParseInterval(span); err != nil {
		if one, err := broker.ParseInterval("1 " + span); err == nil {
			return n, one, nil
		}
		return 0, 0, fmt.Errorf("limit %q: %w", string(text), err)
	}
	return n, interval, nil
}

// allow is l:allow(key): true when one more is within the limit, which then counts.
func (l *Lib) allow(L *lua.LState) int {
	r := self[*limit](L, "rate limit", "l:allow(key)")
	l.key = l.appendKey(L, l.key[:0], "rate limit:allow", 1)
	now := l.d.Now()
	ok := r.Allow(l.key, now)
	l.used(r.interval, now)
	L.Push(lua.LBool(ok))
	return 1
}
