package rules

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

func raw(d broker.Data) []byte {
	if d == nil {
		return nil
	}
	return wire.AppendData(nil, d)
}

func set(elems ...broker.Data) broker.Data {
	s, err := broker.SortSet(elems)
	if err != nil {
		panic(err)
	}
	return s
}

// table takes keys and values in turn.
func table(parts ...broker.Data) broker.Data {
	var items []broker.TableItem
	for i := 0; i < len(parts); i += 2 {
		items = append(items, broker.TableItem{Key: parts[i], Value: parts[i+1]})
	}
	t, err := broker.SortTable(items)
	if err != nil {
		panic(err)
	}
	return t
}

type (
	vec = broker.Vector
	str = broker.String
	cnt = broker.Count
	num = broker.Integer
)

var (
	nan    = broker.Real(math.NaN())
	nanKey = vec{nan, cnt(1)}
	// mixed is a set in which a NaN and a real are compared, and still not equivalent.
	mixed = set(nanKey, vec{broker.Real(2), cnt(0)})
)

// nested returns an empty vector in depth-1 vectors.
func nested(depth int) broker.Data {
	var d broker.Data = vec{}
	for range depth - 1 {
		d = vec{d}
	}
	return d
}

type rule struct {
	name       string
	old, value broker.Data
	want       broker.Data
	err        string // instead of want
}

func check(t *testing.T, rules []rule, do func(r rule) ([]byte, error)) {
	t.Helper()
	for _, r := range rules {
		got, err := do(r)
		switch {
		case r.err != "":
			if err == nil || err.Error() != r.err {
				t.Errorf("%s: got %x, %v, want error %q", r.name, got, err, r.err)
			}
		case err != nil:
			t.Errorf("%s: %v", r.name, err)
		case !bytes.Equal(got, raw(r.want)):
			t.Errorf("%s: got %x, want %x", r.name, got, raw(r.want))
		}
	}
}

