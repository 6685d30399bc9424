package rules

import (
	"math"
	"slices"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// The model does what stores.md §7 says to values of broker.Data, without a thought of speed. None of it is shared with
// the package.

func modelAdd(old, value broker.Data, init broker.Kind) (broker.Data, broker.Code) {
	if old == nil {
		old = broker.Zero(init)
	}
	switch o := old.(type) {
	case broker.String:
		if v, ok := value.(broker.String); ok {
			return o + v, broker.NoError
		}
	case broker.Set:
		return modelInsert(o, value)
	case broker.Table:
		v, ok := value.(broker.Vector)
		if !ok {
			return nil, broker.TypeClash
		}
		if len(v) != 2 {
			return nil, broker.InvalidData
		}
		return modelAssign(o, v[0], v[1])
	case broker.Vector:
		if depthOfData(value) >= wire.MaxDepth {
			return nil, broker.InvalidData
		}
		return append(slices.Clone(o), value), broker.NoError
	default:
		return modelArith(old, value, false)
	}
	return nil, broker.TypeClash
}

func modelInsert(set broker.Set, value broker.Data) (broker.Data, broker.Code) {
	if dataHoldsNaN(value) || depthOfData(value) >= wire.MaxDepth {
		return nil, broker.InvalidData
	}
	if set.Has(value) {
		return set, broker.NoError
	}
	bigger, err := broker.SortSet(append(slices.Clone(set), value))
	if err != nil {
		return nil, broker.InvalidData
	}
	return bigger, broker.NoError
}

func modelAssign(table broker.Table, key, value broker.Data) (broker.Data, broker.Code) {
	if dataHoldsNaN(key) {
		return nil, broker.InvalidData
	}
	table = slices.Clone(table)
	for i, it := range table {
		if (broker.Set{it.Key}).Has(key) {
			table[i].Value = value
			return table, broker.NoError
		}
	}
	bigger, err := broker.SortTable(append(table, broker.TableItem{Key: key, Value: value}))
	if err != nil {
		return nil, broker.InvalidData
	}
	return bigger, broker.NoError
}

func modelArith(old, value broker.Data, minus bool) (broker.Data, broker.Code) {
	wrap := func(a, b uint64) uint64 {
		if minus {
			return a - b
		}
		return a + b
	}
	switch o := old.(type) {
	case broker.Count:
		if v, ok := value.(broker.Count); ok {
			return broker.Count(wrap(uint64(o), uint64(v))), broker.NoError
		}
	case broker.Integer:
		if v, ok := value.(broker.Integer); ok {
			return broker.Integer(wrap(uint64(o), uint64(v))), broker.NoError
		}
	case broker.Timespan:
		if v, ok := value.(broker.Timespan); ok {
			return broker.Timespan(wrap(uint64(o), uint64(v))), broker.NoError
		}
	case broker.Timestamp:
		if v, ok := value.(broker.Timespan); ok {
			return broker.Timestamp(wrap(uint64(o), uint64(v))), broker.NoError
		}
	case broker.Real:
		if v, ok := value.(broker.Real); ok && minus {
			return o - v, broker.NoError
		} else if ok {
			return o + v, broker.NoError
		}
	}
	return nil, broker.TypeClash
}

func modelSubtract(old, value broker.Data) (broker.Data, broker.Code) {
	switch o := old.(type) {
	case nil:
		return nil, broker.NoSuchKey
	case broker.Set:
		return broker.Set(slices.DeleteFunc(slices.Clone(o), func(e broker.Data) bool {
			return broker.Set{e}.Has(value)
		})), broker.NoError
	case broker.Table:
		return broker.Table(slices.DeleteFunc(slices.Clone(o), func(it broker.TableItem) bool {
			return broker.Set{it.Key}.Has(value)
		})), broker.NoError
	case broker.Vector:
		return o[:max(len(o), 1)-1], broker.NoError
	}
	return modelArith(old, value, true)
}

func modelIndex(value, index broker.Data) (broker.Data, broker.Code) {
	switch v := value.(type) {
	case broker.Set:
		return broker.Boolean(v.Has(index)), broker.NoError
	case broker.Table:
		if got, ok := v.Get(index); ok {
			return got, broker.NoError
		}
		return nil, broker.NoSuchKey
	case broker.Vector:
		n := uint64(math.MaxUint64)
		if i, ok := index.(broker.Count); ok {
			n = uint64(i)
		} else if i, ok := index.(broker.Integer); ok && i >= 0 {
			n = uint64(i)
		} else {
			return nil, broker.TypeClash
		}
		if n < uint64(len(v)) {
			return v[n], broker.NoError
		}
		return nil, broker.NoSuchKey
	}
	return value, broker.NoError
}

// modelKey makes every -0.0 to 0.0.
func modelKey(d broker.Data) broker.Data {
	each := func(elems []broker.Data) []broker.Data {
		elems = slices.Clone(elems)
		for i := range elems {
			elems[i] = modelKey(elems[i])
		}
		return elems
	}
	switch d := d.(type) {
	case broker.Real:
		return d + 0
	case broker.Vector:
		return broker.Vector(each(d))
	case broker.Set:
		return broker.Set(each(d))
	case broker.Table:
		d = slices.Clone(d)
		for i, it := range d {
			d[i] = broker.TableItem{Key: modelKey(it.Key), Value: modelKey(it.Value)}
		}
		return d
	}
	return d
}

func children(d broker.Data) (elems []broker.Data) {
	switch d := d.(type) {
	case broker.Vector:
		return d
	case broker.Set:
		return d
	case broker.Table:
		for _, it := range d {
			elems = append(elems, it.Key, it.Value)
		}
	}
	return elems
}

func dataHoldsNaN(d broker.Data) bool {
	if r, ok := d.(broker.Real); ok {
		return math.IsNaN(float64(r))
	}
	return slices.ContainsFunc(children(d), dataHoldsNaN)
}

func depthOfData(d broker.Data) int {
	if d.Kind() < broker.KindSet {
		return 0
	}
	n := 0
	for _, e := range children(d) {
		n = max(n, depthOfData(e))
	}
	return n + 1
}
