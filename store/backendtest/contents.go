package backendtest

import (
	"fmt"
	"maps"
	"slices"

	"moonpeer/store/journal"
)

// Contents is what a store holds. As a store.Loader it takes what a backend loads.
type Contents struct {
	Entries   map[string]Entry
	Writers   map[string]string
	Term, Seq uint64
	Placed    bool // there was a position
}

// Entry is the value of one key.
type Entry struct {
	Value  string
	Expiry int64
}

// NewContents returns nothing.
func NewContents() *Contents {
	return &Contents{Entries: map[string]Entry{}, Writers: map[string]string{}}
}

// Entry implements store.Loader.
func (c *Contents) Entry(key, value []byte, expiry int64) error {
	if _, ok := c.Entries[string(key)]; ok {
		return fmt.Errorf("key %q is loaded twice", key)
	}
	c.Entries[string(key)] = Entry{string(value), expiry}
	return nil
}

// Writer implements store.Loader.
func (c *Contents) Writer(id, state []byte) error {
	if _, ok := c.Writers[string(id)]; ok {
		return fmt.Errorf("writer %q is loaded twice", id)
	}
	c.Writers[string(id)] = string(state)
	return nil
}

// Position implements store.Loader.
func (c *Contents) Position(term, seq uint64) error {
	if c.Placed {
		return fmt.Errorf("two positions are loaded")
	}
	c.Term, c.Seq, c.Placed = term, seq, true
	return nil
}

// Clone returns a copy.
func (c *Contents) Clone() *Contents {
	d := *c
	d.Entries, d.Writers = maps.Clone(c.Entries), maps.Clone(c.Writers)
	return &d
}

// Apply changes c as a group does.
func (c *Contents) Apply(ops []byte) {
	for len(ops) > 0 {
		op, rest, err := journal.Next(ops)
		if err != nil {
			panic(err) // the test itself has written it
		}
		ops = rest
		switch op.Kind {
		case journal.Put:
			c.Entries[string(op.Key)] = Entry{string(op.Value), op.Expiry}
		case journal.Erase:
			delete(c.Entries, string(op.Key))
		case journal.Clear:
			clear(c.Entries)
		case journal.Writer:
			c.Writers[string(op.Key)] = string(op.Value)
		case journal.Forget:
			delete(c.Writers, string(op.Key))
		case journal.Position:
			c.Term, c.Seq, c.Placed = op.Term, op.Seq, true
		}
	}
}

// Diff says in what c is not as want, "" if it is the same.
func (c *Contents) Diff(want *Contents) string {
	if c.Term != want.Term || c.Seq != want.Seq || c.Placed != want.Placed {
		return fmt.Sprintf("position is %d.%d, want %d.%d", c.Term, c.Seq, want.Term, want.Seq)
	}
	if d := diff("entry", c.Entries, want.Entries); d != "" {
		return d
	}
	return diff("writer", c.Writers, want.Writers)
}

func diff[V comparable](what string, got, want map[string]V) string {
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if v, ok := got[k]; !ok {
			return fmt.Sprintf("%s %.40q is missing", what, k)
		} else if v != want[k] {
			return fmt.Sprintf("%s %.40q is %.60v, want %.60v", what, k, v, want[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[k]; !ok {
			return fmt.Sprintf("%s %.40q is there and should not be", what, k)
		}
	}
	return ""
}
