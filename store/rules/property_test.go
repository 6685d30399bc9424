package rules

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"pgregory.net/rapid"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// reals are those that make trouble. Differences of the small ones are subnormal, which are written as zeros; loose writes
// what is read as one.
var reals = []float64{
	0, math.Copysign(0, -1), 1, -1, 1.5, math.NaN(), math.Inf(1), math.Inf(-1),
	0x1p-1022, -0x1p-1022, 0x1.8p-1022, math.MaxFloat64, -math.MaxFloat64,
}

// scalars draws from so few values that two are often the same.
func scalars() *rapid.Generator[broker.Data] {
	few := rapid.SampledFrom([]uint64{0, 1, 2, 255, 1 << 63, math.MaxUint64})
	return rapid.OneOf(
		rapid.SampledFrom([]broker.Data{broker.None{}, broker.Boolean(false), broker.Boolean(true)}),
		rapid.Map(few, func(v uint64) broker.Data { return broker.Count(v) }),
		rapid.Map(few, func(v uint64) broker.Data { return broker.Integer(v) }),
		rapid.Map(rapid.SampledFrom(reals), func(v float64) broker.Data { return broker.Real(v) }),
		rapid.Map(rapid.StringN(0, 3, 3), func(v string) broker.Data { return broker.String(v) }),
		rapid.Map(rapid.Byte(), func(v byte) broker.Data { return broker.String(bytes.Repeat([]byte{v}, int(v))) }),
		rapid.Map(few, func(v uint64) broker.Data { return broker.Address{0: byte(v), 15: byte(v >> 8)} }),
		rapid.Map(few, func(v uint64) broker.Data { return broker.Subnet{Net: broker.Address{15: byte(v) & 1}, Len: byte(v)} }),
		rapid.Map(few, func(v uint64) broker.Data { return broker.Port{Number: uint16(v), Proto: broker.Proto(v % 4)} }),
		rapid.Map(few, func(v uint64) broker.Data { return broker.Timestamp(v) }),
		rapid.Map(few, func(v uint64) broker.Data { return broker.Timespan(v) }),
		rapid.Map(rapid.SampledFrom([]string{"", "A::B", "C"}), func(v string) broker.Data { return broker.Enum(v) }),
	)
}

// like draws what can be added to a number or time of kind k.
func like(k broker.Kind) *rapid.Generator[broker.Data] {
	if k == broker.KindTimestamp {
		k = broker.KindTimespan
	}
	return rapid.Map(rapid.Uint64(), func(v uint64) broker.Data {
		d, err := wire.DecodeData(binary.BigEndian.AppendUint64([]byte{byte(k)}, v))
		if err != nil {
			return broker.Zero(k)
		}
		return d
	})
}

func sets(inner *rapid.Generator[broker.Data], most int) *rapid.Generator[broker.Data] {
	return rapid.Map(rapid.SliceOfN(inner, 0, most), func(elems []broker.Data) broker.Data {
		var set broker.Set
		for _, e := range elems {
			if bigger, err := broker.SortSet(append(append(broker.Set{}, set...), e)); err == nil {
				set = bigger
			}
		}
		return set
	})
}

func tables(inner *rapid.Generator[broker.Data], most int) *rapid.Generator[broker.Data] {
	return rapid.Custom(func(t *rapid.T) broker.Data {
		var table broker.Table
		for _, k := range sets(inner, most).Draw(t, "keys").(broker.Set) {
			table = append(table, broker.TableItem{Key: k, Value: inner.Draw(t, "value")})
		}
		return table
	})
}

func vectors(inner *rapid.Generator[broker.Data], most int) *rapid.Generator[broker.Data] {
	return rapid.Map(rapid.SliceOfN(inner, 0, most), func(elems []broker.Data) broker.Data { return broker.Vector(elems) })
}

