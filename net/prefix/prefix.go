// Package prefix is an index from topic prefixes to those who want the topics under them.
//
// A Tree is a radix tree over bytes. Matching is plain byte prefix, without wildcards or separators: "/foo" holds
// "/foobar", and the empty prefix holds everything. A receiver may have many prefixes, also nested ones, and is
// found once per topic. Receivers come out in the order of their IDs, whatever the order of insertion, so that
// nothing that is done with them depends on chance.
//
// A Tree may be used by one goroutine. Match allocates nothing if the slice it is given has room.
package prefix

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// ID orders receivers and tells them apart. Whoever owns the tree gives them out, ascending as receivers are
// registered.
type ID uint32

// Entry is a receiver with its ID.
type Entry[R any] struct {
	ID       ID
	Receiver R
}

// Tree maps prefixes to sets of receivers. The zero value is an empty tree.
type Tree[R any] struct {
	root node[R]
	size int
}

// node stands for the prefix that the labels on the way to it spell.
type node[R any] struct {
	label string
	first []byte // first byte of each child's label, ascending
	kids  []*node[R]
	set   []Entry[R] // by ID
}

// Len is the number of pairs of prefix and receiver.
func (t *Tree[R]) Len() int { return t.size }

// Insert adds receiver r, known as id, to prefix. It returns false if id has the prefix already; then its
// receiver is replaced.
func (t *Tree[R]) Insert(prefix string, id ID, r R) bool {
	n := &t.root
	for prefix != "" {
		i, ok := slices.BinarySearch(n.first, prefix[0])
		if !ok {
			// The label is a copy, or a short prefix would keep the whole message alive that it was cut from.
			kid := &node[R]{label: strings.Clone(prefix)}
			n.first = slices.Insert(n.first, i, prefix[0])
			n.kids = slices.Insert(n.kids, i, kid)
			n = kid
			break
		}
		kid := n.kids[i]
		common := commonLen(kid.label, prefix)
		if common < len(kid.label) {
			kid = split(kid, common)
			n.kids[i] = kid
		}
		n, prefix = kid, prefix[common:]
	}
	i, had := slices.BinarySearchFunc(n.set, id, byID[R])
	if had {
		n.set[i].Receiver = r
		return false
	}
	n.set = slices.Insert(n.set, i, Entry[R]{id, r})
	t.size++
	return true
}

// Remove takes id from prefix, and returns false if it did not have it.
func (t *Tree[R]) Remove(prefix string, id ID) bool {
	// The node and the two above it are all that a removal can change.
	var parent, grand *node[R]
	var at, parentAt int
	n := &t.root
	for prefix != "" {
		i, ok := slices.BinarySearch(n.first, prefix[0])
		if !ok || commonLen(n.kids[i].label, prefix) < len(n.kids[i].label) {
			return false
		}
		grand, parentAt = parent, at
		parent, at = n, i
		n = n.kids[i]
		prefix = prefix[len(n.label):]
	}
	i, ok := slices.BinarySearchFunc(n.set, id, byID[R])
	if !ok {
		return false
	}
	n.set = slices.Delete(n.set, i, i+1)
	t.size--
	switch {
	case len(n.set) > 0 || parent == nil:
	case len(n.kids) == 0:
		parent.first = slices.Delete(parent.first, at, at+1)
		parent.kids = slices.Delete(parent.kids, at, at+1)
		if grand != nil {
			grand.kids[parentAt] = joined(parent)
		}
	default:
		parent.kids[at] = joined(n)
	}
	return true
}

// Match appends to dst every receiver that has a prefix of topic, each once, by ascending ID. Entries that are
// in dst already are left as they are. The result stays good when the tree changes.
func (t *Tree[R]) Match(dst []Entry[R], topic []byte) []Entry[R] {
	start := len(dst)
	sorted := true
	n := &t.root
	for {
		if len(n.set) > 0 {
			// One list of receivers is the usual case, and lists that follow each other need no sorting either.
			sorted = sorted && (len(dst) == start || dst[len(dst)-1].ID < n.set[0].ID)
			dst = append(dst, n.set...)
		}
		if len(topic) == 0 {
			break
		}
		i := bytes.IndexByte(n.first, topic[0])
		if i < 0 {
			break
		}
		n = n.kids[i]
		if len(n.label) > len(topic) || string(topic[:len(n.label)]) != n.label {
			break
		}
		topic = topic[len(n.label):]
	}
	if sorted {
		return dst
	}
	found := dst[start:]
	slices.SortFunc(found, func(a, b Entry[R]) int { return cmp.Compare(a.ID, b.ID) })
	found = slices.CompactFunc(found, func(a, b Entry[R]) bool { return a.ID == b.ID })
	return dst[:start+len(found)]
}

func byID[R any](e Entry[R], id ID) int { return cmp.Compare(e.ID, id) }

func commonLen(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// split cuts n's label after at bytes and returns the node that now stands there, above n.
func split[R any](n *node[R], at int) *node[R] {
	upper := &node[R]{label: n.label[:at], first: []byte{n.label[at]}, kids: []*node[R]{n}}
	n.label = n.label[at:]
	return upper
}

// joined returns what should stand in place of n: n itself, or its only child if n carries nothing.
func joined[R any](n *node[R]) *node[R] {
	if len(n.set) > 0 || len(n.kids) != 1 {
		return n
	}
	kid := n.kids[0]
	kid.label = n.label + kid.label
	return kid
}