// TestAdd holds the rows of stores.md §7.1.
func TestAdd(t *testing.T) {
	t.Parallel()
	check(t, []rule{
		{"count", cnt(1), cnt(2), cnt(3), ""},
		{"count wraps", cnt(math.MaxUint64), cnt(2), cnt(1), ""},
		{"integer", num(1), num(-2), num(-1), ""},
		{"integer wraps", num(math.MaxInt64), num(1), num(math.MinInt64), ""},
		{"real", broker.Real(1.5), broker.Real(2), broker.Real(3.5), ""},
		{"real overflows", broker.Real(math.MaxFloat64), broker.Real(math.MaxFloat64), broker.Real(math.Inf(1)), ""},
		{"infinities", broker.Real(math.Inf(1)), broker.Real(math.Inf(-1)), nan, ""},
		{"timespan", broker.Second, broker.Minute, broker.Timespan(61e9), ""},
		{"timestamp", broker.Timestamp(5), broker.Timespan(-7), broker.Timestamp(-2), ""},
		{"string", str("a"), str("b"), str("ab"), ""},
		{"string with itself", str("\x00\xff"), str("\x00\xff"), str("\x00\xff\x00\xff"), ""},
		{"set", set(cnt(2)), cnt(1), set(cnt(1), cnt(2)), ""},
		{"set at the end", set(cnt(2)), cnt(3), set(cnt(2), cnt(3)), ""},
		{"set in between", set(cnt(1), cnt(3)), cnt(2), set(cnt(1), cnt(2), cnt(3)), ""},
		{"set with sizes that add up", set(broker.Boolean(true), str("fourteen bytes")), cnt(5), set(broker.Boolean(true), cnt(5), str("fourteen bytes")), ""},
		{"set has it", set(cnt(1), cnt(2)), cnt(1), set(cnt(1), cnt(2)), ""},
		{"set of other kinds", set(cnt(1), str("a")), num(7), set(cnt(1), num(7), str("a")), ""},
		{"set of negative ones", set(num(-1), num(1)), num(-2), set(num(-2), num(-1), num(1)), ""},
		{"set has the other zero", set(broker.Real(0)), broker.Real(math.Copysign(0, -1)), set(broker.Real(0)), ""},
		{"set of sets", set(set(cnt(1))), set(), set(set(), set(cnt(1))), ""},
		{"table", table(), vec{str("k"), cnt(1)}, table(str("k"), cnt(1)), ""},
		{"table has it", table(str("k"), cnt(1), str("l"), cnt(2)), vec{str("k"), str("v")}, table(str("k"), str("v"), str("l"), cnt(2)), ""},
		{"table in front", table(str("k"), cnt(1)), vec{str("a"), nan}, table(str("a"), nan, str("k"), cnt(1)), ""},
		{"vector", vec{cnt(1)}, str("x"), vec{cnt(1), str("x")}, ""},
		{"vector twice", vec{cnt(1)}, cnt(1), vec{cnt(1), cnt(1)}, ""},
		{"vector to vector", vec{}, vec{}, vec{vec{}}, ""},

		{"count and integer", cnt(1), num(1), nil, "type_clash: add an integer to a count"},
		{"string to count", cnt(1), str("x"), nil, "type_clash: add a string to a count"},
		{"count to string", str("x"), cnt(1), nil, "type_clash: add a count to a string"},
		{"enum to string", str("x"), broker.Enum("y"), nil, "type_clash: add an enum_value to a string"},
		{"timestamp to timestamp", broker.Timestamp(1), broker.Timestamp(1), nil, "type_clash: add a timestamp to a timestamp"},
		{"timestamp to timespan", broker.Second, broker.Timestamp(1), nil, "type_clash: add a timestamp to a timespan"},
		{"none", broker.None{}, broker.None{}, nil, "type_clash: add a none to a none"},
		{"boolean", broker.Boolean(true), broker.Boolean(true), nil, "type_clash: add a boolean to a boolean"},
		{"address", broker.Address{}, broker.Address{}, nil, "type_clash: add an address to an address"},
		{"subnet", broker.Subnet{}, broker.Subnet{}, nil, "type_clash: add a subnet to a subnet"},
		{"port", broker.Port{}, broker.Port{}, nil, "type_clash: add a port to a port"},
		{"enum", broker.Enum("a"), broker.Enum("a"), nil, "type_clash: add an enum_value to an enum_value"},
		{"table without vector", table(), str("k"), nil, "type_clash: add a string to a table"},
		{"table with a vector of 1", table(), vec{str("k")}, nil, "invalid_data: add a vector of 1 to a table, want index and value"},
		{"table with a vector of 3", table(), vec{cnt(1), cnt(2), cnt(3)}, nil, "invalid_data: add a vector of 3 to a table, want index and value"},

		{"nan to a set", set(), nan, nil, "invalid_data: a nan can't be a set element or table key"},
		{"nan within", set(), vec{vec{nan}}, nil, "invalid_data: a nan can't be a set element or table key"},
		{"nan as key", table(), vec{nan, cnt(1)}, nil, "invalid_data: a nan can't be a set element or table key"},
		{"real to a set of nan", set(nan), broker.Real(1), nil, "invalid_data: a nan in a set or table can't be beside another real"},
		{"other kind to a set of nan", set(nan), cnt(1), set(cnt(1), nan), ""},
		{"key beside a nan", table(nan, cnt(1)), vec{broker.Real(1), cnt(1)}, nil, "invalid_data: a nan in a set or table can't be beside another real"},
		{"after a nan", mixed, vec{broker.Real(3), cnt(0)}, set(vec{nan, cnt(1)}, vec{broker.Real(2), cnt(0)}, vec{broker.Real(3), cnt(0)}), ""},
		{"there after a nan", mixed, vec{broker.Real(2), cnt(0)}, mixed, ""},
		{"equivalent to a nan", set(vec{nan, cnt(1)}), vec{broker.Real(2), cnt(1)}, nil, "invalid_data: a nan in a set or table can't be beside another real"},
		{"key after a nan", table(nanKey, cnt(1)), vec{vec{broker.Real(2), cnt(0)}, cnt(2)}, table(nanKey, cnt(1), vec{broker.Real(2), cnt(0)}, cnt(2)), ""},
		{"key there after a nan", table(nanKey, cnt(1), vec{broker.Real(2), cnt(0)}, cnt(2)), vec{vec{broker.Real(2), cnt(0)}, cnt(3)},
			table(nanKey, cnt(1), vec{broker.Real(2), cnt(0)}, cnt(3)), ""},
		{"as deep as can be", vec{}, nested(wire.MaxDepth - 1), vec{nested(wire.MaxDepth - 1)}, ""},
		{"table as deep as can be within", vec{}, table(cnt(1), cnt(1), cnt(2), nested(wire.MaxDepth-2)), vec{table(cnt(1), cnt(1), cnt(2), nested(wire.MaxDepth-2))}, ""},
		{"table too deep within", vec{}, table(cnt(1), cnt(1), cnt(2), nested(wire.MaxDepth-1)), nil, "invalid_data: values would be nested too deep"},
		{"vector too deep", vec{}, nested(wire.MaxDepth), nil, "invalid_data: values would be nested too deep"},
		{"set too deep", set(), nested(wire.MaxDepth), nil, "invalid_data: values would be nested too deep"},
		{"table as deep as can be", table(), vec{nested(wire.MaxDepth - 1), cnt(1)}, table(nested(wire.MaxDepth-1), cnt(1)), ""},
	}, func(r rule) ([]byte, error) { return Add(nil, raw(r.old), raw(r.value), broker.KindNone) })
}

