package wire

import (
	"fmt"

	"moonpeer/net/broker"
)

// AppendData appends a value. It relies on the order in sets and tables (see
// broker.Set), and a nil Data is a none. A value nested deeper than MaxDepth
// is written, but no reader of ours takes it.
func AppendData(b []byte, d broker.Data) []byte {
	switch d := d.(type) {
	case nil, broker.None:
		return AppendNone(b)
	case broker.Boolean:
		return AppendBoolean(b, bool(d))
	case broker.Count:
		return AppendCount(b, uint64(d))
	case broker.Integer:
		return AppendInteger(b, int64(d))
	case broker.Real:
		return AppendReal(b, float64(d))
	case broker.String:
		return AppendString(b, string(d))
	case broker.Address:
		return AppendAddress(b, d)
	case broker.Subnet:
		return AppendSubnet(b, d)
	case broker.Port:
		return AppendPort(b, d)
	case broker.Timestamp:
		return AppendTimestamp(b, d)
	case broker.Timespan:
		return AppendTimespan(b, d)
	case broker.Enum:
		return AppendEnum(b, string(d))
	case broker.Set:
		return appendElems(AppendSetHeader(b, len(d)), d)
	case broker.Table:
		b = AppendTableHeader(b, len(d))
		for _, it := range d {
			b = AppendData(AppendData(b, it.Key), it.Value)
		}
		return b
	case broker.Vector:
		return appendElems(AppendVectorHeader(b, len(d)), d)
	}
	return b // not reached, Data is sealed
}

func appendElems(b []byte, elems []broker.Data) []byte {
	for _, e := range elems {
		b = AppendData(b, e)
	}
	return b
}

// DecodeData reads the one value that b consists of. Nothing in the result
// refers to b. Sets and tables come out in order whatever their order on the
// wire. Duplicates and trailing bytes are errors. Every error matches
// broker.ErrDeserializationFailed and names the offset.
//
// The input is checked whole before anything is built, so a lying count costs
// nothing; the result takes at most about twenty times the input (for a
// million vectors of one none each), three to five times for ordinary values.
func DecodeData(b []byte) (broker.Data, error) {
	if len(b) == 0 {
		return nil, ErrEmpty
	}
	r := NewReader(b)
	err := r.Skip()
	if err == nil && r.Remaining() > 0 {
		err = ErrTrailing
	}
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", r.Offset(), err)
	}
	r = NewReader(b)
	d, err := r.build()
	if err != nil {
		return nil, fmt.Errorf("container that ends at byte %d: %w", r.Offset(), err)
	}
	return d, nil
}

// Data reads one whole value, its tag included, as DecodeData does, but leaves
// what follows alone.
func (r *Reader) Data() (broker.Data, error) {
	check := *r
	if err := check.Skip(); err != nil {
		r.off = check.off
		return nil, err
	}
	return r.build()
}

// build makes a value of bytes that Skip has found in order: only duplicates
// can still be wrong, all other errors are impossible.
func (r *Reader) build() (broker.Data, error) {
	k, _ := r.Kind()
	switch k {
	case broker.KindBoolean:
		v, err := r.Boolean()
		return broker.Boolean(v), err
	case broker.KindCount:
		v, err := r.Count()
		return broker.Count(v), err
	case broker.KindInteger:
		v, err := r.Integer()
		return broker.Integer(v), err
	case broker.KindReal:
		v, err := r.Real()
		return broker.Real(v), err
	case broker.KindString:
		v, err := r.Bytes()
		return broker.String(v), err
	case broker.KindAddress:
		return r.Address()
	case broker.KindSubnet:
		return r.Subnet()
	case broker.KindPort:
		return r.Port()
	case broker.KindTimestamp:
		return r.Timestamp()
	case broker.KindTimespan:
		return r.Timespan()
	case broker.KindEnum:
		v, err := r.Bytes()
		return broker.Enum(v), err
	case broker.KindSet:
		elems, err := r.buildElems()
		if err != nil {
			return nil, err
		}
		set, err := broker.SortSet(elems)
		if err != nil {
			return nil, ErrDuplicate
		}
		return set, nil
	case broker.KindTable:
		return r.buildTable()
	case broker.KindVector:
		elems, err := r.buildElems()
		if err != nil {
			return nil, err
		}
		return broker.Vector(elems), nil
	}
	return broker.None{}, nil
}

// buildElems returns nil for an empty container: a nil slice in an interface
// takes no memory of its own.
func (r *Reader) buildElems() ([]broker.Data, error) {
	n, err := r.Len()
	if err != nil || n == 0 {
		return nil, err
	}
	elems := make([]broker.Data, n)
	for i := range elems {
		if elems[i], err = r.build(); err != nil {
			return nil, err
		}
	}
	return elems, nil
}

func (r *Reader) buildTable() (broker.Data, error) {
	n, err := r.Len()
	if err != nil || n == 0 {
		return broker.Table(nil), err
	}
	items := make([]broker.TableItem, n)
	for i := range items {
		if items[i].Key, err = r.build(); err != nil {
			return nil, err
		}
		if items[i].Value, err = r.build(); err != nil {
			return nil, err
		}
	}
	table, err := broker.SortTable(items)
	if err != nil {
		return nil, ErrDuplicate
	}
	return table, nil
}
