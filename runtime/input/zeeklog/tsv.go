package zeeklog

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"moonpeer/net/broker"
)

// tsv reads the tab-separated format. The header may come again, as in logs that were put together.
type tsv struct {
	path   string
	sep    []byte
	setSep []byte
	empty  []byte
	unset  []byte
	fields []string // of a header whose types have not come yet
	cols   []column
	layout *layout
	ts     int // column of ts, -1: none
}

func newTSV(path string) *tsv {
	return &tsv{path: path, sep: []byte("\t"), setSep: []byte(","), empty: []byte("(empty)"), unset: []byte("-")}
}

// header reads a line that starts with #. Lines of other programs, #open and #close tell nothing.
func (t *tsv) header(text []byte) error {
	if rest, ok := bytes.CutPrefix(text, []byte("#separator ")); ok {
		t.sep = []byte(unescape(rest))
		if len(t.sep) != 1 || t.sep[0] == '\n' || t.sep[0] == '\\' {
			return headerError{fmt.Errorf("#separator %s is not one character, such as \\x09", quoted(rest))}
		}
		return nil
	}
	name, rest, _ := bytes.Cut(text, t.sep)
	switch string(name) {
	case "#set_separator":
		t.setSep = []byte(unescape(rest))
		if len(t.setSep) == 0 {
			return headerError{errors.New("#set_separator is empty")}
		}
	case "#empty_field":
		t.empty = bytes.Clone(rest)
	case "#unset_field":
		t.unset = bytes.Clone(rest)
	case "#path":
		if len(rest) == 0 || len(rest) > maxPath {
			return headerError{fmt.Errorf("#path is empty or longer than %d bytes", maxPath)}
		}
		t.path = unescape(rest)
	case "#fields":
		t.fields, t.layout = strings.Split(string(rest), string(t.sep)), nil
		if len(t.fields) > maxFields {
			return headerError{fmt.Errorf("#fields names %d fields, at most %d are read", len(t.fields), maxFields)}
		}
	case "#types":
		return t.types(strings.Split(string(rest), string(t.sep)))
	}
	return nil
}

func (t *tsv) types(types []string) error {
	if len(types) != len(t.fields) {
		return headerError{fmt.Errorf("#types names %d types for %d fields", len(types), len(t.fields))}
	}
	t.cols, t.ts = make([]column, len(types)), -1
	for i, name := range t.fields {
		c, err := parseType(name, types[i])
		if err != nil {
			return headerError{err}
		}
		if name == "ts" && c.kind == broker.KindTimestamp && t.ts < 0 {
			t.ts = i
		}
		t.cols[i] = c
	}
	t.layout = newLayout(t.path, t.cols)
	return nil
}

// record reads a line of values.
func (t *tsv) record(text []byte) (item, error) {
	if t.layout == nil {
		return item{}, headerError{errors.New("a record before #fields and #types")}
	}
	if n := bytes.Count(text, t.sep) + 1; n != len(t.cols) {
		return item{}, fmt.Errorf("%d fields, want %d", n, len(t.cols))
	}
	it := item{path: t.path, typ: t.layout.typ, rec: t.layout.blank()}
	for i := range t.cols {
		var field []byte
		field, text, _ = bytes.Cut(text, t.sep)
		if bytes.Equal(field, t.unset) {
			continue
		}
		c := &t.cols[i]
		d, err := t.value(c, field)
		if err != nil {
			return item{}, fmt.Errorf("field %s: %s %s: %w", c.name, c.kind, quoted(field), err)
		}
		t.layout.set(it.rec, i, d)
		if i == t.ts {
			it.time, it.timed = d.(broker.Timestamp), true
		}
	}
	t.layout.nameProtocols(it.rec)
	return it, nil
}

// value reads a field that is set.
func (t *tsv) value(c *column, field []byte) (broker.Data, error) {
	if c.kind != broker.KindSet && c.kind != broker.KindVector {
		if c.kind == broker.KindString && bytes.Equal(field, t.empty) {
			return broker.String(""), nil
		}
		return parseValue(c.kind, field)
	}
	var elems []broker.Data
	for more := len(field) > 0 && !bytes.Equal(field, t.empty); more; {
		var elem []byte
		elem, field, more = bytes.Cut(field, t.setSep)
		switch {
		case bytes.Equal(elem, t.unset):
			elems = append(elems, broker.None{})
		case c.elem == broker.KindString && bytes.Equal(elem, t.empty):
			elems = append(elems, broker.String(""))
		default:
			d, err := parseValue(c.elem, elem)
			if err != nil {
				return nil, err
			}
			elems = append(elems, d)
		}
	}
	if c.kind == broker.KindSet {
		return newSet(elems)
	}
	return broker.Vector(elems), nil
}