// TestAddMissing is the first table of §7.1.
func TestAddMissing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		init  broker.Kind
		value broker.Data
		want  broker.Data
		err   string
	}{
		{"increment count", InitFor(raw(cnt(2))), cnt(2), cnt(2), ""},
		{"increment integer", InitFor(raw(num(-2))), num(-2), num(-2), ""},
		{"increment real", InitFor(raw(broker.Real(2))), broker.Real(2), broker.Real(2), ""},
		{"increment timespan", InitFor(raw(broker.Second)), broker.Second, broker.Timestamp(1e9), ""},
		{"increment timestamp", InitFor(raw(broker.Timestamp(1))), broker.Timestamp(1), nil, "type_clash: add a timestamp to nothing"},
		{"increment string", InitFor(raw(str("x"))), str("x"), nil, "type_clash: add a string to nothing"},
		{"append", broker.KindString, str("b"), str("b"), ""},
		{"insert_into set", broker.KindSet, num(1), set(num(1)), ""},
		{"insert_into table", broker.KindTable, vec{str("i"), str("v")}, table(str("i"), str("v")), ""},
		{"push", broker.KindVector, num(1), vec{num(1)}, ""},
		{"Broker's timespan", broker.KindTimespan, broker.Second, broker.Second, ""},
		{"other kind than init", broker.KindCount, str("x"), nil, "type_clash: add a string to a count"},
		{"init boolean", broker.KindBoolean, broker.Boolean(true), nil, "type_clash: add a boolean to a boolean"},
		{"init unknown", 200, cnt(1), nil, "type_clash: add a count to a none"},
	}
	for _, tt := range tests {
		check(t, []rule{{tt.name, nil, tt.value, tt.want, tt.err}}, func(r rule) ([]byte, error) {
			return Add(nil, nil, raw(r.value), tt.init)
		})
	}
	if got := InitFor(nil); got != broker.KindNone {
		t.Errorf("init for no bytes: %s", got)
	}
}

