package zeeklog

import (
	"slices"
	"strings"

	"moonpeer/net/broker"
	"moonpeer/runtime/input"
)

// maxNesting is how many dots of a name make nested records; what is deeper stays in the name.
const maxNesting = 8

// layout says where in a record the columns of a log lie.
type layout struct {
	typ   *input.RecordType
	paths [][]int // of each column: the field of the record, of the nested record in it, …
	proto int     // the field called proto, if named
	named bool
}

// column is one column before nesting.
type column struct {
	name string
	kind broker.Kind
	elem broker.Kind
}

// node is a field in the making. Its children are in order of appearance.
type node struct {
	name     string
	col      column
	leaf     bool
	children []*node
	byName   map[string]int
}

// newLayout nests columns by the dots in their names.
func newLayout(path string, cols []column) *layout {
	root := &node{}
	l := &layout{paths: make([][]int, len(cols))}
	for i, c := range cols {
		l.paths[i] = root.insert(c)
	}
	l.typ = root.recordType(path)
	l.proto, l.named = l.typ.Index("proto")
	return l
}

// insert puts a column into the tree and returns its path. Where its name collides with another column's, a field
// "a" beside "a.b", it keeps the whole name.
func (n *node) insert(c column) []int {
	parts := strings.SplitN(c.name, ".", maxNesting+1)
	var path []int
	at := n
	for i, part := range parts {
		last := i == len(parts)-1
		j, taken := at.byName[part]
		if taken && (last || at.children[j].leaf) || part == "" {
			return []int{n.add(c.name, c, true)}
		}
		if !taken {
			j = at.add(part, c, last)
		}
		path = append(path, j)
		at = at.children[j]
	}
	return path
}

func (n *node) add(name string, c column, leaf bool) int {
	if n.byName == nil {
		n.byName = map[string]int{}
	}
	j := len(n.children)
	if _, taken := n.byName[name]; !taken {
		n.byName[name] = j
	}
	n.children = append(n.children, &node{name: name, col: c, leaf: leaf})
	return j
}

func (n *node) recordType(name string) *input.RecordType {
	fields := make([]input.Field, len(n.children))
	for i, c := range n.children {
		fields[i] = input.Field{Name: c.name, Kind: c.col.kind, Elem: c.col.elem}
		if !c.leaf {
			fields[i] = input.Field{Name: c.name, Kind: broker.KindVector, Record: c.recordType(name + "." + c.name)}
		}
	}
	return input.NewRecordType(name, fields)
}

// blank returns a record in which everything is unset.
func (l *layout) blank() broker.Vector { return blank(l.typ) }

func blank(t *input.RecordType) broker.Vector {
	rec := make(broker.Vector, len(t.Fields))
	for i, f := range t.Fields {
		if f.Record != nil {
			rec[i] = blank(f.Record)
		} else {
			rec[i] = broker.None{}
		}
	}
	return rec
}

// set sets column i of rec.
func (l *layout) set(rec broker.Vector, i int, d broker.Data) {
	path := l.paths[i]
	for _, j := range path[:len(path)-1] {
		rec = rec[j].(broker.Vector)
	}
	rec[path[len(path)-1]] = d
}

// newSet makes a set of elements of which some may be equal, as Zeek does when it reads its own log.
func newSet(elems []broker.Data) (broker.Data, error) {
	s, err := broker.NewSet(elems...)
	if err == broker.ErrDuplicate {
		// NewSet has sorted them.
		return broker.NewSet(slices.CompactFunc(elems, broker.Equal)...)
	}
	return s, err
}
