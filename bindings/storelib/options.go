package storelib

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonpeer/bindings/convert"
	"moonpeer/net/broker"
	"moonpeer/runtime/script"
)

var (
	masterNames = []string{"backend", "sync", "expire", "on_corrupt", "max_bytes"}
	cloneNames  = []string{"resync", "stale", "mutation_buffer"}
	writeNames  = []string{"expire"}
)

// eachOption calls fn for each option in a table; nil is none.
func eachOption(v lua.LValue, names []string, fn func(name string, v lua.LValue) error) error {
	if v == lua.LNil {
		return nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return fmt.Errorf("expected a table of options, got %s", convert.Describe(v))
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		name, ok := k.(lua.LString)
		if !ok || !slices.Contains(names, string(name)) {
			return fmt.Errorf("unknown option %q%s (there %s)", k.String(), script.DidYouMean(k.String(), names), list(names))
		}
		if err := fn(string(name), v); err != nil {
			return fmt.Errorf("%s: %w", string(name), err)
		}
	}
	return nil
}

// list names what there is.
func list(names []string) string {
	if len(names) == 1 {
		return "is only " + names[0]
	}
	last := len(names) - 1
	return "are " + strings.Join(names[:last], ", ") + " and " + names[last]
}

func masterOptions(v lua.LValue) (o MasterOptions, err error) {
	err = eachOption(v, masterNames, func(name string, v lua.LValue) error { return masterOption(&o, name, v) })
	return o, err
}

func masterOption(o *MasterOptions, name string, v lua.LValue) (err error) {
	switch name {
	case "backend":
		o.Backend, err = oneOf(v, [2]string{"memory", "pebble"})
	case "sync":
		b, ok := v.(lua.LBool)
		if !ok {
			return fmt.Errorf("expected a boolean, got %s", convert.Describe(v))
		}
		sync := bool(b)
		o.Sync = &sync
	case "expire":
		o.Expire, err = lifetime(v)
	case "on_corrupt":
		o.OnCorrupt, err = oneOf(v, [2]string{"fail", "quarantine"})
	case "max_bytes":
		n, ok := convert.AsCount(v)
		if !ok || n == 0 || int64(n) < 0 {
			return fmt.Errorf("expected a number from 1 on, got %s", convert.Describe(v))
		}
		o.MaxBytes = int64(n)
	}
	return err
}

func oneOf(v lua.LValue, words [2]string) (string, error) {
	s, ok := v.(lua.LString)
	if ok && slices.Contains(words[:], string(s)) {
		return string(s), nil
	}
	return "", fmt.Errorf("expected %q or %q, got %s%s", words[0], words[1], convert.Describe(v), script.DidYouMean(string(s), words[:]))
}

// cloneOptions reads the options of a clone. A zero that scripts write is not Go's zero, which means the default.
func cloneOptions(v lua.LValue) (o CloneOptions, err error) {
	err = eachOption(v, cloneNames, func(name string, v lua.LValue) error {
		d, err := interval(v)
		switch {
		case err != nil:
			return err
		case name == "resync" && d <= 0:
			return errors.New("it must be more than 0")
		case name == "resync":
			o.Resync = time.Duration(d)
		case name == "stale":
			o.Stale = orLeast(d)
		case d <= 0:
			o.MutationBuffer = -1
		default:
			o.MutationBuffer = time.Duration(d)
		}
		return nil
	})
	return o, err
}

// orLeast is an interval that is not the zero which means the default.
func orLeast(d broker.Timespan) time.Duration {
	if d == 0 {
		return 1
	}
	return time.Duration(d)
}

func interval(v lua.LValue) (broker.Timespan, error) {
	d, ok := convert.AsInterval(v)
	if !ok {
		return 0, fmt.Errorf(`expected an interval such as "5 min" or a number of seconds, got %s`, convert.DescribeInterval(v))
	}
	return d, nil
}

// lifetime reads how long a key is to be kept.
func lifetime(v lua.LValue) (broker.Timespan, error) {
	d, err := interval(v)
	if err == nil && d < 0 {
		return 0, fmt.Errorf("%s is less than 0", broker.FormatInterval(d))
	}
	return d, err
}