// TestSubtract holds the rows of §7.2.
func TestSubtract(t *testing.T) {
	t.Parallel()
	negZero := broker.Real(math.Copysign(0, -1))
	check(t, []rule{
		{"count", cnt(3), cnt(2), cnt(1), ""},
		{"count wraps", cnt(0), cnt(1), cnt(math.MaxUint64), ""},
		{"integer", num(1), num(3), num(-2), ""},
		{"integer wraps", num(math.MinInt64), num(1), num(math.MaxInt64), ""},
		{"real", broker.Real(1), broker.Real(2.5), broker.Real(-1.5), ""},
		{"zeros", negZero, broker.Real(0), negZero, ""},
		{"subnormal", broker.Real(0x1.8p-1022), broker.Real(0x1p-1022), broker.Real(0), ""},
		{"timespan", broker.Minute, broker.Second, broker.Timespan(59e9), ""},
		{"timestamp", broker.Timestamp(5), broker.Timespan(7), broker.Timestamp(-2), ""},
		{"set", set(cnt(1), cnt(2), cnt(3)), cnt(2), set(cnt(1), cnt(3)), ""},
		{"set has it not", set(cnt(1)), num(1), set(cnt(1)), ""},
		{"last of a set", set(str("a")), str("a"), set(), ""},
		{"set by the other zero", set(negZero), broker.Real(0), set(), ""},
		{"nan from a set", set(nan, str("a")), nan, set(str("a")), ""},
		{"vector after one of nan", mixed, vec{broker.Real(2), cnt(0)}, set(nanKey), ""},
		{"key after one of nan", table(nanKey, cnt(1), vec{broker.Real(2), cnt(0)}, cnt(2)), vec{broker.Real(2), cnt(0)}, table(nanKey, cnt(1)), ""},
		{"real from a set of nan", set(nan), broker.Real(1), set(nan), ""},
		{"table", table(str("a"), cnt(1), str("b"), cnt(2)), str("a"), table(str("b"), cnt(2)), ""},
		{"table has it not", table(str("a"), cnt(1)), cnt(1), table(str("a"), cnt(1)), ""},
		{"nan from a table", table(nan, cnt(1)), nan, table(), ""},
		{"vector", vec{cnt(1), str("xyz"), vec{cnt(2)}}, str("key"), vec{cnt(1), str("xyz")}, ""},
		{"last of a vector", vec{cnt(1)}, str("key"), vec{}, ""},
		{"empty vector", vec{}, str("key"), vec{}, ""},

		{"string", str("ab"), str("b"), nil, "type_clash: subtract a string from a string"},
		{"count and integer", cnt(1), num(1), nil, "type_clash: subtract an integer from a count"},
		{"timestamps", broker.Timestamp(1), broker.Timestamp(1), nil, "type_clash: subtract a timestamp from a timestamp"},
		{"boolean", broker.Boolean(true), broker.Boolean(true), nil, "type_clash: subtract a boolean from a boolean"},
		{"none", broker.None{}, cnt(1), nil, "type_clash: subtract a count from a none"},
		{"missing", nil, cnt(1), nil, "no_such_key: subtract a count from nothing"},
	}, func(r rule) ([]byte, error) { return Subtract(nil, raw(r.old), raw(r.value)) })
}

