package rules

import (
	"slices"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// The functions of this file are for the rare set or table from outside in which a NaN meets a real. They leave the
// question what comes first to net/broker: a NaN is found by a NaN only, and a real that a NaN would be equivalent to
// can't be beside it.

// items returns the items of a set or table in canonical form; those of a set have no values.
func items(b []byte) (items []broker.TableItem, kind broker.Kind, err error) {
	d, err := wire.DecodeData(b)
	if err != nil {
		return nil, 0, err
	}
	if set, ok := d.(broker.Set); ok {
		for _, elem := range set {
			items = append(items, broker.TableItem{Key: elem})
		}
		return items, broker.KindSet, nil
	}
	table, _ := d.(broker.Table)
	return table, broker.KindTable, nil
}

func appendItems(dst []byte, items []broker.TableItem, kind broker.Kind) []byte {
	dst = appendHead(dst, kind, len(items))
	for _, it := range items {
		dst = wire.AppendData(dst, it.Key)
		if kind == broker.KindTable {
			dst = wire.AppendData(dst, it.Value)
		}
	}
	return dst
}

func insertUnordered(dst, old, value []byte) ([]byte, error) {
	elem, err := wire.DecodeData(value)
	if err != nil {
		return dst, err
	}
	return put(dst, old, broker.TableItem{Key: elem})
}

func assignUnordered(dst, old, value []byte) ([]byte, error) {
	d, err := wire.DecodeData(value)
	if err != nil {
		return dst, err
	}
	pair := d.(broker.Vector)
	return put(dst, old, broker.TableItem{Key: pair[0], Value: pair[1]})
}

func put(dst, old []byte, item broker.TableItem) ([]byte, error) {
	all, kind, err := items(old)
	if err != nil {
		return dst, err
	}
	if i := position(all, item.Key); i >= 0 {
		all[i].Value = item.Value
	} else if all, err = broker.SortTable(append(all, item)); err != nil {
		return dst, errBeside
	}
	return appendItems(dst, all, kind), nil
}

func eraseUnordered(dst, old, value []byte) ([]byte, error) {
	key, err := wire.DecodeData(value)
	if err != nil {
		return dst, err
	}
	all, kind, err := items(old)
	if err != nil {
		return dst, err
	}
	if i := position(all, key); i >= 0 {
		all = slices.Delete(all, i, i+1)
	}
	return appendItems(dst, all, kind), nil
}

func lookUpUnordered(dst, value, index []byte) ([]byte, error) {
	key, err := wire.DecodeData(index)
	if err != nil {
		return dst, err
	}
	all, kind, err := items(value)
	if err != nil {
		return dst, err
	}
	i := position(all, key)
	switch {
	case kind == broker.KindSet:
		return wire.AppendBoolean(dst, i >= 0), nil
	case i < 0:
		return dst, noKey("index of a table")
	}
	return wire.AppendData(dst, all[i].Value), nil
}

// position returns where key is, or -1.
func position(all []broker.TableItem, key broker.Data) int {
	return slices.IndexFunc(all, func(it broker.TableItem) bool { return broker.Set{it.Key}.Has(key) })
}