// values draws a value of any kind, with containers nested up to depth.
func values(depth int) *rapid.Generator[broker.Data] {
	if depth == 0 {
		return scalars()
	}
	inner := values(depth - 1)
	return rapid.OneOf(scalars(), sets(inner, 6), tables(inner, 4), vectors(inner, 4))
}

// olds draws what an operation often meets.
func olds() *rapid.Generator[broker.Data] {
	addresses := rapid.Map(rapid.Byte(), func(v byte) broker.Data { return broker.Address{3: v} })
	return rapid.OneOf(
		values(2), sets(values(1), 20), tables(values(1), 8), vectors(values(1), 8),
		sets(addresses, 40),
		sets(vectors(scalars(), 2), 10),
		sets(rapid.Map(rapid.SampledFrom(reals), func(v float64) broker.Data { return broker.Real(v) }), 10),
		tables(vectors(scalars(), 2), 10),
	)
}

// loose writes a value as somebody else might: in canonical form, or not.
func loose(t *rapid.T, b []byte, d broker.Data) []byte {
	canon := wire.AppendData(nil, d)
	if rapid.IntRange(0, 3).Draw(t, "form") > 0 {
		return append(b, canon...)
	}
	switch d := d.(type) {
	case broker.Boolean:
		if d {
			return append(b, 1, rapid.ByteRange(1, 255).Draw(t, "true"))
		}
	case broker.Real:
		switch bits := number(canon); bits {
		case 0, 1 << 63: // Broker's subnormals
			canon[8] = rapid.Byte().Draw(t, "mantissa")
		case 0xfff0000000000000:
			canon = append(canon[:1], 0x7f, 0xf8, 0, 0, 0, 0, 0, 0)
		}
	case broker.String:
		return append(looseLength(t, append(b, byte(broker.KindString)), len(d)), d...)
	case broker.Set, broker.Vector, broker.Table:
		return looseElems(t, b, d)
	}
	return append(b, canon...)
}

func looseElems(t *rapid.T, b []byte, d broker.Data) []byte {
	parts, width := children(d), 1
	if d.Kind() == broker.KindTable {
		width = 2
	}
	n := len(parts) / width
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if d.Kind() != broker.KindVector && n > 0 {
		order = rapid.Permutation(order).Draw(t, "order")
	}
	b = looseLength(t, append(b, byte(d.Kind())), n)
	for _, i := range order {
		for j := range width {
			b = loose(t, b, parts[i*width+j])
		}
	}
	return b
}

func looseLength(t *rapid.T, b []byte, n int) []byte {
	start := len(b)
	b = wire.AppendVarbyte(b, uint32(n))
	for range rapid.IntRange(0, 5-(len(b)-start)).Draw(t, "padding") {
		b[len(b)-1] |= 0x80
		b = append(b, 0)
	}
	return b
}

// checkAgainst compares a result with the model's.
func checkAgainst(t interface {
	Fatalf(string, ...any)
	Helper()
}, what string, got []byte, err error, want broker.Data, code broker.Code) {
	t.Helper()
	if broker.CodeOf(err) != code {
		t.Fatalf("%s: %v, want %s", what, err, code)
	}
	if err != nil {
		want = broker.String("untouched")
		got = append(wire.AppendString(nil, "untouched")[:2], got...)
		if string(got[2:]) != "untouched" {
			t.Fatalf("%s: dst is %q after an error", what, got[2:])
		}
		return
	}
	canon := append([]byte("untouched"), wire.AppendData(nil, want)...)
	if !bytes.Equal(got, canon) {
		t.Fatalf("%s:\n got %x\nwant %x, %s", what, got, canon, broker.Text(want))
	}
}