// TestIndex holds §7.3.
func TestIndex(t *testing.T) {
	t.Parallel()
	v := vec{cnt(10), str("twenty"), set(cnt(1))}
	check(t, []rule{
		{"first", v, cnt(0), cnt(10), ""},
		{"by integer", v, num(1), str("twenty"), ""},
		{"last", v, cnt(2), set(cnt(1)), ""},
		{"beyond", v, cnt(3), nil, "no_such_key: index 3 of a vector of 3"},
		{"far beyond", v, cnt(math.MaxUint64), nil, "no_such_key: index 18446744073709551615 of a vector of 3"},
		{"empty", vec{}, cnt(0), nil, "no_such_key: index 0 of a vector of 0"},
		{"negative", v, num(-1), nil, "type_clash: index -1 of a vector"},
		{"real index", v, broker.Real(1), nil, "type_clash: a real as index of a vector"},
		{"set has", set(cnt(1), str("a")), str("a"), broker.Boolean(true), ""},
		{"set has not", set(cnt(1), str("a")), num(1), broker.Boolean(false), ""},
		{"set of nan", set(nan), broker.Real(1), broker.Boolean(false), ""},
		{"after a nan", mixed, vec{broker.Real(2), cnt(0)}, broker.Boolean(true), ""},
		{"key after a nan", table(nanKey, cnt(1), vec{broker.Real(2), cnt(0)}, cnt(2)), vec{broker.Real(2), cnt(0)}, cnt(2), ""},
		{"nan in a set", set(nan), nan, broker.Boolean(true), ""},
		{"table has", table(str("a"), nan, str("b"), cnt(2)), str("a"), nan, ""},
		{"table has at the end", table(str("a"), cnt(1), str("b"), cnt(2)), str("b"), cnt(2), ""},
		{"table has not", table(str("a"), cnt(1)), str("b"), nil, "no_such_key: index of a table"},
		{"nan in a table", table(nan, cnt(1)), nan, cnt(1), ""},
		{"real in a table of nan", table(nan, cnt(1)), broker.Real(1), nil, "no_such_key: index of a table"},
		{"value itself", str("abc"), cnt(1), str("abc"), ""},
		{"none itself", broker.None{}, cnt(1), broker.None{}, ""},
	}, func(r rule) ([]byte, error) { return Index(nil, raw(r.old), raw(r.value)) })
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	one, two, three := string(raw(cnt(1))), string(raw(cnt(2))), string(raw(cnt(3)))
	tests := []struct{ name, raw, want, key string }{
		{"count", "\x02\x00\x00\x00\x00\x00\x00\x00\x2a", "", ""},
		{"boolean above 1", "\x01\x07", "\x01\x01", ""},
		{"long length", "\x05\x83\x80\x00foo", "\x05\x03foo", ""},
		{"unsorted set", "\x0c\x02\x05\x01b\x05\x01a", "\x0c\x02\x05\x01a\x05\x01b", ""},
		{"unsorted after two", "\x0c\x03" + one + three + two, "\x0c\x03" + one + two + three, ""},
		{"unsorted kinds", "\x0c\x03\x05\x01b" + one + two, "\x0c\x03" + one + two + "\x05\x01b", ""},
		{"unsorted at the end", "\x0c\x03" + one + two + one[:8] + "\x00", "\x0c\x03" + one[:8] + "\x00" + one + two, ""},
		{"unsorted table", "\x0d\x02\x05\x01b\x01\x09\x05\x01a\x00", "\x0d\x02\x05\x01a\x00\x05\x01b\x01\x01", ""},
		{"unsorted within", "\x0e\x01\x0c\x02\x01\x01\x00", "\x0e\x01\x0c\x02\x00\x01\x01", ""},
		{"subnormal", "\x04\x00\x00\x00\x00\x00\x00\x00\x01", "\x04\x00\x00\x00\x00\x00\x00\x00\x00", ""},
		{"largest subnormal", "\x04\x00\x0f\xff\xff\xff\xff\xff\xff", "\x04\x00\x10\x00\x00\x00\x00\x00\x00", ""},
		{"IEEE's nan", "\x04\x7f\xf8\x00\x00\x00\x00\x00\x00", "\x04\xff\xf0\x00\x00\x00\x00\x00\x00", ""},
		{"-0", "\x04\x80\x00\x00\x00\x00\x00\x00\x00", "", "\x04\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"-0 within", "\x0e\x02\x05\x01\x04\x0c\x01\x04\x80\x00\x00\x00\x00\x00\x00\x00", "",
			"\x0e\x02\x05\x01\x04\x0c\x01\x04\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"a string like -0", "\x05\x09\x04\x80\x00\x00\x00\x00\x00\x00\x00", "", ""},
	}
	for _, tt := range tests {
		if tt.want == "" {
			tt.want = tt.raw
		}
		if tt.key == "" {
			tt.key = tt.want
		}
		if got, err := Canonical([]byte("x"), []byte(tt.raw)); err != nil || string(got) != "x"+tt.want {
			t.Errorf("%s: %x, %v, want %x", tt.name, got, err, tt.want)
		}
		if got, err := CanonicalKey([]byte("x"), []byte(tt.raw)); err != nil || string(got) != "x"+tt.key {
			t.Errorf("%s: key %x, %v, want %x", tt.name, got, err, tt.key)
		}
	}
}

// TestKnownCanonical: these must not take the slow way.
func TestKnownCanonical(t *testing.T) {
	t.Parallel()
	for _, d := range []broker.Data{
		nan, broker.Real(math.Inf(-1)), set(nan), vec{set(cnt(1), cnt(2)), cnt(3), cnt(4)}, nested(wire.MaxDepth),
		table(set(cnt(1), cnt(2)), cnt(3), set(cnt(1), cnt(3)), cnt(4)), set(cnt(1), num(1), broker.Address{}, broker.Address{1}),
		table(str(bytes.Repeat([]byte("x"), 300)), nan), set(num(-2), num(-1), num(0)),
	} {
		if !isCanonical(raw(d)) {
			t.Errorf("%s is not taken for canonical", broker.Text(d))
		}
	}
}

// TestRefused: what can't be decoded is refused by everybody, wherever it comes in.
func TestRefused(t *testing.T) {
	t.Parallel()
	good := raw(cnt(1))
	for name, bad := range map[string]string{
		"empty":          "",
		"unknown kind":   "\x0f",
		"truncated":      "\x02\x00",
		"trailing":       "\x00\x00",
		"long string":    "\x05\x04foo",
		"lying count":    "\x0c\xff\xff\xff\xff\x0f",
		"lying table":    "\x0d\x01\x00",
		"length of six":  "\x05\x80\x80\x80\x80\x80\x00",
		"above 32 bits":  "\x05\xff\xff\xff\xff\x1f",
		"3 in 64 bits":   "\x05\x83\x80\x80\x80\x10foo",
		"bad protocol":   "\x08\x00\x00\x04",
		"duplicate":      "\x0c\x02\x01\x01\x01\x01",
		"duplicate, too": "\x0c\x02\x01\x01\x01\x02",
		"duplicate key":  "\x0d\x02\x00\x00\x00\x00",
		"too deep":       string(raw(vec{nested(wire.MaxDepth)})),
	} {
		b := []byte(bad)
		_, add := Add(nil, b, good, broker.KindNone)
		_, addTo := Add(nil, nil, b, broker.KindCount)
		_, sub := Subtract(nil, b, good)
		_, subFrom := Subtract(nil, good, b)
		_, index := Index(nil, b, good)
		_, indexBy := Index(nil, good, b)
		_, canon := Canonical(nil, b)
		_, key := CanonicalKey(nil, b)
		for i, err := range []error{add, addTo, sub, subFrom, index, indexBy, canon, key} {
			if !errors.Is(err, broker.ErrDeserializationFailed) {
				t.Errorf("%s: call %d: %v", name, i, err)
			}
		}
	}
}

// TestGolden runs every recorded value against every other.
func TestGolden(t *testing.T) {
	t.Parallel()
	var good [][]byte
	for _, b := range golden(t) {
		if _, err := wire.DecodeData(b); err == nil && len(b) < 1000 {
			good = append(good, b)
		}
	}
	for _, old := range good {
		for _, value := range good {
			checkAll(t, old, value, kindOf(value))
		}
	}
}

// TestNoAllocations: with room in dst, what is canonical costs no memory.
func TestNoAllocations(t *testing.T) {
	hundred := vec{}
	for i := range 100 {
		hundred = append(hundred, broker.Address{15: byte(i)})
	}
	addresses, err := broker.NewSet(hundred...)
	if err != nil {
		t.Fatal(err)
	}
	type function func(dst, old, value []byte) ([]byte, error)
	add := function(func(dst, old, value []byte) ([]byte, error) { return Add(dst, old, value, broker.KindCount) })
	tests := map[string]struct {
		do         function
		old, value broker.Data
	}{
		"count":       {add, cnt(1), cnt(2)},
		"missing":     {add, nil, cnt(2)},
		"real":        {add, broker.Real(1), broker.Real(2)},
		"append":      {add, str("a"), str("b")},
		"insert":      {add, addresses, broker.Address{1}},
		"insert real": {add, set(broker.Real(1), broker.Real(math.Inf(1))), broker.Real(2)},
		"assign":      {add, table(str("a"), cnt(1)), vec{str("b"), cnt(2)}},
		"push":        {add, hundred, cnt(1)},
		"pop":         {Subtract, hundred, cnt(1)},
		"erase":       {Subtract, addresses, broker.Address{15: 7}},
		"get":         {Index, hundred, cnt(7)},
		"has":         {Index, addresses, broker.Address{15: 7}},
		"key": {func(dst, old, _ []byte) ([]byte, error) { return CanonicalKey(dst, old) },
			vec{str("a"), broker.Real(math.Copysign(0, -1))}, cnt(1)},
	}
	dst := make([]byte, 0, 4096)
	for name, tt := range tests {
		old, value := raw(tt.old), raw(tt.value)
		if n := testing.AllocsPerRun(100, func() {
			if _, err := tt.do(dst, old, value); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
