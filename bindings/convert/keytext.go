package convert

import "moonpeer/net/broker"

// keyForm is how the elements of keys look: in print and messages, or in JSON.
type keyForm struct {
	sep  string
	atom func([]byte, *atom) []byte
}

var textKeys = keyForm{sep: ", ", atom: func(dst []byte, a *atom) []byte { return a.appendPrint(dst) }}

// appendKeyText appends the text of a key: a scalar's, or [a, b] for a tuple.
func appendKeyText(dst []byte, t *Type, key []byte) []byte {
	dst, _, _ = appendKeyForm(dst, t, key, true, &textKeys)
	return dst
}

func appendKeyForm(dst []byte, t *Type, key []byte, last bool, f *keyForm) (out, rest []byte, ok bool) {
	switch t.Kind {
	case KindAny:
		return appendAnyKeyForm(dst, key, last, f)
	case KindTuple:
		dst = append(dst, '[')
		for i, c := range t.Columns {
			if i > 0 {
				dst = append(dst, f.sep...)
			}
			if dst, key, ok = appendKeyForm(dst, c, key, last && i == len(t.Columns)-1, f); !ok {
				return dst, nil, false
			}
		}
		return append(dst, ']'), key, true
	}
	var a atom
	if rest, ok = a.fromKey(wireKinds[t.Kind], key, last); !ok {
		return dst, nil, false
	}
	return f.atom(dst, &a), rest, true
}

func appendAnyKeyForm(dst []byte, key []byte, last bool, f *keyForm) (out, rest []byte, ok bool) {
	if len(key) == 0 || key[0] == 0 {
		return dst, nil, false
	}
	k, key := broker.Kind(key[0]-1), key[1:]
	if k != broker.KindVector {
		var a atom
		if rest, ok = a.fromKey(k, key, last); !ok {
			return dst, nil, false
		}
		return f.atom(dst, &a), rest, true
	}
	dst = append(dst, '[')
	for i := 0; len(key) > 0 && key[0] != 0; i++ {
		if i > 0 {
			dst = append(dst, f.sep...)
		}
		if dst, key, ok = appendAnyKeyForm(dst, key, false, f); !ok {
			return dst, nil, false
		}
	}
	if len(key) > 0 {
		key = key[1:]
	}
	return append(dst, ']'), key, true
}
