package convert

import (
	"math"

	"pgregory.net/rapid"

	"moonpeer/net/broker"
)

// Random types and values for property tests.

// drawType draws a type; key types are scalars and tuples of them.
func drawType(t *rapid.T, depth int) *Type {
	k := rapid.SampledFrom([]Kind{KindBool, KindCount, KindInt, KindReal, KindString, KindAddr, KindSubnet, KindPort,
		KindTime, KindInterval, KindEnum, KindTuple, KindSet, KindTable, KindVector, KindRecord}).Draw(t, "kind")
	if depth == 0 && k >= KindTuple {
		k = KindString
	}
	switch k {
	case KindTuple:
		return &Type{Kind: KindTuple, Columns: []*Type{drawKeyType(t), drawKeyType(t)}}
	case KindSet:
		return SetOf(drawKeyType(t))
	case KindTable:
		return TableOf(drawType(t, depth-1), drawKeyType(t))
	case KindVector:
		return VectorOf(drawType(t, depth-1))
	case KindRecord:
		return drawRecordType(t, depth-1)
	}
	return Scalar(k)
}

func drawKeyType(t *rapid.T) *Type {
	k := rapid.SampledFrom([]Kind{KindBool, KindCount, KindInt, KindReal, KindString, KindAddr, KindSubnet, KindPort,
		KindTime, KindInterval, KindEnum, KindTuple}).Draw(t, "key kind")
	if k == KindTuple {
		return &Type{Kind: KindTuple, Columns: []*Type{
			Scalar(rapid.SampledFrom([]Kind{KindString, KindAddr, KindEnum}).Draw(t, "column 1")),
			Scalar(rapid.SampledFrom([]Kind{KindString, KindCount, KindReal}).Draw(t, "column 2")),
		}}
	}
	return Scalar(k)
}

func drawRecordType(t *rapid.T, depth int) *Type {
	names := []string{"a", "b", "c", "d"}
	var fields []Field
	for _, name := range names[:rapid.IntRange(0, 4).Draw(t, "fields")] {
		ft := drawType(t, depth)
		if rapid.Bool().Draw(t, "optional") {
			ft = Option(ft)
		}
		fields = append(fields, Field{Name: name, Type: ft})
	}
	rt, err := NewRecordType("EX::drawn", fields...)
	if err != nil {
		t.Fatal(err)
	}
	return RecordOf(rt)
}

// drawData draws a value of type t.
func drawData(t *rapid.T, ty *Type) broker.Data {
	if ty.Optional && rapid.Bool().Draw(t, "unset") {
		return broker.None{}
	}
	switch ty.Kind {
	case KindAny:
		return drawData(t, drawType(t, 1))
	case KindTuple:
		var v broker.Vector
		for _, c := range ty.Columns {
			v = append(v, drawData(t, c))
		}
		return v
	case KindVector:
		v := broker.Vector{}
		for range rapid.IntRange(0, 4).Draw(t, "len") {
			v = append(v, drawData(t, ty.Elem))
		}
		return v
	case KindRecord:
		v := broker.Vector{}
		for _, f := range ty.Record().fields {
			v = append(v, drawData(t, f.Type))
		}
		return v
	case KindSet:
		return drawSet(t, ty)
	case KindTable:
		var items []broker.TableItem
		for _, k := range drawSet(t, ty) {
			items = append(items, broker.TableItem{Key: k, Value: drawData(t, ty.Elem)})
		}
		table, err := broker.NewTable(items...)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	return drawScalar(t, ty.Kind)
}

func drawSet(t *rapid.T, ty *Type) broker.Set {
	var elems []broker.Data
	for range rapid.IntRange(0, 5).Draw(t, "len") {
		d := drawData(t, ty.Key)
		fresh := true
		for _, e := range elems {
			fresh = fresh && broker.Compare(d, e) != 0
		}
		if fresh {
			elems = append(elems, d)
		}
	}
	set, err := broker.NewSet(elems...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func drawScalar(t *rapid.T, k Kind) broker.Data {
	bytes := func(n int) []byte { return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "bytes") }
	switch k {
	case KindBool:
		return broker.Boolean(rapid.Bool().Draw(t, "bool"))
	case KindCount:
		return broker.Count(rapid.Uint64().Draw(t, "count"))
	case KindInt:
		return broker.Integer(rapid.Int64().Draw(t, "int"))
	case KindReal:
		f := rapid.Float64().Draw(t, "real")
		if math.Abs(f) < 0x1p-1022 {
			f = 0 // the wire has no subnormals, and a key no -0
		}
		return broker.Real(f)
	case KindString:
		return broker.String(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 'b', 0xff}), 0, 5).Draw(t, "string"))
	case KindAddr:
		a := broker.Address(bytes(16))
		if rapid.Bool().Draw(t, "v4") {
			a = broker.AddressFrom4([4]byte(a[:4]))
		}
		return a
	case KindSubnet:
		n, err := broker.NewSubnet(broker.Address(bytes(16)), rapid.IntRange(0, 128).Draw(t, "width"))
		if err != nil {
			return broker.Subnet{}
		}
		return n
	case KindPort:
		return broker.Port{Number: rapid.Uint16().Draw(t, "number"), Proto: broker.Proto(rapid.IntRange(0, 3).Draw(t, "proto"))}
	case KindTime:
		return broker.Timestamp(rapid.Int64().Draw(t, "time"))
	case KindInterval:
		return broker.Timespan(rapid.Int64().Draw(t, "interval"))
	}
	return broker.Enum(rapid.SampledFrom([]string{"", "A::B", "A::C", "x\x00y"}).Draw(t, "enum"))
}
