package wire_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// scalars draws a value that is no container.
func scalars() *rapid.Generator[broker.Data] {
	ints := rapid.Int64()
	return rapid.OneOf(
		rapid.Just[broker.Data](broker.None{}),
		rapid.Map(rapid.Bool(), func(v bool) broker.Data { return broker.Boolean(v) }),
		rapid.Map(rapid.Uint64(), func(v uint64) broker.Data { return broker.Count(v) }),
		rapid.Map(ints, func(v int64) broker.Data { return broker.Integer(v) }),
		rapid.Map(rapid.Float64(), normalReal),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(v []byte) broker.Data { return broker.String(v) }),
		rapid.Map(addresses(), func(v broker.Address) broker.Data { return v }),
		rapid.Custom(func(t *rapid.T) broker.Data {
			return broker.Subnet{Net: addresses().Draw(t, "net"), Len: rapid.Byte().Draw(t, "len")}
		}),
		rapid.Custom(func(t *rapid.T) broker.Data {
			return broker.Port{Number: rapid.Uint16().Draw(t, "number"), Proto: broker.Proto(rapid.IntRange(0, 3).Draw(t, "proto"))}
		}),
		rapid.Map(ints, func(v int64) broker.Data { return broker.Timestamp(v) }),
		rapid.Map(ints, func(v int64) broker.Data { return broker.Timespan(v) }),
		rapid.Map(rapid.String(), func(v string) broker.Data { return broker.Enum(v) }),
	)
}

// normalReal is v, or 0 for what has no place on the wire or in a set.
func normalReal(v float64) broker.Data {
	if math.IsNaN(v) || math.Abs(v) < 0x1p-1022 {
		v = 0
	}
	return broker.Real(v)
}

func addresses() *rapid.Generator[broker.Address] {
	return rapid.Custom(func(t *rapid.T) (a broker.Address) {
		if rapid.Bool().Draw(t, "four") {
			return broker.AddressFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "octets")))
		}
		return broker.Address(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
	})
}

// values draws a value of any kind, with containers nested up to depth.
func values(depth int) *rapid.Generator[broker.Data] {
	if depth == 0 {
		return scalars()
	}
	inner := values(depth - 1)
	return rapid.OneOf(scalars(), rapid.Custom(func(t *rapid.T) broker.Data {
		elems := rapid.SliceOfN(inner, 0, 5).Draw(t, "elements")
		switch rapid.IntRange(0, 2).Draw(t, "container") {
		case 0:
			return broker.Vector(elems)
		case 1:
			set, err := broker.NewSet(elems...)
			if err != nil {
				return broker.Set(nil)
			}
			return set
		}
		var items []broker.TableItem
		for _, k := range elems {
			items = append(items, broker.TableItem{Key: k, Value: inner.Draw(t, "value")})
		}
		table, err := broker.NewTable(items...)
		if err != nil {
			return broker.Table(nil)
		}
		return table
	}))
}

func TestEveryValueComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := values(3).Draw(t, "value")
		b := wire.AppendData(nil, d)
		back, err := wire.DecodeData(b)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if !broker.Equal(back, d) || broker.Compare(back, d) != 0 {
			t.Fatalf("%s came back as %s", broker.Text(d), broker.Text(back))
		}
	})
}