// checkAll runs every function on values that can be decoded and compares with the model.
func checkAll(t interface {
	Fatalf(string, ...any)
	Helper()
}, old, value []byte, init broker.Kind) {
	t.Helper()
	dst := func() []byte { return append(make([]byte, 0, 64), "untouched"...) }
	o, err := wire.DecodeData(old)
	if err != nil {
		t.Fatalf("old %x: %v", old, err)
	}
	v, err := wire.DecodeData(value)
	if err != nil {
		t.Fatalf("value %x: %v", value, err)
	}
	got, err := Add(dst(), old, value, init)
	want, code := modelAdd(o, v, init)
	checkAgainst(t, "add", got, err, want, code)

	got, err = Add(dst(), nil, value, init)
	want, code = modelAdd(nil, v, init)
	checkAgainst(t, "add to nothing", got, err, want, code)

	got, err = Subtract(dst(), old, value)
	want, code = modelSubtract(o, v)
	checkAgainst(t, "subtract", got, err, want, code)

	got, err = Index(dst(), old, value)
	want, code = modelIndex(o, v)
	checkAgainst(t, "index", got, err, want, code)

	got, err = Canonical(dst(), old)
	checkAgainst(t, "canonical", got, err, o, broker.NoError)
	got, err = CanonicalKey(dst(), old)
	checkAgainst(t, "key", got, err, modelKey(o), broker.NoError)
}

func TestAgainstModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		old := olds().Draw(t, "old")
		// Often a value of which there is something in old already.
		choices := []*rapid.Generator[broker.Data]{values(2), vectors(values(1), 2)}
		if parts := children(old); len(parts) > 0 {
			part := rapid.SampledFrom(parts)
			choices = append(choices, part, rapid.Custom(func(t *rapid.T) broker.Data {
				return broker.Vector{part.Draw(t, "key"), scalars().Draw(t, "yield")}
			}))
		} else {
			choices = append(choices, rapid.Just(old), like(old.Kind()))
		}
		value := rapid.OneOf(choices...).Draw(t, "value")
		init := broker.Kind(rapid.IntRange(0, 14).Draw(t, "init"))
		checkAll(t, loose(t, nil, old), loose(t, nil, value), init)
	})
}

// TestCompareAgainstBroker: compare is broker.Compare wherever it has an answer.
func TestCompareAgainstBroker(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := values(2)
		a, b := g.Draw(t, "a"), g.Draw(t, "b")
		rawA, rawB := wire.AppendData(nil, a), wire.AppendData(nil, b)
		a, _ = wire.DecodeData(rawA) // without subnormals
		b, _ = wire.DecodeData(rawB)
		got, size := compareValues(append(rawA, 0xff), append(rawB, 0xff, 0xff))
		switch {
		case got == unordered:
			if !dataHoldsNaN(a) && !dataHoldsNaN(b) {
				t.Fatalf("%s and %s have no order", broker.Text(a), broker.Text(b))
			}
		case got != broker.Compare(a, b):
			t.Fatalf("%s and %s: %d", broker.Text(a), broker.Text(b), got)
		case got == equal && (size != len(rawA) || size != len(rawB)):
			t.Fatalf("%s and %s: size %d", broker.Text(a), broker.Text(b), size)
		}
	})
}

// TestCanonicalIsFound: what net/wire writes is known to be canonical, unless a NaN makes that a question, and nothing
// else is.
func TestCanonicalIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := olds().Draw(t, "value")
		raw := loose(t, nil, d)
		canon := wire.AppendData(nil, d)
		if isCanonical(raw) && !bytes.Equal(raw, canon) {
			t.Fatalf("%x is taken for canonical, which is %x", raw, canon)
		}
		if !isCanonical(canon) && !dataHoldsNaN(d) {
			t.Fatalf("%x is not taken for canonical", canon)
		}
		if got := depth(canon); got != depthOfData(d) {
			t.Fatalf("depth %d, want %d", got, depthOfData(d))
		}
		if got := holdsNaN(canon); got != dataHoldsNaN(d) {
			t.Fatalf("NaN %v, want %v", got, dataHoldsNaN(d))
		}
	})
}
